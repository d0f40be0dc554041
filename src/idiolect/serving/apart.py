"""An engine in a process of its own that looks like any other engine.

A server's own memory then stays small, an engine that is replaced gives all of its memory back, and one that crashes
costs one request: the next one starts it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.engines.protocol import Hypothesis
from idiolect.errors import EngineError

if TYPE_CHECKING:
    from idiolect.serving.files import EngineChoice
    from idiolect.tasks import Task
    from idiolect.units import Samples


class EngineApart:
    """Makes the engine that `choice` names, in another process. Raises `EngineError` where that fails; close it."""

    def __init__(self, choice: EngineChoice, task: Task | None) -> None:
        from idiolect.evaluation import System

        self._runner = System.of(*choice.options(task)).run()
        self.name = self._runner.ready.name
        self.version = self._runner.ready.version
        self.load_seconds = self._runner.ready.load_seconds

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The resolved choices of the engine over there."""
        return self._runner.ready.parameters

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip. Raises `EngineError` where the engine fails or its process dies."""
        answers = [self._runner.hear(samples) for samples in batch]
        for answer in answers:
            if answer.error is not None:
                raise EngineError(f"{self.name}: {answer.error}")
        return [answer.hypothesis for answer in answers]

    def close(self) -> None:
        """End the process."""
        self._runner.__exit__(None, None, None)
