"""The ledger as a table: reserving under many hands, sums, and what forgetting leaves of it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from corpus_makes import row

from idiolect.corpus import Before, Corpus, NewRow, Over, State, database, tables
from idiolect.corpus.ledger import Closing
from idiolect.corpus.tables import now
from idiolect.errors import CorpusError

CENT = 10**7


@pytest.fixture
def corpus(tmp_path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def entry(number=0, cost=CENT, **more):
    values = {"run": "r", "destination": "groq", "reach": "cloud", "purpose": "transcribe", "engine": "openai"}
    values |= {"model": "whisper", "sensitivity": "shareable", "why": "it may", "payload": "p", "url": "https://x/y"}
    values |= {"identity": f"i{number}", "request_id": f"q{number}", "size": 1, "usage": {"audio": 2.0}, "masked": 0}
    return NewRow(**(values | {"forecast": cost, "until": now() + timedelta(seconds=60)} | more))


RESERVE = """
import sys
sys.path.insert(0, sys.argv[3])
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from test_corpus_ledger import entry
from idiolect.corpus import Corpus
with Corpus.open(Path(sys.argv[1])) as corpus, ThreadPoolExecutor(17) as pool:
    names = [f"{sys.argv[2]}-{n}" for n in range(40)]
    got = list(pool.map(lambda name: corpus.ledger.reserve(entry(name), run_cap=50 * 10**7), names))
print(sum(isinstance(one, int) for one in got))
"""


def test_threads_in_several_processes_cannot_pass_the_cap(corpus, request):
    """3 processes with 17 threads each want 120 cents of 50."""
    here = str(request.path.parent)
    words = [sys.executable, "-c", RESERVE, str(corpus.folder)]
    started = [subprocess.Popen([*words, f"{n}", here], stdout=subprocess.PIPE, text=True) for n in range(3)]
    reserved = [int(one.communicate(timeout=100)[0]) for one in started]
    assert sum(reserved) == 50
    assert corpus.ledger.booked() == corpus.ledger.booked(run="r") == 50 * CENT
    assert len(corpus.ledger.rows()) == 50


def test_one_of_many_may_send_the_same(corpus):
    corpus.ledger.set_budget({"project": 100 * CENT})
    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda n: corpus.ledger.reserve(entry(identity="same")), range(20)))
    assert sum(isinstance(one, int) for one in got) == 1
    assert all(isinstance(one, int | Before) for one in got)


def test_free_rows_need_no_cap_and_may_be_the_same(corpus):
    assert [corpus.ledger.reserve(entry(cost=0)) for _ in range(2)] == [1, 2]
    assert corpus.ledger.reserve(entry()) == Over("")


def test_a_row_is_closed_once_and_booked_only_when_done(corpus):
    corpus.ledger.set_budget({"run": 100 * CENT})
    number = corpus.ledger.reserve(entry())
    with pytest.raises(CorpusError, match="not done"):
        corpus.ledger.book(number, 2 * CENT, {"audio": 4.0})
    corpus.ledger.close(number, Closing(State.DONE, CENT, status=200, answer=b"kept"))
    corpus.ledger.close(number, Closing(State.FAILED, 0))
    corpus.ledger.book(number, 2 * CENT, {"audio": 4.0})
    (kept,) = corpus.ledger.rows()
    assert (kept.state, kept.cost, kept.usage) == (State.DONE, 2 * CENT, {"audio": 4.0})
    before = corpus.ledger.reserve(entry())
    assert (before.state, before.answer) == (State.DONE, b"kept")


def test_an_open_row_is_left_alone_until_its_time_is_over(corpus):
    corpus.ledger.set_budget({"run": 100 * CENT})
    live, dead = (
        corpus.ledger.reserve(entry(n, until=now() + timedelta(seconds=seconds))) for n, seconds in ((0, 60), (1, -1))
    )
    assert [one.id for one in corpus.ledger.unfinished()] == [dead]
    assert isinstance(corpus.ledger.reserve(entry(0), resend=True), Before)
    assert not corpus.ledger.settle(billed=False, ids=[live])
    assert [one.id for one in corpus.ledger.settle(billed=True)] == [dead]
    assert [one.state for one in corpus.ledger.rows()] == [State.OPEN, State.LOST]
    # Billed and lost: only who says so pays again.
    assert isinstance(corpus.ledger.reserve(entry(1)), Before)
    assert isinstance(corpus.ledger.reserve(entry(1), resend=True), int)
    assert corpus.ledger.booked() == 3 * CENT


def test_rows_are_never_deleted(corpus):
    corpus.ledger.reserve(entry(cost=0))
    with pytest.raises(sa.exc.IntegrityError, match="never deleted"), corpus.database.write() as connection:
        connection.execute(sa.text("DELETE FROM ledger"))


def test_sums_by_dataset_count_a_row_once_for_each(corpus):
    for number in range(40):
        row(corpus, f"r{number}", text="hello")
    corpus.freeze("first")
    corpus.ledger.set_budget({"project": 100 * CENT})
    clips = [item.clip.id for item in corpus.dataset("first").items]
    corpus.ledger.reserve(entry(0, items=(clips[0], clips[1])))
    corpus.ledger.reserve(entry(1, items=("f" * 32,)))
    corpus.ledger.reserve(entry(2, cost=3 * CENT))
    found = {one.name: (one.requests, one.cost, one.seconds) for one in corpus.ledger.sums("dataset")}
    assert found == {"first": (1, CENT, 2.0), "": (2, 4 * CENT, 4.0)}


def test_forgetting_keeps_the_money_and_nothing_of_the_clips(corpus):
    (mine,) = row(corpus, "a", text="hello", speaker="anna")
    (other,) = row(corpus, "b", text="hello", speaker="ben")
    corpus.ledger.set_budget({"project": 100 * CENT})
    for number, clip in enumerate((mine, other)):
        reserved = corpus.ledger.reserve(entry(number, items=(clip,)))
        corpus.ledger.close(reserved, Closing(State.DONE, CENT, answer=b"anna said" if clip == mine else b"ben said"))
    corpus.forget("anna")
    assert [one.items for one in corpus.ledger.rows()] == [(), (other,)]
    assert corpus.ledger.booked() == 2 * CENT
    corpus.database.wipe()
    stored = b"".join(path.read_bytes() for path in corpus.folder.glob("idiolect.db*"))
    assert b"anna said" not in stored
    assert b"ben said" in stored


def test_a_store_from_before_gets_the_ledger(corpus):
    """A database of migration 0001, with clips and labels in it, is brought up to date and keeps them."""
    row(corpus, "a", text="hello")
    folder = corpus.folder
    config = Config()
    config.set_main_option("script_location", str(database.Path(database.__file__).parent / "migrations"))
    with corpus.database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    corpus.close()
    with Corpus.open(folder) as opened:
        assert opened.database.version() == database.HEAD
        assert [label.text for label in opened.labels()] == ["hello"]
        assert opened.ledger.reserve(entry(cost=0)) == 1
        assert tables.ledger_item.name in sa.inspect(opened.database.engine).get_table_names()
