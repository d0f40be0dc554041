"""What is known of servers, caps and hourly prices before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from idiolect.corpus import Corpus
from idiolect.errors import BudgetError
from idiolect.gateway import Money
from idiolect.gateway.asking import key_state, servers
from idiolect.gateway.budget import caps_of, set_caps
from idiolect.gateway.opening import hourly_prices
from idiolect.gateway.policy import allow
from idiolect.gateway.prices import Prices
from idiolect.gateway.values import Reach


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def test_servers_say_what_is_allowed_and_which_key_is_there(corpus, monkeypatch, tmp_path):
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("GROQ_API_KEY", "gsk_not_a_real_one")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    allow(corpus, "groq")
    allow(corpus, "http://127.0.0.1:8000/v1", reach=Reach.LOOPBACK)
    found = {one.name: one for one in servers(corpus)}
    assert (found["groq"].allowed, found["groq"].key_state) == (Reach.CLOUD, "set")
    assert (found["openai"].allowed, found["openai"].key_state) == (None, "missing")
    assert (found["127.0.0.1:8000"].allowed, found["127.0.0.1:8000"].key_state) == (Reach.LOOPBACK, "none")
    assert "gsk_not_a_real_one" not in repr(found)


def test_a_file_of_keys_that_others_read_is_said_so(monkeypatch, tmp_path):
    path = tmp_path / "keys"
    path.write_text("MISTRAL_API_KEY=abcdef\n")
    path.chmod(0o644)
    monkeypatch.setenv("IDIOLECT_KEYS", str(path))
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    assert key_state("MISTRAL_API_KEY") == "unreadable"
    path.chmod(0o600)
    assert key_state("MISTRAL_API_KEY") == "set"


def test_caps_are_read_as_they_were_set(corpus):
    set_caps(corpus, {"run": "1.50", "day": "none", "project": " $20 "})
    found = {one.name: one for one in caps_of(corpus)}
    assert found["run"].most == Money.of("1.5")
    assert (found["run"].booked, found["run"].used) == (None, None)
    assert (found["day"].most, found["project"].most) == (None, Money.of(20))
    assert found["project"].used == 0
    set_caps(corpus, {"project": ""})
    assert {name: one.most for name, one in zip(found, caps_of(corpus), strict=True)} == {
        "run": Money.of("1.5"),
        "day": None,
        "project": None,
    }
    for wrong in ("-1", "ten"):
        with pytest.raises(BudgetError):
            set_caps(corpus, {"run": wrong})


def test_an_hour_costs_what_the_rows_say():
    hourly = hourly_prices(Prices.load(today=datetime.now(UTC).date()))
    assert hourly("onnx", {}) == 0
    assert hourly("openai", {"url": "https://api.openai.com/v1", "model": "whisper-1"}) == pytest.approx(0.36)
    assert hourly("openai", {"url": "https://api.openai.com/v1", "model": "never-heard-of"}) is None
    assert hourly("openai", {"url": "nonsense", "model": "x"}) is None
