"""Arrays as the compiled search takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def fixed(values: ArrayLike, kind: str) -> Any:
    """A contiguous array of this kind (``i4``, ``f4``, ``?``) that can only be read.

    numba compiles a function for each kind of array that it meets, and a writable one is another kind.
    """
    made = np.array(values, dtype=kind)
    made.flags.writeable = False
    return made
