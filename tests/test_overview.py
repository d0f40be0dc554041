"""Where the loop stands, and what comes next."""

from __future__ import annotations

import pytest

from idiolect.corpus import Amount, Summary
from idiolect.overview import ENOUGH_REVIEWED, next_step
from idiolect.units import Seconds


def amounts(recorded=0, labelled=0, reviewed=0, synthetic=0):
    some = [Amount(clips, Seconds(3.0 * clips)) for clips in (recorded, synthetic, labelled, reviewed, 0)]
    return Summary(*some, speakers=1, recordings=recorded, by_source={})


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ((amounts(), [], [], 0, []), "idiolect import AUDIO"),
        ((amounts(100), [], [], 0, []), "idiolect label"),
        ((amounts(100, 100), [], [], 0, []), "idiolect review"),
        ((amounts(100, 100, ENOUGH_REVIEWED), [], [], 0, []), "idiolect freeze"),
        ((amounts(5, 5, 5), [], [], 0, []), "idiolect freeze"),
        ((amounts(0, 0, 0, synthetic=40), [], [], 0, []), "idiolect freeze"),
        ((amounts(100, 100, 3), ["d"], [], 0, []), "idiolect train"),
        ((amounts(100, 100, 3), ["d"], ["m"], 0, []), "idiolect evaluate"),
        ((amounts(100, 100, 3), ["d"], ["m"], 1, []), "idiolect export"),
        ((amounts(100, 100, 3), ["d"], ["m"], 1, ["b"]), "idiolect review"),
        ((amounts(100, 100, 100), ["d"], ["m"], 1, ["b"]), "idiolect serve --model b"),
    ],
)
def test_the_next_step_walks_the_loop(state, expected):
    assert next_step(*state).command == expected
