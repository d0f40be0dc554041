"""Models of `transformers` and of CTranslate2 as engines: loaded from disk by the real paths."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import tiny_transformers as tiny
from idiolect.engines import EngineOptions, create, engine_of
from idiolect.engines.families import FAMILIES, family_of
from idiolect.engines.long import hear_pieces
from idiolect.engines.pretrained import locate
from idiolect.engines.protocol import Hypothesis, Word
from idiolect.engines.wording import TimedToken, words_of
from idiolect.errors import EngineError

pytestmark = pytest.mark.engine

CLIPS = [tiny.say(sentence) for sentence in tiny.SENTENCES]


def texts(engine, clips=CLIPS):
    return [hypothesis.text for hypothesis in engine.transcribe(clips)]


def test_a_taught_parakeet_says_its_sentences_with_times_and_confidence(taught_parakeet):
    heard = create("ctc", EngineOptions(model=taught_parakeet)).transcribe(CLIPS)
    assert [hypothesis.text for hypothesis in heard] == list(tiny.SENTENCES)
    for hypothesis, clip in zip(heard, CLIPS, strict=True):
        assert " ".join(word.word for word in hypothesis.words) == hypothesis.text
        assert hypothesis.confidence is not None
        assert 0.8 < hypothesis.confidence <= 1
        starts = [word.start for word in hypothesis.words]
        assert starts == sorted(starts)
        assert hypothesis.words[-1].end <= len(clip) / 16_000 + 1e-6


def test_a_taught_whisper_says_its_sentences_with_times_and_confidence(taught_whisper):
    heard = create("seq2seq", EngineOptions(model=taught_whisper, language="en-US")).transcribe(CLIPS)
    assert [hypothesis.text for hypothesis in heard] == list(tiny.SENTENCES)
    for hypothesis in heard:
        assert [word.word for word in hypothesis.words] == hypothesis.text.split()
        assert hypothesis.confidence is not None
        assert 0.9 < hypothesis.confidence <= 1


def test_word_times_can_be_left_out_and_change_nothing_else(taught_whisper):
    with_times = create("seq2seq", EngineOptions(model=taught_whisper)).transcribe(CLIPS)
    without = create("seq2seq", EngineOptions(model=taught_whisper, extra={"words": False})).transcribe(CLIPS)
    assert all(not hypothesis.words for hypothesis in without)
    assert [h.text for h in without] == [h.text for h in with_times]
    assert [h.confidence for h in without] == pytest.approx([h.confidence for h in with_times], rel=1e-4)


@pytest.mark.parametrize("quantization", ["float32", "int8"])
def test_ctranslate2_says_the_same_as_its_checkpoint(taught_whisper, tmp_path, quantization):
    from idiolect.export.ctranslate2 import convert

    convert(taught_whisper, tmp_path / "bundle", quantization)
    expected = create("seq2seq", EngineOptions(model=taught_whisper)).transcribe(CLIPS)
    heard = create("faster-whisper", EngineOptions(model=tmp_path / "bundle")).transcribe(CLIPS)
    assert [h.text for h in heard] == [h.text for h in expected] == list(tiny.SENTENCES)
    # The mean of one counts the end of text, that of the other does not.
    assert [h.confidence for h in heard] == pytest.approx([h.confidence for h in expected], abs=0.01)
    for hypothesis in heard:
        assert [word.word for word in hypothesis.words] == hypothesis.text.split()


def test_sound_is_padded_before_its_log_mel_as_transformers_does(taught_whisper, whisper_bundle):
    from transformers import AutoFeatureExtractor

    ours = create("faster-whisper", EngineOptions(model=whisper_bundle))._features(CLIPS)
    theirs = AutoFeatureExtractor.from_pretrained(str(taught_whisper / "hf"))(
        CLIPS, sampling_rate=16_000, return_tensors="np"
    ).input_features
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")  # PyTorch, of WavLM's own masks
@pytest.mark.parametrize("family", ["wav2vec2", "hubert", "wavlm", "wav2vec2-bert"])
def test_a_clip_is_heard_alike_alone_and_in_a_batch(tmp_path, family):
    engine = create("ctc", EngineOptions(model=tiny.wav2vec2(tmp_path / family, family)))
    assert texts(engine) == [texts(engine, [clip])[0] for clip in CLIPS]
    assert any(texts(engine))


def test_a_model_without_masks_hears_each_clip_alone(wav2vec2_model, tmp_path):
    folder = tmp_path / "no-mask"
    shutil.copytree(wav2vec2_model, folder)
    path = folder / "processor_config.json"
    config = json.loads(path.read_text())
    config["feature_extractor"]["return_attention_mask"] = False
    path.write_text(json.dumps(config))
    engine = create("ctc", EngineOptions(model=folder))
    assert texts(engine) == [texts(engine, [clip])[0] for clip in CLIPS]


@pytest.mark.parametrize("streaming", [False, True])
def test_moonshine_loads_and_is_the_same_twice(tmp_path, streaming):
    model = tiny.moonshine(tmp_path / "moonshine", streaming=streaming)
    engine = create("seq2seq", EngineOptions(model=model, language="en"))
    assert engine.parameters["language"] is None
    assert engine.transcribe(CLIPS) == engine.transcribe(CLIPS)


def test_the_version_follows_the_weights(taught_parakeet, ctc_model):
    taught, random = (create("ctc", EngineOptions(model=model)) for model in (taught_parakeet, ctc_model))
    assert taught.version != random.version
    assert create("ctc", EngineOptions(model=ctc_model)).version == random.version


def test_an_unknown_language_is_named_with_the_known_ones(seq2seq_model, whisper_bundle):
    with pytest.raises(EngineError, match="'fr'") as error:
        create("seq2seq", EngineOptions(model=seq2seq_model, language="fr"))
    assert "de, en" in str(error.value.hint)
    with pytest.raises(EngineError, match="'fr'"):
        create("faster-whisper", EngineOptions(model=whisper_bundle, language="fr"))


def test_a_model_of_the_other_kind_is_refused_with_the_engine_that_runs_it(ctc_model, seq2seq_model):
    with pytest.raises(EngineError, match="parakeet_ctc") as error:
        create("seq2seq", EngineOptions(model=ctc_model))
    assert "--engine ctc" in str(error.value.hint)
    with pytest.raises(EngineError, match="whisper"):
        create("ctc", EngineOptions(model=seq2seq_model))
    assert engine_of(ctc_model) == "ctc"
    assert engine_of(seq2seq_model) == "seq2seq"


def test_an_unknown_family_is_named(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(EngineError, match="'bert'") as error:
        create("ctc", EngineOptions(model=tmp_path))
    assert "wav2vec2" in str(error.value.hint)
    assert "whisper" not in str(error.value.hint)


@pytest.mark.parametrize("name", ["ctc", "seq2seq"])
def test_a_hub_name_without_a_network_is_named_with_what_to_do(name):
    with pytest.raises(EngineError, match="somebody/some-model") as error:
        create(name, EngineOptions(model="somebody/some-model"))
    assert "idiolect allow huggingface --fetch somebody/some-model" in str(error.value.hint)


def test_a_folder_that_is_not_there_or_holds_no_model_is_named(tmp_path):
    with pytest.raises(EngineError, match="no such folder"):
        locate(tmp_path / "nothing")
    with pytest.raises(EngineError, match=r"config\.json"):
        locate(tmp_path)
    with pytest.raises(EngineError, match="needs a model"):
        locate(None)


def test_weights_that_are_truncated_or_pickled_are_refused(ctc_model, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(ctc_model, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(EngineError, match="broken"):
        create("ctc", EngineOptions(model=folder))
    weights.rename(folder / "pytorch_model.bin")
    with pytest.raises(EngineError, match="broken"):
        create("ctc", EngineOptions(model=folder))


@pytest.mark.parametrize("gone", ["model.bin", "config.json", "tokenizer.json"])
def test_a_bundle_that_lacks_a_file_is_refused_before_it_is_loaded(whisper_bundle, tmp_path, gone):
    folder = tmp_path / "bundle"
    shutil.copytree(whisper_bundle, folder)
    (folder / gone).unlink()
    with pytest.raises(EngineError, match=gone):
        create("faster-whisper", EngineOptions(model=folder))


def test_a_bundle_with_broken_weights_is_refused(whisper_bundle, tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(whisper_bundle, folder)
    weights = folder / "model.bin"
    whole = weights.read_bytes()
    weights.write_bytes(b"not a model at all" * 10)
    with pytest.raises(EngineError, match="no Whisper"):
        create("faster-whisper", EngineOptions(model=folder))
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError, match="cannot be loaded"):
        create("faster-whisper", EngineOptions(model=folder))


def test_features_for_another_whisper_are_refused(whisper_bundle, tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(whisper_bundle, folder)
    path = folder / "preprocessor_config.json"
    assert json.loads(path.read_text())["feature_size"] == 80
    path.write_text(json.dumps(json.loads(path.read_text()) | {"feature_size": 128}))
    with pytest.raises(EngineError, match="128"):
        create("faster-whisper", EngineOptions(model=folder))


def test_what_is_longer_than_the_window_is_heard_in_pieces(monkeypatch):
    import idiolect.audio
    from idiolect.audio import Span

    spans = [Span(0.0, 1.0), Span(1.0, 1.05), Span(2.0, 3.0)]
    monkeypatch.setattr(idiolect.audio, "cut", lambda samples, longest: spans)
    asked = []

    def hear(clips):
        asked.extend(len(clip) for clip in clips)
        return [Hypothesis("one two", 0.5, (Word("one", 0.1, 0.2),)), Hypothesis("three", 0.8, (Word("three", 0, 1),))]

    (heard,) = hear_pieces([np.zeros(64_000, np.float32)], hear, 2.0)
    assert asked == [16_000, 16_000]
    assert heard.text == "one two three"
    assert heard.confidence == pytest.approx((2 * 0.5 + 0.8) / 3)
    assert [(word.word, word.start, word.end) for word in heard.words] == [("one", 0.1, 0.2), ("three", 2.0, 3.0)]


def test_what_is_too_short_to_hold_a_word_is_not_asked_about():
    (heard,) = hear_pieces([np.zeros(1599, np.float32)], lambda clips: pytest.fail("asked"))
    assert heard == Hypothesis("")


def test_tokens_become_words_whatever_marks_their_beginning():
    letters = dict(enumerate("ab cd"))

    def decode(ids):
        return "".join(letters[number] for number in ids)

    tokens = [TimedToken(number, number / 10, number / 10 + 0.05, 0.5 + number / 10) for number in letters]
    words = words_of(tokens, decode)
    assert [word.word for word in words] == ["ab", "cd"]
    assert [time for word in words for time in (word.start, word.end)] == pytest.approx([0.0, 0.15, 0.3, 0.45])
    assert words[0].confidence == pytest.approx(0.55)
    assert words_of([], decode) == ()


def test_the_table_of_families_is_of_two_kinds():
    assert {row.kind for row in FAMILIES.values()} == {"ctc", "seq2seq"}
    assert all((row.frames is not None) == (row.kind == "ctc") for row in FAMILIES.values())
    with pytest.raises(EngineError, match="None"):
        family_of(None, "here")
