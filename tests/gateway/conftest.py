from __future__ import annotations

import shutil

import pytest
from fake_provider import Provider

from idiolect.corpus import Corpus
from idiolect.gateway import Gateway, Money, Reach
from idiolect.gateway.policy import allow


class PerSecond:
    """Prices for tests: nanodollars for each second of audio, of the models that are named."""

    def __init__(self, rate, models=("m",)):
        self.rate, self.models = rate, models

    def find(self, destination, model):
        return self if model in self.models else None

    def cost(self, usage, requests=1):
        return Money(round(usage.audio * self.rate))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty") / "project"
    Corpus.create(folder).close()
    return folder


@pytest.fixture
def corpus(empty_store, tmp_path):
    shutil.copytree(empty_store, tmp_path / "project")
    with Corpus.open(tmp_path / "project") as opened:
        yield opened


@pytest.fixture(autouse=True)
def nobodys_keys(monkeypatch, tmp_path):
    """No key and no setting of whoever runs the tests."""
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "no-keys"))
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)


@pytest.fixture
def provider():
    """A fake provider that answers well until a test gives it another `act`."""
    made = Provider().start()
    yield made
    made.stop()


@pytest.fixture
def cloud(corpus, provider):
    """The fake provider, said to be a cloud: as a proxy on this machine that passes on what it gets."""
    allow(corpus, provider.url, reach=Reach.CLOUD)
    return provider


@pytest.fixture
def door(corpus):
    """A gateway where each second costs a tenth of a dollar, and a dollar may be spent."""
    made = Gateway(corpus, PerSecond(10**8), cap=Money.of(1))
    yield made
    made.close()
