"""The store: recordings, clips, labels, datasets. The only room with SQL."""

from idiolect.corpus.checking import Violation
from idiolect.corpus.datasets import DatasetRecord
from idiolect.corpus.exporters import export_dataset
from idiolect.corpus.forgetting import Forgotten
from idiolect.corpus.freezing import FreezeOptions
from idiolect.corpus.importers import Entry, Skip, find_entries
from idiolect.corpus.importing import ImportReport, import_entries
from idiolect.corpus.intake import ImportOptions
from idiolect.corpus.leaks import Leak
from idiolect.corpus.ledger import Before, Ledger, LedgerRow, NewRow, Over, State
from idiolect.corpus.models import EvaluationItem, EvaluationRecord, ModelRecord
from idiolect.corpus.preview import Account, Preview, account_of
from idiolect.corpus.recordings import ClipFilter
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
    "SPLITS",
    "Account",
    "Amount",
    "AudioFile",
    "Before",
    "Choice",
    "Clip",
    "ClipFilter",
    "ClipVoices",
    "Corpus",
    "Dataset",
    "DatasetItem",
    "DatasetRecord",
    "Entry",
    "EvaluationItem",
    "EvaluationRecord",
    "Forgotten",
    "FreezeOptions",
    "GroupBy",
    "ImportOptions",
    "ImportReport",
    "Label",
    "Leak",
    "Ledger",
    "LedgerRow",
    "ModelRecord",
    "NewLabel",
    "NewRow",
    "Over",
    "Preview",
    "Purpose",
    "Recording",
    "Sensitivity",
    "Shares",
    "Skip",
    "SourceKind",
    "SpeakerAccount",
    "Split",
    "State",
    "Summary",
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
    "unnamed",
]
