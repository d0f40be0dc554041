"""Voices behind a server: what is sent, what comes into the store, and what is paid, once."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from fake_provider import Provider
from idiolect.corpus import Corpus, Sensitivity, SourceKind
from idiolect.errors import BudgetError, EngineError, SensitivityError
from idiolect.gateway import Gateway, Money, Reach
from idiolect.gateway.policy import allow
from idiolect.gateway.prices import Price, Prices
from idiolect.labeling import synthesize
from idiolect.labeling.voices.hosted import HostedVoices, Hosting

SENTENCES = ["can i get a large mocha", "a small latte please"]
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


@pytest.fixture
def voices(corpus, provider):
    """Voices at $1000 for a million characters: a tenth of a cent each."""

    def make(*names, cap="1", yes=True, resend=False, **chosen):
        host = provider.url[7:-3]
        row = Price("mine", "m", hosts=(host,), seen=TODAY, per_million_characters=Decimal(1000))
        prices = Prices((row,), today=TODAY)
        door = Gateway(corpus, prices, cap=Money.of(cap), assume_yes=yes, resend=resend)
        return HostedVoices(door, Hosting(provider.url, "m", names or ("nova",), **chosen), language="en")

    return make


@pytest.mark.parametrize("form", ["wav", "flac", "mp3"])
def test_a_sentence_is_sent_as_the_api_wants_it_and_comes_back_as_a_synthetic_clip(corpus, provider, voices, form):
    report = synthesize(corpus, SENTENCES[:1], hosted=voices(form=form, speed=1.25))
    assert (report.made, report.failed, report.cost) == (1, (), Money.of("0.023"))
    (received,) = provider.received
    assert received.path == "/v1/audio/speech"
    wanted = {"model": "m", "voice": "nova", "input": SENTENCES[0], "response_format": form, "speed": 1.25}
    assert json.loads(received.body) == wanted
    (label,) = corpus.labels()
    (clip,) = corpus.clips()
    name = f"{provider.url[7:-3]}/m:nova"
    assert (label.kind, label.source, label.text) == (SourceKind.SYNTHESIS, name, SENTENCES[0])
    assert label.version == f"m at {provider.url}"
    assert (clip.recording.synthetic, clip.recording.speaker) == (True, name)
    # Half a second, moved by up to two semitones.
    assert clip.duration == pytest.approx(0.5 * 2 ** (-label.parameters["semitones"] / 12), abs=0.06)
    (row,) = corpus.ledger.rows()
    assert (row.purpose, row.engine, row.usage["characters"]) == ("speak", "speech", len(SENTENCES[0]))


def test_the_same_sentence_in_the_same_voice_is_paid_for_once(corpus, provider, voices):
    first = synthesize(corpus, SENTENCES, hosted=voices(), count=6)
    assert (first.made, len(provider.received)) == (6, 2)
    assert first.cost == first.forecast.money == Money.of("0.043")
    again = synthesize(corpus, SENTENCES, hosted=voices(), count=6)
    assert (again.made, again.already, again.cost) == (0, 6, Money())
    more = synthesize(corpus, SENTENCES, hosted=voices(), count=9, seed=1)
    assert (more.made, more.cost, len(provider.received)) == (9, Money(), 2)
    other = synthesize(corpus, SENTENCES[:1], hosted=voices("alloy"))
    assert (other.made, len(provider.received)) == (1, 3)


def test_a_kill_before_the_label_is_mended_without_paying(corpus, provider, voices, monkeypatch):
    from idiolect.labeling import synthesis

    monkeypatch.setattr(synthesis._Work, "_keep", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        synthesize(corpus, SENTENCES, hosted=voices())
    monkeypatch.undo()
    report = synthesize(corpus, SENTENCES, hosted=voices())
    assert (report.made, report.cost, len(provider.received)) == (2, Money(), 2)
    assert corpus.counts()["clip"] == 2


def test_a_dry_run_only_forecasts_and_a_person_must_agree(corpus, provider, voices):
    dry = synthesize(corpus, SENTENCES, hosted=voices(yes=False), count=4, dry_run=True)
    assert (dry.pending, dry.made, dry.forecast.money) == (4, 0, Money.of("0.043"))
    with pytest.raises(BudgetError, match="nobody confirmed"):
        synthesize(corpus, SENTENCES, hosted=voices(yes=False))
    with pytest.raises(BudgetError, match="not confirmed"):
        synthesize(corpus, SENTENCES, hosted=voices(yes=False), ask=lambda text: "at most $0.043" not in text)
    assert provider.received == []


def test_a_cap_stops_the_run_and_what_was_paid_stays(corpus, provider, voices):
    with pytest.raises(BudgetError, match="cap"):
        synthesize(corpus, SENTENCES, hosted=voices(cap="0.03", jobs=1))
    assert (len(provider.received), corpus.counts()["label"]) == (1, 1)
    assert corpus.ledger.booked() <= Money.of("0.03").nanodollars
    assert synthesize(corpus, SENTENCES, hosted=voices(cap="0.03")).made == 1


def test_sentences_are_private_until_somebody_says_otherwise(corpus, provider, voices):
    allow(corpus, provider.url, reach=Reach.CLOUD)
    with pytest.raises(SensitivityError, match="sentences are private") as caught:
        synthesize(corpus, SENTENCES, hosted=voices())
    assert "--sensitivity shareable" in str(caught.value)
    assert provider.received == []
    told = "write to ann@example.com today"
    report = synthesize(corpus, [*SENTENCES, told], hosted=voices(sensitivity=Sensitivity.SHAREABLE))
    assert (report.made, report.failed) == (2, (told,))
    assert b"ann@" not in b"".join(one.body for one in provider.received)


def test_an_answer_that_is_no_sound_is_listed_and_not_paid_for_again(corpus, provider, voices):
    provider.act = lambda received, handler: handler.answer(200, b"<html>")
    report = synthesize(corpus, SENTENCES[:1], hosted=voices())
    assert (report.made, report.failed) == (0, (SENTENCES[0],))
    provider.act = lambda received, handler: handler.good(received)
    assert synthesize(corpus, SENTENCES[:1], hosted=voices()).failed == (SENTENCES[0],)
    assert len(provider.received) == 1
    assert synthesize(corpus, SENTENCES[:1], hosted=voices(resend=True)).made == 1


def test_a_wrong_key_stops_the_run_and_another_error_does_not(corpus, provider, voices):
    provider.act = lambda received, handler: handler.answer(400, {"error": {"message": "no"}})
    assert len(synthesize(corpus, SENTENCES, hosted=voices(jobs=1)).failed) == 2
    provider.act = lambda received, handler: handler.answer(401, {"error": {"message": "no"}})
    with pytest.raises(Exception, match="answered 401"):
        synthesize(corpus, SENTENCES, hosted=voices(jobs=1))
    assert len(provider.received) == 3


def test_choices_that_have_no_sense():
    for chosen, said in (({"voices": ()}, "voices"), ({"speed": 9.0}, "speed"), ({"form": "aac"}, "'aac'")):
        with pytest.raises(EngineError, match=said):
            Hosting(**({"where": "openai", "model": "m", "voices": ("nova",)} | chosen))
