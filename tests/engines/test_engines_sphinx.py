from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from idiolect.engines.protocol import EngineOptions, Word
from idiolect.engines.sphinx import PASSES, Heard, Pass, Sphinx, prepare, vote
from idiolect.errors import EngineError
from idiolect.tasks import Parsed, load_task, parse_task

ROOT = Path(__file__).resolve().parents[2]
BARISTA = ROOT / "../shared/data/barista"
LATTE = Parsed("orderDrink", {"coffeeDrink": "latte"})
MOCHA = Parsed("orderDrink", {"coffeeDrink": "mocha"})


def heard(text: str, parsed: Parsed | None) -> Heard:
    words = tuple(Word(word, 0.1 * at, 0.1 * at + 0.1) for at, word in enumerate(text.split()))
    return Heard(words, parsed)


def tone(seconds: float, level: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (level * rng.standard_normal(int(16_000 * seconds))).clip(-1, 1).astype(np.float32)


def test_the_meaning_that_most_passes_agree_on_wins() -> None:
    passes = [
        heard("brew a mocha", MOCHA),
        heard("brew a latte", LATTE),
        heard("brew an latte", LATTE),
        heard("brew a", None),
    ]
    found = vote(passes, accept=0.1)
    assert found.text == "brew a latte"
    assert (found.intent, found.slots) == ("orderDrink", {"coffeeDrink": "latte"})
    everybody = vote([heard("brew a latte", LATTE)] * 3, accept=0.1)
    assert found.confidence is not None
    assert everybody.confidence is not None
    assert 0 < found.confidence < everybody.confidence <= 1
    assert [word.confidence for word in found.words] == [1.0, 0.75, 0.5]


def test_without_a_whole_sentence_there_is_no_intent() -> None:
    found = vote([heard("", None), heard("brew a", None)], accept=0.1)
    assert (found.text, found.intent, found.slots, found.confidence) == ("brew a", None, {}, 0.0)


def test_what_is_not_sure_enough_is_rejected_but_its_words_stay() -> None:
    found = vote([heard("brew a latte", LATTE), heard("", None), heard("", None), heard("", None)], accept=0.9)
    assert found.text == "brew a latte"
    assert found.intent is None


def test_preparing_is_repeatable_and_sets_the_level() -> None:
    samples = tone(1.0, level=0.01)
    one, offset = prepare(samples, Pass(30), 0)
    again, _ = prepare(samples, Pass(30), 0)
    other, _ = prepare(samples, Pass(30), 1)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert offset == 0.0
    assert one.dtype == np.float32
    assert 0.4 < np.abs(one).max() < 0.7
    clean, _ = prepare(samples, Pass(None), 0)
    assert np.abs(clean).max() == pytest.approx(0.5, abs=1e-4)


def test_the_noise_is_as_far_below_as_it_says() -> None:
    samples = tone(1.0)
    clean, _ = prepare(samples, Pass(None), 0)
    noisy, _ = prepare(samples, Pass(20), 0)
    ratio = 10 * np.log10((clean**2).mean() / ((noisy - clean) ** 2).mean())
    assert ratio == pytest.approx(20, abs=1)


@pytest.mark.engine
def test_nothing_is_heard_in_nothing() -> None:
    engine = Sphinx(EngineOptions(task=parse_task("intents: {go: {data: [{sentences: [go home]}]}}")))
    for samples in (np.zeros(0), np.zeros(16_000), np.ones(50) * 0.5):
        (found,) = engine.transcribe([samples.astype(np.float32)])
        assert (found.text, found.intent, found.confidence) == ("", None, 0.0)
    with pytest.raises(EngineError, match="not numbers"):
        engine.transcribe([np.full(16_000, np.nan, dtype=np.float32)])


@pytest.mark.engine
def test_a_task_may_have_words_that_no_dictionary_knows() -> None:
    task = parse_task("intents: {go: {data: [{sentences: ['restart the kubernetes (cluster|grafana)']}]}}")
    engine = Sphinx(EngineOptions(task=task))
    (found,) = engine.transcribe([tone(1.0)])
    assert 0 <= (found.confidence or 0) <= 1
    assert json.loads(json.dumps(engine.parameters))["task"] == task.id


@pytest.mark.parametrize(
    "options",
    [
        EngineOptions(language="de"),
        EngineOptions(extra={"beam": 1}),
        EngineOptions(extra={"passes": 0}),
        EngineOptions(extra={"passes": len(PASSES) + 1}),
        EngineOptions(extra={"noise": 0}),
        EngineOptions(extra={"noise": "loud"}),
        EngineOptions(extra={"noise": 30}, task=parse_task("intents: {go: {data: [{sentences: [go]}]}}")),
    ],
)
def test_what_it_cannot_do_is_an_error(options: EngineOptions) -> None:
    with pytest.raises(EngineError):
        Sphinx(options)


@pytest.mark.data
@pytest.mark.engine
def test_real_orders_are_understood_in_any_order_of_clips() -> None:
    if not BARISTA.exists():
        pytest.skip("../shared/data/barista is not there")
    from idiolect.audio import decode

    rows = [json.loads(line) for line in (BARISTA / "manifest.jsonl").read_text().splitlines()]
    rows = sorted(rows, key=lambda row: row["duration"])[:8:4]
    clips = [decode(BARISTA / row["audio"]) for row in rows]
    engine = Sphinx(EngineOptions(task=load_task(ROOT / "examples/coffee.yaml")))
    found = engine.transcribe(clips)
    right = [
        hypothesis.intent == row["intent"] and all(hypothesis.slots.get(k) == v for k, v in row["slots"].items())
        for hypothesis, row in zip(found, rows, strict=True)
    ]
    assert sum(right) >= 2
    assert engine.transcribe(clips[::-1]) == found[::-1]  # nothing of one clip stays for the next
    for hypothesis, samples in zip(found, clips, strict=True):
        times = [time for word in hypothesis.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(0 <= time <= len(samples) / 16_000 + 0.1 for time in times)


@pytest.mark.data
@pytest.mark.engine
def test_without_a_task_it_writes_down_what_it_hears() -> None:
    folder = ROOT / "../shared/data/librispeech-251"
    if not folder.exists():
        pytest.skip("../shared/data/librispeech-251 is not there")
    from idiolect.audio import decode

    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    row = min(rows, key=lambda row: row["duration"])
    (found,) = Sphinx(EngineOptions()).transcribe([decode(folder / row["audio"])])
    assert set(found.text.split()) & set(row["text"].lower().split())
    assert found.intent is None
    assert 0 < (found.confidence or 0) <= 1
    assert all(word.start < word.end for word in found.words)
    noisy = Sphinx(EngineOptions(extra={"noise": 30}))
    assert noisy.parameters == {"task": None, "noise": 30.0}
    heard = [noisy.transcribe([decode(folder / row["audio"])]) for _ in range(2)]
    assert heard[0] == heard[1]  # the noise is a function of the samples
