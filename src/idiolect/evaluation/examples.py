"""The clips to look at first: where a system was most wrong, which commands it refused, where it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from idiolect.corpus.values import Clip, DatasetItem
from idiolect.evaluation.alignment import align
from idiolect.evaluation.references import References
from idiolect.evaluation.report import Example, Failure, Heard, Spoken
from idiolect.evaluation.scores import MEASURES, Result
from idiolect.text import Normalizer

MOST = 10

Scored = Sequence[tuple[DatasetItem, References]]


def worst(kept: Scored, results: Sequence[Result], normalize: Normalizer, most: int = MOST) -> tuple[Example, ...]:
    """The clips with the most word errors, human references before silver ones."""
    out = []
    for (item, references), result in zip(kept, results, strict=True):
        counts = result.words or result.silver_words
        if counts is None or not counts.errors:
            continue
        silver = result.words is None
        true = (references.silver if silver else references.text) or ""
        alignment = align(normalize(true).split(), normalize(result.answer.hypothesis.text).split())
        out.append(Example(item.clip.id, counts.errors, alignment.picture(), silver))
    return tuple(sorted(out, key=lambda example: (example.silver, -example.errors, example.clip_id))[:most])


def rejected(kept: Scored, results: Sequence[Result], most: int = MOST) -> tuple[Example, ...]:
    """Commands that were not understood, those with the most wrong slots first."""
    out = []
    for (item, references), result in zip(kept, results, strict=True):
        label, judgement = references.command, result.command
        if label is None or judgement is None or judgement.accepted:
            continue
        heard = result.answer.hypothesis
        wrong = sum(not right for right in judgement.slots.values()) + (not judgement.intent)
        picture = f"heard: {heard.text}" if heard.text else "heard nothing"
        out.append(
            Example(
                clip_id=item.clip.id,
                errors=wrong,
                picture=picture,
                expected=show_command(label.intent, label.slots),
                heard=show_command(heard.intent, heard.slots),
            )
        )
    return tuple(sorted(out, key=lambda example: (-example.errors, example.clip_id))[:most])


def failures_of(kept: Scored, results: Sequence[Result]) -> tuple[Failure, ...]:
    """The clips on which the engine gave an error, all of them."""
    pairs = zip(kept, results, strict=True)
    return tuple(Failure(item.clip.id, result.answer.error) for (item, _), result in pairs if result.answer.error)


def heard(kept: Scored, results: Mapping[str, Sequence[Result]]) -> Iterator[Heard]:
    """Every clip through every system, with its counts."""
    for system, found in results.items():
        for (item, _), result in zip(kept, found, strict=True):
            counts = {}
            for measure in MEASURES:
                ratio = measure.ratio(result)
                if ratio is not None:
                    counts[measure.name], counts[f"{measure.name}_of"] = ratio
            yield Heard(item.clip.id, system, result.answer.hypothesis.text, result.answer.seconds, counts)


def spoken(clip: Clip, references: References) -> Spoken:
    """What is true of a clip: a person's text, else a silver one, and the command in words."""
    text = references.silver if references.text is None else references.text
    command = references.command
    told = "" if command is None else show_command(command.intent, command.slots)
    return Spoken(clip, text, references.text is None and text is not None, told)


def show_command(intent: str | None, slots: Mapping[str, str]) -> str:
    """``order (size: large, drink: mocha)``; ``no intent`` where there is none."""
    inside = ", ".join(f"{name}: {value}" for name, value in sorted(slots.items()))
    return f"{intent or 'no intent'} ({inside})" if inside else intent or "no intent"
