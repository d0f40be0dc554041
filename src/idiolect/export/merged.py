"""A checkpoint as one `transformers` folder: the adapter, if any, merged into its base."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idiolect.engines import engine_of


def write(checkpoint: Path, out: Path, *, int8: bool) -> Mapping[str, Any]:
    """Write weights, configuration and processor as ``save_pretrained`` does. A `Writer`; there is no 8-bit form."""
    from idiolect.engines.pretrained import load

    del int8  # no row of the table asks for it
    loaded = load(checkpoint)
    loaded.model.save_pretrained(out)
    loaded.processor.save_pretrained(out)
    family = engine_of(checkpoint)
    return {"engine": family, "family": family, "model_type": loaded.model_type}
