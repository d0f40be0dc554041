from __future__ import annotations

import pytest

from fake_provider import Provider


@pytest.fixture
def provider():
    made = Provider().start()
    yield made
    made.stop()


@pytest.fixture
def words(idiolect, provider, tmp_path, monkeypatch):
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "no-keys"))
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)
    (tmp_path / "lines.txt").write_text("one mocha\ntwo lattes\n")
    assert idiolect("init", "voice").code == 0
    words = ("synthesize", "-p", "voice", "--sentences", "lines.txt", "--count", "2", "--url", provider.url)
    return (*words, "--model", "m", "--voice", "nova", "--price", "1000/Mchar", "--cap", "1", "--json")


def test_synthesize_by_a_server_forecasts_asks_and_pays_once(idiolect, provider, words):
    dry = idiolect(*words, "--dry-run")
    assert (dry.code, dry.json["pending"], dry.json["forecast"], provider.received) == (0, 2, 0.019, [])
    refused = idiolect(*words)
    assert (refused.code, "nobody confirmed" in refused.err) == (1, True)
    done = idiolect(*words, "--yes")
    assert (done.code, done.json["made"], done.json["cost"]) == (0, 2, 0.019), done.err
    assert idiolect(*words, "--yes").json["already"] == 2
    assert len(provider.received) == 2
    assert idiolect("synthesize", "-p", "voice", "--sentences", "lines.txt", "--url", provider.url).code == 2


def test_label_by_a_chat_model_that_hears(idiolect, provider, words):
    assert idiolect(*words, "--yes").code == 0
    words = ("label", "-p", "voice", "--engine", "chat-audio", "--with", f"url={provider.url}", "--with", "model=m")
    done = idiolect(*words, "--json")
    assert (done.code, done.json["labelled"]) == (0, 2), (done.err, done.json)
