"""The engine `openai`: what it sends, and what it makes of answers, good and bad."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
import soundfile

from fake_provider import Provider
from idiolect.audio import round_to_16_bits, samples_hash
from idiolect.corpus import Corpus
from idiolect.engines import EngineOptions, create
from idiolect.engines.openai_answer import read_answer
from idiolect.errors import EngineError, SensitivityError
from idiolect.gateway import Gateway, Money, Reach, Usage
from idiolect.gateway.policy import allow
from idiolect.units import Seconds

SOUND = round_to_16_bits((0.1 * np.random.default_rng(1).standard_normal(8000)).astype(np.float32))


class PerSecond:
    """A price for tests: a tenth of a dollar for each second."""

    def find(self, destination, model):
        return self if model == "paid" else None

    def cost(self, usage, requests=1):
        return Money(round(usage.audio * 10**8))


@pytest.fixture
def corpus(tmp_path):
    with Corpus.create(tmp_path / "project") as made:
        yield made


@pytest.fixture
def provider():
    made = Provider().start()
    yield made
    made.stop()


@pytest.fixture
def engine(corpus, provider):
    def make(language=None, **extra):
        extra = {"url": provider.url, "model": "m", **extra}
        door = Gateway(corpus, PerSecond(), cap=Money.of(1))
        return create("openai", EngineOptions(gateway=door, language=language, extra=extra))

    return make


def test_a_clip_goes_out_as_the_api_wants_it(engine, provider, corpus):
    (heard,) = engine("en-US", prompt="latte").transcribe([SOUND])
    (received,) = provider.received
    assert received.path == "/v1/audio/transcriptions"
    assert received.fields == {
        "model": "m",
        "response_format": "verbose_json",
        "temperature": "0",
        "language": "en",
        "prompt": "latte",
        "timestamp_granularities[]": "word",
    }
    sent, rate = soundfile.read(io.BytesIO(received.file), dtype="float32")
    assert rate == 16_000
    assert np.array_equal(sent, SOUND)
    (row,) = corpus.ledger.rows()
    assert (row.items, row.engine, row.model) == ((samples_hash(SOUND),), "openai", "m")
    assert heard.text.startswith("clip ")
    assert [round(word.end, 3) for word in heard.words] == [0.25, 0.5]
    assert heard.confidence == pytest.approx(math.exp(-0.1))
    assert heard.cost == 0


def test_opus_is_smaller_and_as_long(engine, provider):
    engine(upload="opus").transcribe([SOUND])
    engine().transcribe([SOUND])
    opus, flac = (one.file for one in provider.received)
    assert opus[:4] == b"OggS"
    assert len(opus) < len(flac) / 3
    assert len(soundfile.read(io.BytesIO(opus))[0]) / soundfile.info(io.BytesIO(opus)).samplerate == pytest.approx(0.5)


def test_gpt_4o_is_asked_for_log_probabilities(engine, provider):
    value = {"text": "hi", "logprobs": [{"logprob": -0.1}, {"logprob": -0.3}], "usage": {"type": "tokens"}}
    provider.act = lambda received, handler: handler.answer(200, value)
    (heard,) = engine(model="gpt-4o-transcribe").transcribe([SOUND])
    assert (provider.received[0].fields["response_format"], provider.received[0].fields["include[]"]) == (
        "json",
        "logprobs",
    )
    assert heard.confidence == pytest.approx(math.exp(-0.2))
    assert heard.words == ()


def test_what_it_costs_comes_with_it_and_is_settled(engine, provider, corpus):
    allow(corpus, provider.url, reach=Reach.LOOPBACK)
    paid = engine(model="paid")
    assert paid.forecast([Seconds(0.5), Seconds(2.0)]).money == Money.of("0.25")
    (heard,) = paid.transcribe([SOUND])
    assert heard.cost == pytest.approx(0.05)
    # Again: given from the ledger, for nothing.
    (again,) = paid.transcribe([SOUND])
    assert (again.text, again.cost, len(provider.received)) == (heard.text, heard.cost, 1)
    assert corpus.ledger.booked() == 5 * 10**7


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"txt": "x"}', b'{"text": null}', b"\xff\xfe", b"[" * 9999])
def test_an_answer_that_is_no_transcription_is_said_so_with_its_price(engine, provider, corpus, body):
    provider.act = lambda received, handler: handler.answer(200, body)
    with pytest.raises(EngineError, match=r"gave no transcription: .*\$0\.05 was paid") as caught:
        engine(model="paid").transcribe([SOUND])
    assert "--resend" in str(caught.value)
    provider.act = lambda received, handler: handler.good(received)
    again = Gateway(corpus, PerSecond(), cap=Money.of(1), resend=True)
    options = EngineOptions(gateway=again, extra={"url": provider.url, "model": "paid"})
    assert create("openai", options).transcribe([SOUND])[0].text
    assert corpus.ledger.booked() == 10**8


def test_odd_fields_do_no_harm():
    value = {
        "text": " hi you ",
        "words": [
            {"word": "hi", "start": -1, "end": 0.2},
            {"word": "", "start": 0, "end": 0},
            "x",
            {"word": "you", "start": 0.1, "end": 99, "probability": 7},
            {"word": "no", "start": "a", "end": 1},
        ],
        "segments": [{"avg_logprob": float("nan")}, 3, {"avg_logprob": 2.0}],
        "usage": {"seconds": 1},
    }
    heard, used = read_answer(json.dumps(value).encode(), Usage(audio=Seconds(0.5)), Seconds(0.5))
    hypothesis = heard(0.0)
    assert hypothesis.text == "hi you"
    assert [(word.word, word.start, word.end, word.confidence) for word in hypothesis.words] == [
        ("hi", 0.0, 0.2, None),
        ("you", 0.1, 0.5, 1.0),
    ]
    assert hypothesis.confidence == 1.0
    assert used == Usage(audio=Seconds(0.5))


def test_a_clip_that_the_store_does_not_know_is_private(engine, provider, corpus):
    allow(corpus, provider.url, reach=Reach.CLOUD)
    with pytest.raises(SensitivityError, match="is private"):
        engine(model="paid").transcribe([SOUND])
    assert provider.received == []


def test_choices_that_have_no_sense(engine, corpus):
    door = Gateway(corpus, PerSecond())
    with pytest.raises(EngineError, match="'speed'"):
        engine(speed=2)
    with pytest.raises(EngineError, match="'mp3'"):
        engine(upload="mp3")
    with pytest.raises(EngineError, match="'srt'"):
        engine(format="srt")
    with pytest.raises(EngineError, match="deadline"):
        engine(deadline="0")
    with pytest.raises(EngineError, match="where the server is"):
        create("openai", EngineOptions(gateway=door, extra={"model": "m"}))
    with pytest.raises(EngineError, match="needs a model"):
        create("openai", EngineOptions(gateway=door, extra={"url": "openai"}))
    with pytest.raises(EngineError, match="only a project"):
        create("openai", EngineOptions(extra={"url": "openai", "model": "m"}))
    known = create("openai", EngineOptions(gateway=door, extra={"url": "groq", "model": "whisper-large-v3"}))
    assert (known.url, known._hosted.key) == ("https://api.groq.com/openai/v1", "GROQ_API_KEY")
    assert "GROQ_API_KEY" not in json.dumps(dict(known.parameters))
