"""Which name serves which model: aliases with their history, in one file of the project.

Clients ask for ``coffee``; what answers is decided here, and was decided by somebody at some time. ``aliases.json``
holds every decision; what stands is worked out from them. A change takes the lock, reads, appends and puts a whole new
file in the place of the old one: who reads, or is killed, sees the file before or after.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from idiolect.errors import AliasError
from idiolect.files import read_json, write_json
from idiolect.serving.files import EngineChoice

FILE = "aliases.json"
_LOCK = ".aliases.lock"
_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Action = Literal["promote", "rollback", "remove"]


@dataclass(frozen=True, slots=True)
class Target:
    """What answers for an alias.

    model: the folder of a checkpoint or a bundle, relative to the project where it lies in it; empty for an engine that
    brings its own. engine: a row of the table; empty: the one that runs `model`. task: a task file, relative likewise.
    """

    model: str = ""
    engine: str = ""
    task: str = ""
    language: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it: the folder's name, else the engine's."""
        return Path(self.model).name if self.model else self.engine

    def choice(self, folder: Path, *, threads: int = 1) -> EngineChoice:
        """The same with whole paths, for the project in `folder`."""
        return EngineChoice(
            name=self.engine,
            model=str(folder / self.model) if self.model else None,
            task=folder / self.task if self.task else None,
            language=self.language or None,
            threads=threads,
            extra=dict(self.extra),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One decision. number: from 1, in order. version: of the engine or model as it was loaded then.

    judged: what the evaluations said of it against what it replaced. back_to: the change that a rollback restores.
    """

    number: int
    alias: str
    action: Action
    by: str
    at: datetime
    target: Target | None = None
    version: str = ""
    judged: str = ""
    note: str = ""
    back_to: int | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A name and what stands behind it now. history: every decision about it, oldest first."""

    name: str
    target: Target
    stands: Change
    history: tuple[Change, ...]
    before: Change | None
    """What a rollback restores; None where there is nothing before."""

    @property
    def since(self) -> datetime:
        """When this came to stand, by a promotion or a rollback."""
        return self.history[-1].at

    @property
    def by(self) -> str:
        """Who decided it."""
        return self.history[-1].by


class Registry:
    """The aliases of the project in `folder`. Every call reads the file; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE

    def stamp(self) -> tuple[int, ...]:
        """What differs once the aliases were changed; cheap to ask."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def changes(self) -> tuple[Change, ...]:
        """Every decision, oldest first. Raises `AliasError` for a file that is not ours."""
        try:
            stored = read_json(self._path)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            raise AliasError(f"{self._path} cannot be read: {error}") from error
        if not isinstance(stored, dict) or stored.get("schema") != _SCHEMA:
            raise AliasError(
                f"{self._path} is not a list of aliases of schema {_SCHEMA}", hint="a newer idiolect made it?"
            )
        try:
            return tuple(_change(row) for row in stored["changes"])
        except (KeyError, TypeError, ValueError) as error:
            raise AliasError(f"{self._path} has a change without sense: {error!r}") from error

    def aliases(self) -> tuple[Alias, ...]:
        """What stands now, by name."""
        by_name: dict[str, list[Change]] = {}
        for change in self.changes():
            by_name.setdefault(change.alias, []).append(change)
        found = (_standing(name, history) for name, history in sorted(by_name.items()))
        return tuple(alias for alias in found if alias is not None)

    def alias(self, name: str) -> Alias:
        """The alias of that name. Raises `AliasError` with the known ones."""
        known = self.aliases()
        for one in known:
            if one.name == name:
                return one
        listed = ", ".join(one.name for one in known) or "there is none yet"
        raise AliasError(f"no alias {name!r}: {listed}", hint=f"idiolect alias promote {name} MODEL makes it")

    def default(self) -> str | None:
        """The alias that is meant where none is named: ``default``, else the only one."""
        names = [one.name for one in self.aliases()]
        return "default" if "default" in names else names[0] if len(names) == 1 else None

    def inside(self, path: Path) -> str:
        """`path` as a `Target` has it."""
        whole = path.expanduser().absolute()
        return str(whole.relative_to(self.folder)) if whole.is_relative_to(self.folder) else str(whole)

    def promote(
        self, name: str, target: Target, *, by: str, version: str = "", judged: str = "", note: str = ""
    ) -> Change:
        """From now on `target` answers for `name`. Whether it can is asked by `serving.promoting`, not here."""
        if not _NAME.fullmatch(name):
            raise AliasError(
                f"{name!r} cannot be an alias", hint="letters, digits, dot, dash and underscore; 64 at most"
            )
        with self._changing() as changes:
            made = Change(0, name, "promote", by, _now(), target, version, judged, note)
            return self._append(changes, made)

    def earlier(self, name: str, to: int | None = None) -> Change:
        """What a rollback of `name` would restore; `to`: the number of one of its promotions.

        Raises `AliasError` where there is nothing to go back to.
        """
        alias = self.alias(name)
        before = alias.before
        if to is not None:
            before = next((one for one in alias.history if one.number == to and one.action == "promote"), None)
        if before is None or before.number == alias.stands.number:
            missing = "nothing before this" if to is None else f"no other promotion {to}"
            raise AliasError(f"{name} has {missing}", hint=f"idiolect alias history {name}")
        return before

    def roll_back(self, name: str, *, by: str, to: int | None = None, note: str = "") -> Change:
        """What answered for `name` before does so again; see `earlier`."""
        with self._changing() as changes:
            old = self.earlier(name, to)
            made = Change(0, name, "rollback", by, _now(), old.target, old.version, "", note, back_to=old.number)
            return self._append(changes, made)

    def remove(self, name: str, *, by: str) -> Change:
        """Nothing answers for `name` any more; its history stays."""
        with self._changing() as changes:
            self.alias(name)
            return self._append(changes, Change(0, name, "remove", by, _now()))

    @contextmanager
    def _changing(self) -> Iterator[tuple[Change, ...]]:
        """One change at a time, of all processes. What a killed one left half written goes."""
        with (self.folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.folder.glob(f".{FILE}.*"):
                left.unlink(missing_ok=True)
            yield self.changes()

    def _append(self, changes: tuple[Change, ...], change: Change) -> Change:
        made = replace(change, number=len(changes) + 1)
        rows = [asdict(one) | {"at": one.at.isoformat()} for one in (*changes, made)]
        write_json(self._path, {"schema": _SCHEMA, "changes": rows})
        return made


def _standing(name: str, history: list[Change]) -> Alias | None:
    """What stands after `history`: promotions are laid on a pile, a rollback takes off what came after its own."""
    pile: list[Change] = []
    by_number = {change.number: change for change in history}
    for change in history:
        if change.action == "promote":
            pile.append(change)
        elif change.action == "remove":
            pile.clear()
        elif change.back_to is not None:
            restored = by_number[change.back_to]
            pile = [one for one in pile if one.number < restored.number] + [restored]
    if not pile or pile[-1].target is None:
        return None
    return Alias(name, pile[-1].target, pile[-1], tuple(history), pile[-2] if len(pile) > 1 else None)


def _change(row: Mapping[str, Any]) -> Change:
    target = None if row["target"] is None else Target(**row["target"])
    return Change(**{**row, "target": target, "at": datetime.fromisoformat(row["at"])})


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
