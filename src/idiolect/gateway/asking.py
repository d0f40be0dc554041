"""What is known of a server before anything is sent, and whether it answers: asked when a person wants to know."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from idiolect.corpus.values import Sensitivity
from idiolect.errors import SecretError
from idiolect.gateway.destinations import KNOWN, name_of, read_url, url_of
from idiolect.gateway.keys import find_key
from idiolect.gateway.policy import read_policy
from idiolect.gateway.values import Reach, Request
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.gateway.door import Gateway

PATIENCE = Seconds(10.0)
_MOST = 50
"""Names of models that are given back."""
_LISTS = {"huggingface": "https://huggingface.co/api/models?limit=5"}
"""Where the list of models is not ``/models`` below the base URL."""

KeyState = Literal["set", "missing", "unreadable", "none"]
"""``none``: no key is usual there. ``unreadable``: others could read the file of keys, so that it is not used."""


@dataclass(frozen=True, slots=True)
class Server:
    """A cloud that has a name, or a destination that somebody allowed. allowed: None: not; else how far it may be."""

    name: str
    url: str
    key: str
    key_state: KeyState
    allowed: Reach | None


@dataclass(frozen=True, slots=True)
class Answered:
    """It answered. models: names that it gives, at most 50; seconds: that it took."""

    name: str
    origin: str
    models: tuple[str, ...]
    seconds: Seconds


def servers(corpus: Corpus) -> tuple[Server, ...]:
    """The clouds with a name, and what else this project allows. Nothing is asked of anybody."""
    allowed = {one.origin: one for one in read_policy(corpus).allowed}
    found = []
    for name, known in KNOWN.items():
        said = allowed.pop(read_url(known.url).origin, None)
        found.append(Server(name, known.url, known.key, key_state(known.key), None if said is None else said.reach))
    found += [Server(one.name, one.origin, "", "none", one.reach) for one in allowed.values()]
    return tuple(found)


def key_state(name: str) -> KeyState:
    """Whether a key of that name is there; the key itself is not looked at."""
    if not name:
        return "none"
    try:
        find_key(name)
    except SecretError as error:
        return "missing" if error.message.startswith("there is no key") else "unreadable"
    return "set"


def ask_server(door: Gateway, name_or_url: str) -> Answered:
    """Ask a server for its models, with its usual key where that is set. It costs nothing, and stands in the ledger.

    Raises `GatewayError`: a rule refused, or nobody answered.
    """
    url = url_of(name_or_url)
    address = read_url(url)
    name = name_of(address)
    usual = KNOWN[name].key if name in KNOWN else ""
    request = Request(
        _LISTS.get(name, f"{url.rstrip('/')}/models"),
        "models",
        method="GET",
        headers={"Accept": "application/json"},
        sensitivity=Sensitivity.SHAREABLE,  # nothing is in it
        key=usual if key_state(usual) == "set" else "",
        deadline=PATIENCE,
    )
    begun = time.monotonic()
    answer = door.send(request)
    return Answered(name, address.origin, _models_in(answer.body), Seconds(time.monotonic() - begun))


def _models_in(body: bytes) -> tuple[str, ...]:
    """The names in OpenAI's list of models, or in a bare list; none where it is neither."""
    try:
        told = json.loads(body)
    except (ValueError, UnicodeDecodeError):
        return ()
    rows = told.get("data", ()) if isinstance(told, dict) else told
    if not isinstance(rows, list):
        return ()
    return tuple(str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row)[:_MOST]
