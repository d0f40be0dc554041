"""The contract for scripts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ECHO = ("--engine", "echo", "--with", 'texts=["make me a mocha"]', "--with", "confidence=0.5")


def test_one_object_per_file_and_line(idiolect, wav):
    files = [wav(f"{number}.wav", seed=number) for number in range(3)]
    done = idiolect("transcribe", *ECHO, "--jobs", "1", "--json", *files)
    assert done.code == 0
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["file"] for row in rows] == [str(path) for path in files]
    assert all(list(row) == ["file", "text", "confidence", "words"] for row in rows)
    assert (rows[0]["text"], rows[0]["confidence"]) == ("make me a mocha", 0.5)
    assert all(set(word) == {"word", "start", "end", "confidence"} for row in rows for word in row["words"])


def test_a_task_adds_intent_and_slots(idiolect, wav, task_file):
    done = idiolect("transcribe", *ECHO, "--task", task_file, "--json", wav())
    assert (done.json["intent"], done.json["slots"]) == ("order", {"drink": "mocha"})
    other = ("--engine", "echo", "--with", 'texts=["sing"]')
    done = idiolect("transcribe", *other, "--task", task_file, "--json", wav())
    assert (done.json["intent"], done.json["slots"], done.json["text"]) == (None, {}, "sing")


def test_unread_files_are_listed_and_the_others_heard(idiolect, wav, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"nothing")
    done = idiolect("transcribe", *ECHO, "--jobs", "1", "--json", "bad.wav", wav(), "gone.wav")
    assert done.code == 1
    assert [json.loads(line)["file"] for line in done.out.splitlines()] == [str(tmp_path / "a.wav")]
    assert "bad.wav" in done.err
    assert "gone.wav" in done.err
    assert "2 of 3 files could not be read" in done.err


def test_a_truncated_file_is_heard_and_said(idiolect, wav, tmp_path):
    (tmp_path / "cut.wav").write_bytes(wav().read_bytes()[:8_000])
    done = idiolect("transcribe", *ECHO, "--json", tmp_path / "cut.wav")
    assert (done.code, json.loads(done.out)["text"]) == (0, "make me a mocha")
    assert done.err.startswith(f"warning: {tmp_path / 'cut.wav'}: truncated")


def test_text_for_people(idiolect, wav, task_file):
    assert idiolect("transcribe", *ECHO, wav()).out == "make me a mocha\n"
    assert idiolect("transcribe", *ECHO, "--task", task_file, wav()).out == "make me a mocha\torder drink='mocha'\n"
    both = idiolect("transcribe", *ECHO, "--jobs", "1", "a.wav", wav("b.wav", seed=1)).out
    assert both == f"a.wav\tmake me a mocha\n{wav('b.wav', seed=1)}\tmake me a mocha\n"


def test_captions(idiolect, wav):
    done = idiolect("transcribe", *ECHO, "--format", "srt", wav())
    assert done.out == "1\n00:00:00,000 --> 00:00:00,500\nmake me a mocha\n\n"
    assert idiolect("transcribe", *ECHO, "--format", "vtt", "a.wav", "b.wav").code == 2


def test_standard_input(wav, tmp_path):
    command = [sys.executable, "-m", "idiolect", "transcribe", *ECHO, "--json", "-"]
    done = subprocess.run(command, input=wav().read_bytes(), capture_output=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)["file"] == "-"
    assert json.loads(done.stdout)["text"] == "make me a mocha"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "whispr"], "no engine 'whispr'"),
        (["--engine", "onnx"], "needs a model"),
        (["--task", "gone.yaml"], "gone.yaml"),
        (["--model", "gone"], "there is no model folder gone, and no idiolect project"),
    ],
)
def test_what_cannot_be_made_is_an_error(idiolect, wav, words, said):
    done = idiolect("transcribe", *words, "--json", wav())
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_bad_choice_of_the_engine_is_an_error(idiolect, wav):
    assert idiolect("transcribe", "--engine", "echo", "--with", "nonsense", wav()).code == 2
    assert idiolect("transcribe", "--engine", "echo", "--with", "volume=3", wav()).code == 1


def test_several_processes_keep_the_order(idiolect, wav):
    files = [wav(f"{number}.wav", 0.2 + 0.1 * (4 - number)) for number in range(4)]
    done = idiolect("transcribe", *ECHO, "--jobs", "2", "--json", *files)
    assert done.code == 0
    assert [json.loads(line)["file"] for line in done.out.splitlines()] == [str(path) for path in files]


@pytest.mark.engine
def test_sphinx_listens_by_default(idiolect, wav):
    done = idiolect("transcribe", "--json", wav())
    assert done.code == 0, done.err
    assert set(done.json) == {"file", "text", "confidence", "words"}
