"""A Whisper checkpoint as a bundle for CTranslate2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(checkpoint: Path, out: Path, *, int8: bool) -> Mapping[str, Any]:
    """Write what `faster-whisper` reads. A `Writer`."""
    from idiolect.export.ctranslate2 import convert

    convert(checkpoint, out, "int8" if int8 else "float32")
    return {"engine": "faster-whisper", "family": "seq2seq", "model_type": "whisper"}
