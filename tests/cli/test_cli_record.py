from __future__ import annotations

import json

import numpy as np
import pytest

from idiolect.audio import write_wav


@pytest.fixture
def spoken(tmp_path):
    """Three utterances with long pauses: a buzz of 120 Hz through two changing formants, which a detector hears."""
    n = np.arange(24_000)
    buzz = np.diff(np.floor(n * 120 * (1 + 0.1 * np.sin(n / 3000)) / 16_000), prepend=0)
    voice = np.zeros(len(n))
    for number, start in enumerate(range(0, len(n) - 3199, 3200)):
        ring = np.arange(400) / 16_000
        tract = np.exp(-300 * ring) * sum(
            np.sin(2 * np.pi * hz * ring) for hz in ((700, 1200), (300, 2300))[number % 2]
        )
        voice[start : start + 3200] = np.convolve(buzz[start : start + 3200], tract)[:3200] * np.hanning(3200) ** 0.5
    voice = (0.5 * voice / np.abs(voice).max()).astype(np.float32)
    pause = np.zeros(16_000 * 2, dtype=np.float32)
    path = tmp_path / "spoken.wav"
    write_wav(path, np.concatenate([voice, pause, 0.8 * voice, pause, 0.6 * voice, pause]))
    return path


def rows(project):
    return [
        json.loads(line)
        for path in sorted((project / "recordings").glob("*/manifest.jsonl"))
        for line in path.read_text().splitlines()
    ]


@pytest.fixture
def empty(idiolect, tmp_path):
    assert idiolect("init", "voice", "--speaker", "me").code == 0
    return tmp_path / "voice"


def test_free_speech_becomes_takes_and_is_imported(idiolect, empty, spoken):
    done = idiolect("record", "--rehearse", spoken, "--session", "one", "-p", empty, "--json")
    assert done.code == 0, done.err
    assert done.json["added"] == 3
    assert [row["audio"] for row in rows(empty)] == ["0001.wav", "0002.wav", "0003.wav"]
    assert all(row["speaker"] == "me" and row["session"] == "one" and "text" not in row for row in rows(empty))


def test_prompts_are_the_texts_and_are_not_asked_twice(idiolect, empty, spoken, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("first sentence\n\nsecond  sentence\nthird sentence\n")
    words = ("record", "--rehearse", spoken, "--prompts", prompts, "-p", empty)
    done = idiolect(*words, "--takes", "2", "--session", "one", "--json")
    assert done.code == 0, done.err
    assert [(row["text"], row["prompted"]) for row in rows(empty)] == [
        ("first sentence", True),
        ("second sentence", True),
    ]
    assert done.json["labels"] == 2
    dry = idiolect(*words, "--dry-run")
    assert dry.json == {"speaker": "me", "prompts": ["third sentence"]}
    assert len(rows(empty)) == 2


def test_what_a_killed_session_left_is_imported(idiolect, empty, spoken, tmp_path):
    idiolect("record", "--rehearse", spoken, "--session", "one", "--takes", "1", "-p", empty)
    folder = empty / "recordings" / "killed"
    folder.mkdir()
    (folder / "0001.wav").write_bytes(spoken.read_bytes())
    (folder / "manifest.jsonl").write_text(
        '{"audio": "0001.wav", "text": "left behind", "speaker": "me"}\n{"audio": "00'
    )
    silent = tmp_path / "silent.wav"
    write_wav(silent, np.zeros(16_000, dtype=np.float32))
    done = idiolect("record", "--rehearse", silent, "-p", empty, "--json")
    assert done.code == 0, done.err
    assert done.json["added"] == 1
    assert done.json["already"] == 1


def test_silence_records_nothing(idiolect, empty, tmp_path):
    silent = tmp_path / "silent.wav"
    write_wav(silent, np.zeros(16_000, dtype=np.float32))
    done = idiolect("record", "--rehearse", silent, "-p", empty)
    assert (done.code, done.out) == (0, "nothing was recorded\n")
    assert not rows(empty)


def test_prompts_are_chosen_for_what_is_missing(idiolect, empty, spoken, task_file, tmp_path):
    words = ("record", "--rehearse", spoken, "--prompts", task_file, "-p", empty)
    chosen = idiolect(*words, "--takes", "2", "--dry-run").json
    first = chosen["adds"][0]
    assert {"make", "me", "a", "please"} <= set(first["terms"])
    assert first["text"] == chosen["prompts"][0]
    assert len({prompt.rpartition(" ")[2] for prompt in chosen["prompts"]}) == 2  # mocha and latte
    done = idiolect(*words, "--takes", "1", "--session", "one", "--json")
    assert done.code == 0, done.err
    assert [row["text"] for row in rows(empty)] == chosen["prompts"][:1]
    then = idiolect(*words, "--dry-run").json
    assert first["text"] not in then["prompts"]
    assert then["adds"][0]["terms"] == [chosen["prompts"][1].rpartition(" ")[2]]


def test_a_glossary_is_read_in_sentences(idiolect, empty, spoken, tmp_path):
    glossary = tmp_path / "terms.txt"
    glossary.write_text("kubectl\nGrafana\n")
    words = ("record", "--rehearse", spoken, "--prompts", glossary, "-p", empty, "--dry-run")
    assert idiolect(*words).json["prompts"] == ["kubectl", "Grafana"]  # as it is, where nobody asks for more
    chosen = idiolect(*words, "--choose", "--takes", "2").json
    assert {term for one in chosen["adds"] for term in one["terms"]} == {"kubectl", "Grafana"}
    assert all(len(prompt.split()) > 1 for prompt in chosen["prompts"])
    assert idiolect(*words, "--form", "sentences", "--takes", "5").json["adds"]
