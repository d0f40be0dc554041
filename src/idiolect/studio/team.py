"""The studio for a team: what it takes to listen where others can reach it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from idiolect.errors import UserError
from idiolect.project import Project
from idiolect.studio.access import LOOPBACK


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the studio listens, and how.

    names: what it is called in addresses, beside what this machine knows of itself. certificate, key: PEM files of TLS.
    insecure: without TLS although others may read along.
    """

    host: str = "127.0.0.1"
    port: int = 8321
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = False

    @property
    def alone(self) -> bool:
        """True where only this machine reaches it."""
        return self.host in LOOPBACK

    @property
    def tls(self) -> tuple[Path, Path] | None:
        """The certificate and its key."""
        return None if self.certificate is None or self.key is None else (self.certificate, self.key)

    def check(self, project: Project) -> None:
        """Raises `UserError` where a team would meet an open door, or a certificate is none."""
        if (self.certificate is None) != (self.key is None):
            raise UserError("TLS needs a certificate and its key", hint="--tls-cert FILE --tls-key FILE")
        if self.tls is not None:
            _check_certificate(*self.tls)
        if self.alone:
            return
        if not project.corpus.accounts.has_owner():
            raise UserError(
                f"at {self.host} others can reach the studio, and there is no account of an owner",
                hint="idiolect account add NAME --role owner",
            )
        if self.tls is None and not self.insecure:
            raise UserError(
                f"at {self.host} others can read along: passwords and recordings would go in the clear",
                hint="--tls-cert FILE --tls-key FILE; or --insecure, where something else encrypts (a VPN, a proxy)",
            )

    def hosts(self) -> frozenset[str]:
        """The names it answers to."""
        said = {name.lower() for name in self.names}
        return frozenset(LOOPBACK | said | (set() if self.alone else set(_names_of(self.host))))


def _names_of(host: str) -> Iterable[str]:
    """What others may write to get here. Where it listens at every address: all that this machine knows of itself."""
    if host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - asked about, not bound
        return [host.lower()]
    own = socket.gethostname().lower()
    found = {own, socket.getfqdn().lower(), f"{own}.local"}
    with suppress(OSError):  # the machine's own name is in no table
        found |= {str(ipaddress.ip_address(str(one[4][0]).partition("%")[0])) for one in socket.getaddrinfo(own, None)}
    return found


def _check_certificate(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        said = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        hint = "PEM files that belong together; the key without a passphrase"
        raise UserError(f"{certificate} and {key} make no TLS: {said or error}", hint=hint) from error
