"""Models of the hub: no library asks for them by itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from idiolect.errors import AnswerError, DestinationError
from idiolect.gateway import Gateway, hub
from idiolect.gateway.policy import allow

LOAD = """
import sys
asked = []
watched = {"socket.connect", "socket.getaddrinfo"}
sys.addaudithook(lambda event, values: asked.append(event) if event in watched else None)
from idiolect.engines.pretrained import load
from idiolect.errors import EngineError
try:
    load("openai/whisper-not-here")
except EngineError as error:
    print(error)
print("asked:", asked)
"""


class Free:
    def find(self, destination, model):
        return None


@pytest.mark.engine
def test_a_hub_name_opens_no_connection_and_names_the_command(tmp_path):
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "asked: []"
    assert "openai/whisper-not-here cannot be loaded" in done.stdout
    assert "idiolect allow huggingface --fetch openai/whisper-not-here" in done.stdout


def test_the_hub_is_a_cloud_like_any_other(corpus, monkeypatch):
    fetched = []
    monkeypatch.setattr(hub, "_download", fetched.append)  # what would leave this machine
    door = Gateway(corpus, Free(), resolve=lambda host, port: ["93.184.216.34"])
    with pytest.raises(DestinationError, match="does not allow") as caught:
        hub.fetch(door, "openai/whisper-tiny")
    assert caught.value.command == "idiolect allow huggingface"
    assert (fetched, corpus.ledger.rows()) == ([], [])
    allow(corpus, "huggingface")
    hub.fetch(door, "openai/whisper-tiny")
    assert fetched == ["openai/whisper-tiny"]
    (row,) = corpus.ledger.rows()
    assert (row.purpose, row.model, row.state, row.cost) == ("models", "openai/whisper-tiny", "done", 0)


def test_a_download_that_fails_is_a_row_that_says_so(corpus, monkeypatch):
    def fail(name):
        raise AnswerError(f"{name} could not be fetched")

    monkeypatch.setattr(hub, "_download", fail)
    allow(corpus, "huggingface")
    door = Gateway(corpus, Free(), resolve=lambda host, port: ["93.184.216.34"])
    with pytest.raises(AnswerError):
        hub.fetch(door, "x/y")
    (row,) = corpus.ledger.rows()
    assert (row.state, row.note) == ("failed", "x/y could not be fetched")
