"""Read and write the safetensors format with numpy alone: small weights that the core install needs.

The format (huggingface.co/docs/safetensors): 8 bytes, little-endian, the length of a JSON header; the header gives each
tensor's type, shape and place; then the numbers. Nothing in it can run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import AudioError
from idiolect.files import whole_file

Array = NDArray[Any]

_TYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}


def read_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays by name, and the texts of the header's ``__metadata__``.

    Raises:
        AudioError: not such a file, or numbers of a type that is not written here.
    """
    content = path.read_bytes()
    try:
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        about = header.pop("__metadata__", {})
        return {name: _array(content[start:], row) for name, row in header.items()}, about
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AudioError(f"{path} is no safetensors file of ours: {error}") from error


def _array(numbers: bytes, row: Mapping[str, Any]) -> Array:
    begin, end = row["data_offsets"]
    kind = _TYPES[row["dtype"]]
    if end - begin != kind.itemsize * math.prod(row["shape"]) or not 0 <= begin <= end <= len(numbers):
        raise ValueError(f"{end - begin} bytes for {row['shape']}")
    return np.frombuffer(numbers[begin:end], dtype=kind).reshape(row["shape"])


def write_tensors(path: Path, arrays: Mapping[str, Array], about: Mapping[str, str]) -> None:
    """Write float16, float32, int64 and uint8 arrays, whole or not at all; the same input gives the same bytes."""
    names = {kind: name for name, kind in _TYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(sorted(about.items()))}
    place, parts = 0, []
    for name, array in sorted(arrays.items()):
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        parts.append(little.tobytes())
        header[name] = {
            "dtype": names[little.dtype],
            "shape": list(little.shape),
            "data_offsets": [place, place + len(parts[-1])],
        }
        place += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with whole_file(path) as temporary:
        temporary.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))
