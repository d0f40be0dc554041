"""Whether idiolect shall stay offline. The variable is hard: no setting and no argument lifts it."""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "IDIOLECT_OFFLINE"
_NO = {"", "0", "false", "no"}


def offline_asked(environment: Mapping[str, str] | None = None) -> bool:
    """Whether ``IDIOLECT_OFFLINE`` says so; ``idiolect --offline`` sets it, for child processes as well."""
    found = (os.environ if environment is None else environment).get(VARIABLE, "")
    return found.strip().lower() not in _NO
