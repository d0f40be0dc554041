"""Whether audio may be read on other machines: the sensitivity of a recording says how far it goes."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence

from idiolect.corpus.values import Recording, Sensitivity
from idiolect.errors import CorpusError

_NETWORKS = tuple(ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
"""Private networks: RFC 1918 and RFC 4193."""


def check_travel(recordings: Iterable[Recording], machines: Sequence[str], *, offline: bool = False) -> None:
    """Raises `CorpusError` where one of the recordings may not be read on all of these machines.

    machines: IP addresses other than this machine's own. Private audio is read here only, internal audio in the private
    network too, shareable audio anywhere.
    offline: nothing is read elsewhere. ``IDIOLECT_OFFLINE`` says so too, and is not lifted by False.
    """
    if not machines:
        return
    where = ", ".join(machines)
    if offline or os.environ.get("IDIOLECT_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}:
        raise CorpusError(
            f"the work would be done on {where} too, and idiolect is offline",
            hint="Work on this machine: --engine-pool processes; or unset IDIOLECT_OFFLINE and the setting offline",
        )
    near = all(_is_private(machine) for machine in machines)
    enough = {Sensitivity.SHAREABLE, *([Sensitivity.INTERNAL] if near else [])}
    kept = [recording for recording in recordings if recording.sensitivity not in enough]
    if kept:
        raise CorpusError(
            f"{kept[0].path} and what else is {kept[0].sensitivity} may not be read on {where}",
            hint="Leave such audio out (--collection, --speaker), or work on this machine: --engine-pool processes",
        )


def _is_private(machine: str) -> bool:
    try:
        address = ipaddress.ip_address(machine)
    except ValueError:
        return False
    return any(address in network for network in _NETWORKS if network.version == address.version)
