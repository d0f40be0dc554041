"""What a text that an engine heard means in a task, for engines that do not decode over it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from idiolect.engines.protocol import Hypothesis
from idiolect.engines.slot_confidence import slot_confidence

if TYPE_CHECKING:
    from idiolect.tasks import Task


def read_by_task(heard: Hypothesis, task: Task | None) -> Hypothesis:
    """`heard` with what its text means in the task; as it is, where it is no sentence of it."""
    parsed = None if task is None or not heard.text else task.parse(heard.text)
    if task is None or parsed is None:
        return heard
    sure = [word.confidence for word in heard.words]
    known = [one for one in sure if one is not None]
    each: dict[str, float] = {}
    if heard.confidence is not None and len(known) == len(heard.text.split()):
        each = slot_confidence(task.graph(), heard.text.split(), known, parsed.slots, heard.confidence)
    return replace(heard, intent=parsed.intent, slots=dict(parsed.slots), slot_confidence=each)
