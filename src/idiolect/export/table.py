"""The formats: name to writer. Strings, so that listing them loads nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class Writer(Protocol):
    """One family of formats. A writer writes into a folder that is there and empty; `export` does the rest."""

    def __call__(self, checkpoint: Path, out: Path, *, int8: bool) -> Mapping[str, Any]:
        """Write the weights of `checkpoint` and what the engine needs beside them into `out`.

        Returns what ``bundle.json`` shall hold, JSON values: at least ``engine`` (the row in `engines.table` that runs
        the bundle) and ``family``. Raises `ExportError` for what it cannot write.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format as the table knows it."""

    target: str
    """``module:function``, a `Writer`."""
    families: tuple[str, ...]
    """The families of checkpoints that it can write."""
    about: str
    int8: bool = False
    extra: str | None = None


FORMATS: dict[str, Format] = {
    "onnx": Format("idiolect.export.onnx:write", ("nano", "ctc"), "ONNX, 32 bit", extra="export"),
    "onnx-int8": Format(
        "idiolect.export.onnx:write",
        ("nano", "ctc"),
        "ONNX with the matrix products in 8 bit: a third of the size, twice the speed",
        int8=True,
        extra="export",
    ),
    "onnx-w8": Format(
        "idiolect.export.onnx:write_w8",
        ("nano", "ctc"),
        "ONNX with weights stored in 8 bit, computed in 32: a third of the size, hears as in 32 bit",
        extra="export",
    ),
    "ctranslate2": Format(
        "idiolect.export.whisper:write", ("seq2seq",), "Whisper for CTranslate2, 32 bit", extra="faster-whisper"
    ),
    "ctranslate2-int8": Format(
        "idiolect.export.whisper:write",
        ("seq2seq",),
        "Whisper for CTranslate2, 8 bit",
        int8=True,
        extra="faster-whisper",
    ),
    "transformers": Format(
        "idiolect.export.merged:write", ("ctc", "seq2seq"), "a transformers folder, the adapter merged", extra="train"
    ),
}
