from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from idiolect.corpus import NewLabel, SourceKind
from idiolect.corpus.models import EvaluationRecord
from idiolect.gateway.prices import Price, Prices
from idiolect.gateway.values import Money
from idiolect.labeling.costs import compare_costs

TODAY = date(2026, 11, 21)
PRICES = Prices(
    (
        Price("dear", "a", per_minute=Decimal("0.60"), seen=TODAY),
        Price("short", "b", per_minute=Decimal("0.06"), minimum_seconds=Decimal(10), batch_discount=Decimal("0.5")),
        Price("chat", "c", per_million_input=Decimal(1), per_million_output=Decimal(1)),
    ),
    TODAY,
)


def test_minimum_seconds_count_for_each_clip_and_free_engines_come_first(corpus):
    report = compare_costs(corpus, PRICES, ["sphinx", "nano"])
    assert (report.clips, report.audio) == (12, pytest.approx(4.8))
    assert [one.name for one in report.teachers] == ["sphinx", "nano", "dear a", "short b"]
    dear, short = report.teachers[2:]
    assert dear.money == Money.of("0.048")
    assert (short.money, short.naive, short.batch) == (Money.of("0.12"), Money.of("0.0048"), Money.of("0.06"))
    assert "has no date" in short.warning
    assert not dear.warning
    assert "a minimum or rounding is billed" in report.text()
    assert (report.spent, report.hours_to_pay) == (Money(), None)


def test_clips_of_people_cost_nothing_more_and_what_was_spent_is_paid_back(corpus):
    first, second = corpus.clips()[:2]
    corpus.add_labels(
        [
            NewLabel(first.id, SourceKind.HUMAN, "me", text="x"),
            NewLabel(second.id, SourceKind.ENGINE, "openai", "1", text="x", cost=1.2),
        ]
    )
    corpus.add_evaluation(EvaluationRecord(report={"systems": [{"name": "sphinx", "rtf": 0.5}]}, systems=("sphinx",)))
    report = compare_costs(corpus, PRICES, ["sphinx"])
    assert report.clips == 11
    assert compare_costs(corpus, PRICES, [], everything=True).clips == 12
    assert report.teachers[0].minutes == pytest.approx(11 * 0.4 * 0.5 / 60)
    assert report.spent == Money.of("1.2")
    assert report.hours_to_pay == pytest.approx(1.2 / 0.6 / 60)  # at the dear one's 0.60 a minute, two minutes
    assert "has paid that back" in report.text()
    assert report.as_dict()["spent_dollars"] == 1.2
