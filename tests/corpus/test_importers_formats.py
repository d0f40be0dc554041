from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from idiolect.corpus.importers import FORMATS, Entry, Skip, find_entries
from idiolect.corpus.values import Sensitivity, SourceKind, WordTime
from idiolect.errors import ImportFileError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")


def pairs(entries: list[Entry]) -> dict[str, str | None]:
    return {entry.audio.name: entry.text for entry in entries if entry.audio is not None}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize("name", FORMATS)
def test_each_listed_format_has_a_reader(name):
    module, function = FORMATS[name].target.split(":")
    assert callable(getattr(import_module(module), function))


def test_bare_files_folders_globs_and_standard_input(tmp_path):
    touch(tmp_path, "a.wav", "deep/b.MP4", "deep/.hidden.wav", "odd[1].flac", "odd1.flac")
    (tmp_path / "picture.jpg").write_bytes(b"")
    entries, skips = find_entries([tmp_path])
    assert [entry.audio.name for entry in entries] == ["a.wav", "b.MP4", "odd1.flac", "odd[1].flac"]
    assert not skips
    assert all(entry.text is None and entry.start is None for entry in entries)
    entries, _ = find_entries([f"{tmp_path}/**/*.MP4", tmp_path / "odd[1].flac", "-"])
    assert [entry.audio and entry.audio.name for entry in entries] == ["b.MP4", "odd[1].flac", None]
    assert entries[-1].where == "-"


def test_a_link_back_up_does_not_loop(tmp_path):
    touch(tmp_path, "in/a.wav")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    assert len(find_entries([tmp_path])[0]) == 1


@pytest.mark.parametrize("path", ["gone.wav", "gone/*.wav"])
def test_a_path_that_is_not_there_is_an_error(tmp_path, path):
    with pytest.raises(ImportFileError, match="gone"):
        find_entries([tmp_path / path])


def test_an_unknown_format_is_named_with_the_known(tmp_path):
    with pytest.raises(ImportFileError) as caught:
        find_entries([tmp_path], format="xml")
    assert "kaldi" in str(caught.value)


def test_a_folder_without_audio_is_listed(tmp_path):
    assert find_entries([tmp_path]) == ([], [Skip(str(tmp_path), "a folder without audio")])


def test_sidecar_texts_and_a_text_without_audio(tmp_path):
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    (tmp_path / "a.txt").write_text("one\n two\n")
    (tmp_path / "b.txt").write_text(" \n")
    (tmp_path / "lonely.txt").write_text("nobody")
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"a.wav": "one two", "b.wav": None, "c.wav": None}
    assert [Path(skip.where).name for skip in skips] == ["lonely.txt"]


def test_table_with_every_column(tmp_path):
    touch(tmp_path, "x/a.wav")
    (tmp_path / "rows.csv").write_text(
        "File,Sentence,Client_ID,session,device,locale,start,end,intent,slots,prompted,synthetic,sensitivity\n"
        'x/a.wav,"Hi, you",me,s1,phone,de,0.5,2,greet,"{""who"": ""you""}",yes,false,internal\n'
    )
    entries, skips = find_entries([tmp_path / "rows.csv"])
    assert not skips
    assert entries == [
        Entry(
            audio=tmp_path / "x/a.wav",
            where=f"{tmp_path}/rows.csv:2",
            text="Hi, you",
            source=f"{tmp_path.name}/rows.csv",
            start=0.5,
            end=2.0,
            speaker="me",
            session="s1",
            device="phone",
            language="de",
            intent="greet",
            slots={"who": "you"},
            prompted=True,
            synthetic=False,
            sensitivity=Sensitivity.INTERNAL,
        )
    ]


def test_false_in_a_flag_is_false(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "m.jsonl").write_text(
        lines({"audio": "a.wav", "synthetic": "false"}, {"audio": "b.wav", "synthetic": "maybe"})
    )
    entries, skips = find_entries([tmp_path / "m.jsonl"])
    assert [entry.synthetic for entry in entries] == [False]
    assert "maybe" in skips[0].reason


def test_a_table_without_header_as_ljspeech_has_it(tmp_path):
    touch(tmp_path, "wavs/LJ001-0001.wav", "wavs/LJ001-0002.wav")
    (tmp_path / "metadata.csv").write_text('LJ001-0001|In 1850, "x|In eighteen fifty, "x\nLJ001-0002|b|c\n')
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"LJ001-0001.wav": 'In eighteen fifty, "x', "LJ001-0002.wav": "c"}
    assert not skips


def test_our_manifest_and_nemo(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    word = {"word": "hi", "start": 0.1, "end": 0.2, "confidence": 0.5}
    (tmp_path / "manifest.jsonl").write_text(
        lines(
            {"audio": "a.wav", "text": "hi", "duration": 3.0, "words": [word], "intent": "x", "slots": {"a": "b"}},
            {"audio_filepath": str(tmp_path / "b.wav"), "text": "one", "offset": 1.5, "duration": 2.0},
            {"audio_filepath": str(tmp_path / "b.wav"), "text": "", "offset": 4, "duration": 1, "kind": "engine"},
        )
    )
    (first, second, third), skips = find_entries([tmp_path])
    assert not skips
    assert (first.start, first.end, first.words) == (None, None, (WordTime("hi", 0.1, 0.2, 0.5),))
    assert (second.start, second.end, second.text) == (1.5, 3.5, "one")
    assert (third.start, third.end, third.text, third.kind) == (4.0, 5.0, None, SourceKind.ENGINE)


def test_kaldi_with_stretches_speakers_and_a_command(tmp_path):
    data = tmp_path / "data" / "train"
    touch(tmp_path, "wavs/r1.wav")
    data.mkdir(parents=True)
    (data / "wav.scp").write_text("r1 wavs/r1.wav\nr2 sph2pipe -f wav r2.sph |\n")
    (data / "segments").write_text("u1 r1 0.0 1.5\nu2 r1 1.5 -1\nu3 r2 0 1\nu4 r9 0 1\nu5 r1 3\n")
    (data / "text").write_text("u1 hello there\nu9 nobody\n")
    (data / "utt2spk").write_text("u1 ann\nu2 bob\n")
    entries, skips = find_entries([data])
    assert [(e.text, e.speaker, e.start, e.end) for e in entries] == [
        ("hello there", "ann", 0.0, 1.5),
        (None, "bob", 1.5, None),
    ]
    reasons = "\n".join(f"{skip.where} {skip.reason}" for skip in skips)
    for part in ("wav.scp:2 recording r2 is a command", "segments:3", "segments:4", "segments:5", "text:2", "u9"):
        assert part in reasons
    assert find_entries([data / "wav.scp"])[0] == entries


def test_kaldi_two_texts_for_one_utterance(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "wav.scp").write_text("a a.wav\nb b.wav\n")
    (tmp_path / "text").write_text("a one\na two\nb three\nb three\n")
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"a.wav": None, "b.wav": "three"}
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["1", "2"]


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello</i>
there

2
00:00:03,000 -> 00:00:04,000
bad arrow

3
01:00:05,5 --> 01:00:06,25
{\\an8}Bye &amp; thanks
"""

VTT = """WEBVTT - title

NOTE nothing here --> nor here

intro
00:01.000 --> 00:02.000 align:start
<v.loud Ann>Hi</v>

00:03.000 --> 00:02.000
backwards
"""


def test_srt_in_a_folder_belongs_to_the_file_of_its_name(tmp_path):
    touch(tmp_path, "talk.mp4", "other.wav")
    (tmp_path / "talk.srt").write_text("\ufeff" + SRT.replace("\n", "\r\n"), newline="")
    entries, skips = find_entries([tmp_path])
    assert [(e.audio.name, e.text, e.start, e.end) for e in entries] == [
        ("other.wav", None, None, None),
        ("talk.mp4", "Hello there", 1.0, 2.5),
        ("talk.mp4", "Bye & thanks", 3605.5, 3606.25),
    ]
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["7"]


def test_vtt_with_voices_and_a_language_in_its_name(tmp_path):
    touch(tmp_path, "talk.webm")
    (tmp_path / "talk.de.vtt").write_text(VTT)
    entries, skips = find_entries([tmp_path])
    assert [(e.text, e.speaker, e.language, e.start, e.end) for e in entries] == [("Hi", "Ann", "de", 1.0, 2.0)]
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["9"]
    assert find_entries([tmp_path / "talk.de.vtt"])[0] == entries


def test_subtitles_without_audio_are_an_error(tmp_path):
    (tmp_path / "talk.srt").write_text(SRT)
    with pytest.raises(ImportFileError, match=r"talk\.srt"):
        find_entries([tmp_path / "talk.srt"])


def test_common_voice_sentences_with_an_open_quotation_mark(tmp_path):
    touch(tmp_path, "clips/a.mp3", "clips/b.mp3")
    (tmp_path / "validated.tsv").write_text(
        'client_id\tpath\tsentence\tlocale\nann\ta.mp3\t"Open and never closed\ten\nbob\tb.mp3\tNext\ten\n'
    )
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"a.mp3": '"Open and never closed', "b.mp3": "Next"}
    assert [(e.speaker, e.language, e.prompted) for e in entries] == [("ann", "en", True), ("bob", "en", True)]
    assert not skips


def test_librispeech(tmp_path):
    touch(tmp_path, "103/1240/103-1240-0000.flac", "103/1240/103-1240-0001.flac")
    (tmp_path / "103/1240/103-1240.trans.txt").write_text("103-1240-0000 CHAPTER ONE\n103-1240-0009 GONE\n")
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"103-1240-0000.flac": "CHAPTER ONE", "103-1240-0001.flac": None}
    assert {(e.speaker, e.session) for e in entries} == {("103", "103-1240")}
    assert "103-1240-0009" in skips[0].reason


def test_listenr_gives_two_machine_claims_and_no_reference(tmp_path):
    touch(tmp_path, "audio/2026-01-02/clip_a.wav", "audio/2026-01-02/clip_b.wav", "audio/2026-01-02/clip_c.wav")
    row = {"uuid": "1", "is_improved": True, "categories": [], "whisper_model": "Whisper-Large-v3", "duration_s": 1.0}
    base = "/srv/somebody/.listenr/audio_clips/audio/2026-01-02"
    (tmp_path / "manifest.jsonl").write_text(
        lines(
            {
                **row,
                "audio_path": f"{base}/clip_a.wav",
                "raw_transcription": "helo",
                "corrected_transcription": "Hello",
            },
            {**row, "audio_path": f"{base}/clip_b.wav", "raw_transcription": "x", "corrected_transcription": "x"},
            {**row, "audio_path": f"{base}/gone.wav", "raw_transcription": "y", "corrected_transcription": "y"},
            {
                "audio_path": f"{base}/clip_c.wav",
                "raw_transcription": "read",
                "whisper_model": "",
                "source": "mdc",
            },
        )
    )
    entries, skips = find_entries([tmp_path])
    engine, human = SourceKind.ENGINE, SourceKind.HUMAN
    assert [(e.audio.name, e.text, e.kind, e.source) for e in entries] == [
        ("clip_a.wav", "helo", engine, "listenr"),
        ("clip_a.wav", "Hello", engine, "listenr-llm"),
        ("clip_b.wav", "x", engine, "listenr"),
        ("clip_c.wav", "read", human, f"{tmp_path.name}/manifest.jsonl"),
    ]
    assert "gone.wav" in skips[0].reason


def test_folders_of_several_formats(tmp_path):
    touch(tmp_path, "one/a.wav", "two/b.wav", "loose.wav", "three/c.wav")
    (tmp_path / "one/manifest.jsonl").write_text(lines({"audio": "a.wav", "text": "A"}))
    (tmp_path / "two/metadata.csv").write_text("file_name,transcription\nb.wav,B\n")
    (tmp_path / "three/texts.tsv").write_text("wav\ttranscript\nc\tC\n")
    entries, skips = find_entries([tmp_path])
    assert pairs(entries) == {"a.wav": "A", "b.wav": "B", "c.wav": "C", "loose.wav": None}
    assert len(entries) == 4
    assert not skips
