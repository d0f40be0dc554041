"""The search against a brute-force twin that scores every sentence and every timing."""

from __future__ import annotations

import itertools
import json
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines.decoding import Confidence, PhoneGraph
from idiolect.engines.decoding.confidence import free_loop
from idiolect.errors import EngineError
from idiolect.tasks import PHONES, Lexicon, Task, parse_task

TINY = Lexicon({"a": ("AA",), "ba": ("B AA", "B AE"), "bad": ("B AA D",), "go": ("G OW",)})


def task_of(*templates: str, lists: dict[str, list[str]] | None = None) -> Task:
    return parse_task(json.dumps({"intents": {"go": {"data": [{"sentences": list(templates)}]}}, "lists": lists or {}}))


def posteriors(frames: int, seed: int, sharp: float = 1.0) -> np.ndarray:
    logits = sharp * np.random.default_rng(seed).normal(size=(frames, len(PHONES)))
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def spoken(text: str, lexicon: Lexicon, seed: int = 0, each: int = 3) -> np.ndarray:
    """Posteriors that say `text`, with silence around it."""
    phones = ["SIL"] * 4
    for word in text.split():
        phones += [phone for phone in lexicon.pronounce(word)[0] for _ in range(each)]
    phones += ["SIL"] * 4
    logits = np.random.default_rng(seed).normal(size=(len(phones), len(PHONES)))
    logits[np.arange(len(phones)), [PHONES.index(phone) for phone in phones]] += 5
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def align(scores: np.ndarray, phones: list[str], penalty: float) -> float:
    """Best score of exactly these phones in this order, by trying every way to cut the frames."""
    frames = len(scores)
    best = -math.inf
    for cuts in itertools.combinations(range(1, frames), len(phones) - 1):
        edges = [0, *cuts, frames]
        total = sum(
            scores[start:end, PHONES.index(phone)].sum() - penalty
            for phone, start, end in zip(phones, edges, edges[1:], strict=False)
        )
        best = max(best, float(total))
    return best


def brute_force(scores: np.ndarray, sentences: list[str], lexicon: Lexicon, penalty: float) -> tuple[float, set[str]]:
    best, winners = -math.inf, set[str]()
    for sentence in sentences:
        words = sentence.split()
        for variant in itertools.product(*(lexicon.pronounce(word) for word in words)):
            for silences in itertools.product([False, True], repeat=len(words) + 1):
                phones = ["SIL"] if silences[0] else []
                for said, silence in zip(variant, silences[1:], strict=True):
                    phones += [*said, *(["SIL"] if silence else [])]
                score = align(scores, phones, penalty) if len(phones) <= len(scores) else -math.inf
                if score > best + 1e-4:
                    best, winners = score, {sentence}
                elif score > best - 1e-4:
                    winners.add(sentence)
    return best, winners


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(4, 8), st.sampled_from([0.0, 0.5, 1.5]))
def test_the_search_finds_what_trying_everything_finds(seed: int, frames: int, penalty: float) -> None:
    task = task_of("[go] (a|ba|bad)", "(a;go)")
    sentences = ["a", "ba", "bad", "go a", "go ba", "go bad", "a go"]
    scores = posteriors(frames, seed)
    score, winners = brute_force(scores, sentences, TINY, penalty)
    path = PhoneGraph.from_task(task, TINY).search(scores, transition_penalty=penalty)
    assert path.score * frames == pytest.approx(score, abs=1e-3)
    assert path.text in winners


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 60), st.floats(0.1, 4))
def test_a_task_graph_says_nothing_outside_the_task(seed: int, frames: int, sharp: float) -> None:
    task = task_of("go [a|ba] {x}", "(ba;a) bad", lists={"x": ["bad", "a go"]})
    path = PhoneGraph.from_task(task, TINY).search(posteriors(frames, seed, sharp))
    if path.text:
        parsed = task.parse(path.text)
        assert parsed is not None
        # Confidence 0: said faster than anybody speaks.
        meant = (parsed.intent, parsed.slots) if path.confidence else (None, {})
        assert (path.intent, path.slots) == meant
    else:
        assert path.intent is None
    assert path.ratio <= 1e-3  # a free loop of phones is never worse
    edges = [edge for word in path.words for edge in (word.start_frame, word.end_frame)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= frames for edge in edges)


def test_words_have_their_times() -> None:
    task = task_of("go bad a")
    path = PhoneGraph.from_task(task, TINY).search(spoken("go bad a", TINY))
    assert [(word.word, word.start_frame, word.end_frame) for word in path.words] == [
        ("go", 4, 10),
        ("bad", 10, 19),
        ("a", 19, 22),
    ]
    heard = path.hypothesis()
    assert (heard.words[1].start, heard.words[1].end) == (0.3, 0.57)
    assert heard.intent == "go"


def test_a_phone_may_be_made_to_last() -> None:
    graph = PhoneGraph.from_task(task_of("bad"), TINY, minimum_frames=3)
    assert graph.search(posteriors(8, 1)).text == ""  # three phones of three frames do not fit
    path = graph.search(posteriors(9, 1))
    assert path.text == "bad"
    assert (path.words[0].start_frame, path.words[0].end_frame) == (0, 9)


def test_an_open_loop_says_any_words_and_weighs_them() -> None:
    words = ["a", "ba", "bad", "go"]
    graph = PhoneGraph.word_loop(words, TINY, [math.log(0.25)] * 4)
    path = graph.search(spoken("go go bad a ba", TINY))
    assert path.text == "go go bad a ba"
    assert path.intent is None
    two = Lexicon({"to": ("T UW",), "two": ("T UW",)})
    loop = PhoneGraph.word_loop(["to", "two"], two, [math.log(0.1), math.log(0.9)])
    assert loop.search(spoken("to", two)).text == "two"


def test_speech_outside_the_task_is_less_sure_and_can_be_rejected() -> None:
    lexicon = Lexicon.default()
    graph = PhoneGraph.from_task(task_of("brew a (latte|mocha)"), lexicon)
    inside = graph.search(spoken("brew a mocha", lexicon))
    outside_scores = spoken("yesterday the weather was wonderful", lexicon)
    outside = graph.search(outside_scores)
    assert inside.confidence > 0.9
    assert outside.confidence < 0.1
    rejected = graph.search(outside_scores, accept_threshold=0.5)
    assert rejected.intent is None
    assert rejected.slots == {}
    assert Confidence(middle=-1.0, slope=2.0).of(-1.0) == 0.5


def test_the_free_loop_is_the_best_of_all_phone_sequences() -> None:
    scores = posteriors(6, 3)[:, :3]
    best = max(
        sum(scores[at, phone] for at, phone in enumerate(phones))
        - 0.7 * (1 + sum(a != b for a, b in itertools.pairwise(phones)))
        for phones in itertools.product(range(3), repeat=6)
    )
    assert float(free_loop(scores, 0.7).sum()) == pytest.approx(float(best), abs=1e-4)


def test_the_prior_is_taken_off() -> None:
    graph = PhoneGraph.from_task(task_of("a", "go"), TINY)
    scores = np.zeros((6, 40), dtype=np.float32)
    prior = np.full(40, -3.0, dtype=np.float32)
    prior[[PHONES.index("G"), PHONES.index("OW")]] = -9.0
    assert graph.search(scores, log_prior=prior, prior_scale=0.4).text == "go"


def test_nothing_and_nonsense() -> None:
    graph = PhoneGraph.from_task(task_of("bad"), TINY)
    assert graph.search(np.zeros((0, 40), dtype=np.float32)).text == ""
    assert graph.search(np.zeros((2, 40), dtype=np.float32)).confidence == 0.0
    with pytest.raises(EngineError, match="40"):
        graph.search(np.zeros((5, 41), dtype=np.float32))
    with pytest.raises(EngineError, match="not numbers"):
        graph.search(np.full((5, 40), np.nan, dtype=np.float32))
    with pytest.raises(EngineError):
        PhoneGraph.word_loop(["a"], TINY, [])


def test_sentences_share_their_ends_and_beginnings() -> None:
    once = PhoneGraph.from_task(task_of("go bad a ba"), TINY)
    often = PhoneGraph.from_task(task_of("go bad a ba", "go bad a ba", "a bad a ba", "(go|a) bad a ba"), TINY)
    assert often.states <= once.states + 2


def test_a_long_clip_keeps_its_precision_and_its_speed() -> None:
    task = task_of("go (a|ba|bad)")
    graph = PhoneGraph.from_task(task, TINY)
    quiet = np.tile(spoken("", TINY), (400, 1))
    started = time.process_time()
    path = graph.search(np.concatenate([quiet, spoken("go bad", TINY), quiet]))
    assert path.text == "go bad"
    assert time.process_time() - started < 3  # 3 min of audio


@pytest.mark.slow
def test_one_of_a_hundred_thousand_values_is_found() -> None:
    words = [word for word in Lexicon.default().entries if word.isalpha()]
    values = [f"{first} {second}" for first, second in zip(words[:100_000], reversed(words[-100_000:]), strict=True)]
    task = task_of("play {song} now", lists={"song": values})
    graph = PhoneGraph.from_task(task, Lexicon.default())
    said = f"play {values[1234]} now"
    assert graph.search(spoken(said, Lexicon.default())).slots == {"song": values[1234]}


def test_what_nobody_can_say_so_fast_means_nothing() -> None:
    graph = PhoneGraph.from_task(task_of("go bad"), TINY)
    assert graph.search(spoken("go bad", TINY, each=3)).intent == "go"
    hurried = graph.search(spoken("go bad", TINY, each=1))
    assert hurried.text == "go bad"
    assert hurried.intent is None
    assert hurried.confidence == 0
