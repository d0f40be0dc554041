"""What clips can be found by: one row a field. The help of the command and the form of the page are made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idiolect.corpus.marks import MARKS
from idiolect.corpus.values import SPLITS, Sensitivity, SourceKind

Kind = Literal[
    "text", "regex", "term", "word", "beginning", "listed", "choice", "number", "yes", "split", "error", "mark"
]


@dataclass(frozen=True, slots=True)
class Field:
    """kind: how a value is compared. column: of ``clip_summary``. about, example: for people."""

    kind: Kind
    column: str
    about: str
    example: str
    choices: tuple[str, ...] = ()


FIELDS: dict[str, Field] = {
    "text": Field("text", "said", "words or parts of words that are said, whatever their case", '"two coffees"'),
    "regex": Field("regex", "text", "a regular expression on the text as it is written", "/two (small|large) .*/"),
    "term": Field("term", "said", "a whole word, or several in a row", "term:mocha"),
    "speaker": Field("word", "speaker", "who speaks; * stands for any letters", "speaker:anna,ben"),
    "session": Field("word", "session", "the sitting", "session:monday"),
    "collection": Field("word", "collection", "the import it came with", "collection:barista"),
    "language": Field("word", "language", "the language of the recording", "language:en"),
    "device": Field("word", "device", "what it was recorded with", "device:phone"),
    "recording": Field("beginning", "recording_id", "the beginning of a recording's id", "recording:1a2b"),
    "id": Field("beginning", "clip_id", "the beginning of a clip's id", "id:1a2b3c"),
    "tag": Field("listed", "tags", "a tag that a person gave it", "tag:unsure"),
    "mark": Field("mark", "", "a mark from a review", "mark:unsure", MARKS),
    "source": Field("listed", "sources", "who made a label for it: a person, an engine", "source:sphinx"),
    "kind": Field(
        "choice",
        "kind",
        "whose text is shown: a person's, an engine's, or that of synthesis",
        "kind:engine",
        tuple(kind.value for kind in SourceKind),
    ),
    "sensitivity": Field(
        "choice", "sensitivity", "how far it may travel", "sensitivity:private", tuple(one.value for one in Sensitivity)
    ),
    "split": Field("split", "", "its side in the newest dataset, or in dataset:NAME", "split:test", SPLITS),
    "dataset": Field("split", "", "in this dataset", "dataset:first"),
    "error": Field("error", "", "a model got words of it wrong, or more than this share", "error:starter>20%"),
    "reviewed": Field("yes", "reviewed", "a person said what is spoken", "reviewed:no"),
    "synthetic": Field("yes", "synthetic", "a machine spoke it", "synthetic:no"),
    "snr": Field("number", "snr", "speech over noise, dB", "snr<10"),
    "level": Field("number", "level", "loudness, dB below full scale", "level<-40"),
    "clipping": Field("number", "clipping", "share of samples at full scale", "clipping>1%"),
    "speech": Field("number", "speech", "share of the clip in which somebody speaks", "speech<20%"),
    "duration": Field("number", "duration", "seconds", "duration:5..10"),
    "confidence": Field("number", "confidence", "how sure the vote or the best engine is, 0 to 1", "confidence<50%"),
    "disagreement": Field("number", "disagreement", "share of words on which engines differ", "disagreement>30%"),
    "teachers": Field("number", "teachers", "how many engines have labelled it", "teachers>=2"),
    "labels": Field("number", "labels", "how many labels it has", "labels:0"),
}
"""By the name that is typed."""

SORTS = ("number", "duration", "snr", "confidence", "disagreement", "speaker")
"""What has an index to be ordered by; ``number`` is the order of import."""
