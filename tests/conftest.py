"""For every test: no hub, one thread. Being here also lets tests import what lies beside it (`tiny_transformers`)."""

from __future__ import annotations

import os

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session")
def taught_whisper(tmp_path_factory):
    """A checkpoint of a tiny Whisper that knows `tiny_transformers.SENTENCES` by heart."""
    import tiny_transformers as tiny

    folder = tmp_path_factory.mktemp("taught-whisper")
    tiny.teach(tiny.whisper(folder / "base"), folder / "checkpoint", steps=120, peak=4e-3)
    return folder / "checkpoint"


@pytest.fixture(scope="session")
def taught_parakeet(tmp_path_factory):
    """A checkpoint of a tiny Parakeet that knows `tiny_transformers.SENTENCES` by heart."""
    import tiny_transformers as tiny

    folder = tmp_path_factory.mktemp("taught-parakeet")
    tiny.teach(tiny.parakeet(folder / "base"), folder / "checkpoint", steps=120, peak=4e-3)
    return folder / "checkpoint"


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL of the tests' own; skipped where none can be started."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'idiolect[postgres]'")
    from postgres import NoPostgres, server

    try:
        context = server()
        made = context.__enter__()
    except NoPostgres as error:
        pytest.skip(str(error))
    try:
        yield made
    finally:
        context.__exit__(None, None, None)


@pytest.fixture
def postgres_url(postgres_server):
    """The URL of an empty database of it."""
    return postgres_server.database()
