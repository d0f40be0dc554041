from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from corpus_makes import row

from idiolect.corpus import Corpus, NewLabel, SourceKind, database, tables
from idiolect.corpus.database import Database
from idiolect.errors import CorpusError


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def test_migrations_make_exactly_the_tables(corpus):
    with corpus.database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    assert found == []


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [database.HEAD]


def test_the_file_is_private_and_safe(corpus):
    assert stat.S_IMODE((corpus.folder / "idiolect.db").stat().st_mode) == 0o600
    with corpus.database.read() as connection:
        asked = {
            name: connection.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_create_refuses_what_is_there_and_open_what_is_not(corpus, tmp_path):
    with pytest.raises(CorpusError, match="there already"):
        Corpus.create(corpus.folder)
    with pytest.raises(CorpusError, match=r"no idiolect\.db"):
        Corpus.open(tmp_path)
    (tmp_path / "idiolect.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(CorpusError, match="not a database"):
        Corpus.open(tmp_path)


def test_a_failed_create_leaves_nothing_in_the_way(tmp_path, monkeypatch):
    def full(_: Database) -> None:
        raise CorpusError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "migrate", full)
        with pytest.raises(CorpusError, match="full"):
            Corpus.create(tmp_path / "voice")
    assert list((tmp_path / "voice").iterdir()) == []
    Corpus.create(tmp_path / "voice").close()


def test_a_newer_database_is_refused(corpus):
    with corpus.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CorpusError, match="version 9999") as caught:
        Corpus.open(corpus.folder)
    assert "Update idiolect" in (caught.value.hint or "")


@pytest.mark.parametrize("statement", ["UPDATE label SET text = 'x'", "DELETE FROM label"])
def test_labels_are_append_only_in_the_database_itself(corpus, statement):
    row(corpus, "a", text="hello")
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), corpus.database.write() as connection:
        connection.execute(sa.text(statement))
    assert [label.text for label in corpus.labels()] == ["hello"]


@pytest.mark.parametrize("table", ["dataset", "dataset_item", "dataset_name"])
def test_datasets_never_change(corpus, table):
    for number in range(40):
        row(corpus, f"r{number}", text="hello")
    corpus.freeze("first")
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), corpus.database.write() as connection:
        connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own table names


def test_a_failed_write_keeps_nothing(corpus):
    (clip_id,) = row(corpus, "a")
    good = NewLabel(clip_id, SourceKind.HUMAN, "me", text="x")
    with pytest.raises(CorpusError, match="no clip 'none'"):
        corpus.add_labels([good, NewLabel("none", SourceKind.HUMAN, "me", text="x")])
    assert corpus.labels() == []
