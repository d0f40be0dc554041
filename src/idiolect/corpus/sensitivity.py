"""How far recordings may travel: read for the gateway, changed by a person."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from idiolect.corpus import recordings, summaries, tables
from idiolect.corpus.recordings import ClipFilter
from idiolect.corpus.values import Sensitivity

_AT_ONCE = 500


def of_clips(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, Sensitivity]:
    """The sensitivity of each clip that is in the store."""
    found: dict[str, Sensitivity] = {}
    for start in range(0, len(clip_ids), _AT_ONCE):
        some = clip_ids[start : start + _AT_ONCE]
        joined = sa.select(tables.clip.c.id, tables.recording.c.sensitivity).join(tables.recording)
        for row in connection.execute(joined.where(tables.clip.c.id.in_(some))):
            found[row.id] = Sensitivity(row.sensitivity)
    return found


def change(
    connection: sa.Connection,
    to: Sensitivity,
    which: ClipFilter | None = None,
    *,
    ids: Sequence[str] = (),
    dry_run: bool = False,
) -> int:
    """Give the recordings of the clips that fit, or of those `ids` (or beginnings of them), a sensitivity.

    A recording has one sensitivity: that of one clip of it is that of all. How many recordings changed, or with
    `dry_run` would. Raises `CorpusError` for an unknown id.
    """
    clips = [recordings.clip(connection, one) for one in ids] if ids else recordings.clips(connection, which)
    wanted = sorted({clip.recording.id for clip in clips if clip.recording.sensitivity != to})
    if not dry_run:
        for start in range(0, len(wanted), _AT_ONCE):
            some = tables.recording.c.id.in_(wanted[start : start + _AT_ONCE])
            connection.execute(sa.update(tables.recording).where(some).values(sensitivity=to))
        summaries.follow(connection, wanted)
    return len(wanted)
