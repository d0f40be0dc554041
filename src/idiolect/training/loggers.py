"""Where a run writes its numbers: always ``history.jsonl``; TensorBoard or MLflow where the user wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from idiolect.errors import MissingExtraError, TrainingError

if TYPE_CHECKING:
    from idiolect.training.dev import Heard

LOGGERS = ("tensorboard", "mlflow")


class Logger(Protocol):
    """Takes numbers by step."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """The numbers of one step."""
        ...

    def close(self) -> None:
        """No more numbers come."""
        ...


class History:
    """``history.jsonl``: one JSON object per line. Rows after `step` (of a run that was killed) are dropped."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.path = folder / "history.jsonl"
        kept = [row for row in self.rows() if row["step"] <= step]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")

    def rows(self) -> list[dict[str, Any]]:
        """What was logged so far; a line that a kill cut is left out."""
        return self.read(self.path.parent)

    @staticmethod
    def read(folder: Path) -> list[dict[str, Any]]:
        """What was logged in `folder` so far, by a run that may be under way."""
        path = folder / "history.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add one line."""
        self._add({"step": step, **values})

    def look(self, step: int, heard: Sequence[Heard], joules: Mapping[str, float]) -> None:
        """Add what the model hears now in a few clips, and the energy so far where it is known."""
        self._add(
            {"step": step, "samples": [asdict(one) for one in heard], **({"joules": dict(joules)} if joules else {})}
        )

    def _add(self, row: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Nothing is open."""


class TensorBoard:
    """Event files in ``tensorboard/`` beside the checkpoint."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError("the TensorBoard logger", "tensorboard") from error
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """One scalar each."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class MLflow:
    """A run of MLflow, where its environment variables say."""

    def __init__(self, folder: Path) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise MissingExtraError("the MLflow logger", "mlflow") from error
        self._mlflow: Any = mlflow
        mlflow.start_run(run_name=folder.name)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """One metric each."""
        self._mlflow.log_metrics(dict(values), step=step)

    def close(self) -> None:
        """End the run."""
        self._mlflow.end_run()


def make_loggers(names: Sequence[str | Logger], folder: Path) -> list[Logger]:
    """Loggers by name, or as they are. Raises `TrainingError` for an unknown name."""
    made: list[Logger] = []
    for name in names:
        if not isinstance(name, str):
            made.append(name)
        elif name == "tensorboard":
            made.append(TensorBoard(folder))
        elif name == "mlflow":
            made.append(MLflow(folder))
        else:
            raise TrainingError(f"there is no logger {name!r}", hint=f"known: {', '.join(LOGGERS)}")
    return made
