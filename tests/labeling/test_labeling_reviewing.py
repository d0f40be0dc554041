from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from idiolect.corpus import Corpus, FreezeOptions, NewLabel, NewReview, Purpose, Recording, Sensitivity, SourceKind
from idiolect.corpus import recordings as rows
from idiolect.corpus.choosing import references
from idiolect.errors import ConflictError, CorpusError
from idiolect.labeling import Answer, Reviewing, queue_of, reviewed, worthiest
from idiolect.labeling.agreement import agreement, dispute_of, disputes, kappa
from idiolect.units import Hertz, Seconds


def claim(clip_id, text, confidence=None, source="sphinx", **more):
    return NewLabel(clip_id, SourceKind.ENGINE, source, "1", text, confidence=confidence, **more)


@pytest.fixture
def heard(corpus):
    """Twelve clips with two engines' texts, that differ in one word."""
    for number, clip in enumerate(corpus.clips()):
        corpus.add_labels(
            [
                claim(clip.id, f"say number {number}", 0.3 + number / 20),
                claim(clip.id, f"say numbers {number}", 0.2, source="nano"),
            ]
        )
    return corpus


def answer(asked, action="accept", **more):
    of = asked.item.label.id if asked.item.label is not None and action in ("accept", "edit") else None
    return Answer(uuid4().hex, asked.item.clip.id, action, of, queue=asked.item.queue, **more)


def test_the_order_is_that_of_the_queue(heard):
    assert [one.clip_id for one in worthiest(heard)] == [one.item.clip.id for one in queue_of(heard)]
    reviewing = Reviewing(heard)
    asked = reviewing.next(reviewing.sit("ann"), 3)
    assert [one.item.clip.id for one in asked] == [one.item.clip.id for one in queue_of(heard)[:3]]
    assert all(one.item.why and one.turn == "first" for one in asked)


def test_no_two_sittings_get_the_same_clip_also_of_one_person(heard):
    reviewing = Reviewing(heard)
    sittings = [reviewing.sit("ann"), reviewing.sit("ann"), reviewing.sit("ben")]
    given = [one.item.clip.id for who in sittings for one in reviewing.next(who, 5)]
    assert len(given) == len(set(given)) == 12
    assert reviewing.next(reviewing.sit("cid"), 1) == []
    assert {one.item.clip.id for one in reviewing.held(sittings[0])} == set(given[:5])


def test_a_lease_runs_out_and_is_made_longer_while_the_sitting_lives(heard):
    reviews = heard.reviews
    ids = [clip.id for clip in heard.clips()]
    reviewing = Reviewing(heard)
    dead, alive, other = (reviewing.sit(name) for name in ("dead", "alive", "other"))
    reviews.take(dead, ids, 6)
    reviews.take(alive, ids, 6)
    for who in (dead, alive):
        reviews.take(who, [], 0, seconds=-1)  # a lease that has run out
    assert len(reviews.held(alive)) == 6  # nobody came between: it is made longer
    taken = reviews.take(other, ids, 12).leased
    assert [one.clip_id for one in taken] == ids[:6]
    assert reviews.held(dead) == []


def test_a_decision_sent_twice_is_kept_once(heard):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    (asked,) = reviewing.next(who)
    said = answer(asked, seconds=3.0)
    first, second = reviewing.decide(who, said), reviewing.decide(who, said)
    assert first == second
    assert [one.text for one in heard.labels(kind=SourceKind.HUMAN)] == [asked.item.label.text]
    assert heard.reference(asked.item.clip.id) == first.label
    assert len(heard.reviews.reviews()) == 1


def test_what_is_decided_makes_a_label_and_says_of_which(heard):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    taken, typed, same, silent, unsure, skipped = reviewing.next(who, 6)
    other = taken.item.others[0]
    kept = reviewing.decide(who, Answer("k1", taken.item.clip.id, "accept", other.id))
    assert (kept.label.text, kept.label.parameters["of"], kept.changed) == (other.text, other.id, 0)
    kept = reviewing.decide(who, answer(typed, "edit", text=f"{typed.item.label.text} please"))
    assert (kept.action, kept.changed, kept.words) == ("edit", 1, 4)
    assert reviewing.decide(who, answer(same, "edit", text=f" {same.item.label.text} ")).action == "accept"
    assert reviewing.decide(who, answer(silent, "noise")).label.text == ""
    assert reviewing.decide(who, answer(unsure, "unsure")).label is None
    assert reviewing.decide(who, answer(skipped, "skip")).label is None
    names = {
        key: [one.name for one in marks] for key, marks in heard.reviews.marks([c.id for c in heard.clips()]).items()
    }
    assert names == {silent.item.clip.id: ["noise"], unsure.item.clip.id: ["unsure"]}
    left = {one.item.clip.id for one in reviewing.next(who, 12)}
    assert len(left) == 6
    ben = {one.item.clip.id for one in reviewing.next(reviewing.sit("ben"), 12)}
    assert ben == {unsure.item.clip.id, skipped.item.clip.id}


def test_undo_withdraws_the_label_from_every_reader_and_deletes_nothing(heard):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    first, second = reviewing.next(who, 2)
    earlier = heard.add_labels([NewLabel(second.item.clip.id, SourceKind.HUMAN, "eve", text="before")])[0]
    reviewing.decide(who, answer(first))
    kept = reviewing.decide(who, answer(second, "noise"))
    gone, again = reviewing.undo(who, "u1")
    assert (gone.id, gone.withdrawn, again.item.clip.id) == (kept.id, True, second.item.clip.id)
    assert heard.reference(second.item.clip.id).id == earlier
    labels = heard.labels(clip_id=second.item.clip.id)
    assert reviewed(labels).id == earlier
    assert [one.id for one in references(labels)] == [earlier]
    assert kept.label in heard.labels(clip_id=second.item.clip.id, withdrawn=True)
    assert heard.reviews.marks([second.item.clip.id]) == {}
    assert reviewing.undo(who, "u1")[0] == gone  # sent again: nothing more is taken back
    assert reviewing.undo(who, "u2")[0].clip_id == first.item.clip.id
    with pytest.raises(CorpusError, match="no decision"):
        reviewing.undo(who, "u3")
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), heard.database.write() as connection:
        connection.execute(sa.text("DELETE FROM withdrawal"))
    assert heard.check(audio=False) == []


def test_what_was_taken_back_is_frozen_nowhere(heard):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    while asked := reviewing.next(who, 4):
        for one in asked:
            reviewing.decide(who, answer(one, "edit", text=f"right {one.item.clip.id[:4]}"))
    before = heard.freeze("all", FreezeOptions(group_by="recording"))
    for number in range(3):
        reviewing.undo(who, f"u{number}")
    after = heard.freeze("fewer", FreezeOptions(group_by="recording"))
    mine = [sum(i.label is not None and i.label.source == "ann" for i in d.items) for d in (before, after)]
    assert mine == [12, 9]
    assert heard.dataset("all").items == before.items  # what was frozen stays what it was


def test_private_is_kept_with_who_and_given_back_as_it_was(heard):
    clip = heard.clips()[0]
    heard.set_sensitivity(Sensitivity.SHAREABLE, ids=[clip.id])
    assert heard.reviews.mark([clip.id], "private", "ann") == 1
    assert heard.reviews.mark([clip.id], "private", "ben") == 0
    assert heard.sensitivities([clip.id]) == {clip.id: Sensitivity.PRIVATE}
    (mark,) = heard.reviews.marks([clip.id])[clip.id]
    assert (mark.name, mark.person) == ("private", "ann")
    assert heard.reviews.marked("private") == [clip.id]
    heard.reviews.mark([clip.id], "private", "ann", given=False)
    assert heard.sensitivities([clip.id]) == {clip.id: Sensitivity.SHAREABLE}
    with pytest.raises(CorpusError, match="no clip"):
        heard.reviews.mark(["nothing"], "unsure", "ann")


def test_somebody_who_came_back_too_late_is_told_and_may_keep_theirs(heard):
    reviewing = Reviewing(heard)
    slow, quick = reviewing.sit("slow"), reviewing.sit("quick")
    (asked,) = reviewing.next(slow)
    with pytest.raises(ConflictError, match="slow is reviewing"):
        reviewing.decide(quick, answer(asked))
    with pytest.raises(ConflictError, match="slow is reviewing"):
        reviewing.open(quick, asked.item.clip.id)
    heard.reviews.take(slow, [], 0, seconds=-1)  # slow's machine sleeps
    reviewing.decide(quick, answer(asked))
    with pytest.raises(ConflictError, match="quick reviewed this clip meanwhile"):
        reviewing.decide(slow, answer(asked, "edit", text="mine"))
    assert reviewing.decide(slow, answer(asked, "edit", text="mine", also=True)).label.text == "mine"


def test_a_second_opinion_is_asked_of_somebody_else_who_sees_the_machine_only(heard):
    heard.reviews.set_double(1.0)
    reviewing = Reviewing(heard)
    ann, ben, cid = (reviewing.sit(name) for name in ("ann", "ben", "cid"))
    for one in reviewing.next(ann, 12):
        reviewing.decide(ann, answer(one, "edit", text=f"right {one.item.clip.id[:3]}"))
    assert reviewing.next(ann, 12) == []
    second = reviewing.next(ben, 12)
    assert len(second) == 12
    for one in second:
        assert one.turn == "second"
        assert one.item.label.kind is SourceKind.ENGINE
        assert all(label.kind is SourceKind.ENGINE for label in one.item.others)
        reviewing.decide(ben, answer(one))
    assert reviewing.next(cid, 1) == []


def test_without_a_share_nobody_is_asked_twice(heard):
    reviewing = Reviewing(heard)
    ann = reviewing.sit("ann")
    for one in reviewing.next(ann, 12):
        reviewing.decide(ann, answer(one))
    assert reviewing.next(reviewing.sit("ben"), 1) == []
    with pytest.raises(CorpusError, match="share"):
        heard.reviews.set_double(1.5)


def test_agreement_and_adjudication(heard):
    heard.reviews.set_double(1.0)
    reviewing = Reviewing(heard)
    ann, ben, eve = (reviewing.sit(name) for name in ("ann", "ben", "eve"))
    for one in reviewing.next(ann, 4):
        reviewing.decide(ann, answer(one))
    asked = reviewing.next(ben, 4)
    same = [one for one in asked if one.turn == "second"]
    assert same  # an opinion of ben's about a clip of ann's
    for one in same[1:]:
        reviewing.decide(ben, answer(one))
    clip = same[0].item.clip.id
    reviewing.decide(ben, answer(same[0], "edit", text=f"{same[0].item.label.text} please"))
    everybody, pairs = agreement(heard.reviews.by_several())
    assert (everybody.clips, everybody.same, everybody.edits) == (len(same), len(same) - 1, 1)
    assert everybody.wer == pytest.approx(1 / (3 * len(same) + 0.5))
    assert [one.people for one in pairs] == [("ann", "ben")]
    (dispute,) = disputes(heard)
    assert (dispute.clip_id, [one.person for one in dispute.answers]) == (clip, ["ann", "ben"])
    opened = reviewing.open(eve, clip)
    assert (opened.turn, opened.item.queue) == ("asked", "adjudication")
    assert {opened.item.label.source, opened.item.others[0].source} == {"ann", "ben"}
    kept = reviewing.decide(eve, answer(opened))
    assert kept.label.parameters["between"] == [one.label.id for one in dispute.answers]
    assert disputes(heard) == []
    assert [one.settled for one in disputes(heard, settled=True)] == [True]
    assert agreement(heard.reviews.by_several())[0] == everybody  # a verdict is no third opinion
    reviewing.undo(eve, "u")
    assert len(disputes(heard)) == 1


def test_kappa_is_that_of_the_book():
    # The table of Wikipedia's first example: 20 both yes, 15 both no, 5 and 10 differ; kappa 0.4.
    pairs = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([]) is None
    assert kappa([("y", "y")]) is None
    assert dispute_of([]) is None


def test_what_somebody_asks_for_comes_first_also_if_it_was_reviewed(heard):
    reviewing = Reviewing(heard)
    ann = reviewing.sit("ann")
    (asked,) = reviewing.next(ann)
    reviewing.decide(ann, answer(asked, "edit", text="first"))
    clip = asked.item.clip.id
    assert heard.reviews.ask([clip, clip], "the model errs here", "ben") == 1
    assert heard.reviews.ask([clip], "again", "ben") == 0
    (again,) = reviewing.next(ann)
    assert (again.item.clip.id, again.turn, again.item.why) == (clip, "asked", "the model errs here")
    assert again.item.label.text == "first"
    reviewing.decide(ann, answer(again, "edit", text="second"))
    assert heard.reviews.asked() == {}
    assert heard.reference(clip).text == "second"


def test_minutes_are_counted_of_what_stands(heard):
    reviewing = Reviewing(heard)
    ann = reviewing.sit("ann")
    for one in reviewing.next(ann, 3):
        reviewing.decide(ann, answer(one, seconds=2.0))
    reviewing.undo(ann, "u")
    tally = heard.reviews.tally(sitting=ann.id)
    assert (tally.actions, tally.answers, tally.seconds, tally.words) == ({"accept": 2}, 2, 4.0, 6)
    assert tally.audio == pytest.approx(0.8)
    assert heard.reviews.tally(person="ben").answers == 0


def test_forgetting_a_speaker_takes_their_reviews(heard):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    for one in reviewing.next(who, 5)[:3]:
        reviewing.decide(who, answer(one, "unsure"))
    reviewing.undo(who, "u")
    heard.reviews.ask([heard.clips()[0].id], "why not", "ann")
    heard.forget("me")
    with heard.database.read() as connection:
        for name in ("review", "withdrawal", "mark", "asked", "lease"):
            assert connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar() == 0  # noqa: S608 - our names


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "perhaps"}, "no decision 'perhaps'"),
        ({"key": ""}, "1 to 64 characters"),
        ({"of": 999_999}, "label 999999 is none of clip"),
        ({"action": "edit", "text": " "}, "an edit needs a text"),
        ({"of": None}, "no text to accept"),
    ],
)
def test_an_answer_without_sense_keeps_nothing(heard, change, message):
    reviewing = Reviewing(heard)
    who = reviewing.sit("ann")
    (asked,) = reviewing.next(who)
    good = {"key": "k", "clip_id": asked.item.clip.id, "action": "accept", "of": asked.item.label.id}
    with pytest.raises(CorpusError, match=message):
        reviewing.decide(who, Answer(**(good | change)))
    assert heard.reviews.reviews() == []


REVIEWER = """
import sys
import time
from pathlib import Path
from uuid import uuid4
from idiolect.corpus import Corpus
from idiolect.labeling import Answer, Reviewing

folder, person = sys.argv[1:]
with Corpus.open(Path(folder)) as corpus:
    reviewing = Reviewing(corpus)
    who = reviewing.sit(person)
    while asked := reviewing.next(who, 3):
        for one in asked:
            kept = reviewing.decide(who, Answer(uuid4().hex, one.item.clip.id, "accept", one.item.label.id))
            print(kept.clip_id, flush=True)  # only what the store has confirmed
            time.sleep(0.01)  # people pause; who hammers SQLite without a pause lets nobody else in
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_five_reviewers_in_processes_some_killed(tmp_path):
    """1,000 clips, five processes, one killed -9 three times: none is reviewed twice, and nothing confirmed is lost."""
    folder = tmp_path / "voice"
    ids = many_clips(folder, 1000)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = [tmp_path / f"said-{number}.txt" for number in range(8)]

    def start(number: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", REVIEWER, str(folder), f"p{number % 5}"]
        with told[number].open("wb") as said:
            return subprocess.Popen(words, env=environment, stdout=said)

    running = [start(number) for number in range(5)]
    for number in (5, 6, 7):
        victim = running[number - 5]
        lines(told[number - 5], 20, victim)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        running.append(start(number))
    for process in running[3:]:
        assert process.wait(timeout=900) == 0
    with Corpus.open(folder) as corpus:
        with corpus.database.write() as connection:  # what the killed ones held waits for five minutes
            left = connection.execute(sa.text("DELETE FROM lease")).rowcount
        assert left <= 3 * 3
        reviewing = Reviewing(corpus)
        who = reviewing.sit("p0")
        while asked := reviewing.next(who, 3):
            for one in asked:
                reviewing.decide(who, answer(one))
        decided = [one.clip_id for one in corpus.reviews.reviews()]
        people = Counter(one.clip_id for one in corpus.labels(kind=SourceKind.HUMAN))
        assert sorted(decided) == sorted(ids)
        assert set(people.values()) == {1}
        assert len(people) == 1000
        confirmed = {line for path in told for line in path.read_text().split("\n")[:-1]}
        assert len(confirmed) >= 900
        assert confirmed <= set(decided)
        assert {one.person for one in corpus.reviews.reviews()} == {f"p{number}" for number in range(5)}


def lines(path: Path, wanted: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has said so many lines."""
    until = time.monotonic() + 300
    while len(path.read_bytes().split(b"\n")) <= wanted:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.02)


def many_clips(folder: Path, count: int) -> list[str]:
    """A store with so many clips that an engine heard; without audio, which nobody here listens to."""
    with Corpus.create(folder) as corpus:
        with corpus.database.write() as connection:
            key = uuid4().hex
            whole = Recording(key, "/nowhere.wav", False, Seconds(2.0 * count), Hertz(16_000), 1, speaker="me")
            rows.add_recording(connection, whole)
            ids = [uuid4().hex for _ in range(count)]
            for number, clip_id in enumerate(ids):
                rows.add_clip(connection, key, clip_id, span=(2.0 * number, 2.0 * number + 2), quality={})
        corpus.add_labels([claim(clip_id, f"text {clip_id[:4]}", 0.5) for clip_id in ids])
    return ids


def test_a_label_is_needed_where_a_decision_makes_one():
    with pytest.raises(CorpusError, match="needs a label"):
        NewReview("k", "clip", "accept")
    with pytest.raises(CorpusError, match="makes no label"):
        NewReview("k", "clip", "skip", NewLabel("clip", SourceKind.HUMAN, "a", text="x", purpose=Purpose.TRAINING))
