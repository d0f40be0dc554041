"""Tiny models on disk, one per engine that needs one: made once, loaded by the real paths."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def ctc_model(tmp_path_factory):
    """A random Parakeet."""
    import tiny_transformers as tiny

    return tiny.parakeet(tmp_path_factory.mktemp("parakeet"))


@pytest.fixture(scope="session")
def wav2vec2_model(tmp_path_factory):
    """A random wav2vec2 that spells in capitals."""
    import tiny_transformers as tiny

    return tiny.wav2vec2(tmp_path_factory.mktemp("wav2vec2"))


@pytest.fixture(scope="session")
def seq2seq_model(tmp_path_factory):
    """A random Whisper with its tokenizer."""
    import tiny_transformers as tiny

    return tiny.whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="session")
def whisper_bundle(tmp_path_factory, seq2seq_model):
    """The same Whisper for CTranslate2."""
    from idiolect.export.ctranslate2 import convert

    folder = tmp_path_factory.mktemp("whisper-ct2")
    convert(seq2seq_model, folder)
    return folder


@pytest.fixture(scope="session")
def nano_model(tmp_path_factory):
    """A random phone network with the vocabulary of a few words, as training saves it."""
    import torch

    from idiolect.training import load_recipe
    from idiolect.training.checkpoint import write_checkpoint
    from idiolect.training.learner import Example
    from idiolect.training.nano import NanoLearner, vocabulary

    folder = tmp_path_factory.mktemp("nano")
    recipe = load_recipe("nano", {"nano.channels": 16, "nano.blocks": 2})
    learner = NanoLearner(recipe, folder / "cache")
    learner._words = vocabulary([Example("one", "i want a coffee yes no two", 1.0)])
    with torch.no_grad():
        # Decided posteriors, as a trained network has them: parity is then a question of words, not of coin tosses.
        learner.module.out.weight.mul_(8)
    learner.save(folder)
    write_checkpoint(
        folder,
        family="nano",
        recipe=recipe,
        identity={"dataset": "tiny", "task": None},
        dev={},
        history=[],
        facts=learner.facts(),
    )
    return folder


@pytest.fixture(scope="session")
def onnx_bundle(tmp_path_factory):
    """A random nano network with four words, exported in 8 bit."""
    import tiny_nano as tiny
    from idiolect.export import export

    folder = tmp_path_factory.mktemp("nano")
    checkpoint = tiny.nano_checkpoint(folder / "checkpoint")
    # A random network hears noise in tones: 8 bit may tip some of its words.
    return export(checkpoint, "onnx-int8", folder / "bundle", clips=tiny.sounds(2), tolerance=2.0).folder


@pytest.fixture(scope="session")
def remote_engine(tmp_path_factory):
    """Make an engine that sends to a fake provider on this machine, through the real gateway."""
    from fake_provider import Provider
    from idiolect.corpus import Corpus
    from idiolect.engines import EngineOptions, create
    from idiolect.gateway import Gateway

    class Free:
        def find(self, destination, model):
            return None

    provider = Provider().start()
    with Corpus.create(tmp_path_factory.mktemp("remote") / "project") as corpus:
        door = Gateway(corpus, Free())
        yield lambda name: create(
            name, EngineOptions(gateway=door, language="en", extra={"url": provider.url, "model": "m"})
        )
        door.close()
    provider.stop()
