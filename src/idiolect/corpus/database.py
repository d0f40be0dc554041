"""The connection: SQLite in the project by default, any SQLAlchemy URL for a team."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from idiolect.corpus import summaries
from idiolect.corpus.tables import meta
from idiolect.errors import CorpusError

FILE_NAME = "idiolect.db"
HEAD = "0006"
"""The newest migration. Here as well, so that opening an up-to-date store does not import Alembic (0.2 s)."""
_LOCK = 0x1D101EC7
"""What all writers of a store on a server lock; any number that no other program takes there."""
_BUSY = 30_000
"""Milliseconds that a writer waits for another one."""


class Database:
    """Transactions on one database. Safe to share between threads; each transaction has its own connection."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_pragmas)
            event.listen(self.engine, "begin", _begin)
        else:
            event.listen(self.engine, "begin", _begin_on_server)

    @classmethod
    def create(cls, folder: Path, url: str | None = None) -> Database:
        """A new, migrated database. Raises `CorpusError` where one is already or none can be written."""
        if url is None:
            path = folder / FILE_NAME
            try:
                folder.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                raise CorpusError(f"{path} is there already", hint="Open it, or choose another folder.") from None
            except OSError as error:
                raise CorpusError(f"cannot write {path}: {error.strerror}") from error
        database = cls(url or _sqlite_url(folder))
        try:
            database.migrate()
        except BaseException:
            database.close()
            if url is None:  # a full disk; what is left would stand in the way of the next try
                for suffix in ("", "-wal", "-shm", "-journal"):
                    (folder / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
            raise
        return database

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Database:
        """An existing database, migrated where it is older. Raises `CorpusError` where it is none, or newer."""
        if url is None and not (folder / FILE_NAME).is_file():
            raise CorpusError(f"there is no {FILE_NAME} in {folder}", hint="idiolect init makes a project")
        database = cls(url or _sqlite_url(folder))
        try:
            if database.version() != HEAD:
                database.migrate()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def version(self) -> str | None:
        """The migration this database is at; None where it is empty."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def migrate(self) -> None:
        """Bring the tables to `HEAD`, and fill the summaries. Raises `CorpusError` for one of a newer idiolect."""
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        version = self.version()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if version is not None and version not in known:
            raise CorpusError(
                f"the database is of version {version}; this idiolect knows up to {HEAD}",
                hint="Update idiolect: pip install --upgrade idiolect",
            )
        # Of several processes that come at once, the first migrates; the others wait for the lock and find it done.
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            summaries.ensure(connection)

    def wipe(self) -> None:
        """Empty SQLite's log, which still holds pages as they were before a deletion."""
        if self.is_sqlite:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and sees one state throughout."""
        with _clear_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start; all of it is kept, or nothing."""
        with _clear_errors(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def get(self, key: str) -> Any:
        """The value kept under `key` in ``meta``; None where there is none."""
        with self.read() as connection:
            return connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON `value` under `key` in ``meta``."""
        with self.write() as connection:
            connection.execute(sa.delete(meta).where(meta.c.key == key))
            connection.execute(sa.insert(meta).values(key=key, value=value))


def _sqlite_url(folder: Path) -> str:
    return sa.URL.create("sqlite", database=str(folder / FILE_NAME)).render_as_string()


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin` says when a transaction begins
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten, not only unlinked
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # A transaction that will write takes the lock at once: one that turns from reading to writing fails when
    # somebody else has written meanwhile, and waiting does not help it.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _engine(url: str) -> sa.Engine:
    """Raises `CorpusError` for a URL that is none, or of a database whose driver is missing."""
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        # A connection that the server has closed meanwhile is noticed before it is used.
        return sa.create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (exc.ArgumentError, exc.NoSuchModuleError) as error:
        hint = "For a team: postgresql://user@host/name; empty: a file in the project."
        # The URL itself may hold a password.
        raise CorpusError(
            f"the setting `database` is not the URL of a database that is known ({error})", hint=hint
        ) from error
    except ModuleNotFoundError as error:
        hint = "pip install 'idiolect[postgres]'"
        raise CorpusError(f"the database needs the package {error.name}, which is not installed", hint=hint) from error


def _begin_on_server(connection: sa.Connection) -> None:
    """The same manners as in a file: one writer at a time, and a reader sees one state throughout.

    The lock is one of the whole database that every writer takes first: claims that two make at once are then found to
    be one, sums that are read hold until what they allow is written, and no two writers wait for each other.
    """
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_BUSY}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


_MEANINGS = {
    "lock timeout": ("somebody else has been writing to the database for 30 s", "Wait for it, then go on."),
    "connection failed": ("the database does not answer", "Is its server running, and the setting `database` right?"),
    "server closed the connection": (
        "the database has gone away; nothing of this step was kept",
        "Go on when it is back.",
    ),
    "terminating connection": ("the database has gone away; nothing of this step was kept", "Go on when it is back."),
    "no space left": ("the database's disk is full; nothing of this step was kept", "Free some space and go on."),
    "database or disk is full": ("the disk is full; nothing of this step was kept", "Free some space and go on."),
    "disk i/o error": ("the database could not be written; nothing of this step was kept", "Is the disk full?"),
    "readonly database": ("the database cannot be written", "Check who owns the project folder."),
    "unable to open database": ("the database cannot be opened", "Check who owns the project folder."),
    "database is locked": ("somebody else has been writing to the database for 30 s", "Wait for it, then go on."),
    "not a database": ("the file is not a database", "Restore it from a backup."),
    "malformed": ("the database is damaged", "Restore it from a backup."),
}


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.DatabaseError) as error:
        said = str(error.orig).lower()
        for sign, (message, hint) in _MEANINGS.items():
            if sign in said:
                raise CorpusError(f"{message} ({error.orig})", hint=hint) from error
        raise
