from __future__ import annotations

import io
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from idiolect.audio import (
    SamplesHash,
    decode,
    decode_blocks,
    measure,
    probe,
    resample,
    samples_hash,
    write_flac,
    write_wav,
)
from idiolect.errors import AudioError
from idiolect.units import Samples

Media = Callable[..., Path]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "0 bytes"),
        (b"turn on the kitchen light\nplease\n" * 20, "text: 'turn on the kitchen light"),
        (b"gr\xc3\xbc\xc3\x9fe an alle\n" * 60, "text: 'gr\u00fc\u00dfe"),
        (b"%PDF-1.7\n" + bytes(200), "a PDF document"),
        (b"PK\x03\x04" + bytes(200), "a ZIP archive"),
        (bytes(4000), "begins with zeros only"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a RIFF file"),
        (b"RIFF", "a RIFF file"),
        (b"\x13\x37\xfe\xed\x01\x02\x03\x04" * 3, "13 37 fe ed"),
    ],
)
@pytest.mark.parametrize("name", ["notes.wav", "notes.flac", "notes.mp3"])
def test_what_is_no_audio_is_named(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read in (decode, probe):
        with pytest.raises(AudioError) as caught:
            read(path)
        assert str(path) in caught.value.message
        assert found in caught.value.message
    assert path.read_bytes() == content


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"nobody\.wav: cannot be opened: No such file"):
        decode(tmp_path / "nobody.wav")
    with pytest.raises(AudioError, match="Is a directory"):
        decode(tmp_path)


def test_a_header_without_samples(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0, dtype=np.float32), 16000)
    with pytest.raises(AudioError, match=r"empty\.wav: no samples"):
        decode(path)


def test_a_picture_without_sound(tmp_path: Path, media: Media) -> None:
    import av

    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as out:
        film = out.add_stream("mpeg4", rate=5)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        out.mux(film.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")))
        out.mux(film.encode(None))
    with pytest.raises(AudioError, match=r"mute\.mp4: no audio stream.*video"):
        decode(path)


@pytest.mark.parametrize(
    "form",
    [
        ("a.wav", "pcm_s16le", 16000, 0.6),
        ("a.wav", "pcm_s16le", 44100, 0.6),
        ("a.flac", "flac", 16000, 0.5),
        ("a.flac", "flac", 44100, 0.5),
        ("a.opus", "libopus", 48000, 0.5),
        ("a.mkv", "aac", 48000, 0.5),
    ],
    ids=lambda form: f"{form[0]}-{form[2]}",
)
def test_truncated_files_give_what_is_there_and_say_so(
    tmp_path: Path, media: Media, voice: Samples, form: tuple[str, str, int, float]
) -> None:
    name, codec, rate, kept = form
    path = media(tmp_path / name, resample(voice, 16000, rate)[None], rate, codec=codec)
    whole = decode(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    warnings: list[str] = []
    samples = decode(path, on_warning=warnings.append)
    assert 0.2 * len(whole) < len(samples) < 0.9 * len(whole)
    assert np.abs(samples[:8000] - whole[:8000]).max() <= 1 / 32768
    assert len(warnings) == 1
    assert str(path) in warnings[0]
    assert "truncated" in warnings[0]


def test_an_mp4_without_its_index(tmp_path: Path, media: Media, voice: Samples) -> None:
    path = media(tmp_path / "a.m4a", voice[None], 16000, codec="aac")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(AudioError, match="its index may be cut off"):
        decode(path)


@pytest.mark.parametrize("form", [("a.flac", "flac", 16000), ("a.opus", "libopus", 48000)], ids=lambda form: form[0])
def test_damage_in_the_middle_is_told_and_later_times_stay(
    tmp_path: Path, media: Media, voice: Samples, form: tuple[str, str, int]
) -> None:
    name, codec, rate = form
    path = media(tmp_path / name, resample(voice, 16000, rate)[None], rate, codec=codec)
    whole = decode(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    warnings: list[str] = []
    with path.open("rb") as file:
        samples = decode(file, on_warning=warnings.append)
    assert len(warnings) == 1
    assert re.search(r"damaged: \d\.\d\d s", warnings[0])
    assert len(samples) == pytest.approx(len(whole), abs=1)
    assert np.abs(samples[-8000:] - whole[-8000:]).max() < 0.02


def test_a_header_written_into_a_pipe_is_no_truncation(tmp_path: Path, voice: Samples) -> None:
    path = tmp_path / "piped.wav"
    write_wav(path, voice)
    content = bytearray(path.read_bytes())
    at = content.index(b"data")
    content[4:8] = content[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    warnings: list[str] = []
    assert len(decode(path, on_warning=warnings.append)) == len(voice)
    assert warnings == []


@pytest.mark.parametrize("rate", [16000, 48000])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_counted(tmp_path: Path, rate: int, bad: float) -> None:
    path = tmp_path / "nan.wav"
    samples = np.zeros(rate * 2, dtype=np.float32)
    samples[rate : rate + 7] = bad
    soundfile.write(path, samples, rate, subtype="FLOAT")
    with pytest.raises(AudioError, match=rf"nan\.wav: 7 of {2 * rate} samples are not finite .* the first at 1\.00 s"):
        decode(path)


def test_silence_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    write_wav(path, np.zeros(16000, dtype=np.float32))
    samples = decode(path)
    assert len(samples) == 16000
    quality = measure(samples)
    assert quality.silent
    assert quality.speech == 0
    assert "snr" not in quality.as_dict()


def test_float_files_louder_than_full_scale_are_clipped(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.array([2.0, -3.0, 0.5], dtype=np.float32), 16000, subtype="FLOAT")
    assert decode(path).tolist() == [32767 / 32768, -1.0, 0.5]


@pytest.mark.parametrize(("start", "end"), [(2.0, 1.0), (-1.0, None), (1.0, 1.0)])
def test_a_stretch_that_is_none(tmp_path: Path, voice: Samples, start: float, end: float | None) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, voice)
    with pytest.raises(AudioError, match="nothing lies between"):
        decode(path, start=start, end=end)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_stretch_past_the_end(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(rate * 2, 0.1, dtype=np.float32), rate)
    assert len(decode(path, start=1.5, end=9.0)) == pytest.approx(8000, abs=2)
    with pytest.raises(AudioError, match=r"a\.wav: no samples after 5\.00 s"):
        decode(path, start=5.0)


def playlists(folder: Path, target: str) -> list[Path]:
    hls, concat = folder / "list.m3u8", folder / "list.ffconcat"
    hls.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:4.0,\n{target}\n#EXT-X-ENDLIST\n")
    concat.write_text(f"ffconcat version 1.0\nfile '{target}'\n")
    return [hls, concat]


@pytest.mark.parametrize("target", ["{path}", "file:{path}", "secret.ts"])
def test_a_playlist_opens_no_other_file(
    tmp_path: Path, media: Media, voice: Samples, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = media(tmp_path / "secret.ts", voice[None], 16000, codec="aac")
    assert len(decode(secret)) > 48000
    monkeypatch.chdir(tmp_path)
    for path in playlists(tmp_path, target.format(path=secret)):
        with pytest.raises(AudioError, match="text: "):
            decode(path)


def test_a_playlist_asks_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for path in playlists(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"):
            # Whoever connected would wait for an answer; the connection would stand in the queue.
            with pytest.raises(AudioError, match="text: "):
                decode(path)
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_address_is_no_path() -> None:
    with pytest.raises(AudioError, match="cannot be opened"):
        decode("http://127.0.0.1:9/a.wav")


def test_writing_refuses_what_is_no_sound_and_leaves_the_old_file(tmp_path: Path, voice: Samples) -> None:
    path = tmp_path / "a.flac"
    write_flac(path, voice)
    before = path.read_bytes()
    for bad in (np.zeros(0, dtype=np.float32), np.array([np.nan], dtype=np.float32), np.zeros((2, 2), np.float32)):
        with pytest.raises(AudioError):
            write_flac(path, bad)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


FULL_DISK = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from idiolect.audio import write_flac, write_wav
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
noise = np.random.default_rng(0).uniform(-0.5, 0.5, 160000).astype(np.float32)
write_flac(Path(sys.argv[1]), noise[:16000])
resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
for write in (write_flac, write_wav):
    try:
        write(Path(sys.argv[1]), noise)
    except OSError as error:
        print(error)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], check=True, capture_output=True, text=True)
    assert done.stdout.count("is the disk full?") == 2
    assert done.stdout.count(str(path)) == 2
    assert list(tmp_path.iterdir()) == [path]
    assert len(decode(path)) == 16000


def test_the_hash_over_blocks_is_the_hash(voice: Samples) -> None:
    blocks = SamplesHash()
    for first in range(0, len(voice), 777):
        blocks.update(voice[first : first + 777])
    assert blocks.hexdigest() == samples_hash(voice)
    assert len(blocks.hexdigest()) == 32
    # Written down once: stored corpora depend on it.
    assert samples_hash(np.array([0.0, 0.5, -1.0], dtype=np.float32)) == "29420624b308734d41c7f408eaddab7a"


def test_bytes_in_memory_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="audio: is empty"):
        list(decode_blocks(io.BytesIO(b"")))
