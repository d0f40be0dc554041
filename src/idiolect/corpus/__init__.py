"""The store: recordings, clips, labels, datasets. The only room with SQL."""

from idiolect.corpus.checking import Violation
from idiolect.corpus.exporters import export_dataset
from idiolect.corpus.forgetting import Forgotten
from idiolect.corpus.freezing import FreezeOptions
from idiolect.corpus.importers import Entry, Skip, find_entries
from idiolect.corpus.importing import ImportReport, import_entries
from idiolect.corpus.intake import ImportOptions
from idiolect.corpus.ledger import Before, Ledger, LedgerRow, NewRow, Over, State
from idiolect.corpus.models import EvaluationItem, EvaluationRecord, ModelRecord
from idiolect.corpus.recordings import ClipFilter
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

__all__ = [
    "SPLITS",
    "Amount",
    "AudioFile",
    "Before",
    "Clip",
    "ClipFilter",
    "ClipVoices",
    "Corpus",
    "Dataset",
    "DatasetItem",
    "Entry",
    "EvaluationItem",
    "EvaluationRecord",
    "Forgotten",
    "FreezeOptions",
    "GroupBy",
    "ImportOptions",
    "ImportReport",
    "Label",
    "Ledger",
    "LedgerRow",
    "ModelRecord",
    "NewLabel",
    "NewRow",
    "Over",
    "Purpose",
    "Recording",
    "Sensitivity",
    "Shares",
    "Skip",
    "SourceKind",
    "Split",
    "State",
    "Summary",
    "Uploaded",
    "Uploads",
    "Violation",
    "WordTime",
    "export_dataset",
    "find_entries",
    "find_voices",
    "import_entries",
    "unnamed",
]
