from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines import Hypothesis, Word
from idiolect.serving import Cue, HeardClip, Transcript, cues, srt, vtt
from idiolect.serving.captions import LINE, LONGEST


def said(*words):
    """(word, start, end) triples as a transcript of one clip."""
    end = words[-1][2] if words else 1.0
    heard = Hypothesis(" ".join(word for word, _, _ in words), words=tuple(Word(*word) for word in words))
    return Transcript(end, (HeardClip(0.0, end, heard),))


def test_srt_is_as_the_format_says():
    assert srt([Cue(0.0, 1.5, "one"), Cue(3661.25, 3662.0, "two")]) == (
        "1\n00:00:00,000 --> 00:00:01,500\none\n\n2\n01:01:01,250 --> 01:01:02,000\ntwo\n\n"
    )


def test_vtt_escapes_and_has_its_head():
    assert vtt([Cue(0.0, 1.0, "a < b & c")]) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &lt; b &amp; c\n\n"


def test_rounding_carries_into_minutes():
    assert "00:01:00,000" in srt([Cue(59.9996, 61.0, "x")])


def test_a_pause_begins_a_new_cue():
    found = cues(said(("one", 0.0, 0.4), ("two", 0.5, 0.9), ("three", 2.0, 2.4)))
    assert [(cue.start, cue.end, cue.text) for cue in found] == [(0.0, 0.9, "one two"), (2.0, 2.4, "three")]


def test_a_clip_without_word_times_is_one_cue():
    clips = (HeardClip(2.0, 5.0, Hypothesis("hello there")), HeardClip(6.0, 7.0, Hypothesis("")))
    assert cues(Transcript(9.0, clips)) == [Cue(2.0, 5.0, "hello there")]


def test_a_long_text_stands_on_two_lines():
    text = "this is a caption that is longer than one line of the screen"
    shown = vtt([Cue(0.0, 4.0, text)]).splitlines()[3:5]
    assert " ".join(shown) == text
    assert all(len(line) <= LINE for line in shown)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 12), st.floats(0.05, 1.5), st.floats(0.0, 2.0)), min_size=1, max_size=60))
def test_cues_keep_every_word_in_order(spoken):
    words, now = [], 0.0
    for number, (length, lasts, pause) in enumerate(spoken):
        words.append((f"{number:x}".rjust(length, "w"), now, now + lasts))
        now += lasts + pause
    found = cues(said(*words))
    assert " ".join(cue.text for cue in found) == " ".join(word for word, _, _ in words)
    assert all(cue.end - cue.start <= LONGEST + 1.5 for cue in found)
    assert all(len(cue.text) <= 2 * LINE for cue in found)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(found))
    assert len(re.findall(r"-->", srt(found))) == len(found)
