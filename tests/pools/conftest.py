from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from idiolect.pools import PoolChoice


@pytest.fixture(scope="session")
def cluster():
    """A Ray cluster of two workers for all tests: who finds one open uses it, and leaves it open."""
    if find_spec("ray") is None:
        pytest.skip("needs the extra ray")
    with pytest.MonkeyPatch.context() as patch:
        # Workers of a cluster import `jobs` too.
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        with PoolChoice("ray").open(2) as opened:
            yield opened
