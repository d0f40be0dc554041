from __future__ import annotations

import math

import numpy as np
import pytest
from evaluation_cases import make_clip

from idiolect.errors import EvaluationError
from idiolect.evaluation.alignment import align, count_words
from idiolect.evaluation.board import board_of
from idiolect.evaluation.bootstrap import Interval
from idiolect.evaluation.page import diff
from idiolect.evaluation.pareto import Candidate, front, undominated
from idiolect.evaluation.report import Heard, Spoken
from idiolect.evaluation.scores import Score

REFERENCE = "one two three four five"


def spoken(number, **about):
    return Spoken(make_clip(number, **about), REFERENCE)


def heard(number, system, text):
    counts = count_words(REFERENCE, text)
    return Heard(f"clip-{number:03d}", system, text, 0.0, {"wer": counts.errors, "wer_of": counts.reference})


def pair(texts):
    """Two systems on as many clips: ``old`` hears the first text of each, ``new`` the second."""
    names = ("old", "new")
    return {
        name: {f"clip-{number:03d}": heard(number, name, both[place]) for number, both in enumerate(texts)}
        for place, name in enumerate(names)
    }


GOOD, BAD = REFERENCE, "one two three four six"


def test_the_second_is_judged_against_the_first():
    clips = [spoken(number, speaker=f"s{number}") for number in range(12)]
    board = board_of(clips, pair([(BAD, GOOD)] * 11 + [(GOOD, BAD)]))
    (found,) = board.verdicts()
    assert (found.a, found.b, found.verdict) == ("new", "old", "better")
    assert found.difference == pytest.approx((1 - 11) / 60)
    assert found.interval.low < found.difference < found.interval.high < 0
    assert board.score("old").value == pytest.approx(11 / 60)
    assert (board.grouped_by, board.groups, board.same) == ("speaker", 12, 0)


def test_only_clips_that_both_heard_count():
    rows = pair([(BAD, GOOD)] * 8)
    del rows["new"]["clip-003"]
    board = board_of([spoken(number) for number in range(8)], rows)
    assert (board.clips, dict(board.left_out)) == (7, {"old": 1, "new": 0})
    rows["new"].clear()
    with pytest.raises(EvaluationError, match="no clip was heard by old and new"):
        board_of([spoken(number) for number in range(8)], rows)


def test_the_clips_that_differ_most_come_first_and_equal_ones_not_at_all():
    texts = [(GOOD, GOOD), (GOOD, BAD), ("", GOOD), (BAD, "one two three four seven")]
    board = board_of([spoken(number) for number in range(4)], pair(texts))
    assert [one.spoken.clip.id for one in board.differing] == ["clip-002", "clip-001"]
    assert board.differing[0].errors == {"old": 5, "new": 0}
    assert board.same == 2
    assert diff(board.differing[1], "new", "basic.v1") == align(GOOD.split(), BAD.split()).pairs


def test_slices_say_where_they_are_too_small():
    about = [{"speaker": "anna" if number < 24 else "ben", "session": f"day {number % 8}"} for number in range(28)]
    clips = [spoken(number, **one) for number, one in enumerate(about)]
    board = board_of(clips, pair([(BAD, GOOD)] * 24 + [(GOOD, BAD)] * 4))
    by_speaker = {part.value: part for part in board.slices if part.by == "speaker"}
    anna, ben = by_speaker["anna"], by_speaker["ben"]
    assert (anna.clips, anna.small, anna.grouped_by) == (24, "", "session")
    assert anna.comparisons[0].verdict == "better"
    assert (ben.clips, ben.small) == (4, "too few")
    assert ben.comparisons[0].verdict == "cannot tell"
    assert ben.scores["new"].value == pytest.approx(0.2)


def test_words_are_cut_by_whole_numbers():
    clips = [Spoken(make_clip(0), "one two"), Spoken(make_clip(1), "a b c"), Spoken(make_clip(2), " ".join("x" * 21))]
    board = board_of(clips, pair([(GOOD, GOOD)] * 3))
    assert [part.value for part in board.slices if part.by == "words"] == ["0-2 words", "3-5 words", "≥ 21 words"]


def test_a_measure_that_not_all_have_is_refused():
    clips = [spoken(number) for number in range(3)]
    with pytest.raises(EvaluationError, match="not both scored by acceptance") as caught:
        board_of(clips, pair([(GOOD, BAD)] * 3), measure="acceptance")
    assert "wer" in str(caught.value.hint)


def test_the_front_is_what_nothing_else_beats():
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = [tuple(point) for point in rng.integers(0, 6, (12, 2)).tolist()]
        expected = {
            place
            for place, (x, y) in enumerate(points)
            if not any(u <= x and v <= y and (u, v) != (x, y) for u, v in points)
        }
        assert undominated(points) == expected


def score(value, measure="wer"):
    return Score(measure, value, Interval(value - 0.02, value + 0.02), 1, 10, 10)


def test_the_front_leaves_out_who_is_not_known_and_turns_shares_into_errors():
    candidates = [
        Candidate("small", score(0.4), rtf=0.1, size=1e6),
        Candidate("large", score(0.1), rtf=0.5, size=9e6),
        Candidate("slow", score(0.2), rtf=0.9, size=9e6),
        Candidate("hosted", score(0.05), price=0.36),
    ]
    found = front(candidates, "rtf")
    assert [(point.candidate.name, point.best) for point in found.points] == [
        ("small", True),
        ("large", True),
        ("slow", False),
    ]
    assert found.unknown == ("hosted",)
    share = Candidate("task", score(0.9, "acceptance"), rtf=0.1)
    assert share.error == pytest.approx(0.1)
    assert share.interval == Interval(pytest.approx(0.08), pytest.approx(0.12))


def test_charts_keep_their_marks_on_the_axis():
    from idiolect.evaluation.charts import differences, measure_charts, planes, slice_charts

    about = [{"speaker": f"s{number % 7}", "quality": {"snr": 5.0 + number}} for number in range(40)]
    clips = [spoken(number, **one) for number, one in enumerate(about)]
    board = board_of(clips, pair([("", BAD)] * 20 + [(BAD + " and so on and on and on", GOOD)] * 20))
    lines = [line for chart in (*measure_charts(board), *slice_charts(board)) for line in chart.lines]
    places = [place for line in lines for mark in line.marks for place in (mark.at, mark.low, mark.high)]
    (drawn,) = differences(board)
    places += [drawn.mark.at, drawn.mark.low, drawn.mark.high]
    assert drawn.mark.low > 50, "to the right of 0 the first of the two is better"
    plane = planes([Candidate("a", score(0.4), rtf=0.001), Candidate("b", score(0.1), rtf=0.5)])[0]
    assert len(plane.steps) == 2
    places += [place for one in plane.placed for place in (one.x, one.y, one.low, one.high)]
    places += [at for at, _ in (*plane.x_ticks, *plane.y_ticks)]
    assert len(places) > 60
    assert all(0 <= place <= 100 for place in places if place is not None and not math.isnan(place))
