"""The beam search: against the exact search over a task, and over all of English."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines.decoding import DecodingOptions, PhoneGraph
from idiolect.engines.decoding.judging import align
from idiolect.engines.decoding.ngram import NGram
from idiolect.engines.decoding.phone_beam import PhoneBeam
from idiolect.errors import EngineError
from idiolect.tasks import PHONES, Lexicon, Task, parse_task

TINY = Lexicon({"a": ("AA",), "ba": ("B AA", "B AE"), "bad": ("B AA D",), "go": ("G OW",)})
WIDE = DecodingOptions(beam=1e4, tokens=20_000)


def task_of(*templates: str, lists: dict[str, list[str]] | None = None) -> Task:
    return parse_task(json.dumps({"intents": {"go": {"data": [{"sentences": list(templates)}]}}, "lists": lists or {}}))


def noise(frames: int, seed: int, sharp: float = 1.0) -> np.ndarray:
    logits = sharp * np.random.default_rng(seed).normal(size=(frames, len(PHONES)))
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def spoken(text: str, lexicon: Lexicon, *, sharp: float = 5.0, seed: int = 0) -> np.ndarray:
    """Posteriors that say `text`, each phone for 2 to 4 frames, with silence around it and noise over it."""
    rng = np.random.default_rng(seed)
    phones = ["SIL"] * 4
    for word in text.split():
        phones += [phone for phone in lexicon.pronounce(word)[0] for _ in range(rng.integers(2, 5))]
    phones += ["SIL"] * 4
    logits = rng.normal(size=(len(phones), len(PHONES)))
    logits[np.arange(len(phones)), [PHONES.index(phone) for phone in phones]] += sharp
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


@pytest.fixture(scope="module")
def english() -> PhoneBeam:
    return PhoneBeam.open(Lexicon.default(), NGram.english(), DecodingOptions(lm_scale=2.0))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(1, 40),
    st.floats(0.1, 4),
    st.sampled_from([0.05, 0.7]),  # at 0, one phone that lasts is as good as two of a kind
    st.sampled_from([1, 2]),
)
def test_over_a_task_it_finds_what_the_exact_search_finds(
    seed: int, frames: int, sharp: float, penalty: float, least: int
) -> None:
    task = task_of("[go] (a|ba|bad) {x} [go]", "(ba;a) bad", "a", lists={"x": ["bad", "a go", "go ba"]})
    graph = PhoneGraph.from_task(task, TINY, minimum_frames=least)
    scores = noise(frames, seed, sharp)
    exact = graph.search(scores, transition_penalty=penalty)
    options = DecodingOptions(beam=1e4, tokens=20_000, phone_penalty=penalty)
    found = PhoneBeam.over(graph.arrays, graph.meaning, options).search(scores)
    assert (found.text, found.intent, found.slots) == (exact.text, exact.intent, exact.slots)
    if exact.text:
        assert found.score == pytest.approx(exact.score, abs=1e-4)
        assert found.confidence == pytest.approx(exact.confidence, abs=1e-4)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(4, 40), st.floats(0.3, 3))
def test_an_open_loop_is_searched_as_exactly(seed: int, frames: int, sharp: float) -> None:
    words = ["a", "ba", "bad", "go"]
    graph = PhoneGraph.word_loop(words, TINY, [math.log(share) for share in (0.4, 0.3, 0.2, 0.1)])
    scores = noise(frames, seed, sharp)
    exact = graph.search(scores, word_scale=2.0)
    found = PhoneBeam.over(graph.arrays, None, WIDE, word_scale=2.0).search(scores)
    assert found.text == exact.text


def test_it_hears_any_english(english: PhoneBeam) -> None:
    for text in (
        "the cat sat on the table and looked at the window",
        "how do you recognize speech when there is so much noise in the room",
        "he was not at all certain that the government would accept the offer",
    ):
        path = english.search(spoken(text, Lexicon.default(), sharp=6))
        assert path.text.replace("recognise", "recognize") == text
        assert path.confidence > 0.9
        assert path.intent is None
        starts, ends = _times(text)
        assert [word.start_frame for word in path.words] == pytest.approx(starts, abs=1)
        assert [word.end_frame for word in path.words] == pytest.approx(ends, abs=1)


def _times(text: str) -> tuple[list[int], list[int]]:
    """First and end frames of the words as `spoken` says them."""
    rng, edges = np.random.default_rng(0), [4]
    for word in text.split():
        edges.append(edges[-1] + sum(int(rng.integers(2, 5)) for _ in Lexicon.default().pronounce(word)[0]))
    return edges[:-1], edges[1:]


def test_the_language_model_decides_between_words_that_sound_alike(english: PhoneBeam) -> None:
    said = english.search(spoken("they went to see their two friends over there", Lexicon.default()))
    assert said.text == "they went to see their two friends over there"


def test_silence_is_nothing(english: PhoneBeam) -> None:
    quiet = spoken("", Lexicon.default())
    for scores in (quiet, np.tile(quiet, (20, 1))):
        path = english.search(scores, nbest=3)
        assert (path.text, path.confidence, path.words) == ("", 0.0, ())
    assert english.search(np.zeros((0, 40), np.float32)).text == ""


def test_what_is_no_network_output_is_refused(english: PhoneBeam) -> None:
    with pytest.raises(EngineError, match="40"):
        english.search(np.zeros((5, 41), np.float32))
    with pytest.raises(EngineError, match="not numbers"):
        english.search(np.full((5, 40), np.nan, np.float32))


def test_the_best_are_different_sentences_in_order(english: PhoneBeam) -> None:
    scores = spoken("how do you recognize speech", Lexicon.default(), sharp=4)
    path = english.search(scores, nbest=5)
    texts = [one.text for one in path.alternatives]
    assert len(set(texts)) == 5
    assert texts[0] == path.text
    assert {"how do you recognize speech", "how do you recognise speech"} <= set(texts)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(8, 14))
def test_the_n_best_of_a_small_task_are_its_best(seed: int, frames: int) -> None:
    """Against each sentence searched alone; the first is exact, the others may end their words a frame off."""
    sentences = ["a", "ba", "bad", "go a"]
    scores = noise(frames, seed)
    alone = {}
    for sentence in sentences:
        graph = PhoneGraph.from_task(task_of(sentence), TINY)
        alone[sentence] = graph.search(scores).score
    graph = PhoneGraph.from_task(task_of("a", "ba", "bad", "go a"), TINY)
    found = PhoneBeam.over(graph.arrays, graph.meaning, WIDE).search(scores, nbest=4).alternatives
    assert found[0].text == max(alone, key=alone.__getitem__)
    for one in found:
        assert one.score <= alone[one.text] + 1e-4


def test_aligned_frames_read_all_outputs_in_order() -> None:
    scores = noise(9, 3)
    found = align(scores, [5, 6, 6, 7])
    assert [int(found[0]), int(found[-1])] == [0, 3]
    assert set(np.diff(found).tolist()) <= {0, 1}
    ctc = align(scores, [5, 6, 6, 7], blank=0)
    runs = [int(one) for at, one in enumerate(ctc) if at == 0 or one != ctc[at - 1]]
    assert [one for one in runs if one >= 0] == [0, 1, 2, 3]
    assert runs[runs.index(1) + 1] == -1  # between the two sixes
    with pytest.raises(EngineError, match="do not fit"):
        align(scores[:3], [5, 6, 6, 7])


@pytest.mark.slow
def test_it_is_quick_enough(english: PhoneBeam) -> None:
    scores = np.concatenate(
        [spoken("the offer was made in the spring", Lexicon.default(), seed=at) for at in range(10)]
    )
    started = time.process_time()
    english.search(scores)
    assert (time.process_time() - started) / (len(scores) * 0.03) < 0.1
