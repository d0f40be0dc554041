from __future__ import annotations

import json

import numpy as np
import pytest

from idiolect.audio import write_wav


@pytest.fixture
def hum(tmp_path):
    """Write half a second of pulses through a resonance, which passes for a voice."""

    def make(name, pitch, seed=0):
        rng = np.random.default_rng(seed)
        pulses = np.zeros(32_000)
        pulses[:: 16_000 // pitch] = 1
        n = np.arange(800)
        rung = np.convolve(pulses, np.exp(-250 * n / 16_000) * np.sin(6.28 * 5 * pitch * n / 16_000))[:32_000]
        rung *= 0.6 + 0.4 * np.sin(np.arange(32_000) / 800)
        path = tmp_path / name
        write_wav(path, (0.2 * rung / np.abs(rung).max() + 1e-3 * rng.standard_normal(32_000)).astype(np.float32))
        return path

    return make


@pytest.fixture
def orders(idiolect, hum, tmp_path):
    """A project with clips of unnamed people: two files of each of two voices."""
    assert idiolect("init", "orders").code == 0
    for number in range(4):
        hum(f"in/{number}.wav", 90 if number % 2 else 260, seed=number)
    assert idiolect("import", "in", "-p", "orders").code == 0
    return tmp_path / "orders"


def test_files_are_grouped_without_a_project(idiolect, hum):
    names = [hum(f"{number}.wav", 90 if number % 2 else 260, seed=number) for number in range(4)]
    done = idiolect("voices", *names, "--check", "--json")
    assert done.code == 0, done.err
    voices = [row["voice"] for row in done.json["clips"]]
    assert voices[0] == voices[2]
    assert voices[1] == voices[3]
    assert [row["file"] for row in done.json["clips"]] == [str(name) for name in names]
    assert sum(group["clips"] for group in done.json["groups"]) == 4
    assert done.json["halves"] == {"together": 4, "of": 4}
    assert 0 < done.json["missed"] < done.json["mixed"] < 1
    assert done.json["assigned"] is None


def test_silence_is_said_to_be_unheard(idiolect, tmp_path):
    write_wav(tmp_path / "silence.wav", np.zeros(16_000, np.float32))
    done = idiolect("voices", "silence.wav")
    assert done.code == 0, done.err
    assert "1 clips, 1 groups; without enough speech: 1" in done.out


def test_a_project_names_its_voices_as_sessions(idiolect, orders):
    done = idiolect("voices", "-p", orders, "--assign", "--json")
    assert done.code == 0, done.err
    assert done.json["assigned"] == 4
    again = idiolect("voices", "-p", orders, "--assign")
    assert again.code == 0, again.err
    assert "recordings that now name a session: 4" in again.out
    assert "next: idiolect freeze --group-by session" in again.out


def test_looking_changes_nothing(idiolect, orders):
    before = (orders / "idiolect.db").read_bytes()
    assert idiolect("voices", "-p", orders).code == 0
    assert (orders / "idiolect.db").read_bytes() == before


def test_named_speakers_are_not_grouped(idiolect, project):
    done = idiolect("voices", "-p", project)
    assert done.code == 1
    assert "none of 12 clips is without speaker and session" in done.err


def test_what_does_not_go_together_is_usage(idiolect, hum):
    done = idiolect("voices", hum("a.wav", 90), "--assign")
    assert done.code == 2
    assert "for the clips of a project" in done.err
    missing = idiolect("voices", "nowhere.wav")
    assert missing.code == 1
    assert "nowhere.wav is no file" in missing.err


def test_json_is_one_line(idiolect, hum):
    done = idiolect("voices", hum("a.wav", 90), "--json")
    assert json.loads(done.out)["prefer"] == "joined"
