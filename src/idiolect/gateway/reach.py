"""How far an address is: asked of every answer that DNS gives, for each request.

The connection then goes to one of the addresses that were checked, not to the name: what DNS answers a moment later
does not matter (DNS rebinding). Whatever is not clearly this machine or a private network (RFC 1918, RFC 4193) is a
cloud. Link-local, multicast and unspecified addresses are no destinations: 169.254.169.254 hands out a cloud machine's
own keys, and 0.0.0.0 is this machine under another name.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idiolect.errors import DestinationError
from idiolect.gateway.values import Reach

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to IP addresses, as text. Raises `OSError`."""

_PRIVATE = tuple(
    ipaddress.ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_LOCALHOST = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host is: its checked addresses, and the widest reach of them."""

    addresses: tuple[str, ...]
    reach: Reach


def ask_dns(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_here(host: str) -> bool:
    """Whether the host is this machine without asking DNS: ``localhost`` (RFC 6761) or a loopback address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def locate(host: str, port: int, resolve: Resolver = ask_dns) -> Place:
    """Where `host` is. Raises `DestinationError` where it is nowhere, or no place to send anything."""
    if is_here(host) and not _is_address(host):
        return Place(_LOCALHOST, Reach.LOOPBACK)
    if _is_address(host):
        answers: Sequence[str] = [host]
    else:
        try:
            answers = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise DestinationError(
                f"{host} cannot be found: {error}", hint="is the name right, is DNS there?"
            ) from None
    if not answers:
        raise DestinationError(f"{host} has no address")
    reaches = [reach_of(address, host) for address in answers]
    return Place(tuple(answers), max(reaches, key=lambda reach: reach.width))


def reach_of(address: str, host: str = "") -> Reach:
    """The reach of one IP address. Raises `DestinationError` for one that nothing may be sent to."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        raise DestinationError(f"{host or address}: {address!r} is no IP address") from None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.is_unspecified or known.is_link_local or known.is_multicast:
        raise DestinationError(f"{host or address} is at {address}, which is no place to send anything")
    if known.is_loopback:
        return Reach.LOOPBACK
    if any(known in network for network in _PRIVATE if network.version == known.version):
        return Reach.PRIVATE_NETWORK
    return Reach.CLOUD


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
