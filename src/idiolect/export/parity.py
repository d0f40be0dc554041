"""Does the bundle hear what the checkpoint hears?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from idiolect.corpus.values import DatasetItem
from idiolect.engines.protocol import Engine, Hypothesis
from idiolect.errors import ExportError, ParityError
from idiolect.evaluation import Counts, count_words
from idiolect.progress import SILENT, Progress
from idiolect.text import basic_v1
from idiolect.units import Samples


@dataclass(frozen=True, slots=True)
class Parity:
    """The same clips through both.

    checkpoint, bundle: WER against the references, None where no reference has a word; disagreement: WER of the bundle
    against the checkpoint's texts; commands_differ: share of clips with another intent or other slots; moved: what
    is held against `tolerance`: how much worse the bundle is, or without references the disagreement.
    """

    clips: int
    words: int
    checkpoint: float | None
    bundle: float | None
    disagreement: float
    commands_differ: float
    moved: float
    tolerance: float
    normalizer: str = "basic.v1"

    @property
    def passed(self) -> bool:
        """Within tolerance."""
        return self.moved <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def measure(
    checkpoint: Engine,
    bundle: Engine,
    clips: Sequence[Samples],
    references: Sequence[str | None] | None = None,
    *,
    tolerance: float,
    progress: Progress = SILENT,
) -> Parity:
    """Hear every clip twice and compare. Raises `ExportError` without clips, or with another number of references."""
    known = references if references is not None else [None] * len(clips)
    if not clips:
        raise ExportError("there are no clips to check the bundle on", hint="give some audio that it should understand")
    if len(known) != len(clips):
        raise ExportError(f"{len(clips)} clips came with {len(known)} references")
    progress.start("parity", len(clips))
    pairs = []
    for samples in clips:
        pairs.append((checkpoint.transcribe([samples])[0], bundle.transcribe([samples])[0]))
        progress.advance()
    progress.finish()
    before = _against([pair[0] for pair in pairs], known)
    after = _against([pair[1] for pair in pairs], known)
    between = _against([pair[1] for pair in pairs], [pair[0].text for pair in pairs])
    disagreement = between.errors / max(1, between.reference)
    differ = sum((a.intent, dict(a.slots)) != (b.intent, dict(b.slots)) for a, b in pairs)
    scored = before.reference > 0
    return Parity(
        clips=len(clips),
        words=before.reference if scored else between.reference,
        checkpoint=before.wer if scored else None,
        bundle=after.wer if scored else None,
        disagreement=disagreement,
        commands_differ=differ / len(clips),
        moved=max(0.0, after.wer - before.wer) if scored else disagreement,
        tolerance=tolerance,
    )


def require(parity: Parity) -> None:
    """Raise `ParityError` with both numbers where the bundle has moved too far."""
    if parity.passed:
        return
    if parity.bundle is None or parity.checkpoint is None:
        found = f"the bundle's words differ from the checkpoint's by {parity.moved:.1%}"
    else:
        found = f"the bundle's WER is {parity.bundle:.1%}, the checkpoint's {parity.checkpoint:.1%}"
    raise ParityError(
        f"{found} on {parity.clips} clips; {parity.tolerance:.1%} is allowed",
        hint="nothing was written; export to a format with more bits, or allow more (tolerance)",
    )


def _against(heard: Sequence[Hypothesis], references: Sequence[str | None]) -> Counts:
    pairs = zip(references, heard, strict=True)
    counts = [count_words(basic_v1(true), basic_v1(found.text)) for true, found in pairs if true is not None]
    return sum(counts, Counts())


def text_to_hold(item: DatasetItem) -> str | None:
    """A text to hold two models of the same weights against: a person's, else a silver one, else the label."""
    claims = sorted((label for label in item.references if label.text is not None), key=lambda label: label.silver)
    return claims[0].text if claims else (item.label.text if item.label else None)
