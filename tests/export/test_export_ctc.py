from __future__ import annotations

import shutil

import numpy as np
import pytest

import tiny_transformers as tiny
from idiolect.engines import EngineOptions, create
from idiolect.engines.onnx import Spelling
from idiolect.engines.onnx_features import inputs_of
from idiolect.errors import ExportError
from idiolect.export import export
from idiolect.files import write_json
from tiny_nano import sounds

pytestmark = pytest.mark.engine


def as_checkpoint(make, folder, **options):
    make(folder / "hf", **options)
    write_json(folder / "checkpoint.json", {"family": "ctc", "id": "cafe", "base": "random"})
    return folder


@pytest.fixture(scope="module")
def parakeet(tmp_path_factory):
    return as_checkpoint(tiny.parakeet, tmp_path_factory.mktemp("parakeet"))


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory):
    return as_checkpoint(tiny.wav2vec2, tmp_path_factory.mktemp("wav2vec2"))


def test_log_mel_is_that_of_the_parakeet_extractor(parakeet):
    from transformers import ParakeetFeatureExtractor

    extractor = ParakeetFeatureExtractor(feature_size=80)
    choices = {"name": "parakeet.v1", "mels": 80, "n_fft": 512, "window": 400, "hop": 160, "preemphasis": 0.97}
    for samples in sounds():
        true = extractor([samples], sampling_rate=16_000, return_tensors="np")
        ours = inputs_of(samples, choices)
        assert ours["attention_mask"].tolist() == true["attention_mask"].astype(int).tolist()
        assert ours["input_features"] == pytest.approx(np.asarray(true["input_features"]), abs=1e-3)


def test_samples_are_scaled_as_wav2vec2_scales_them():
    from transformers import Wav2Vec2FeatureExtractor

    samples = sounds(1)[0]
    true = Wav2Vec2FeatureExtractor(do_normalize=True)([samples], sampling_rate=16_000, return_tensors="np")
    ours = inputs_of(samples, {"name": "samples.v1", "normalize": True})
    assert ours["input_values"] == pytest.approx(true["input_values"], abs=1e-5)


@pytest.mark.parametrize("family", ["parakeet", "wav2vec2"])
def test_a_bundle_hears_what_the_checkpoint_hears(family, request, tmp_path):
    folder = request.getfixturevalue(family)
    bundle = export(folder, "onnx", tmp_path / "bundle", clips=sounds())
    true = create("ctc", EngineOptions(model=folder)).transcribe(sounds(7))
    ours = create("onnx", EngineOptions(model=bundle.folder)).transcribe(sounds(7))
    assert [each.text for each in ours] == [each.text for each in true]
    assert any(each.text for each in true)
    for here, there in zip(ours, true, strict=True):
        assert here.confidence == pytest.approx(there.confidence, abs=1e-3)
        assert [(word.word, word.start, word.end) for word in here.words] == [
            (word.word, word.start, word.end) for word in there.words
        ]


def test_8_bit_parakeet_is_smaller(parakeet, tmp_path):
    sizes = [
        (export(parakeet, to, tmp_path / to, clips=sounds(2), tolerance=2.0).folder / "model.onnx").stat().st_size
        for to in ("onnx", "onnx-int8")
    ]
    assert sizes[1] < 0.8 * sizes[0]


def test_a_taught_parakeet_keeps_its_words_in_8_bit(taught_parakeet, tmp_path):
    clips = [tiny.say(sentence, seed=9) for sentence in tiny.SENTENCES]
    checkpoint = tmp_path / "checkpoint"
    shutil.copytree(taught_parakeet, checkpoint)
    write_json(checkpoint / "checkpoint.json", {"family": "ctc", "id": "cafe"})
    bundle = export(checkpoint, "onnx-int8", tmp_path / "b", clips=clips, references=tiny.SENTENCES)
    assert bundle.parity.checkpoint == 0
    assert bundle.parity.bundle == 0


def test_features_that_need_transformers_are_refused(tmp_path):
    folder = as_checkpoint(tiny.wav2vec2, tmp_path / "w2v-bert", family="wav2vec2-bert")
    with pytest.raises(ExportError, match="cannot be made without transformers"):
        export(folder, "onnx", tmp_path / "b", clips=sounds(1))
    assert [path.name for path in tmp_path.iterdir()] == ["w2v-bert"]


def test_a_merged_folder_hears_the_same(parakeet, tmp_path):
    bundle = export(parakeet, "transformers", tmp_path / "merged", clips=sounds(2))
    assert bundle.engine == "ctc"
    assert bundle.parity.disagreement == 0


def test_a_table_spells_pieces_and_letters():
    assert Spelling(["<pad>", "\u2581so", "da", "\u2581x"], [0], "\u2581")([1, 2, 0, 3]) == "soda x"
    assert Spelling(["<pad>", "|", "A", "B"], [0], "|")([2, 1, 3, 1]) == "A B"
