"""`Corpus`: the front of the store. Each call is one transaction; the work is in the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from idiolect.corpus import (
    bulk,
    datasets,
    finding,
    labels,
    models,
    recordings,
    sensitivity,
    speakers,
    summaries,
    tables,
    voices,
)
from idiolect.corpus import votes as arena
from idiolect.corpus.accounts import Accounts
from idiolect.corpus.audio_files import AudioFiles
from idiolect.corpus.bulk import BulkAction
from idiolect.corpus.checking import Violation, check
from idiolect.corpus.database import Database
from idiolect.corpus.datasets import DatasetRecord
from idiolect.corpus.finding import ClipQuery, FoundClip, Page, listing
from idiolect.corpus.finding.known_values import values_of
from idiolect.corpus.forgetting import Forgotten, forget, set_consent
from idiolect.corpus.freezing import FreezeOptions, freeze, plan
from idiolect.corpus.ledger import Ledger
from idiolect.corpus.models import EvaluationItem, EvaluationRecord, ModelRecord
from idiolect.corpus.preview import Preview, preview_of
from idiolect.corpus.recordings import ClipFilter
from idiolect.corpus.reviewing import Reviews
from idiolect.corpus.speakers import SpeakerAccount, Travels
from idiolect.corpus.summary import Summary, summary
from idiolect.corpus.values import (
    AudioFile,
    Clip,
    Dataset,
    Label,
    NewLabel,
    Purpose,
    Recording,
    Sensitivity,
    SourceKind,
)
from idiolect.corpus.votes import Vote, VoteKind
from idiolect.units import Samples


class Corpus:
    """Recordings, clips, labels and datasets of one project. Make it with `create` or `open`; close it."""

    def __init__(self, folder: Path, database: Database, audio: AudioFiles) -> None:
        self.folder = folder
        self.database = database
        self.audio = audio
        self.ledger = Ledger(database)
        self.reviews = Reviews(database)
        self.listings = finding.Listings(database)
        self.accounts = Accounts(database)

    @classmethod
    def create(cls, folder: Path, url: str | None = None, *, audio: str | None = None) -> Corpus:
        """A new store in `folder`. Raises `CorpusError` where one is already.

        url: an SQLAlchemy URL of a database, in place of ``idiolect.db`` in the folder.
        audio: an fsspec URL that audio is copied to, in place of the folder.
        """
        database = Database.create(folder, url)
        if audio is not None:
            database.put("audio", audio)
        return cls(folder, database, AudioFiles(audio or folder))

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Corpus:
        """The store in `folder`, brought to this version. Raises `CorpusError` where there is none, or a newer one."""
        database = Database.open(folder, url)
        return cls(folder, database, AudioFiles(database.get("audio") or folder))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def speakers(self) -> list[str]:
        """The names of all who are known, in order."""
        with self.database.read() as connection:
            return recordings.speakers(connection)

    def collections(self) -> list[str]:
        """The names of the imports, in order."""
        with self.database.read() as connection:
            return recordings.collections(connection)

    def recordings(self) -> list[Recording]:
        """All recordings."""
        with self.database.read() as connection:
            return recordings.recordings(connection)

    def clips(self, which: ClipFilter | None = None) -> list[Clip]:
        """The clips that fit, by recording and start."""
        with self.database.read() as connection:
            return recordings.clips(connection, which)

    def clip(self, clip_id: str) -> Clip:
        """The clip of that id or beginning of one. Raises `CorpusError`."""
        with self.database.read() as connection:
            return recordings.clip(connection, clip_id)

    def clips_of(self, clip_ids: Sequence[str]) -> dict[str, Clip]:
        """Those of these clips that are in the store, by id, in the order they were asked for."""
        with self.database.read() as connection:
            return recordings.clips_of(connection, clip_ids)

    def find(self, query: ClipQuery | str, after: str | None = None, limit: int = 100) -> Page:
        """The clips that fit, some at a time; see `finding.ClipQuery`. Raises `CorpusError` for what has no sense."""
        with self.database.read() as connection:
            return listing.find(connection, _query(query), after, limit)

    def count(self, query: ClipQuery | str = "") -> int:
        """How many clips fit. Raises `CorpusError`."""
        with self.database.read() as connection:
            return listing.count_of(connection, _query(query))

    def clip_ids(self, query: ClipQuery | str = "") -> list[str]:
        """The ids of all that fit, in order. Raises `CorpusError`."""
        return self.listings.ids(self.listings.new(_query(query)))

    def values_of(self, field: str) -> list[str]:
        """Values to choose from for a field of a query; none where it has too many, or is a number."""
        with self.database.read() as connection:
            return values_of(connection, field)

    def found(self, clip_ids: Sequence[str]) -> list[FoundClip]:
        """These clips as a list shows them; an unknown one is left out."""
        with self.database.read() as connection:
            return listing.by_id(connection, clip_ids)

    def act(self, what: str, value: str, clip_ids: Sequence[str], *, person: str, query: str = "") -> BulkAction:
        """Tag clips or say how far they may travel, all at once; see `bulk.act`. Raises `CorpusError`."""
        with self.database.write() as connection:
            return bulk.act(connection, what, value, clip_ids, person=person, query=query)

    def undo(self, action: int, *, person: str) -> BulkAction:
        """Take such an action back; see `bulk.undo`. Raises `CorpusError`."""
        with self.database.write() as connection:
            return bulk.undo(connection, action, person=person)

    def actions(self, limit: int = 50) -> list[BulkAction]:
        """What was done to many clips at once, the newest first."""
        with self.database.read() as connection:
            return bulk.actions(connection, limit=limit)

    def tags(self) -> dict[str, int]:
        """How many clips have each tag."""
        with self.database.read() as connection:
            return bulk.tags(connection)

    def rebuild_summaries(self) -> int:
        """Make anew what finding filters by; how many clips."""
        with self.database.write() as connection:
            return summaries.rebuild(connection)

    def samples(self, clip: Clip) -> Samples:
        """What is heard in the clip: float32 ``(n,)``, mono, 16 kHz, in [-1, 1]. Raises `AudioError`."""
        return self.audio.read(clip.recording, clip.start, clip.end)

    def audio_file(self, clip: Clip) -> AudioFile:
        """The file and stretch of the clip, for players. Raises `CorpusError` where it lies in a bucket."""
        return self.audio.local(clip)

    def add_labels(self, new: Sequence[NewLabel]) -> list[int]:
        """Add claims in one transaction and return their ids; see `labels.add_labels`. Raises `CorpusError`."""
        with self.database.write() as connection:
            return labels.add_labels(connection, new)

    def labels(
        self,
        clip_id: str | None = None,
        source: str | None = None,
        kind: SourceKind | None = None,
        purpose: Purpose | None = None,
        *,
        withdrawn: bool = False,
    ) -> list[Label]:
        """The claims that fit, oldest first; without those that their person took back, unless `withdrawn`."""
        with self.database.read() as connection:
            return labels.labels(connection, clip_id, source, kind, purpose, withdrawn=withdrawn)

    def labels_of(self, clip_ids: Sequence[str]) -> dict[str, list[Label]]:
        """The claims that stand of each of these clips, oldest first."""
        with self.database.read() as connection:
            return labels.labels_of(connection, clip_ids)

    def done(self, source: str, version: str, parameters: Mapping[str, Any]) -> set[str]:
        """The ids of the clips that this source, in this version and with these parameters, has labeled."""
        with self.database.read() as connection:
            return labels.done(connection, source, version, parameters)

    def reference(self, clip_id: str) -> Label | None:
        """The newest text that a person claims for the clip."""
        with self.database.read() as connection:
            return labels.reference(connection, clip_id)

    def freeze(self, name: str, options: FreezeOptions | None = None) -> Dataset:
        """Freeze what is labeled now. Raises `LeakError`, and `CorpusError` where there is nothing to learn."""
        return freeze(self.database, self.folder, name, options or FreezeOptions())

    def preview(self, options: FreezeOptions | None = None) -> Preview:
        """What `freeze` would freeze, what it would leave out and refuse; nothing is written."""
        with self.database.read() as connection:
            return preview_of(plan(connection, options or FreezeOptions()))

    def dataset_records(self) -> list[DatasetRecord]:
        """All datasets without their items, newest first."""
        with self.database.read() as connection:
            return datasets.records(connection)

    def dataset(self, wanted: str | None = None) -> Dataset:
        """The dataset of that name, id or beginning of an id; None: the one frozen last. Raises `CorpusError`."""
        with self.database.read() as connection:
            return datasets.dataset(connection, wanted)

    def datasets(self) -> list[Dataset]:
        """All datasets, oldest first."""
        with self.database.read() as connection:
            return datasets.datasets(connection)

    def dataset_names(self) -> dict[str, str]:
        """The id that each name of a dataset means now, oldest name first."""
        with self.database.read() as connection:
            return datasets.names(connection)

    def add_model(self, record: ModelRecord) -> str:
        """Keep the record of a model, or bring it up to date. Raises `CorpusError` for an unknown dataset."""
        with self.database.write() as connection:
            return models.add_model(connection, record)

    def models(self) -> list[ModelRecord]:
        """All models, oldest first."""
        with self.database.read() as connection:
            return models.models(connection)

    def model(self, wanted: str) -> ModelRecord:
        """The model of that name, id or beginning of an id. Raises `CorpusError`."""
        with self.database.read() as connection:
            return models.model(connection, wanted)

    def add_evaluation(self, record: EvaluationRecord) -> str:
        """Keep an evaluation and return its id."""
        with self.database.write() as connection:
            return models.add_evaluation(connection, record)

    def evaluations(self) -> list[EvaluationRecord]:
        """All evaluations, oldest first."""
        with self.database.read() as connection:
            return models.evaluations(connection)

    def evaluation_heads(self, dataset_id: str | None = None, split: str | None = None) -> list[EvaluationRecord]:
        """The evaluations of that dataset and split, oldest first, without their items."""
        with self.database.read() as connection:
            return models.evaluation_heads(connection, dataset_id, split)

    def evaluation_items(self, evaluation_id: str, system: str) -> list[EvaluationItem]:
        """What one system heard in one evaluation, by clip id."""
        with self.database.read() as connection:
            return models.evaluation_items(connection, evaluation_id, system)

    def add_vote(self, vote: Vote) -> int:
        """Keep a vote of the blind arena; see `votes.add_vote`. Raises `CorpusError`."""
        with self.database.write() as connection:
            return arena.add_vote(connection, vote)

    def votes(self, kind: VoteKind | None = None, person: str | None = None) -> list[Vote]:
        """The votes that count, oldest first."""
        with self.database.read() as connection:
            return arena.votes(connection, kind, person)

    def check(self, *, audio: bool = True, **where: Any) -> list[Violation]:
        """Ask every promise of the store; `audio=False` does not read the audio files.

        where: `pool` and `processes`; see `checking.check`.
        """
        return check(self.database, self.audio, self.folder, read_audio=audio, **where)

    def name_sessions(self, sessions: Mapping[str, str]) -> int:
        """Name sessions of recordings without one, by id; see `voices.name_sessions`. Raises `CorpusError`."""
        with self.database.write() as connection:
            return voices.name_sessions(connection, sessions)

    def sensitivities(self, clip_ids: Sequence[str]) -> dict[str, Sensitivity]:
        """How far each of these clips may travel; a clip that is not in the store is not in the answer."""
        with self.database.read() as connection:
            return sensitivity.of_clips(connection, clip_ids)

    def set_sensitivity(
        self, to: Sensitivity, which: ClipFilter | None = None, *, ids: Sequence[str] = (), dry_run: bool = False
    ) -> int:
        """Say how far recordings may travel; see `sensitivity.change`. How many changed. Raises `CorpusError`."""
        with self.database.write() as connection:
            return sensitivity.change(connection, to, which, ids=ids, dry_run=dry_run)

    def speaker_accounts(self) -> tuple[SpeakerAccount, ...]:
        """What is held of each speaker, and what they said about it."""
        with self.database.read() as connection:
            return speakers.speakers(connection)

    def travels(self) -> dict[Sensitivity, Travels]:
        """How much may travel how far."""
        with self.database.read() as connection:
            return speakers.travels(connection)

    def set_consent(self, speaker: str, *, granted: bool = True, scope: str = "") -> None:
        """Note that a speaker gives or withdraws consent, for what. Withdrawing deletes nothing: `forget` does."""
        with self.database.write() as connection:
            set_consent(connection, speaker, granted=granted, scope=scope)

    def forget(self, speaker: str, *, dry_run: bool = False) -> Forgotten:
        """Remove a speaker's audio, clips and labels. Raises `CorpusError` for an unknown speaker."""
        return forget(self.database, self.audio, self.folder, speaker, dry_run=dry_run)

    def summary(self) -> Summary:
        """How much there is of everything, and how far it has come; see `corpus.Summary`."""
        with self.database.read() as connection:
            return summary(connection)

    def counts(self) -> dict[str, int]:
        """How many rows each table has, by its name."""
        shown = ("speaker", "recording", "clip", "label", "dataset", "model", "evaluation")
        with self.database.read() as connection:
            return {
                name: connection.execute(sa.select(sa.func.count()).select_from(tables.metadata.tables[name])).scalar()
                or 0
                for name in shown
            }


def _query(query: ClipQuery | str) -> ClipQuery:
    return ClipQuery.parse(query) if isinstance(query, str) else query
