"""What one run opens the door with: the prices it goes by (packaged, the project's, the user's), and its caps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.errors import DestinationError, PriceError
from idiolect.gateway.destinations import name_of, read_url, url_of
from idiolect.gateway.prices import Prices, given_price
from idiolect.gateway.values import Usage
from idiolect.progress import SILENT, Progress
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway.door import Gateway

PAYING = ("cap", "assume_yes", "resend", "stated")
"""What a user says of paying, as `Gateway` takes it."""
FILE = "prices.toml"
"""The rows of a project, in its folder."""


def prices_of(
    folder: Path, *, server: str = "", model: str = "", price: str | None = None, progress: Progress = SILENT
) -> Prices:
    """What is known of prices in the project in `folder`.

    server, model: what the run will ask; an old row for it is told. price: what that costs, where no row says it
    (`given_price`).

    Raises `PriceError` for a file or a price that is none, `DestinationError` for a server that is none.
    """
    today = datetime.now(UTC).date()
    known = Prices.load(folder / FILE, today=today)
    if not server:
        return known
    where = name_of(read_url(url_of(server)))
    if price is not None:
        known = known.with_row(given_price(price, destination=where, model=model, today=today))
    row = known.find(where, model)
    if row is not None and (warning := row.warning(today)) is not None:
        progress.note(warning)
    return known


def hourly_prices(prices: Prices) -> Callable[[str, Mapping[str, Any]], float | None]:
    """What an hour of audio costs in dollars, by an engine's name and parameters.

    Nothing where it is heard on this machine; None where no row says it, or where it is charged by tokens.
    """

    def hourly(_engine: str, parameters: Mapping[str, Any]) -> float | None:
        if not parameters.get("url"):
            return 0.0
        try:
            row = prices.find(name_of(read_url(str(parameters["url"]))), str(parameters.get("model", "")))
            return None if row is None else row.cost(Usage(audio=Seconds(3600.0))).dollars
        except (DestinationError, PriceError):
            return None

    return hourly


@contextmanager
def paid_run(opened: Callable[..., Gateway], options: dict[str, Any]) -> Iterator[Gateway]:
    """The door that `opened` gives for what `options` has of `PAYING`, which is taken out of it.

    A run of the door's name that was killed goes on, and its cap with it; one that comes to its end is finished.
    """
    with closing(opened(**{name: options.pop(name) for name in PAYING if name in options})) as door:
        yield door
        door.close(finished=not options.get("dry_run"))
