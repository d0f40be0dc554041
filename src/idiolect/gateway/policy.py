"""What a project allows: which destinations, and how far they are. Kept in the store, changed by ``idiolect allow``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Sensitivity
from idiolect.errors import DestinationError, SensitivityError
from idiolect.gateway.destinations import KNOWN, Address, name_of, read_url, url_of
from idiolect.gateway.reach import Place, locate
from idiolect.gateway.values import FARTHEST, Reach

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

KEY = "allowed"
"""Where the list lies in ``meta``."""

Locate = Callable[[str, int], Place]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A destination that a person allowed. `reach` is how far it may be; it is never taken to be nearer than that."""

    name: str
    origin: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class Policy:
    """The destinations that a project allows."""

    allowed: tuple[Allowed, ...] = ()

    def of(self, address: Address) -> Allowed | None:
        """What was said of this address; None where nothing was."""
        return next((one for one in self.allowed if one.origin == address.origin), None)

    def reach(self, address: Address, place: Place) -> Reach:
        """How far a request to `address` goes: the wider of what DNS says and what was said of it.

        Raises `DestinationError` for a cloud that nobody allowed, for an address that was said to be nearer than it is,
        and for a cloud without TLS.
        """
        said = self.of(address)
        command = f"idiolect allow {address.origin}"
        if said is not None and place.reach.width > said.reach.width:
            where = ", ".join(place.addresses)
            raise DestinationError(
                f"{address.origin} was allowed as {said.reach} and is at {where}: {place.reach}", command=command
            )
        if said is None and place.reach is Reach.CLOUD:
            name = name_of(address)
            raise DestinationError(
                f"{address.origin} is a cloud that this project does not allow",
                command=f"idiolect allow {name if name in KNOWN else address.origin}",
            )
        if place.reach is Reach.CLOUD and address.scheme != "https":
            raise DestinationError(f"{address.origin} is a cloud without TLS", hint=f"use https://{address.host}")
        return place.reach if said is None else max(place.reach, said.reach, key=lambda reach: reach.width)


def read_policy(corpus: Corpus) -> Policy:
    """What the project allows now."""
    rows: Iterable[Mapping[str, Any]] = corpus.database.get(KEY) or ()
    return Policy(tuple(Allowed(row["name"], row["origin"], Reach(row["reach"])) for row in rows))


def allow(corpus: Corpus, name_or_url: str, *, reach: Reach | None = None, find: Locate = locate) -> Allowed:
    """Let requests go to a known cloud, or to a URL (its host and port, any path).

    reach: how far it is; None: as DNS says now. A nearer one than DNS says is refused, a farther one is taken: a server
        on this machine that passes what it gets on to a cloud is a cloud.

    Raises:
        DestinationError: no such name, no URL, or it is farther than `reach`.
    """
    address = read_url(url_of(name_or_url))
    known = name_of(address)
    if reach is None and known in KNOWN:
        reach = Reach.CLOUD
    found = reach or find(address.host, address.port).reach
    if reach is not None and reach is not Reach.CLOUD:
        Policy((Allowed(known, address.origin, reach),)).reach(address, find(address.host, address.port))
    said = Allowed(known, address.origin, found)
    _write(corpus, [*(one for one in read_policy(corpus).allowed if one.origin != said.origin), said])
    return said


def disallow(corpus: Corpus, name_or_url: str) -> Allowed:
    """Take that back. Raises `DestinationError` where it was not allowed."""
    origin = read_url(url_of(name_or_url)).origin
    allowed = read_policy(corpus).allowed
    gone = next((one for one in allowed if one.origin == origin), None)
    if gone is None:
        known = ", ".join(one.name for one in allowed) or "nothing"
        raise DestinationError(f"{origin} is not allowed anyway", hint=f"allowed: {known}")
    _write(corpus, [one for one in allowed if one != gone])
    return gone


def check_sensitivity(sensitivity: Sensitivity, reach: Reach, destination: str, items: tuple[str, ...]) -> str:
    """Why it may go, in words. Raises `SensitivityError`."""
    farthest = FARTHEST[sensitivity]
    if reach.width <= farthest.width:
        return f"{sensitivity} may go as far as {farthest}; {destination} is {reach}"
    wanted = next(one for one, far in FARTHEST.items() if far is reach)
    what = f"clip {items[0]}" if len(items) == 1 else f"one of {len(items)} clips" if items else "the text"
    which = f"--ids {items[0]}" if len(items) == 1 else "--collection NAME"
    raise SensitivityError(
        f"{what} is {sensitivity}: it may go as far as {farthest}, and {destination} is {reach}",
        command=f"idiolect sensitivity {wanted} {which}",
    )


def _write(corpus: Corpus, allowed: list[Allowed]) -> None:
    corpus.database.put(KEY, [asdict(one) for one in sorted(allowed, key=lambda one: one.name)])
