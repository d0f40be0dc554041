"""The prices that one run goes by: the packaged rows, the project's own, and what the user said for this run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from idiolect.gateway.destinations import name_of, read_url, url_of
from idiolect.gateway.prices import Prices, given_price
from idiolect.progress import SILENT, Progress

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
