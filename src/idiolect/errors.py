"""Every error that idiolect raises on purpose.

IdiolectError
├── UserError                 what a user can cause and mend: exit code 1, no traceback
│   ├── SettingsError         a setting that does not exist or has no sense
│   ├── ProjectError          a folder that is no project, or one that is there already
│   ├── MissingExtraError     a feature whose optional packages are not installed
│   ├── AudioError            a file or a device that gives no usable samples
│   ├── CorpusError           the store refuses: unknown id, broken promise
│   │   ├── ImportFileError   a transcript file that cannot be read, with its line
│   │   └── LeakError         a dataset with something on both sides of a split
│   ├── TaskError             a task file that does not describe a task, with its line
│   ├── EngineError           an engine that cannot be loaded or cannot do what was asked
│   ├── PoolError             workers that cannot be had, or that died
│   ├── TrainingError         a recipe or a dataset that cannot train a model
│   ├── EvaluationError       nothing to score, or references that do not fit
│   ├── ExportError           a bundle that was not written
│   │   └── ParityError       a bundle that is worse than its checkpoint
│   └── InterruptedWork         the user pressed Ctrl-C; what was committed stays (exit code 130)
└── InternalError             a promise of ours that does not hold: exit code 70
"""

from __future__ import annotations

from typing import ClassVar


class IdiolectError(Exception):
    """An error that says what was found, and in its hint what to do next."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  {self.hint}"


class UserError(IdiolectError):
    """Something a user can cause and mend."""

    exit_code: ClassVar[int] = 1


class InternalError(IdiolectError):
    """A promise of ours that does not hold."""


class SettingsError(UserError):
    """A setting that does not exist or has no sense."""


class ProjectError(UserError):
    """A folder that is no project, or one that is there already."""


class MissingExtraError(UserError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed",
            hint=f"pip install 'idiolect[{extra}]'",
        )


class AudioError(UserError):
    """A file or a device that gives no usable samples."""


class CorpusError(UserError):
    """The store refuses: an unknown id, a broken promise."""


class ImportFileError(CorpusError):
    """A transcript file that cannot be read."""

    def __init__(self, path: object, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {message}", hint=hint)


class LeakError(CorpusError):
    """A dataset with something on both sides of a split."""


class TaskError(UserError):
    """A task file that does not describe a task. `found` is the message without the place, `line` counts from 1."""

    def __init__(self, message: str, *, path: object = None, line: int | None = None, hint: str | None = None) -> None:
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(where + message, hint=hint)
        self.found = message
        self.line = line


class EngineError(UserError):
    """An engine that cannot be loaded or cannot do what was asked."""


class PoolError(UserError):
    """Workers that cannot be had, or that died."""


class TrainingError(UserError):
    """A recipe or a dataset that cannot train a model."""


class EvaluationError(UserError):
    """Nothing to score, or references that do not fit."""


class ExportError(UserError):
    """A bundle that was not written."""


class ParityError(ExportError):
    """A bundle that is worse than the checkpoint it was made from."""


class InterruptedWork(UserError):  # noqa: N818 - nothing went wrong
    """The user pressed Ctrl-C; what was committed stays."""

    exit_code: ClassVar[int] = 130
