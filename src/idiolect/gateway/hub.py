"""Models from the Hugging Face hub: fetched here, if the project allows it, and by nobody else.

The libraries that load models would fetch what they do not find, and ask the hub about what they do find. `stay_local`
tells them not to; `fetch` is the one way that a model comes in: the door is asked, a row is written, and a process of
its own downloads into the hub's local cache. That process is the hub's client: it goes where the hub sends it (its
content networks), and it sends nothing but the name of the model. It takes safetensors, JSON and text, never a pickle.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from idiolect.corpus.values import Sensitivity
from idiolect.errors import AnswerError
from idiolect.gateway.values import Request
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway.door import Gateway

HUB = "https://huggingface.co"
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
_LONGEST = Seconds(3600.0)


def stay_local() -> None:
    """No library of this process, or of its children, asks the hub for anything from now on."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:  # imported before: it read the variable then
        constants.__dict__["HF_HUB_OFFLINE"] = True


def fetch(door: Gateway, name: str) -> None:
    """Bring a model into the hub's local cache. Raises `GatewayError` where that is not allowed, or fails.

    name: ``openai/whisper-tiny``.
    """
    request = Request(
        f"{HUB}/{name}",
        "models",
        method="GET",
        model=name,
        sensitivity=Sensitivity.SHAREABLE,  # the name of a public model
        deadline=_LONGEST,
    )
    door.carry(request, lambda: _download(name))


def _download(name: str) -> None:
    """Raises `AnswerError`."""
    left_out = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-m", "idiolect.gateway.hub", name]
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise AnswerError(f"{name} was not there after an hour", hint="The same command again goes on.") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason was given"]
        raise AnswerError(f"{name} could not be fetched: {lines[-1][:300]}", hint="is the name right?")


def _main() -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(sys.argv[1], allow_patterns=list(WANTED))


if __name__ == "__main__":
    _main()
