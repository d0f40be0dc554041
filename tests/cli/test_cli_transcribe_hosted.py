"""Files to an engine behind a server: `idiolect transcribe` under the rules of the project."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fake_provider import Provider
from idiolect.audio import write_wav


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "none"))
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)


@pytest.fixture
def provider():
    made = Provider().start()
    yield made
    made.stop()


@pytest.fixture
def memos(tmp_path):
    for number in range(3):
        samples = 0.1 * np.random.default_rng(100 + number).standard_normal(16000)
        write_wav(tmp_path / f"memo{number}.wav", samples.astype(np.float32))
    return [f"memo{number}.wav" for number in range(3)]


@pytest.fixture
def transcribe(idiolect, project, provider):
    host = provider.url.partition("://")[2].partition("/")[0]
    row = f'[[price]]\nprovider = "fake"\nmodel = "paid"\nhosts = ["{host}"]\nper_minute = 0.60\n'
    (Path(project) / "prices.toml").write_text(row)

    def run(*words, model="paid"):
        where = ("-p", project, "--engine", "openai", "--with", f"url={provider.url}", "--with", f"model={model}")
        return idiolect("transcribe", *where, *words)

    return run


def test_a_server_of_this_machine_hears_files(transcribe, provider, memos):
    done = transcribe(*memos, "nothing.wav", "--json", model="local")
    assert (done.code, len(provider.received)) == (1, 3)
    assert "error: nothing.wav" in done.err
    heard = [json.loads(line) for line in done.out.splitlines()]
    assert [one["file"] for one in heard] == memos
    assert all(one["text"] for one in heard)


def test_what_it_costs_is_agreed_to_capped_and_paid_once(transcribe, provider, memos, idiolect, project):
    refused = transcribe(*memos)
    assert (refused.code, provider.received) == (1, [])
    assert "nobody confirmed a paid run: 3 requests" in refused.err
    stopped = transcribe(*memos, "--yes", "--cap", "0.02", "--jobs", "1")
    assert stopped.code == 1
    assert "the cap of $0.02 per run" in stopped.err
    assert len(provider.received) == 2
    # The run goes on under its own cap: what it paid for before counts, and is not sent again.
    assert "the cap of $0.02 per run" in transcribe(*memos, "--yes", "--cap", "0.02").err
    done = transcribe(*memos, "--yes", "--cap", "0.03")
    assert (done.code, len(provider.received), len(done.out.splitlines())) == (0, 3, 3)
    (row,) = (
        json.loads(line) for line in idiolect("ledger", "-p", project, "--by", "engine", "--json").out.splitlines()
    )
    assert (row["requests"], row["cost"]) == (3, "0.03")


def test_a_file_travels_as_far_as_is_said_and_a_clip_as_the_store_says(transcribe, provider, memos, idiolect, project):
    assert idiolect("allow", provider.url, "--reach", "cloud", "-p", project).code == 0
    paying = ("--yes", "--cap", "1")
    assert "is private" in transcribe(*memos, *paying).err
    assert transcribe(*memos, *paying, "--sensitivity", "shareable").code == 0
    assert len(provider.received) == 3
    (known,) = list(Path(project).glob("audio/**/*.flac"))[:1]
    assert "is private" in transcribe(str(known), *paying, "--sensitivity", "shareable").err
    assert len(provider.received) == 3


def test_scoring_sends_nothing_and_says_what_does(idiolect, project, provider):
    done = idiolect("evaluate", "-p", project, "--engine", "openai", "--engines-only")
    assert done.code == 1
    assert provider.received == []
