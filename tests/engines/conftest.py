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
