from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.corpus.importers import find_entries
from idiolect.errors import ImportFileError

DATA = Path(__file__).resolve().parents[2] / "../shared/data"


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"RIFF")


def test_ten_recordings_are_paired_by_name_not_by_position(tmp_path):
    # As text rec_10 sorts before rec_2: lists that are zipped with sorted files go wrong from the tenth on.
    names = [f"rec_{number}.wav" for number in range(12)]
    touch(tmp_path, *names)
    rows = "".join(f"{name},sentence {name}\n" for name in names)
    (tmp_path / "metadata.csv").write_text("audio,text\n" + rows)
    entries, _ = find_entries([tmp_path])
    assert len(entries) == 12
    assert all(entry.text == f"sentence {entry.audio.name}" for entry in entries)


def test_a_table_that_names_no_audio_is_refused(tmp_path):
    touch(tmp_path, "rec_0.wav", "rec_1.wav")
    (tmp_path / "text.csv").write_text("index,sentence\n0,zero\n1,one\n")
    with pytest.raises(ImportFileError, match="no column names the audio"):
        find_entries([tmp_path / "text.csv"])


def test_two_texts_for_one_file_are_both_listed_and_equal_ones_are_one(tmp_path):
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    (tmp_path / "m.csv").write_text("audio,text\na.wav,one\nb.wav,same\na.wav,two\nb.wav,same\nc.wav,fine\n")
    entries, skips = find_entries([tmp_path / "m.csv"])
    assert [(entry.audio.name, entry.text) for entry in entries] == [("b.wav", "same"), ("c.wav", "fine")]
    assert sorted(skip.where.rpartition(":")[2] for skip in skips) == ["2", "4", "5"]
    assert any("'one'" in skip.reason and "'two'" in skip.reason for skip in skips)


def test_two_texts_in_two_lists(tmp_path):
    touch(tmp_path, "a.wav")
    (tmp_path / "m.csv").write_text("audio,text\na.wav,one\n")
    (tmp_path / "a.txt").write_text("other")
    entries, skips = find_entries([tmp_path / "m.csv", tmp_path / "a.wav"])
    assert not entries
    assert len(skips) == 2


def test_malformed_lines_are_counted_and_listed(tmp_path):
    touch(tmp_path, "a.wav")
    (tmp_path / "m.jsonl").write_text('{"audio": "a.wav"}\n{"audio": \n[1]\n\n{"text": "x"}\n{"audio": "b.wav"}\n')
    entries, skips = find_entries([tmp_path / "m.jsonl"])
    assert len(entries) == 1
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["2", "3", "5", "6"]


@pytest.mark.parametrize(
    "row",
    [
        {"start": 2, "end": 1},
        {"start": -1},
        {"start": "NaN"},
        {"offset": 0, "duration": 0},
        {"slots": "nonsense"},
        {"slots": [1]},
        {"sensitivity": "secret"},
        {"prompted": "perhaps"},
        {"text": ["a"]},
        {"text": "a\0b"},
        {"words": [{"word": "a"}]},
        {"words": [{"word": "a", "start": 0, "end": 1, "confidence": 7}]},
        {"audio": ""},
        {"audio": 1.5},
    ],
)
def test_a_value_without_sense_skips_its_row_only(tmp_path, row):
    touch(tmp_path, "a.wav", "b.wav")
    rows = [{"audio": "a.wav", **row}, {"audio": "b.wav", "text": "fine"}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    entries, skips = find_entries([tmp_path / "m.jsonl"])
    assert [entry.text for entry in entries] == ["fine"]
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["1"]


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.jsonl"])
def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path, name):
    touch(tmp_path, "a.wav", "b.wav")
    mark = "\t" if name == "m.tsv" else ","
    content = (
        '{"audio": "a.wav", "text": "caf\xe9"}\n{"audio": "b.wav", "text": "fine"}\n'
        if name == "m.jsonl"
        else f"audio{mark}text\na.wav{mark}caf\xe9\nb.wav{mark}fine\n"
    )
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    entries, skips = find_entries([tmp_path / name])
    assert [entry.text for entry in entries] == ["fine"]
    assert len(skips) == 1
    assert "0xe9" in skips[0].reason
    assert skips[0].where.endswith(":1" if name == "m.jsonl" else ":2")
    skips[0].reason.encode("utf-8")


def test_utf16_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "m.csv").write_text("audio,text\n", encoding="utf-16")
    with pytest.raises(ImportFileError, match="UTF-16"):
        find_entries([tmp_path / "m.csv"])


def test_rows_with_too_few_or_too_many_columns(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "m.csv").write_text("audio,text\na.wav\nb.wav,well, then\n")
    entries, skips = find_entries([tmp_path / "m.csv"])
    assert not entries
    assert [skip.where.rpartition(":")[2] for skip in skips] == ["2", "3"]


def test_a_quotation_mark_that_never_closes_is_an_error_with_its_line(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "m.csv").write_text('audio,text\na.wav,fine\nb.wav,"open\n')
    with pytest.raises(ImportFileError, match=r"m\.csv:3"):
        find_entries([tmp_path / "m.csv"])


def test_a_broken_list_in_a_folder_of_audio_is_listed(tmp_path):
    touch(tmp_path, "a.wav")
    (tmp_path / "notes.csv").write_text("date,what\n1,2\n")
    entries, skips = find_entries([tmp_path])
    assert [entry.audio.name for entry in entries] == ["a.wav"]
    assert "no column names the audio" in skips[0].reason


def test_a_name_that_could_be_two_files(tmp_path):
    touch(tmp_path, "a.wav", "a.flac")
    (tmp_path / "m.csv").write_text("audio,text\na,one\n")
    entries, skips = find_entries([tmp_path / "m.csv"])
    assert not entries
    assert "a.flac, a.wav" in skips[0].reason


def test_empty_lists(tmp_path):
    (tmp_path / "m.jsonl").write_text("")
    assert find_entries([tmp_path / "m.jsonl"]) == ([], [])
    (tmp_path / "m.csv").write_text("")
    with pytest.raises(ImportFileError, match="empty"):
        find_entries([tmp_path / "m.csv"])


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(cell, max_size=8))
def test_every_line_of_a_manifest_becomes_an_entry_or_a_skip(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("law")
    touch(folder, *[f"{number}.wav" for number in range(len(texts))])
    rows = [{"audio": f"{number}.wav", "text": text} for number, text in enumerate(texts)]
    (folder / "m.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    entries, skips = find_entries([folder / "m.jsonl"])
    assert len(entries) + len(skips) == len(texts)
    for entry in entries:
        assert entry.text == (" ".join(texts[int(entry.audio.stem)].split()) or None)


@settings(deadline=None, max_examples=30)
@given(content=st.binary(max_size=300), name=st.sampled_from(["m.csv", "m.tsv", "m.jsonl", "a.srt", "a.vtt", "a.txt"]))
def test_any_bytes_give_entries_skips_or_an_error_of_ours(tmp_path_factory, content, name):
    folder = tmp_path_factory.mktemp("bytes")
    touch(folder, "a.wav")
    (folder / name).write_bytes(content)
    try:
        find_entries([folder if name == "a.txt" else folder / name])
    except ImportFileError as error:
        assert name in str(error)  # noqa: PT017 - either outcome is fine, any other error is not


@pytest.mark.data
@pytest.mark.parametrize(
    "folder", sorted(path.parent.name for path in DATA.glob("*/manifest.jsonl")) or [pytest.param("none")]
)
def test_the_shared_collections_are_read_whole(folder):
    manifest = DATA / folder / "manifest.jsonl"
    if not manifest.is_file():
        pytest.skip(f"{DATA} is not there")
    entries, skips = find_entries([manifest.parent])
    assert len(entries) == len(manifest.read_text().splitlines())
    assert not skips
    assert all(entry.audio.is_file() for entry in entries)
