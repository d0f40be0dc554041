"""One row for each clip with all that finding filters by, kept right by whatever writes clips, labels or tags.

A query over a million clips cannot look into three million labels; nor can SQL say how far two texts differ. So what is
derived from the labels of a clip is computed when they are written, for that clip alone (`bench/find.py` prints what
both cost). Nothing here is known that is not in other tables: `rebuild` makes all rows anew, and `differences`, asked
by ``idiolect check``, finds those that are not what they should be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.tables import clip_summary, meta
from idiolect.corpus.values import Purpose, SourceKind
from idiolect.text import basic_v1

RULE = "summary.v1"
"""What the rows of a store were made by; where it is another one, all are made anew."""
VOTE = "vote"
"""The source that stands before the engines it was made of, as in a review."""
BETWEEN = ";"
"""Stands before, between and after the names in ``sources`` and ``tags``: a name is found with it on both sides."""
_AT_ONCE = 500

_OF_RECORDING = ("speaker", "session", "collection", "language", "device", "sensitivity", "synthetic")
_OF_LABELS = (
    *("confidence", "disagreement", "teachers", "labels", "reviewed"),
    *("kind", "source", "sources", "tags", "said", "text"),
)
_QUALITY = {"snr": "snr", "level": "rms", "clipping": "clipping", "speech": "speech"}
"""Our columns, by the names that `audio.quality` gives."""
_READ = ("id", "clip_id", "kind", "source", "text", "confidence", "purpose", "silver")


def add(
    connection: sa.Connection, clip_id: str, recording_id: str, duration: float, quality: Mapping[str, Any]
) -> None:
    """The row of a clip that was just added, and has no label yet."""
    recording = tables.recording.c
    values: dict[str, Any] = {"clip_id": clip_id, "recording_id": recording_id, "duration": duration}
    values |= {ours: quality.get(theirs) for ours, theirs in _QUALITY.items()}
    values |= of_labels([], [])
    said = {name: sa.literal(value, clip_summary.c[name].type) for name, value in values.items()}
    columns = [*said, *_OF_RECORDING]
    source = sa.select(*said.values(), *(recording[name] for name in _OF_RECORDING)).where(recording.id == recording_id)
    connection.execute(sa.insert(clip_summary).from_select(columns, source))


def refresh(connection: sa.Connection, clip_ids: Iterable[str]) -> None:
    """Bring the rows of these clips up to what their labels and tags say now."""
    wanted = sorted(set(clip_ids))
    statement = (
        sa.update(clip_summary)
        .where(clip_summary.c.clip_id == sa.bindparam("of_clip"))
        .values({name: sa.bindparam(name) for name in _OF_LABELS})
    )
    for start in range(0, len(wanted), _AT_ONCE):
        found = _computed(connection, wanted[start : start + _AT_ONCE])
        connection.execute(statement, [{"of_clip": clip_id, **values} for clip_id, values in found.items()])


def retag(connection: sa.Connection, clip_ids: Sequence[str]) -> None:
    """Bring the rows of these clips up to the tags that they have now; cheaper than `refresh`."""
    statement = sa.update(clip_summary).where(clip_summary.c.clip_id == sa.bindparam("of_clip"))
    for start in range(0, len(clip_ids), _AT_ONCE):
        some = clip_ids[start : start + _AT_ONCE]
        values = [{"of_clip": clip_id, "tags": joined(names)} for clip_id, names in _tags(connection, some).items()]
        connection.execute(statement.values(tags=sa.bindparam("tags")), values)


def follow(connection: sa.Connection, recording_ids: Sequence[str]) -> None:
    """Bring the rows of the clips of these recordings up to what is known of the recordings now."""
    recording = tables.recording.c
    values = {
        name: sa.select(recording[name]).where(recording.id == clip_summary.c.recording_id).scalar_subquery()
        for name in _OF_RECORDING
    }
    for start in range(0, len(recording_ids), _AT_ONCE):
        some = clip_summary.c.recording_id.in_(recording_ids[start : start + _AT_ONCE])
        connection.execute(sa.update(clip_summary).where(some).values(values))


def of_labels(labels: Sequence[Any], tags: Iterable[str]) -> dict[str, Any]:
    """What the labels of one clip (rows with `_READ`, oldest first) and its tags come to.

    text, source, kind: the newest text of a person, else a silver one, else of the synthesis, else the vote, else the
    surest engine. confidence: of the vote, else the surest engine, whoever has the text. disagreement: the mean, over
    pairs of engines, of words to change by words of the longer text; None below two engines.
    """
    usable = [one for one in labels if one.text is not None and one.purpose in (Purpose.TRAINING, Purpose.SCORING)]
    people = [one for one in usable if one.kind == SourceKind.HUMAN]
    heard = {one.source: one for one in usable if one.kind == SourceKind.ENGINE and one.purpose == Purpose.TRAINING}
    machine = max(heard.values(), key=_sureness, default=None)
    certain = [one for one in people if not one.silver]
    spoken = [one for one in usable if one.kind == SourceKind.SYNTHESIS]
    shown = next((some[-1] for some in (certain, people, spoken) if some), machine)
    teachers = [one for one in heard.values() if one.source != VOTE]
    return {
        "confidence": None if machine is None else machine.confidence,
        "disagreement": _disagreement([(one.text or "") for one in teachers]),
        "teachers": len(teachers),
        "labels": len(labels),
        "reviewed": bool(certain),
        "kind": None if shown is None else str(shown.kind),
        "source": None if shown is None else shown.source,
        "sources": joined(one.source for one in labels),
        "tags": joined(tags),
        "said": None if shown is None else basic_v1(shown.text),
        "text": None if shown is None else shown.text,
    }


def joined(names: Iterable[str]) -> str:
    """Names as they stand in a column: ``;a;b;``, sorted; nothing where there is none."""
    found = sorted(set(names))
    return f"{BETWEEN}{BETWEEN.join(found)}{BETWEEN}" if found else ""


def ensure(connection: sa.Connection) -> None:
    """Make all rows where they were never made, or by another rule."""
    known = connection.execute(sa.select(meta.c.value).where(meta.c.key == "summaries")).scalar()
    if known != RULE:
        rebuild(connection)
        connection.execute(sa.delete(meta).where(meta.c.key == "summaries"))
        connection.execute(sa.insert(meta).values(key="summaries", value=RULE))


def rebuild(connection: sa.Connection) -> int:
    """Make all rows anew, in the order of import; how many."""
    connection.execute(sa.delete(clip_summary))
    count = 0
    for rows in _batches(connection):
        connection.execute(sa.insert(clip_summary), rows)
        count += len(rows)
    return count


def differences(connection: sa.Connection) -> Iterator[str]:
    """The clips whose row is missing or says something else than their recording, labels and tags."""
    for rows in _batches(connection):
        ids = [row["clip_id"] for row in rows]
        query = sa.select(clip_summary).where(clip_summary.c.clip_id.in_(ids))
        there = {row["clip_id"]: dict(row) for row in connection.execute(query).mappings()}
        for row in rows:
            known = there.get(row["clip_id"], {})
            if any(known.get(name, known) != value for name, value in row.items()):
                yield row["clip_id"]


def _batches(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """All rows as they should be, some at a time, in the order of import."""
    clip, recording = tables.clip.c, tables.recording.c
    query = sa.select(clip.id).join(tables.recording).order_by(recording.imported_at, recording.id, clip.start, clip.id)
    ids = list(connection.execute(query).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        joined_ = sa.select(
            clip.id, clip.recording_id, clip.start, clip.end, clip.quality, *(recording[name] for name in _OF_RECORDING)
        ).join(tables.recording)
        about = {row.id: row for row in connection.execute(joined_.where(clip.id.in_(some)))}
        derived = _computed(connection, some)
        yield [_row(about[clip_id]) | derived[clip_id] for clip_id in some]


def _row(about: Any) -> dict[str, Any]:
    values = {"clip_id": about.id, "recording_id": about.recording_id, "duration": about.end - about.start}
    values |= {ours: about.quality.get(theirs) for ours, theirs in _QUALITY.items()}
    return values | {name: getattr(about, name) for name in _OF_RECORDING}


def _computed(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    label = tables.label.c
    claims = defaultdict(list)
    stands = ~sa.exists().where(tables.withdrawal.c.label_id == label.id)  # what its person took back says nothing
    query = sa.select(*(label[name] for name in _READ)).where(label.clip_id.in_(clip_ids), stands)
    for row in connection.execute(query.order_by(label.id)):
        claims[row.clip_id].append(row)
    tags = _tags(connection, clip_ids)
    return {clip_id: of_labels(claims[clip_id], tags[clip_id]) for clip_id in clip_ids}


def _tags(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, list[str]]:
    tag = tables.clip_tag.c
    found: dict[str, list[str]] = {clip_id: [] for clip_id in clip_ids}
    for row in connection.execute(sa.select(tag.clip_id, tag.name).where(tag.clip_id.in_(clip_ids))):
        found[row.clip_id].append(row.name)
    return found


def _sureness(label: Any) -> tuple[bool, float, int]:
    """A vote first, then the surest, then the newest; one that does not say counts as half sure, as in a review."""
    return (label.source == VOTE, 0.5 if label.confidence is None else label.confidence, label.id)


def _disagreement(texts: Sequence[str]) -> float | None:
    if len(texts) < 2:
        return None
    from rapidfuzz.distance import Levenshtein

    words = [basic_v1(text).split() for text in texts]
    pairs = [Levenshtein.normalized_distance(a, b) for a, b in combinations(words, 2)]
    return round(sum(pairs) / len(pairs), 4)
