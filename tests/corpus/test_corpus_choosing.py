from __future__ import annotations

from idiolect.corpus.choosing import Trust, training_label
from idiolect.corpus.values import Label, SourceKind


def _heard(number: int, text: str, *, intent: str | None, task: str | None = "t", confidence: float = 0.9) -> Label:
    return Label(
        clip_id="c",
        kind=SourceKind.ENGINE,
        source="sphinx",
        text=text,
        intent=intent,
        parameters={"task": task},
        confidence=confidence,
        id=number,
    )


def test_what_the_task_rejected_does_not_train() -> None:
    rejected = _heard(1, "a mocha a", intent=None, confidence=1.0)
    accepted = _heard(2, "a mocha", intent="order", confidence=0.5)
    assert training_label([rejected], Trust()) is None
    assert training_label([rejected, accepted], Trust()) == accepted


def test_an_engine_without_a_task_needs_no_intent() -> None:
    free = _heard(1, "good morning", intent=None, task=None)
    assert training_label([free], Trust()) == free
