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
│   ├── GatewayError          a request that the one door out refused, or that failed behind it
│   │   ├── OfflineError      idiolect is told to stay offline
│   │   ├── DestinationError  an address that is not allowed, or not what it was said to be
│   │   ├── SensitivityError  audio or text that may not travel that far
│   │   ├── PriceError        a price that is not known, or a row of prices without sense
│   │   ├── BudgetError       a cap that does not cover the forecast, or a run that nobody confirmed
│   │   ├── SecretError       a key that is not there, or lies where others can read it
│   │   ├── SentBeforeError   a request that was paid for, or may have been: it is not sent again
│   │   └── AnswerError       a request that went out and got no usable answer
│   ├── TaskError             a task file that does not describe a task, with its line
│   ├── EngineError           an engine that cannot be loaded or cannot do what was asked
│   ├── PoolError             workers that cannot be had, or that died
│   ├── JobError              a job that is not there, or is no command
│   ├── ConflictError         what cannot be done while something else is under way
│   ├── AccountError          an account that is not there, or a password that will not do
│   │   └── SignInError       a wrong name or password, or too many of them
│   ├── TrainingError         a recipe or a dataset that cannot train a model
│   ├── EvaluationError       nothing to score, or references that do not fit
│   ├── AliasError            a name that serves no model, or a model that may not serve
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


class GatewayError(UserError):
    """A request that the one door out refused, or that failed behind it.

    `rule` is the rule that refused; `command` is the command line that would change it, empty where there is none.
    """

    rule: ClassVar[str] = "gateway"

    def __init__(self, message: str, *, command: str = "", hint: str | None = None) -> None:
        said = [hint] if hint else []
        if command:
            said.append(f"the rule is {self.rule!r}; to change it: {command}")
        super().__init__(message, hint="\n  ".join(said) or None)
        self.command = command


class OfflineError(GatewayError):
    """Idiolect is told to stay offline."""

    rule = "offline"


class DestinationError(GatewayError):
    """An address that is not allowed, or not what it was said to be."""

    rule = "destination"


class SensitivityError(GatewayError):
    """Audio or text that may not travel that far."""

    rule = "sensitivity"


class PriceError(GatewayError):
    """A price that is not known, or a row of prices without sense."""

    rule = "price"


class BudgetError(GatewayError):
    """A cap that does not cover the forecast, or a run that nobody confirmed."""

    rule = "budget"


class SecretError(GatewayError):
    """A key that is not there, or lies where others can read it."""

    rule = "keys"


class SentBeforeError(GatewayError):
    """A request that was paid for, or may have been: it is not sent again."""

    rule = "once"


class AnswerError(GatewayError):
    """A request that got no usable answer. `status` is None where there was no answer at all.

    absent: nobody could be reached there, so that nothing was sent.
    """

    rule = "answer"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        absent: bool = False,
        command: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, command=command, hint=hint)
        self.status = status
        self.absent = absent


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


class JobError(UserError):
    """A job that is not there, or is no command."""


class ConflictError(UserError):
    """What cannot be done while something else is under way, or since somebody else was there first."""


class AccountError(UserError):
    """An account that is not there, or a password that will not do."""


class SignInError(AccountError):
    """A wrong name or password; `wait`: seconds until the next try, where there were too many."""

    def __init__(self, message: str, *, hint: str | None = None, wait: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


class TrainingError(UserError):
    """A recipe or a dataset that cannot train a model."""


class EvaluationError(UserError):
    """Nothing to score, or references that do not fit."""


class AliasError(UserError):
    """A name that serves no model, or a model that may not serve."""


class ExportError(UserError):
    """A bundle that was not written."""


class ParityError(ExportError):
    """A bundle that is worse than the checkpoint it was made from."""


class InterruptedWork(UserError):  # noqa: N818 - nothing went wrong
    """The user pressed Ctrl-C; what was committed stays."""

    exit_code: ClassVar[int] = 130
