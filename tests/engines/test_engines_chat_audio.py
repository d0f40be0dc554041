"""The engine `chat-audio`: what it sends, what it takes for an answer, and what it books."""

from __future__ import annotations

import base64
import io
import json
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
import soundfile

from fake_provider import Provider, completion
from idiolect.audio import round_to_16_bits, samples_hash
from idiolect.corpus import Corpus, State
from idiolect.engines import EngineOptions, create
from idiolect.engines.chat_audio import read_text
from idiolect.errors import AnswerError, EngineError, SensitivityError, SentBeforeError
from idiolect.gateway import Gateway, Money, Reach, Usage
from idiolect.gateway.completions import completion_of
from idiolect.gateway.policy import allow
from idiolect.gateway.prices import Price, Prices
from idiolect.units import Seconds

SOUND = round_to_16_bits((0.1 * np.random.default_rng(1).standard_normal(32000)).astype(np.float32))
TODAY = date(2026, 11, 21)


@pytest.fixture
def corpus(tmp_path):
    with Corpus.create(tmp_path / "project") as made:
        yield made


@pytest.fixture
def provider():
    made = Provider().start()
    yield made
    made.stop()


def per_token(provider, **rates):
    host = provider.url[7:-3]
    rates = {"per_million_input": 1, "per_million_output": 10, "per_million_audio": 100} | rates
    rates = {name: Decimal(rate) for name, rate in rates.items() if rate is not None}
    return Prices((Price("mine", "m", hosts=(host,), seen=TODAY, **rates),), today=TODAY)


@pytest.fixture
def engine(corpus, provider):
    def make(language=None, *, resend=False, **extra):
        door = Gateway(corpus, per_token(provider), cap=Money.of(1), resend=resend)
        return create(
            "chat-audio",
            EngineOptions(gateway=door, language=language, extra={"url": provider.url, "model": "m", **extra}),
        )

    return make


def test_a_clip_goes_out_as_the_api_wants_it(engine, provider, corpus):
    (heard,) = engine("en-US", prompt="latte").transcribe([SOUND])
    (received,) = provider.received
    assert received.path == "/v1/chat/completions"
    body = json.loads(received.body)
    (message,) = body["messages"]
    sound, words = message["content"]
    assert (message["role"], sound["type"], sound["input_audio"]["format"]) == ("user", "input_audio", "wav")
    sent, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["input_audio"]["data"])), dtype="float32")
    assert rate == 16_000
    assert np.array_equal(sent, SOUND)
    assert "'en'" in words["text"]
    assert "latte" in words["text"]
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["text"]
    assert (body["temperature"], body["max_tokens"]) == (0, 148)
    (row,) = corpus.ledger.rows()
    assert (row.items, row.engine, row.model, row.purpose) == ((samples_hash(SOUND),), "chat-audio", "m", "transcribe")
    assert heard.text.startswith("clip ")
    assert (heard.confidence, heard.words) == (None, ())


def test_flac_is_shorter_and_the_words_alone_may_ask_for_json(engine, provider):
    engine(upload="flac", form="none").transcribe([SOUND])
    body = json.loads(provider.received[0].body)
    sound = body["messages"][0]["content"][0]["input_audio"]
    assert (sound["format"], base64.b64decode(sound["data"])[:4]) == ("flac", b"fLaC")
    assert "response_format" not in body


def test_openai_takes_no_schema_beside_audio_and_counts_ten_tokens_a_second(corpus):
    allow(corpus, "openai")
    door = Gateway(corpus, Prices.load(None, today=TODAY), cap=Money.of(1), resolve=lambda *_: ["104.18.6.192"])
    made = create("chat-audio", EngineOptions(gateway=door, extra={"url": "openai", "model": "gpt-audio"}))
    assert made.parameters["form"] == "none"
    forecast = made.forecast([Seconds(2.0)])
    assert (forecast.usage.audio_tokens, forecast.usage.output_tokens) == (40, 148)
    text = 2_500 * forecast.usage.input_tokens  # nanodollars
    assert forecast.money == Money(text + 40 * 32_000 + 148 * 10_000)


def test_what_the_tokens_cost_is_settled_and_nothing_is_paid_twice(engine, provider, corpus):
    allow(corpus, provider.url, reach=Reach.LOOPBACK)
    made = engine()
    most = made.forecast([Seconds(2.0)]).money
    (heard,) = made.transcribe([SOUND])
    # 100 tokens of text at $1, 20 of audio at $100 and 12 of the answer at $10 a million.
    assert heard.cost == pytest.approx(0.0001 + 0.002 + 0.00012)
    (row,) = corpus.ledger.rows()
    assert (row.cost, row.usage["audio_tokens"], row.usage["input_tokens"]) == (2_220_000, 20, 100)
    assert row.forecast == most.nanodollars > row.cost
    (again,) = made.transcribe([SOUND])
    assert (again.text, len(provider.received), corpus.ledger.booked()) == (heard.text, 1, 2_220_000)


def test_where_nobody_says_which_tokens_are_audio_the_dearer_are_booked(engine, provider, corpus):
    usage = {"prompt_tokens": 500, "completion_tokens": 0}
    provider.act = lambda received, handler: handler.answer(200, completion('{"text": "hi"}', usage))
    engine().transcribe([SOUND])
    (row,) = corpus.ledger.rows()
    assert (row.usage["audio_tokens"], row.usage["input_tokens"]) == (400, 100)


UNUSABLE = {
    "refusal": (completion(None, refusal="I cannot help with that"), "refused"),
    "prose around": (completion('Sure! {"text": "hi"}'), "not JSON"),
    "fence": (completion('```json\n{"text": "hi"}\n```'), "not JSON"),
    "plain words": (completion("play a song"), "not JSON"),
    "a list": (completion('["hi"]'), "not a JSON object"),
    "no text": (completion("{}"), "not a text"),
    "a number": (completion('{"text": 5}'), "not a text"),
    "more than was asked": (completion('{"text": "hi", "mood": "good"}'), "'mood'"),
    "twice": (completion('{"text": "hi", "text": "ho"}'), "twice"),
    "empty": (completion("  "), "is empty"),
    "no message": ({"choices": []}, "no chat completion"),
    "no JSON at all": (b"<html>", "no chat completion"),
    "round in circles": (completion(json.dumps({"text": "la " * 200})), "nobody speaks so fast"),
}


@pytest.mark.parametrize(("body", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_that_is_none_is_said_so_and_paid_for(engine, provider, corpus, body, why):
    body = {**body, "usage": {"prompt_tokens": 1000, "completion_tokens": 0}} if isinstance(body, dict) else body
    provider.act = lambda received, handler: handler.answer(200, body)
    with pytest.raises(EngineError, match=r"gave no transcription: .*was paid") as caught:
        engine().transcribe([SOUND])
    assert why in str(caught.value)
    (row,) = corpus.ledger.rows()
    assert (row.state, row.cost > 0) == (State.DONE, True)
    # It is not asked again, until a person says so.
    provider.act = lambda received, handler: handler.good(received)
    with pytest.raises(SentBeforeError, match=r"went to .* before"):
        engine().transcribe([SOUND])
    assert engine(resend=True).transcribe([SOUND])[0].text.startswith("clip ")


def test_silence_is_an_answer():
    assert read_text('{"text": " "}', Seconds(1.0)) == ""
    assert read_text('{"text": " um  yes "}', Seconds(1.0)) == "um yes"
    with pytest.raises(AnswerError, match="empty"):
        read_text("", Seconds(1.0))


def test_odd_usage_is_none():
    for usage in (None, [], {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": True}):
        assert completion_of(completion("x", usage)).usage is None
    odd = {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"audio_tokens": 9}}
    assert completion_of(completion("x", odd)).usage == Usage(input_tokens=5, output_tokens=1)
    cut = completion("{", {})
    cut["choices"][0]["finish_reason"] = "length"
    with pytest.raises(AnswerError, match="cut off"):
        completion_of(cut).text()


def test_a_clip_that_the_store_does_not_know_is_private(engine, provider, corpus):
    allow(corpus, provider.url, reach=Reach.CLOUD)
    with pytest.raises(SensitivityError, match="is private"):
        engine().transcribe([SOUND])
    assert provider.received == []


def test_choices_that_have_no_sense(engine):
    for choice, said in (({"format": "json"}, "'format'"), ({"upload": "opus"}, "'opus'"), ({"form": "x"}, "form")):
        with pytest.raises(EngineError, match=said):
            engine(**choice)
    with pytest.raises(EngineError, match="longest"):
        engine(longest="0")
