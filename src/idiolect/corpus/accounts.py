"""Accounts of a team: names, roles, passwords, and the sessions of who signed in.

A password is kept as its Argon2id hash (RFC 9106, the second set that it recommends). A session is a random token: the
person's browser has it, the store has its SHA-256, and ending it here ends it everywhere. Wrong passwords are counted
for the name and for where they come from; after a few of them each further try has to wait, twice as long each time.
"""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.tables import as_utc, now
from idiolect.errors import AccountError, MissingExtraError, SignInError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from idiolect.corpus.database import Database

Role = Literal["owner", "reviewer", "speaker"]
ROLES: tuple[Role, ...] = get_args(Role)

LASTS = timedelta(days=30)
"""A session."""
SHORTEST, LONGEST = 10, 1000
"""Characters of a password. NIST SP 800-63B: length, not rules about signs; and a bound, since hashing takes time."""
FREE_TRIES = 5
"""Wrong passwords in a row that need not wait; the next waits a second, then two, four, …"""
LONGEST_WAIT = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(days=1)
"""Wrong passwords older than this do not count."""
_NAME = re.compile(r"[\w.@+-]{1,80}")


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in. `speaker`: whose recordings a speaker sees; None for the other roles."""

    name: str
    role: Role
    speaker: str | None
    created_at: datetime
    disabled_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: never the password."""
        ended = None if self.disabled_at is None else self.disabled_at.isoformat()
        created = self.created_at.isoformat()
        return {"name": self.name, "role": self.role, "speaker": self.speaker, "created": created, "disabled": ended}


def as_role(text: str) -> Role:
    """The role of that name. Raises `AccountError`."""
    for role in ROLES:
        if role == text:
            return role
    raise AccountError(f"there is no role {text!r}", hint=", ".join(ROLES))


class Accounts:
    """The accounts of one store. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # One hash takes 64 MiB: a crowd at the door shall not take all of the memory.
        self._hashing = threading.Lock()
        self._decoy = ""

    def add(self, name: str, password: str, role: Role, *, speaker: str | None = None) -> Account:
        """A new account. A speaker without `speaker` is the one of that name.

        Raises `AccountError` for a name that is taken or has odd signs, an unknown role, and a weak password.
        """
        if not _NAME.fullmatch(name):
            raise AccountError(f"{name!r} cannot be a name", hint="letters, digits and . _ - + @, at most 80")
        whose = _speaker(name, as_role(role), speaker)
        _check_password(name, password)
        values = {"name": name, "password": self._hash(password), "role": role, "speaker": whose, "created_at": now()}
        with self._database.write() as connection:
            if _account(connection, name) is not None:
                raise AccountError(f"there is an account {name!r} already", hint="idiolect account list")
            connection.execute(sa.insert(tables.account).values(**values))
        return self.get(name)

    def get(self, name: str) -> Account:
        """The account of that name. Raises `AccountError`."""
        with self._database.read() as connection:
            return _known(connection, name)

    def all(self) -> list[Account]:
        """All accounts by name, disabled ones too."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(tables.account)).all()
        return sorted((_read(row) for row in rows), key=lambda one: one.name)

    def set_role(self, name: str, role: Role, *, speaker: str | None = None) -> Account:
        """Give another role, at once also in open sessions. Raises `AccountError`; the last owner stays one."""
        values = {"role": as_role(role), "speaker": _speaker(name, role, speaker)}
        with self._database.write() as connection:
            found = _known(connection, name)
            if role != "owner":
                _check_last(connection, found)
            connection.execute(sa.update(tables.account).where(tables.account.c.name == name).values(**values))
        return self.get(name)

    def set_password(self, name: str, password: str) -> None:
        """Replace a password, and sign that person out everywhere. Raises `AccountError`."""
        _check_password(name, password)
        hashed = self._hash(password)
        with self._database.write() as connection:
            _known(connection, name)
            table = tables.account
            connection.execute(sa.update(table).where(table.c.name == name).values(password=hashed))
            _end_sessions(connection, name)
            _forget_wrong(connection, _of_name(name))

    def disable(self, name: str, *, disabled: bool = True) -> Account:
        """Let nobody sign in as `name` any more, and end its sessions; or let them again.

        Labels stay, since they are that person's claims. Raises `AccountError` for an unknown name, and for the last
        owner.
        """
        with self._database.write() as connection:
            found = _known(connection, name)
            table = tables.account
            if disabled:
                _check_last(connection, found)
            ended = (found.disabled_at or now()) if disabled else None
            connection.execute(sa.update(table).where(table.c.name == name).values(disabled_at=ended))
            if disabled:
                _end_sessions(connection, name)
        return self.get(name)

    def exist(self) -> bool:
        """Whether anybody could sign in."""
        query = sa.select(tables.account.c.name).where(tables.account.c.disabled_at.is_(None)).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def has_owner(self) -> bool:
        """Whether there is somebody who may do everything."""
        with self._database.read() as connection:
            return _owners(connection) > 0

    def sign_in(self, name: str, password: str, *, source: str = "") -> str:
        """The token of a new session. source: where the request comes from, such as an IP address.

        Raises `SignInError`: the same one for an unknown name, a wrong password and a disabled account; with `wait`
        where it was tried too often.
        """
        keys = [_of_name(name), *([f"from:{source}"] if source else [])]
        with self._database.write() as connection:
            wait = max(_wait(connection, key) for key in keys)
            if wait > 0:
                raise SignInError("there were too many wrong passwords", hint=f"Try again in {wait} s.", wait=wait)
            # Counted before it is known to be wrong: a thousand guesses at once are a thousand.
            for key in keys:
                _count(connection, key)
            row = _account(connection, name)
        usable = row is not None and row.disabled_at is None
        hashed = row.password if row is not None and usable else None
        right = self._verify(hashed, password) and hashed is not None
        if not right:
            raise SignInError("the name or the password is wrong", hint="An owner can set a new password.")
        token, fresh = secrets.token_urlsafe(32), self._rehashed(str(hashed), password)
        with self._database.write() as connection:
            _begin(connection, name, token, fresh)
            _forget_wrong(connection, *keys)
        return token

    def who(self, token: str) -> Account | None:
        """Whose session this token is; None where it has ended."""
        session, account = tables.account_session, tables.account
        query = (
            sa.select(account)
            .join(session, session.c.account == account.c.name)
            .where(session.c.id == _id_of(token), session.c.until > now(), account.c.disabled_at.is_(None))
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _read(row)

    def sign_out(self, token: str) -> None:
        """End one session."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.account_session).where(tables.account_session.c.id == _id_of(token)))

    def sign_out_everywhere(self, name: str) -> int:
        """End every session of `name`: how many there were. Raises `AccountError` for an unknown name."""
        with self._database.write() as connection:
            _known(connection, name)
            return _end_sessions(connection, name)

    def _hash(self, password: str) -> str:
        with self._hashing:
            return _hasher().hash(password)

    def _verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password. Where there is no hash, a decoy takes as long: a guess learns no names."""
        if len(password) > LONGEST:
            return False
        if not self._decoy:
            self._decoy = self._hash(secrets.token_urlsafe(16))
        hasher = _hasher()
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._hashing:
            try:
                return hasher.verify(hashed or self._decoy, password)
            except (VerificationError, InvalidHashError):
                return False

    def _rehashed(self, hashed: str, password: str) -> str | None:
        """A hash by today's parameters, where they have grown since."""
        return self._hash(password) if _hasher().check_needs_rehash(hashed) else None


def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError as error:
        raise MissingExtraError("accounts", "studio") from error
    return PasswordHasher()


def _speaker(name: str, role: Role, speaker: str | None) -> str | None:
    """Whose recordings are seen: by default those of the same name."""
    if speaker is not None and role != "speaker":
        raise AccountError(f"a {role} sees all speakers", hint="leave out --speaker, or take --role speaker")
    return (speaker or name) if role == "speaker" else None


def _check_last(connection: sa.Connection, found: Account) -> None:
    if found.role == "owner" and found.disabled_at is None and _owners(connection) == 1:
        raise AccountError(f"{found.name} is the last owner", hint="idiolect account add NAME --role owner")


def _check_password(name: str, password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        said = f"the password has {len(password)} characters"
        raise AccountError(said, hint=f"{SHORTEST} to {LONGEST}; a few words are easy to keep in mind")
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        raise AccountError("the password is guessed at once", hint="a few words are easy to keep in mind")


def _of_name(name: str) -> str:
    return f"name:{name[:80]}"


def _id_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _account(connection: sa.Connection, name: str) -> Any:
    return connection.execute(sa.select(tables.account).where(tables.account.c.name == name)).first()


def _known(connection: sa.Connection, name: str) -> Account:
    row = _account(connection, name)
    if row is None:
        raise AccountError(f"there is no account {name!r}", hint="idiolect account list")
    return _read(row)


def _read(row: Any) -> Account:
    ended = None if row.disabled_at is None else as_utc(row.disabled_at)
    return Account(row.name, row.role, row.speaker, as_utc(row.created_at), ended)


def _owners(connection: sa.Connection) -> int:
    table = tables.account.c
    query = sa.select(sa.func.count()).where(table.role == "owner", table.disabled_at.is_(None))
    return int(connection.execute(query).scalar() or 0)


def _begin(connection: sa.Connection, name: str, token: str, fresh: str | None) -> None:
    """A session; `fresh`: the new hash of the password, where it has one. Sessions that are over go."""
    if fresh is not None:
        table = tables.account
        connection.execute(sa.update(table).where(table.c.name == name).values(password=fresh))
    at = now()
    session = tables.account_session
    connection.execute(sa.delete(session).where(session.c.until < at))
    values = {"id": _id_of(token), "account": name, "created_at": at, "until": at + LASTS}
    connection.execute(sa.insert(session).values(**values))


def _end_sessions(connection: sa.Connection, name: str) -> int:
    table = tables.account_session
    return connection.execute(sa.delete(table).where(table.c.account == name)).rowcount


def _wait(connection: sa.Connection, key: str) -> int:
    """Whole seconds until the next try may be made; 0: now."""
    table = tables.account_attempt
    row = connection.execute(sa.select(table).where(table.c.key == key)).first()
    if row is None or row.wrong < FREE_TRIES:
        return 0
    delay = min(timedelta(seconds=2 ** min(row.wrong - FREE_TRIES, 20)), LONGEST_WAIT)
    return max(0, math.ceil((as_utc(row.last_at) + delay - now()).total_seconds()))


def _count(connection: sa.Connection, key: str) -> None:
    table = tables.account_attempt
    at = now()
    connection.execute(sa.delete(table).where(table.c.last_at < at - _FORGOTTEN_AFTER))
    added = sa.update(table).where(table.c.key == key).values(wrong=table.c.wrong + 1, last_at=at)
    if not connection.execute(added).rowcount:
        connection.execute(sa.insert(table).values(key=key, wrong=1, last_at=at))


def _forget_wrong(connection: sa.Connection, *keys: str) -> None:
    table = tables.account_attempt
    connection.execute(sa.delete(table).where(table.c.key.in_(keys)))
