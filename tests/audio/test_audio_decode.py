from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.audio import decode, decode_blocks, probe, resample, samples_hash, write_flac, write_wav
from idiolect.units import Samples

Media = Callable[..., Path]


def tone(seconds: float, rate: int = 16000, hertz: float = 440.0) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def pitch(samples: Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples[:16000]))))


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_s16le", 44100),
        ("a.wav", "pcm_s24le", 48000),
        ("a.wav", "pcm_u8", 8000),
        ("a.wav", "pcm_f32le", 22050),
        ("a.flac", "flac", 48000),
        ("a.mp3", "libmp3lame", 44100),
        ("a.opus", "libopus", 48000),
        ("a.ogg", "libopus", 48000),
        ("a.m4a", "aac", 44100),
        ("a.webm", "libopus", 48000),
        ("a.mkv", "aac", 48000),
        ("a.amr", "libopencore_amrnb", 8000),
    ],
)
def test_decodes_what_ffmpeg_reads(tmp_path: Path, media: Media, name: str, codec: str, rate: int) -> None:
    import av

    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg does not write {codec}")
    path = media(tmp_path / name, tone(2.0, rate)[None], rate, codec=codec)
    warnings: list[str] = []
    samples = decode(path, on_warning=warnings.append)
    assert warnings == []
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert abs(len(samples) - 32000) < 1600
    assert pitch(samples[4000:]) == pytest.approx(440, abs=2)
    assert 0.25 < np.abs(samples[8000:24000]).max() < 0.36


def test_a_film_gives_its_sound(tmp_path: Path, media: Media) -> None:
    path = media(tmp_path / "film.mp4", np.stack([tone(1.0, 48000)] * 2), 48000, codec="aac", picture=True)
    assert pitch(decode(path)) == pytest.approx(440, abs=2)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.codec) == (48000, 2, "aac")
    assert info.duration == pytest.approx(1.0, abs=0.1)


def test_96_khz_with_8_channels_becomes_the_mean(tmp_path: Path) -> None:
    path = tmp_path / "array.wav"
    channels = np.stack([tone(1.0, 96000)] * 4 + [np.zeros(96000, dtype=np.float32)] * 4)
    soundfile.write(path, channels.T, 96000, subtype="PCM_24")
    samples = decode(path)
    assert len(samples) == 16000
    assert np.abs(samples[2000:14000] - tone(1.0)[2000:14000] / 2).max() < 1e-3
    assert probe(path).channels == 8


def test_the_name_does_not_say_what_a_file_is(tmp_path: Path, media: Media) -> None:
    path = media(tmp_path / "really.mp3", tone(1.0, 44100)[None], 44100, codec="libmp3lame")
    renamed = path.rename(tmp_path / "called.wav")
    assert pitch(decode(renamed)) == pytest.approx(440, abs=2)


@given(values=st.lists(st.integers(-32768, 32767), min_size=1, max_size=300), kind=st.sampled_from(["flac", "wav"]))
@settings(max_examples=30, deadline=None)
def test_what_was_written_is_read_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, values: list[int], kind: str
) -> None:
    samples = (np.array(values) / 32768).astype(np.float32)
    path = tmp_path_factory.mktemp("bits") / f"a.{kind}"
    (write_flac if kind == "flac" else write_wav)(path, samples)
    back = decode(path)
    assert np.array_equal(back, samples)
    assert samples_hash(back) == samples_hash(samples)
    # The long way through FFmpeg says the same.
    assert np.array_equal(decode(io.BytesIO(path.read_bytes())), samples)


def test_imported_and_stored_samples_have_one_hash(tmp_path: Path, media: Media) -> None:
    path = media(tmp_path / "a.mp3", tone(1.5, 44100)[None], 44100, codec="libmp3lame")
    samples = decode(path)
    write_flac(tmp_path / "a.flac", samples)
    assert samples_hash(decode(tmp_path / "a.flac")) == samples_hash(samples)


@given(start=st.integers(0, 40000), length=st.integers(1, 40000))
@settings(max_examples=25, deadline=None)
def test_a_stretch_of_our_own_file_is_that_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int
) -> None:
    samples = (np.random.default_rng(0).integers(-9000, 9000, 48000) / 32768).astype(np.float32)
    path = tmp_path_factory.mktemp("stretch") / "a.flac"
    write_flac(path, samples)
    found = decode(path, start=start / 16000, end=(start + length) / 16000)
    assert np.array_equal(found, samples[start : start + length])


@pytest.mark.parametrize(
    "form",
    [
        ("a.wav", "pcm_s16le", 44100, 1),
        ("a.flac", "flac", 48000, 1),
        ("a.mp3", "libmp3lame", 44100, 40),
        ("a.m4a", "aac", 44100, 40),
        ("a.opus", "libopus", 48000, 200),
    ],
    ids=lambda form: form[0],
)
def test_a_stretch_of_any_file_is_near_that_of_the_whole(
    tmp_path: Path, media: Media, make_voice: Callable[..., Samples], form: tuple[str, str, int, int]
) -> None:
    name, codec, rate, bits = form
    sound = resample(np.tile(make_voice(6.0), 6), 16000, rate)
    path = media(tmp_path / name, sound[None], rate, codec=codec)
    whole = decode(path)
    found = decode(path, start=32.25, end=34.5)
    assert len(found) == round(2.25 * 16000)
    assert np.abs(found - whole[516000:552000]).max() <= bits / 32768
    assert np.array_equal(decode(path, start=32.25, end=34.5), found)
    assert np.array_equal(decode(path, start=7.25, end=9.5), whole[116000:152000])


def test_blocks_are_the_whole(tmp_path: Path, media: Media) -> None:
    path = media(tmp_path / "a.ogg", tone(3.3, 48000)[None], 48000, codec="libopus")
    blocks = list(decode_blocks(path, 1.0))
    assert [len(block) for block in blocks[:-1]] == [16000] * (len(blocks) - 1)
    assert np.array_equal(np.concatenate(blocks), decode(path))


def test_reads_open_files_and_pipes(tmp_path: Path, media: Media) -> None:
    # An MP4 has its index at the end: a pipe alone could not be decoded.
    path = media(tmp_path / "a.m4a", tone(1.0, 44100)[None], 44100, codec="aac")
    expected = decode(path)
    with path.open("rb") as file:
        assert np.array_equal(decode(file), expected)
        assert not file.closed
    out, into = os.pipe()

    def feed() -> None:
        with os.fdopen(into, "wb") as pipe:
            pipe.write(path.read_bytes())

    writer = threading.Thread(target=feed)
    writer.start()
    with os.fdopen(out, "rb") as pipe:
        assert np.array_equal(decode(pipe), expected)
    writer.join()


MEMORY = """
import resource, sys
from idiolect.audio import decode, decode_blocks
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:  # an open file goes through FFmpeg, a name may go through libsndfile
    for source in (file, sys.argv[1]):
        decode(source, end=1.0)
        before = peak()
        print(sum(len(block) for block in decode_blocks(source)), (peak() - before) // 1000)
"""


def read_all(path: Path) -> list[tuple[int, int]]:
    """(samples, megabytes that reading took) by two ways, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MEMORY, path], check=True, capture_output=True, text=True)
    return [(int(a), int(b)) for a, b in (line.split() for line in done.stdout.splitlines())]


def test_reads_a_named_pipe(tmp_path: Path, media: Media) -> None:
    path = media(tmp_path / "a.m4a", tone(1.0, 44100)[None], 44100, codec="aac")
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    writer.start()
    assert np.array_equal(decode(pipe), decode(path))
    writer.join()


def test_ten_minutes_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 16000, 1, "PCM_16") as out:
        for _ in range(10):
            out.write(tone(60.0))
    for samples, megabytes in read_all(path):
        assert samples == 600 * 16000
        assert megabytes < 25  # the whole would be 38
    assert len(decode(path, start=500.0, end=501.0)) == 16000


@pytest.mark.slow
def test_eight_hours_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "day.flac"
    quarter = (np.random.default_rng(0).standard_normal(900 * 16000) * 300).astype(np.int16)
    with soundfile.SoundFile(path, "w", 16000, 1, "PCM_16") as out:
        for _ in range(32):
            out.write(quarter)
    for samples, megabytes in read_all(path):
        assert samples == 8 * 3600 * 16000
        assert megabytes < 60  # the whole would be 1843
    assert np.array_equal(decode(path, start=28000.0, end=28001.0), quarter[1600000:1616000] / np.float32(32768))


def test_nothing_heavy_is_loaded_until_it_is_used() -> None:
    code = "import sys, idiolect.audio; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    )
    assert not loaded & {"av", "soundfile", "soxr", "onnxruntime", "sounddevice", "scipy", "torch"}
