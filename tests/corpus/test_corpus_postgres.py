"""The store on a real PostgreSQL: the same promises as in a file."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from corpus_makes import row, rows, wav
from test_corpus_ledger import CENT, entry

from idiolect.corpus import Corpus, ImportOptions, NewLabel, SourceKind, database, find_entries, import_entries, tables
from idiolect.corpus.ledger import Closing, State
from idiolect.corpus.tables import now
from idiolect.engines.protocol import EngineOptions
from idiolect.errors import CorpusError
from idiolect.labeling import label


@pytest.fixture
def corpus(postgres_url, tmp_path):
    with Corpus.create(tmp_path / "team", postgres_url) as made:
        yield made


def speak(corpus, folder, names):
    """Files of noise by `names`, each of a speaker of that name, imported: how many clips."""
    count = 0
    for place, name in enumerate(names):
        wav(folder, name, place)
        entries, skipped = find_entries([folder / f"{name}.wav"])
        count += import_entries(corpus, entries, ImportOptions(speaker=name), skipped=skipped).clips
    return count


def test_migrations_make_exactly_the_tables_and_come_again(corpus, postgres_url):
    with corpus.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    corpus.close()
    with Corpus.open(corpus.folder, postgres_url) as opened:
        assert opened.database.version() == database.HEAD


def test_a_team_that_begins_at_once_migrates_once(postgres_url, tmp_path, postgres_server):
    def begin(number):
        with Corpus.create(tmp_path / str(number), postgres_url) as made:
            return made.database.version()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, range(4))) == {database.HEAD}
    assert postgres_server.rows(postgres_url, "SELECT count(*) FROM alembic_version") == [["1"]]


def test_from_import_to_forgetting(corpus, tmp_path, postgres_server, postgres_url):
    speak(corpus, tmp_path, [f"p{number:02d}" for number in range(12)])
    clips = corpus.clips()
    corpus.add_labels(
        [NewLabel(clip.id, SourceKind.HUMAN, "me", text=f"Größe {n}", slots={"a": "ß"}) for n, clip in enumerate(clips)]
    )
    assert corpus.reference(clips[3].id).text == "Größe 3"
    assert corpus.clip(clips[5].id[:9]).id == clips[5].id
    frozen = corpus.freeze("first")
    assert len(frozen.items) == 12
    assert corpus.freeze("first").id == corpus.dataset("first").id == frozen.id
    assert corpus.check() == []
    seen = corpus.forget(clips[0].recording.speaker)
    assert (seen.recordings, seen.clips, seen.labels, seen.datasets) == (1, 1, 1, (frozen.id,))
    assert [len(corpus.clips()), len(corpus.labels()), len(corpus.dataset("first").items)] == [11, 11, 11]
    assert corpus.check() == []
    # As another client of the server sees it.
    assert postgres_server.rows(postgres_url, "SELECT count(*), count(DISTINCT clip_id) FROM label") == [["11", "11"]]
    assert speak(corpus, tmp_path, [seen.speaker]) == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE label SET text = 'x'", "never changed"),
        ("DELETE FROM label", "never changed"),
        ("DELETE FROM ledger", "never deleted"),
    ],
)
def test_claims_and_money_are_append_only_in_the_database_itself(corpus, statement, said):
    row(corpus, "a", text="hello")
    corpus.ledger.reserve(entry(cost=0))
    with pytest.raises(sa.exc.IntegrityError, match=said), corpus.database.write() as connection:
        connection.execute(sa.text(statement))
    assert [one.text for one in corpus.labels()] == ["hello"]
    with pytest.raises(CorpusError, match="no clip 'none'"):
        corpus.add_labels([NewLabel("none", SourceKind.HUMAN, "me", text="x")])


def test_labeling_goes_on_where_it_was_and_two_at_once_make_each_claim_once(corpus, tmp_path):
    speak(corpus, tmp_path, [f"p{number}" for number in range(6)])
    first = label(corpus, "echo", EngineOptions(), clips=corpus.clips()[:2])
    assert (first.labelled, label(corpus, "echo").already) == (2, 2)
    same = [NewLabel(clip.id, SourceKind.ENGINE, "both", "1", text="heard") for clip in corpus.clips()]
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: tuple(corpus.add_labels(same)), range(8)))
    assert len(set(ids)) == 1
    assert len(corpus.labels(source="both")) == 6


def test_fifty_threads_cannot_pass_a_cap_together(corpus):
    with ThreadPoolExecutor(50) as pool:
        got = list(pool.map(lambda n: corpus.ledger.reserve(entry(n), run_cap=20 * CENT), range(100)))
    assert sum(isinstance(one, int) for one in got) == 20
    assert corpus.ledger.booked() == corpus.ledger.booked(run="r") == 20 * CENT


RESERVE = """
import sys
sys.path.insert(0, sys.argv[4])
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from test_corpus_ledger import entry
from idiolect.corpus import Corpus
with Corpus.open(Path(sys.argv[1]), sys.argv[3]) as corpus, ThreadPoolExecutor(10) as pool:
    names = [f"{sys.argv[2]}-{n}" for n in range(30)]
    got = list(pool.map(lambda name: corpus.ledger.reserve(entry(name), run_cap=25 * 10**7), names))
print(sum(isinstance(one, int) for one in got))
"""


def test_two_processes_cannot_pass_a_cap_together(corpus, request, postgres_url):
    words = [sys.executable, "-c", RESERVE, str(corpus.folder)]
    more = (postgres_url, str(request.path.parent))
    started = [subprocess.Popen([*words, f"{n}", *more], stdout=subprocess.PIPE, text=True) for n in range(2)]
    reserved = [int(one.communicate(timeout=100)[0]) for one in started]
    assert sum(reserved) == 25
    assert corpus.ledger.booked() == 25 * CENT


def test_the_ledger_closes_sums_and_settles(corpus):
    rows(corpus, [{"name": f"r{number}", "text": "hello"} for number in range(40)])
    corpus.freeze("first")
    clips = [item.clip.id for item in corpus.dataset("first").items]
    corpus.ledger.set_budget({"project": 100 * CENT})
    done = corpus.ledger.reserve(entry(0, items=(clips[0], clips[1])))
    corpus.ledger.close(done, Closing(State.DONE, 2 * CENT, status=200, answer=b"\x00kept"))
    dead = corpus.ledger.reserve(entry(1, until=now() - timedelta(seconds=1)))
    assert [one.id for one in corpus.ledger.unfinished()] == [dead]
    assert [one.id for one in corpus.ledger.settle(billed=False)] == [dead]
    assert corpus.ledger.reserve(entry(0)).answer == b"\x00kept"
    found = {one.name: (one.requests, one.cost, one.seconds) for one in corpus.ledger.sums("dataset")}
    assert found == {"first": (1, 2 * CENT, 2.0), "": (1, 0, 2.0)}


def test_a_reader_sees_one_state_throughout(corpus):
    row(corpus, "a", text="one")
    count = sa.select(sa.func.count()).select_from(tables.label)
    with corpus.database.read() as connection:
        assert connection.execute(count).scalar() == 1
        row(corpus, "b", text="two")
        assert connection.execute(count).scalar() == 1
    assert len(corpus.labels()) == 2


def test_what_cannot_be_reached_says_so_without_the_password(tmp_path):
    nowhere = "postgresql://anna:geheim@127.0.0.1:1/voices"
    with pytest.raises(CorpusError, match="does not answer") as caught:
        Corpus.open(tmp_path, nowhere)
    assert "geheim" not in str(caught.value)
    with pytest.raises(CorpusError, match="setting `database`") as caught:
        Corpus.open(tmp_path, "anna:geheim@host")
    assert "geheim" not in str(caught.value)
    with pytest.raises(CorpusError, match="setting `database`"):
        Corpus.open(tmp_path, "oracles://host/name")
