"""Who may ask the studio, and from where.

The address that ``idiolect studio`` prints carries a token. The first visit turns it into a cookie (HttpOnly,
SameSite=Strict), signed with a key that lies in the project (mode 0600), so that an open page goes on after the server
was started again. A request has to name this machine as its Host (a page that rebinds its DNS name to 127.0.0.1 does
not), and one that changes something may not come from another origin.

Who signed in with an account has a cookie of its own, with the token of a session that the store knows and can end.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from idiolect.corpus.accounts import Role
from idiolect.files import whole_file

COOKIE = "idiolect_studio"
ACCOUNT = "idiolect_account"
"""The cookie of who signed in with an account."""
LASTS = 30 * 24 * 3600
"""Seconds that a cookie is good for."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY = Path(".studio") / "key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks. person: the name that their labels carry. speaker: whose recordings a speaker sees.

    account: signed in with an account, whose name nobody can change here.
    """

    person: str
    role: Role = "owner"
    speaker: str | None = None
    account: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What opens the studio.

    token: in the address, once a server. key: signs cookies. hosts: names that this server answers to.
    secure: cookies are sent over TLS only. team: others reach this server: accounts alone open it, no token.
    """

    token: str
    key: bytes = field(repr=False)
    hosts: frozenset[str] = LOOPBACK
    person: str = ""
    secure: bool = False
    team: bool = False

    @classmethod
    def of(
        cls,
        folder: Path,
        *,
        person: str = "",
        hosts: frozenset[str] = LOOPBACK,
        secure: bool = False,
        team: bool = False,
    ) -> Access:
        """A new token, and the key of the project in `folder`, made where there is none."""
        return cls(secrets.token_urlsafe(24), _key_in(folder), hosts, person or _login_name(), secure, team)

    def admits(self, token: str) -> bool:
        """Whether this is the token, told in constant time."""
        return not self.team and hmac.compare_digest(token.encode(), self.token.encode())

    def cookie_for(self, session: Session, *, now: float | None = None) -> str:
        """A signed value: who, as what, since when."""
        said = {"person": session.person, "role": session.role, "at": int(time.time() if now is None else now)}
        body = urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
        return f"{body}.{self._signature(body)}"

    def session_of(self, cookie: str, *, now: float | None = None) -> Session | None:
        """Who holds this cookie; None where it is not ours, or too old."""
        body, _, signature = cookie.partition(".")
        if self.team or not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return None
        said = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if (time.time() if now is None else now) - said["at"] > LASTS:
            return None
        return Session(said["person"], said["role"])

    def _signature(self, body: str) -> str:
        return hmac.new(self.key, body.encode(), hashlib.sha256).hexdigest()

    def knows_host(self, header: str) -> bool:
        """Whether the Host header names this server; its port does not matter."""
        try:
            name = urlsplit(f"//{header}").hostname
        except ValueError:
            return False
        return name is not None and name in self.hosts

    def same_origin(self, method: str, headers: Mapping[str, str]) -> bool:
        """Whether a request that changes something comes from a page of this server.

        Browsers send Origin with each of those, and with each WebSocket; what sends none is no page.
        """
        if method in SAFE_METHODS:
            return True
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _key_in(folder: Path) -> bytes:
    """The project's key. One that is not whole, as a full disk or a kill leaves it, would let anybody sign: it goes."""
    path = folder / _KEY
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with (path.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or path.stat().st_size != _KEY_BYTES:
            with whole_file(path, mode=0o600) as temporary:
                temporary.write_bytes(secrets.token_bytes(_KEY_BYTES))
        return path.read_bytes()


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"
