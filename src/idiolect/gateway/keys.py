"""Keys: found by name, used for one header, and never shown.

A key comes from the environment, else from a file that only its owner can read (``~/.config/idiolect/keys``, lines of
``NAME=value``; ``IDIOLECT_KEYS`` names another file), else from the keyring where the package `keyring` is installed
(service ``idiolect``). It never reaches the database: a request names it, and whatever comes back is searched for it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from idiolect.errors import SecretError

FILE_VARIABLE = "IDIOLECT_KEYS"
SERVICE = "idiolect"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORTEST = 4
"""A shorter key is not searched for in answers: it would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key. Its text stands in no ``repr``."""

    name: str
    value: str = field(repr=False)

    def hide(self, text: str) -> str:
        """`text` with the key replaced by its name."""
        return text if len(self.value) < _SHORTEST else text.replace(self.value, f"[{self.name}]")

    def hide_bytes(self, body: bytes) -> bytes:
        """The same for an answer."""
        return body if len(self.value) < _SHORTEST else body.replace(self.value.encode(), f"[{self.name}]".encode())


def key_file(environment: Mapping[str, str]) -> Path:
    """Where the file of keys lies."""
    if given := environment.get(FILE_VARIABLE):
        return Path(given).expanduser()
    base = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "idiolect" / "keys"


def find_key(name: str, environment: Mapping[str, str] | None = None) -> Secret:
    """The key of that name. Raises `SecretError` where there is none, or the file of keys is open to others."""
    known = os.environ if environment is None else environment
    if not _NAME.fullmatch(name):
        # Perhaps the key itself: it is not repeated.
        raise SecretError("that is no name of a key", hint="name the variable that holds it: --with key=OPENAI_API_KEY")
    path = key_file(known)
    value = known.get(name) or _in_file(name, path) or _in_keyring(name)
    if not value:
        raise SecretError(
            f"there is no key {name}", hint=f"set the variable {name}, or write {name}=... into {path} (chmod 600)"
        )
    if not value.isascii() or not value.isprintable():
        raise SecretError(f"the key {name} holds characters that no key has (a line end?)")
    return Secret(name, value)


def _in_file(name: str, path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid not in {os.getuid(), 0}:
                mode = f"{stat.S_IMODE(found.st_mode):04o}"
                raise SecretError(f"others can read or own {path} (mode {mode})", hint=f"chmod 600 {path}")
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path} cannot be read: {type(error).__name__}") from None
    for line in lines:
        left, found_sign, right = line.partition("=")
        if found_sign and left.strip() == name:
            return right.strip().strip("\"'")
    return None


def _in_keyring(name: str) -> str | None:
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        found = keyring.get_password(SERVICE, name)
    except Exception:  # noqa: BLE001 - a desktop's keyring fails in many ways, and may repeat what it holds
        return None
    return None if found is None else str(found)
