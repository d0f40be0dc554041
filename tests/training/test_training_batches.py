"""What is drawn: everything in time, of equal length, in the share that was asked for, and the same again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.training import load_recipe
from idiolect.training.batches import Batches
from idiolect.training.learner import Example

DURATIONS = st.lists(st.floats(0.3, 29), min_size=1, max_size=60)


def examples(durations, *, target=True):
    return [Example(f"{target}{at}", "", duration, target=target) for at, duration in enumerate(durations)]


@given(DURATIONS, st.integers(0, 5))
@settings(deadline=None, max_examples=30)
def test_a_batch_of_whole_clips_fits_its_seconds_with_padding(durations, step):
    batches = Batches(examples(durations), load_recipe("lora", {"batch.seconds": 30}))
    drawn, _ = batches.draw(step, 0)
    assert drawn
    assert len(drawn) * max(example.duration for example in drawn) <= 30


def test_whole_clips_of_every_duration_are_drawn_and_batches_are_even():
    every = examples(np.linspace(0.5, 29, 300))
    batches = Batches(every, load_recipe("lora", {"batch.seconds": 90}))
    seen, padded, heard = set(), 0.0, 0.0
    for step in range(400):
        drawn, _ = batches.draw(step, 0)
        seen |= {example.clip_id for example in drawn}
        padded += len(drawn) * max(example.duration for example in drawn)
        heard += sum(example.duration for example in drawn)
    assert len(seen) > 295
    assert heard / padded > 0.75


@pytest.mark.parametrize("family", ["nano", "lora"])
def test_the_share_of_own_speech_is_kept_however_little_it_is(family):
    rows = examples([3.0] * 4) + examples([3.0] * 400, target=False)
    batches = Batches(rows, load_recipe(family, {"batch.target_share": 0.5}))
    drawn = [example.target for step in range(60) for example in batches.draw(step, 0)[0]]
    assert 0.45 < np.mean(drawn) < 0.55


def test_without_other_material_the_share_changes_nothing():
    own, rest = examples([3.0] * 5), examples([3.0] * 5, target=False)
    for rows in (own, rest):
        batches = Batches(rows, load_recipe("nano", {"batch.target_share": 0.0}))
        assert {e.clip_id for e in batches.draw(0, 0)[0]} <= {e.clip_id for e in rows}


def test_weight_is_how_often_an_example_is_drawn():
    rows = [Example("often", "", 2.0, weight=3.0), Example("seldom", "", 2.0, weight=1.0)]
    batches = Batches(rows, load_recipe("nano"))
    drawn = [example.clip_id for step in range(100) for example in batches.draw(step, 0)[0]]
    assert 0.7 < drawn.count("often") / len(drawn) < 0.8


@given(st.integers(0, 10**6), st.integers(0, 3), st.integers(0, 9))
@settings(deadline=None, max_examples=20)
def test_a_batch_depends_on_seed_step_and_index_alone(step, index, seed):
    recipe = load_recipe("nano", {"seed": seed})
    rows = examples(np.linspace(1, 9, 50))
    used, fresh = Batches(rows, recipe), Batches(rows, recipe)
    used.draw(step + 1, 0)
    first, second = used.draw(step, index), fresh.draw(step, index)
    assert first[0] == second[0]
    assert first[1].random() == second[1].random()


def test_clips_that_are_too_long_are_left_out_of_whole_batches_only():
    rows = examples([2.0, 25.0])
    assert len(Batches(rows, load_recipe("lora", {"batch.longest": 20}))) == 1
    assert len(Batches(rows, load_recipe("nano", {"batch.longest": 20}))) == 2


def test_what_lies_outside_is_decoded_once_and_reads_the_same(tmp_path):
    from idiolect.audio import write_wav
    from idiolect.corpus import Corpus, ImportOptions, find_entries, import_entries
    from idiolect.training.material import ClipSamples

    rng = np.random.default_rng(0)
    write_wav(tmp_path / "a.wav", (0.1 * rng.standard_normal(16_000)).astype(np.float32))
    (tmp_path / "m.jsonl").write_text('{"audio": "a.wav", "text": "yes"}\n')
    with Corpus.create(tmp_path / "project") as corpus:
        entries, _ = find_entries([tmp_path / "m.jsonl"])
        import_entries(corpus, entries, ImportOptions(copy=False))
        clips = {clip.id: clip for clip in corpus.clips()}
        (clip_id,) = clips
        first = ClipSamples(corpus, clips)[clip_id]
        (tmp_path / "a.wav").unlink()
        np.testing.assert_array_equal(ClipSamples(corpus, clips)[clip_id], first)
        assert first.any()
