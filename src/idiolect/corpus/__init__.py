"""The store: recordings, clips, labels, datasets. The only room with SQL."""

from idiolect.corpus.bulk import BulkAction
from idiolect.corpus.checking import Violation
from idiolect.corpus.clip_map import ClipMap, make_map, read_map
from idiolect.corpus.datasets import DatasetRecord
from idiolect.corpus.exporters import export_dataset
from idiolect.corpus.finding import ClipQuery, FoundClip, Listing, Page
from idiolect.corpus.forgetting import Forgotten
from idiolect.corpus.freezing import FreezeOptions
from idiolect.corpus.importers import Entry, Skip, find_entries
from idiolect.corpus.importing import ImportReport, import_entries
from idiolect.corpus.intake import ImportOptions
from idiolect.corpus.leaks import Leak
from idiolect.corpus.leases import LEASE, Leased, Sitting, Taken
from idiolect.corpus.ledger import Before, Ledger, LedgerRow, NewRow, Over, State
from idiolect.corpus.marks import MARKS, Mark, MarkName
from idiolect.corpus.models import EvaluationItem, EvaluationRecord, ModelRecord
from idiolect.corpus.preview import Account, Preview, account_of
from idiolect.corpus.recordings import ClipFilter
from idiolect.corpus.reviewing import ADJUDICATION, ANSWERS, Action, NewReview, Review, Reviews, Tally
from idiolect.corpus.speakers import SpeakerAccount, Travels
from idiolect.corpus.splits import Shares
from idiolect.corpus.store import Corpus
from idiolect.corpus.summary import Amount, Summary
from idiolect.corpus.uploads import Uploaded, Uploads
from idiolect.corpus.values import (
    SPLITS,
    AudioFile,
    Clip,
    Dataset,
    DatasetItem,
    GroupBy,
    Label,
    NewLabel,
    Purpose,
    Recording,
    Sensitivity,
    SourceKind,
    Split,
    WordTime,
)
from idiolect.corpus.voices import ClipVoices, find_voices, unnamed
from idiolect.corpus.votes import Choice, Vote, VoteKind

__all__ = [
    "ADJUDICATION",
    "ANSWERS",
    "LEASE",
    "MARKS",
    "SPLITS",
    "Account",
    "Action",
    "Amount",
    "AudioFile",
    "Before",
    "BulkAction",
    "Choice",
    "Clip",
    "ClipFilter",
    "ClipMap",
    "ClipQuery",
    "ClipVoices",
    "Corpus",
    "Dataset",
    "DatasetItem",
    "DatasetRecord",
    "Entry",
    "EvaluationItem",
    "EvaluationRecord",
    "Forgotten",
    "FoundClip",
    "FreezeOptions",
    "GroupBy",
    "ImportOptions",
    "ImportReport",
    "Label",
    "Leak",
    "Leased",
    "Ledger",
    "LedgerRow",
    "Listing",
    "Mark",
    "MarkName",
    "ModelRecord",
    "NewLabel",
    "NewReview",
    "NewRow",
    "Over",
    "Page",
    "Preview",
    "Purpose",
    "Recording",
    "Review",
    "Reviews",
    "Sensitivity",
    "Shares",
    "Sitting",
    "Skip",
    "SourceKind",
    "SpeakerAccount",
    "Split",
    "State",
    "Summary",
    "Taken",
    "Tally",
    "Travels",
    "Uploaded",
    "Uploads",
    "Violation",
    "Vote",
    "VoteKind",
    "WordTime",
    "account_of",
    "export_dataset",
    "find_entries",
    "find_voices",
    "import_entries",
    "make_map",
    "read_map",
    "unnamed",
]
