from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import PriceError
from idiolect.gateway.prices import NO_CHARGE, STALE_AFTER, Price, Prices, given_price
from idiolect.gateway.values import Money, Usage
from idiolect.units import Seconds

NANO = 10**9
TODAY = date(2026, 11, 21)
GROQ = "https://api.groq.com/openai/v1/audio/transcriptions"

rates = st.decimals(min_value=0, max_value=100, places=6)
seconds = st.integers(min_value=0, max_value=4_000_000).map(lambda milli: milli / 1000)
usages = st.builds(
    Usage,
    audio=seconds,
    input_tokens=st.integers(0, 10**7),
    output_tokens=st.integers(0, 10**7),
    characters=st.integers(0, 10**6),
)
prices = st.builds(
    Price,
    provider=st.just("p"),
    model=st.just("m"),
    per_minute=rates,
    per_million_input=rates,
    per_million_output=rates,
    per_million_characters=rates,
    minimum_seconds=st.decimals(0, 60, places=1),
    step_seconds=st.sampled_from([Decimal(0), Decimal("0.1"), Decimal(1), Decimal(15), Decimal(60)]),
    batch_discount=st.decimals(0, 1, places=2),
)


@pytest.fixture(scope="module")
def known():
    return Prices.load(today=TODAY)


def exact(price, usage):
    """The cost in dollars by the definition, in fractions."""
    return (
        Fraction(price.per_minute) * price.billed_seconds(usage.audio) / 60
        + Fraction(price.per_million_input) * usage.input_tokens / 10**6
        + Fraction(price.per_million_output) * usage.output_tokens / 10**6
        + Fraction(price.per_million_characters) * usage.characters / 10**6
    )


@settings(deadline=None)
@given(prices, usages)
def test_a_cost_is_never_below_the_truth_and_never_a_nanodollar_above(price, usage):
    cost = Fraction(price.cost(usage).nanodollars, NANO)
    assert 0 <= cost - exact(price, usage) < Fraction(1, NANO)


@settings(deadline=None)
@given(prices, usages, usages)
def test_more_usage_never_costs_less(price, one, other):
    more = Usage(
        audio=Seconds(one.audio + other.audio),
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        characters=one.characters + other.characters,
    )
    assert price.cost(one) <= price.cost(more)
    assert price.cost(one, batch=True) <= price.cost(one)


@settings(deadline=None)
@given(prices, st.lists(usages, min_size=1, max_size=6))
def test_a_forecast_over_many_requests_is_never_below_their_sum(price, requests):
    one_by_one = sum((price.cost(usage) for usage in requests), Money())
    together = price.cost(sum(requests, Usage()), len(requests))
    assert one_by_one <= together
    assert price.cost(requests[0], 0) == Money()


@settings(deadline=None)
@given(prices, seconds)
def test_what_is_billed_is_whole_steps_and_the_minimum_at_least(price, audio):
    billed = price.billed_seconds(audio)
    if audio == 0:
        assert billed == 0
        return
    assert billed >= max(Fraction(price.minimum_seconds), Fraction(round(audio * 1000), 1000))
    step = Fraction(price.step_seconds)
    if step and billed != Fraction(price.minimum_seconds):
        assert billed % step == 0
        assert billed - Fraction(round(audio * 1000), 1000) < step


@settings(deadline=None)
@given(st.lists(st.integers(-(10**15), 10**15).map(Money)))
def test_sums_of_money_are_exact_in_any_order(amounts):
    assert sum(amounts, Money()) == sum(reversed(amounts), Money()) == Money(sum(one.nanodollars for one in amounts))


@settings(deadline=None)
@given(st.integers(-(10**18), 10**18))
def test_money_is_printed_with_every_digit(nano):
    text = str(Money(nano))
    assert Money.of(text.replace("$", "")) == Money(nano)


def test_groq_bills_ten_seconds_for_a_command_of_two(known):
    price = known.price(GROQ, "whisper-large-v3-turbo")
    assert price.cost(Usage(audio=Seconds(2.0))) == price.cost(Usage(audio=Seconds(10.0)))
    naive = Fraction(2, 3600) * Fraction("0.04")
    assert Fraction(price.cost(Usage(audio=Seconds(2.0))).nanodollars, NANO) / naive == pytest.approx(5, rel=1e-4)
    assert price.cost(Usage(audio=Seconds(3600.0))) == Money.of("0.04")


def test_a_length_that_a_float_cannot_hold_starts_no_other_second(known):
    price = known.price("openai", "whisper-1")
    assert price.cost(Usage(audio=Seconds(0.1 + 0.2 + 0.7))) == Money.of("0.0001")


def test_every_packaged_row_has_a_source_and_a_date_and_can_be_found(known):
    assert len(known.rows) >= 20
    for row in known.rows:
        assert row.source.startswith("https://"), row
        assert row.seen is not None, row
        assert row.seen <= TODAY, row
        assert known.find(f"https://{row.hosts[0]}/v1/x", row.model) == row


def test_old_rows_warn_with_the_page_to_look_at(known):
    row = known.price("groq", "whisper-large-v3-turbo")
    fresh = row.seen + timedelta(days=STALE_AFTER)
    assert row.warning(fresh) is None
    assert "91 days ago: is it still right (https://groq.com/pricing/)?" in row.warning(fresh + timedelta(days=1))
    assert Price("p", "m", per_minute=Decimal(1)).stale(TODAY)
    assert row.warning(TODAY) in known.warnings()


def test_a_users_row_stands_before_the_packaged_one(tmp_path):
    (tmp_path / "prices.toml").write_text(
        '[[price]]\nprovider = "mine"\nhosts = ["api.groq.com"]\nmodel = "*"\nper_hour = 0.5\nseen = 2026-11-20\n'
        '[[price]]\nprovider = "box"\nhosts = ["192.168.1.5:8000"]\nmodel = "*"\nper_minute = 0\n'
    )
    known = Prices.load(tmp_path / "prices.toml", today=TODAY)
    price = known.price(GROQ, "whisper-large-v3-turbo")
    assert price.given
    assert price.cost(Usage(audio=Seconds(3600.0))) == Money.of("0.50")
    assert not known.price("http://192.168.1.5:8000/v1/chat", "any").cost(Usage(audio=Seconds(9.0)))
    assert known.find("http://192.168.1.5:9000/v1/chat", "any") is None
    assert Prices.load(tmp_path / "none.toml", today=TODAY).rows


def test_an_unknown_price_refuses_and_says_how_to_give_one(known):
    with pytest.raises(PriceError, match=r"'whisper-9' at api\.groq\.com is not known") as caught:
        known.price(GROQ, "whisper-9")
    assert "--price" in caught.value.hint
    assert known.find("https://api.groq.com.evil.example/v1", "whisper-large-v3") is None


def test_a_price_per_token_says_nothing_of_audio(known):
    chat = known.price("openai", "gpt-4o-mini")
    with pytest.raises(PriceError, match="no rate for audio"):
        chat.cost(Usage(audio=Seconds(5.0)))
    assert chat.cost(Usage(input_tokens=1_000_000, output_tokens=1_000_000)) == Money.of("0.75")
    assert chat.cost(Usage(input_tokens=1_000_000), batch=True) == Money.of("0.075")
    with pytest.raises(PriceError, match="audio -1"):
        NO_CHARGE.cost(Usage(audio=Seconds(-1.0)))
    with pytest.raises(PriceError, match="audio nan"):
        NO_CHARGE.cost(Usage(audio=Seconds(float("nan"))))


@pytest.mark.parametrize(
    ("text", "usage", "dollars"),
    [
        ("0.006/min", Usage(audio=Seconds(90.0)), "0.009"),
        ("$0.36/hour", Usage(audio=Seconds(60.0)), "0.006"),
        ("0.15+0.60/Mtok", Usage(input_tokens=2_000_000, output_tokens=500_000), "0.60"),
        ("15/Mchar", Usage(characters=1000), "0.015"),
        ("0/min", Usage(audio=Seconds(90.0)), "0"),
    ],
)
def test_a_price_can_be_given_in_a_word(text, usage, dollars):
    price = given_price(text, destination="https://stt.example:8443/v1", model="m", today=TODAY)
    assert price.hosts == ("stt.example:8443",)
    assert price.cost(usage) == Money.of(dollars)
    assert not price.stale(TODAY)


@pytest.mark.parametrize("text", ["", "cheap", "0.1", "-1/min", "0.1/token", "0.15/Mtok", "1+2/min", "1e3/min"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(PriceError, match="is no price"):
        given_price(text, destination="host", model="m", today=TODAY)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('provider = "p"\nmodel = "m"', "no rate"),
        ('model = "m"\nper_minute = 1', "does not say provider"),
        ('provider = "p"\nmodel = "m"\nper_minute = -1', "per_minute is -1"),
        ('provider = "p"\nmodel = "m"\nper_minute = nan', "per_minute is Decimal"),
        ('provider = "p"\nmodel = "m"\nper_minute = "1"', "per_minute is '1'"),
        ('provider = "p"\nmodel = "m"\nper_minute = true', "per_minute is True"),
        ('provider = "p"\nmodel = "m"\nper_minute = 1\nper_hour = 2', "per_minute and per_hour"),
        ('provider = "p"\nmodel = "m"\nper_million_input = 1', "one way only"),
        ('provider = "p"\nmodel = "m"\nper_second = 1', "no 'per_second'"),
        ('provider = "p"\nmodel = "m"\nper_minute = 1\ngiven = true', "no 'given'"),
        ('provider = "p"\nmodel = "m"\nper_minute = 1\nbatch_discount = 50', "batch_discount is 50"),
        ('provider = "p"\nmodel = "m"\nper_minute = 1\nseen = 2027-01-01', "to come"),
        ('provider = "p"\nmodel = "m"\nper_minute = 1\nhosts = "h"', "hosts is 'h'"),
    ],
)
def test_a_row_without_sense_is_named(tmp_path, row, said):
    (tmp_path / "prices.toml").write_text(f"[[price]]\n{row}\n")
    with pytest.raises(PriceError, match=r"prices\.toml") as caught:
        Prices.load(tmp_path / "prices.toml", today=TODAY)
    assert said in caught.value.message


@pytest.mark.parametrize("text", ["[[price]", "\xff", "[price]\n", "[other]\n"])
def test_a_file_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "prices.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(PriceError, match=r"prices\.toml"):
        Prices.load(tmp_path / "prices.toml", today=TODAY)
