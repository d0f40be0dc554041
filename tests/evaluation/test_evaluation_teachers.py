from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.corpus import Corpus, Entry, ImportOptions, Label, NewLabel, Purpose, SourceKind, import_entries
from idiolect.errors import EvaluationError
from idiolect.evaluation.mixes import Row, judge_row, threshold_for
from idiolect.evaluation.teachers import JudgeOptions, judge_teachers, speed_of

COUNT = 40
TEXT = "make me a latte please"


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """40 clips that a person labelled: `cheap` is right where it is sure (half of them), `dear` always, `bad` never."""
    folder = tmp_path_factory.mktemp("taught")
    entries = []
    for number in range(COUNT):
        samples = (0.1 * np.random.default_rng(number).standard_normal(3200)).astype(np.float32)
        path = folder / f"{number}.wav"
        write_wav(path, samples)
        speaker = f"voice{number % 10}"
        entries.append(Entry(path, str(path), TEXT, source="list", start=0.0, end=0.2, speaker=speaker))
    with Corpus.create(folder / "project") as corpus:
        assert import_entries(corpus, entries, ImportOptions()).clips == COUNT
        new = []
        for number, clip in enumerate(corpus.clips()):
            sure = number % 2 == 0
            new += [
                NewLabel(
                    clip.id,
                    SourceKind.ENGINE,
                    "cheap",
                    "1",
                    TEXT if sure else "bake me the latter fleas",
                    confidence=0.9 if sure else 0.3,
                ),
                NewLabel(clip.id, SourceKind.ENGINE, "dear", "1", TEXT, confidence=0.8, cost=0.01),
                NewLabel(clip.id, SourceKind.ENGINE, "bad", "1", "hm", confidence=1.0),
            ]
        corpus.add_labels(new)
        yield corpus


def test_each_teacher_is_judged_with_interval_precision_and_price(taught):
    report = judge_teachers(taught)
    by_name = {one.name: one for one in report.teachers}
    assert report.reviewed == report.together == COUNT
    assert [one.name for one in report.teachers] == ["dear", "cheap", "bad"]
    assert by_name["cheap"].wer == pytest.approx(0.4)  # of five words four are wrong in every second clip
    assert by_name["cheap"].interval.low < 0.4 < by_name["cheap"].interval.high
    assert by_name["dear"].price == pytest.approx(0.01 * 3600 / 0.2)
    assert by_name["cheap"].price == 0
    at = {one.threshold: one for one in by_name["cheap"].precisions}
    assert (at[0.0].taken, at[0.5].taken, at[0.5].precision) == (1.0, 0.5, 1.0)
    assert at[0.0].precision == pytest.approx(0.6)
    assert at[0.99].taken == 0
    assert by_name["bad"].wer == 1.0


def test_the_cheapest_mix_asks_the_dear_one_only_where_the_cheap_one_is_unsure(taught):
    report = judge_teachers(taught, JudgeOptions(wanted=0.95, person_hour=2000))
    best = report.suggestion
    assert best.how == "cheap where it is sure, else dear"
    assert (best.taken, best.precision, best.sure) == (1.0, 1.0, True)
    assert best.money == pytest.approx(180 / 2)
    assert best.total == best.money
    assert "cheap where it is sure" in report.text()
    assert report.as_dict()["suggestion"]["how"] == best.how


def test_a_cheap_person_is_asked_where_the_cheap_teacher_is_unsure(taught):
    best = judge_teachers(taught, JudgeOptions(wanted=0.95, person_hour=0.01)).suggestion
    assert best.how == "cheap alone"
    assert best.taken == 0.5
    assert best.person == pytest.approx((0.2 + 4) / 0.2 / 2)


def test_prices_can_be_given_and_may_be_unknown(taught):
    def price_of(teacher):
        return {"cheap": 50.0, "dear": 1.0, "bad": None}[teacher.source]

    report = judge_teachers(taught, JudgeOptions(person_hour=2000), price_of=price_of)
    assert report.suggestion.how == "dear alone"
    assert {mix.total for mix in report.mixes if "vote" in mix.how and "bad" in mix.how} == {None}
    assert "price not known" in report.text()


def test_whole_clips_can_be_counted_and_teachers_chosen(taught):
    report = judge_teachers(taught, JudgeOptions(unit="clips", teachers=("bad", "cheap@1")))
    assert {one.name for one in report.teachers} == {"bad", "cheap"}
    at = {one.threshold: one.precision for one in report.teachers[0].precisions}
    assert (at[0.0], at[0.5]) == (0.5, 1.0)


def test_a_precision_that_nothing_reaches_suggests_nothing(taught):
    report = judge_teachers(taught, JudgeOptions(teachers=("bad",)))
    assert report.suggestion is None
    assert "no mix reaches it" in report.text()


def test_nothing_to_judge_says_what_to_do(taught):
    with pytest.raises(EvaluationError, match="no clip"):
        judge_teachers(taught, JudgeOptions(teachers=("nobody",)))
    with pytest.raises(EvaluationError, match="no clip") as raised:
        judge_teachers(taught, JudgeOptions(only_random=True))
    assert "--queue" in raised.value.hint
    for wrong in ({"wanted": 0}, {"wanted": 1.1}, {"unit": "letters"}):
        with pytest.raises(EvaluationError):
            JudgeOptions(**wrong)


def test_a_threshold_is_the_lowest_that_is_precise_enough():
    rows = [Row(number / 100, float(number >= 40), 1.0) for number in range(100)]
    assert threshold_for(rows, 1.0) == 0.4
    assert threshold_for(rows, 0.6) == 0.0
    assert threshold_for(rows, 0.8) == pytest.approx(0.25)  # 60 of 75
    assert threshold_for(rows[:40], 0.5) == float("inf")
    assert threshold_for(rows[-5:], 0.5) == float("inf")  # five are too few to say
    alike = [Row(0.5, float(number < 10), 1.0) for number in range(20)]
    assert threshold_for(alike, 0.6) == float("inf")  # ties are taken together


def test_missing_words_are_not_right():
    assert judge_row("a b c d", "a b", 0.5, "words") == Row(0.5, 2.0, 4.0)
    assert judge_row("a b", "A, b!", None, "clips") == Row(0.0, 1.0, 1.0)
    assert judge_row("a b", "a c", 1.0, "clips").right == 0


def test_speed_is_read_from_the_commits_without_pauses():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    label = Label("", SourceKind.ENGINE, "x", text="a", purpose=Purpose.TRAINING)
    labels = []
    for batch, second in enumerate([0, 2, 4, 6, 1000, 1002]):
        for place in range(4):
            when = start + timedelta(seconds=second, milliseconds=place)
            labels.append(replace(label, clip_id=f"{batch}-{place}", created_at=when))
    seconds = {one.clip_id: 5.0 for one in labels}
    assert speed_of(labels, seconds) == pytest.approx(2 / 20, rel=0.01)
    assert speed_of(labels[:8], seconds) is None
