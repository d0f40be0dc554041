"""A task's line against other speech: where it lies, and that speech on its far side means nothing."""

from __future__ import annotations

import numpy as np
import pytest

from idiolect.engines.decoding import LOOP_ENTRY
from idiolect.engines.other_speech import ABOVE, OtherSpeech, line_of
from idiolect.engines.phone_decoder import PhoneDecoder, Prior
from idiolect.errors import EngineError
from idiolect.tasks import PHONES, Lexicon, parse_task
from idiolect.units import Seconds

TASK = "language: en\nintents:\n  lamp:\n    data:\n      - sentences: ['turn the lamp (on|off)', 'dim the lamp']\n"
FRAMES = 5
"""Of each phone."""


def scores_of(phones, rng, noise):
    """Log-posteriors of `phones`, each for a few frames, in noise of so many nats."""
    at = np.repeat([PHONES.index(phone) for phone in phones], FRAMES)
    logits = rng.normal(scale=noise, size=(len(at), len(PHONES)))
    logits[np.arange(len(at)), at] += 6.0
    logits -= np.log(np.exp(logits).sum(1, keepdims=True))
    return logits.astype(np.float32)


def spoken(text):
    words = text.split()
    return [phone for word in words for phone in ("SIL", *Lexicon.default().pronounce(word)[0])] + ["SIL"]


def decoder(others, entry):
    prior = Prior((0.0,) * len(PHONES), scale=0.0, entry=entry, slope=6.0)
    return PhoneDecoder.of(prior=prior, words={}, lexicon=Lexicon.default(), task=parse_task(TASK), others=others)


def strangers(rng, count=40):
    return tuple(scores_of(["SIL", *rng.choice(PHONES[1:], 14), "SIL"], rng, 0.5 + 2 * (at % 2)) for at in range(count))


@pytest.mark.parametrize("entry", [0.0, LOOP_ENTRY])
def test_the_line_of_a_task_lies_between_its_sentences_and_other_speech(entry):
    rng = np.random.default_rng(0)
    search = decoder(OtherSpeech(strangers(rng)), entry)
    own = [search.decode(scores_of(spoken("turn the lamp on"), rng, noise), Seconds(9.0)) for noise in (0.5, 1.0, 1.5)]
    assert [one.intent for one in own] == ["lamp"] * 3
    foreign = [search.decode(scores, Seconds(9.0)) for scores in strangers(rng)]
    assert sum(one.intent is not None for one in foreign) <= 2


def test_a_loop_that_pays_for_its_phones_tells_noise_from_other_speech_better():
    rng = np.random.default_rng(1)
    noisy = [scores_of(spoken("turn the lamp off"), rng, 2.5) for _ in range(30)]
    heard = {}
    for entry in (0.0, LOOP_ENTRY):
        search = decoder(OtherSpeech(strangers(np.random.default_rng(2))), entry)
        heard[entry] = sum(search.decode(scores, Seconds(9.0)).intent is not None for scores in noisy)
    assert heard[LOOP_ENTRY] >= heard[0.0]


def test_the_line_is_so_many_deviations_above_the_mean_and_forgets_what_fits_nowhere():
    ratios = [-1.0, -2.0, -3.0]
    assert line_of(ratios) == pytest.approx(-2.0 + ABOVE * np.std(ratios))
    assert line_of([*ratios, float("-inf")]) == line_of(ratios)


def test_what_is_kept_in_bytes_is_what_was_heard_to_a_twentieth_of_a_nat(tmp_path):
    clips = strangers(np.random.default_rng(3), 3)
    OtherSpeech(clips).save(tmp_path / "other.safetensors")
    again = OtherSpeech.load(tmp_path / "other.safetensors")
    for before, after in zip(clips, again.clips, strict=True):
        assert np.allclose(before - before.max(1, keepdims=True), after, atol=0.0501)
    assert OtherSpeech.load(tmp_path / "nothing.safetensors") is None
    (tmp_path / "other.safetensors").write_bytes(b"no tensors")
    with pytest.raises(EngineError, match=r"other\.safetensors"):
        OtherSpeech.load(tmp_path / "other.safetensors")
