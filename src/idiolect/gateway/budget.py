"""Caps as a person writes them, and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from idiolect.errors import BudgetError
from idiolect.gateway.values import Money

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

NO_CAP = "none"


@dataclass(frozen=True, slots=True)
class Cap:
    """One cap. name: ``run``, ``day`` (UTC) or ``project``. most: None: no such cap. booked: None for a run."""

    name: str
    most: Money | None
    booked: Money | None

    @property
    def used(self) -> float | None:
        """The share that is booked, 0 to 1; None where it cannot be told."""
        if self.most is None or self.booked is None:
            return None
        return min(1.0, self.booked.dollars / self.most.dollars) if self.most else 1.0


def caps_of(corpus: Corpus) -> tuple[Cap, ...]:
    """The caps of a project, for a run, today and the whole of it."""
    ledger = corpus.ledger
    budget = ledger.budget()
    booked = {"day": ledger.booked(day=datetime.now(UTC).date().isoformat()), "project": ledger.booked()}
    return tuple(
        Cap(
            name,
            Money(budget[name]) if name in budget else None,
            Money(booked[name]) if name in booked else None,
        )
        for name in ("run", "day", "project")
    )


def set_caps(corpus: Corpus, given: Mapping[str, str]) -> None:
    """Set the caps that are `given` in dollars: ``"1.50"``; ``none``, or nothing: no such cap.

    Raises `BudgetError` for what is no amount.
    """
    if given:
        corpus.ledger.set_budget({name: amount(text) for name, text in given.items()})


def amount(text: str) -> int | None:
    """Nanodollars; None for no cap. Raises `BudgetError`."""
    if text.strip().lower() in {"", NO_CAP}:
        return None
    try:
        money = Money.of(text)
    except ValueError as error:
        raise BudgetError(str(error), hint="dollars: 1.50, or none") from None
    if money < Money():
        raise BudgetError(f"a cap of {money} is less than nothing", hint="dollars: 1.50, or none")
    return money.nanodollars
