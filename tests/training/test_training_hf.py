"""Models of `transformers` learn: whole, by an adapter, from scratch; and load again through the engines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_transformers as tiny
from idiolect.audio import MaskSpec
from idiolect.engines import EngineOptions, create
from idiolect.errors import TrainingError
from idiolect.training.hf import HfChoices, HfLearner
from idiolect.training.learner import Example
from idiolect.training.merging import merge
from idiolect.training.recipe import Adapter, load_recipe
from idiolect.training.targets import IGNORED, frames_needed

pytestmark = pytest.mark.engine

CLIPS, EXAMPLES = tiny.examples()
WHOLE = Adapter(use=False)
LORA = Adapter(rank=4, alpha=8.0, dropout=0.0)


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    return {
        "whisper": tiny.whisper(folder / "whisper"),
        "moonshine": tiny.moonshine(folder / "moonshine"),
        "moonshine_streaming": tiny.moonshine(folder / "streaming", streaming=True),
        "parakeet": tiny.parakeet(folder / "parakeet"),
        "wav2vec2": tiny.wav2vec2(folder / "wav2vec2"),
        "wav2vec2-bert": tiny.wav2vec2(folder / "wav2vec2-bert", "wav2vec2-bert"),
        "hubert": tiny.wav2vec2(folder / "hubert", "hubert"),
    }


FAMILIES = ["whisper", "moonshine", "moonshine_streaming", "parakeet", "wav2vec2", "wav2vec2-bert", "hubert"]


def learner(base, **choices):
    return HfLearner(HfChoices(str(base), **({"adapter": WHOLE} | choices)))


def rng():
    return np.random.default_rng(0)


def logits(model, batch):
    import torch

    with torch.inference_mode():
        return model.eval()(**batch).logits


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("adapter", [WHOLE, LORA], ids=["whole", "lora"])
def test_the_loss_falls(bases, family, adapter):
    losses = tiny.fit(learner(bases[family], adapter=adapter), steps=15, peak=1e-2)
    assert np.isfinite(losses).all()
    # The mean of three, for the families that drop layers by chance.
    assert np.mean(losses[-3:]) < 0.97 * np.mean(losses[:3])


def test_a_whole_checkpoint_loads_and_says_what_the_learner_says(taught_whisper, taught_parakeet):
    for folder, engine in ((taught_whisper, "seq2seq"), (taught_parakeet, "ctc")):
        files = {path.suffix for path in (folder / "hf").iterdir()}
        assert ".safetensors" in files
        assert not files & {".bin", ".pt", ".pkl", ".pth"}
        heard = create(engine, EngineOptions(model=folder)).transcribe(CLIPS)
        decoded = learner(folder).decode(CLIPS)
        assert [h.text for h in heard] == [h.text for h in decoded] == list(tiny.SENTENCES)


def test_training_goes_on_after_decoding(bases):
    model = learner(bases["parakeet"])
    model.decode(CLIPS[:1])
    assert model.module.training


@pytest.mark.parametrize(("family", "engine"), [("whisper", "seq2seq"), ("parakeet", "ctc"), ("wav2vec2", "ctc")])
def test_an_adapter_reloads_and_merges_to_the_same_logits(bases, tmp_path, family, engine):
    import torch

    from idiolect.engines.pretrained import load

    model = learner(bases[family], adapter=LORA)
    tiny.fit(model, steps=8, peak=1e-2)
    model.save(tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint" / "hf").exists()
    size = sum(path.stat().st_size for path in (tmp_path / "checkpoint" / "adapter").glob("*.safetensors"))
    assert 0 < size < (bases[family] / "model.safetensors").stat().st_size
    merged = merge(tmp_path / "checkpoint", tmp_path / "merged")
    batch = model.batch(CLIPS, EXAMPLES, rng())
    adapted = logits(model.module, batch)
    torch.testing.assert_close(logits(load(merged).model, batch), adapted, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(logits(load(tmp_path / "checkpoint").model, batch), adapted, atol=1e-4, rtol=1e-3)
    base = logits(load(bases[family]).model, batch)
    assert not torch.allclose(base, adapted, atol=1e-3)
    said = [
        create(engine, EngineOptions(model=folder)).transcribe(CLIPS) for folder in (tmp_path / "checkpoint", merged)
    ]
    assert [h.text for h in said[0]] == [h.text for h in said[1]]


def test_merge_leaves_what_is_there_and_nothing_half_done(taught_parakeet, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(TrainingError, match="there already"):
        merge(taught_parakeet, tmp_path / "out")
    merge(taught_parakeet, tmp_path / "merged")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "merged"}
    assert (tmp_path / "merged" / "config.json").is_file()


def test_only_the_adapter_learns(bases):
    model = learner(bases["whisper"], adapter=LORA)
    learning = [name for name, weight in model.module.named_parameters() if weight.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)
    assert any("encoder.layers" in name for name in learning)
    assert any("decoder.layers" in name for name in learning)


def test_an_adapter_leaves_the_statistics_of_its_base_alone(bases):
    import torch

    model = learner(bases["parakeet"], adapter=LORA)
    before = {name: value.clone() for name, value in model.module.named_buffers()}
    assert any("running_mean" in name for name in before)
    tiny.fit(model, steps=2, peak=1e-2)
    assert all(torch.equal(before[name], value) for name, value in model.module.named_buffers())


def test_the_rank_is_the_dial(bases):
    def size(rank):
        weights = learner(bases["parakeet"], adapter=Adapter(rank=rank)).module.parameters()
        return sum(weight.numel() for weight in weights if weight.requires_grad)

    assert size(8) == 2 * size(4)
    with pytest.raises(TrainingError, match="rank is 0"):
        learner(bases["parakeet"], adapter=Adapter(rank=0))
    with pytest.raises(TrainingError, match="nowhere"):
        learner(bases["parakeet"], adapter=Adapter(targets=("nowhere",)))


def test_an_adapter_that_has_not_moved_is_not_saved(bases, tmp_path):
    model = learner(bases["parakeet"], adapter=LORA)
    tiny.fit(model, steps=20, peak=1e-30)
    for name, weight in model.module.named_parameters():
        if "lora_B" in name:
            weight.data.zero_()
    with pytest.raises(TrainingError, match="not moved after 20"):
        model.save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_adapter_on_an_adapter_is_refused_and_training_it_whole_is_not(bases, tmp_path):
    model = learner(bases["parakeet"], adapter=LORA)
    tiny.fit(model, steps=3, peak=1e-2)
    model.save(tmp_path / "one")
    with pytest.raises(TrainingError, match="adapter itself"):
        learner(tmp_path / "one", adapter=LORA)
    whole = learner(tmp_path / "one")
    assert [h.text for h in whole.decode(CLIPS)] == [h.text for h in model.decode(CLIPS)]


def test_from_scratch_takes_the_shape_and_forgets_the_weights(taught_parakeet):
    fresh = learner(taught_parakeet, scratch=True)
    assert [h.text for h in fresh.decode(CLIPS)] != list(tiny.SENTENCES)
    again = learner(taught_parakeet, scratch=True)
    batch = fresh.batch(CLIPS, EXAMPLES, rng())
    assert fresh.loss(batch).item() == again.loss(batch).item()


@pytest.mark.parametrize("family", ["whisper", "parakeet", "wav2vec2"])
def test_checkpointing_gives_the_same_gradients(bases, family):
    import torch

    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(0)
        model = learner(bases[family], adapter=LORA, checkpointing=checkpointing)
        # Without dropout and layer drop, which would differ by chance.
        model.module.eval()
        for part in model.module.modules():
            part.training = hasattr(part, "gradient_checkpointing")
        model.loss(model.batch(CLIPS, EXAMPLES, rng())).backward()
        found = {name: w.grad for name, w in model.module.named_parameters() if w.grad is not None and "lora_B" in name}
        assert found
        assert all(grad.abs().sum() > 0 for grad in found.values())
        gradients.append(found)
    for name, grad in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], grad, atol=1e-5, rtol=1e-3)


def test_whisper_labels_begin_with_the_language_and_are_shifted_once(bases):
    model = learner(bases["whisper"], language="de")
    labels = model.batch(CLIPS, EXAMPLES, rng())["labels"]
    tokenizer = model._loaded.processor.tokenizer
    first = tokenizer.convert_ids_to_tokens(labels[2][labels[2] != IGNORED].tolist())
    assert first[:3] == ["<|de|>", "<|transcribe|>", "<|notimestamps|>"]
    assert first[-1] == "<|endoftext|>"
    assert "<|startoftranscript|>" not in first
    text = labels[2][labels[2] != IGNORED]
    assert tokenizer.decode(text, skip_special_tokens=True) == " stop"
    assert (labels == IGNORED).any()


def test_the_loss_of_a_taught_whisper_is_near_zero(taught_whisper):
    """A label shifted twice, or a start token too many, would cost more than this."""
    model = learner(taught_whisper)
    model.module.eval()
    assert model.loss(model.batch(CLIPS, EXAMPLES, rng())).item() < 0.05


def test_padding_does_not_count(taught_parakeet):
    model = learner(taught_parakeet)
    model.module.eval()
    alone = [
        model.loss(model.batch([clip], [example], rng())).item() for clip, example in zip(CLIPS, EXAMPLES, strict=True)
    ]
    together = model.loss(model.batch(CLIPS, EXAMPLES, rng())).item()
    assert together == pytest.approx(np.mean(alone), rel=0.02, abs=1e-4)


def test_texts_and_clips_that_do_not_fit_are_refused_with_a_reason(bases):
    model = learner(bases["whisper"])
    refused = [
        Example("long-text", "turn " * 60, 1.5),
        Example("long-clip", "turn", 2.5),
        Example("short-clip", "turn", 0.05),
    ]
    model.prepare({}, [*refused, *EXAMPLES])
    assert all(model.usable(example) for example in EXAMPLES)
    assert not any(model.usable(example) for example in refused)
    assert set(model.refused) == {"long-text", "long-clip", "short-clip"}
    assert "at most 64" in model.refused["long-text"]
    assert "2 s" in model.refused["long-clip"]
    assert model.usable(Example("nobody speaks", "", 1.0))


@pytest.mark.parametrize("family", ["parakeet", "wav2vec2", "wav2vec2-bert"])
def test_ctc_refuses_what_it_cannot_spell_or_fit(bases, family):
    model = learner(bases[family])
    assert not model.usable(Example("letters", "schön", 1.0))
    assert "ö" in model.refused["letters"]
    assert not model.usable(Example("crowded", "play music " * 40, 1.0))
    assert "do not fit" in model.refused["crowded"]
    assert all(model.usable(example) for example in EXAMPLES)


def test_a_model_of_capitals_learns_texts_in_small_letters(bases):
    model = learner(bases["wav2vec2"])
    labels = model.batch(CLIPS[:1], [Example("one", "Turn on, please!", 1.05)], rng())["labels"]
    letters = "".join(model._loaded.processor.tokenizer.convert_ids_to_tokens(labels[0].tolist()))
    assert letters == "TURN|ON|PLEASE"


@pytest.mark.parametrize("family", ["whisper", "parakeet", "wav2vec2"])
def test_masks_follow_the_generator_and_nothing_else(bases, family):
    import torch

    plain, masked = learner(bases[family]), learner(bases[family], masks=MaskSpec())
    sound = plain._loaded.family.reads
    whole, one, same, other = (
        model.batch(CLIPS, EXAMPLES, np.random.default_rng(seed))[sound]
        for model, seed in ((plain, 0), (masked, 1), (masked, 1), (masked, 2))
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, whole)
    assert not torch.equal(one, other)
    assert one.shape == whole.shape


def test_generation_choices_survive_saving(taught_whisper, bases, tmp_path):
    saved = json.loads((taught_whisper / "hf" / "generation_config.json").read_text())
    assert (saved["language"], saved["task"], saved["max_length"]) == ("en", "transcribe", 64)
    assert create("seq2seq", EngineOptions(model=taught_whisper)).parameters["language"] == "en"
    model = learner(bases["whisper"], adapter=LORA, language="de")
    model.save(tmp_path / "lora")
    assert create("seq2seq", EngineOptions(model=tmp_path / "lora")).parameters["language"] == "de"


def test_choices_from_recipes():
    lora = HfChoices.from_recipe(load_recipe("lora", overrides={"base": "here", "adapter.rank": 8}))
    assert (lora.base, lora.lora, lora.adapter.rank) == ("here", True, 8)
    full = HfChoices.from_recipe(load_recipe("full", overrides={"base": "here"}))
    assert not full.lora
    assert (full.scratch, full.language, full.checkpointing) == (False, None, False)
    table = {"transformers.scratch": True, "transformers.language": "de", "transformers.checkpointing": True}
    scratch = HfChoices.from_recipe(load_recipe("lora", overrides={"base": "here"} | table))
    assert (scratch.scratch, scratch.language, scratch.checkpointing, scratch.lora) == (True, "de", True, False)
    with pytest.raises(TrainingError, match="no base"):
        HfChoices.from_recipe(load_recipe("lora"))


@given(st.lists(st.integers(0, 3), max_size=8))
def test_frames_needed_is_the_fewest_that_say_it(ids):
    """Oracle: the shortest path of frames whose merged runs, blanks dropped, are the ids."""
    path: list[int] = []
    for number in ids:
        if path and path[-1] == number:
            path.append(-1)
        path.append(number)
    assert frames_needed(ids) == len(path)


def test_the_adapter_names_its_base_absolutely(bases, tmp_path, monkeypatch):
    monkeypatch.chdir(bases["parakeet"].parent)
    model = learner("./parakeet", adapter=LORA)
    tiny.fit(model, steps=2, peak=1e-2)
    model.save(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    config = json.loads((tmp_path / "here" / "adapter" / "adapter_config.json").read_text())
    assert Path(config["base_model_name_or_path"]) == bases["parakeet"].resolve()
    assert len(create("ctc", EngineOptions(model=tmp_path / "here")).transcribe(CLIPS)) == len(CLIPS)
