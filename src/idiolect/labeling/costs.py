"""What each known teacher would cost for a project's clips, and when a model of one's own has paid for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Clip, SourceKind
from idiolect.gateway.values import FREE, Money, Usage
from idiolect.units import Seconds, show_duration

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.gateway.prices import Price, Prices


@dataclass(frozen=True, slots=True)
class TeacherCost:
    """One teacher. `naive` is the price by length alone; `batch` is None where the provider gives nothing off.

    rtf: seconds of processing for each second of audio, as an evaluation in this project measured it; None: not known.
    """

    name: str
    money: Money
    naive: Money = FREE
    batch: Money | None = None
    rtf: float | None = None
    minutes: float | None = None
    warning: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CostReport:
    """All known teachers for some clips, the free ones first, then the cheapest.

    spent: what the labels of this project have cost so far. hours_to_pay: hours of audio after which a model of one's
    own has paid that back, against the cheapest paid teacher; None where nothing was spent or no teacher is paid.
    """

    clips: int
    audio: Seconds
    teachers: tuple[TeacherCost, ...]
    spent: Money = FREE
    hours_to_pay: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values; money in dollars."""
        return {
            "clips": self.clips,
            "audio_seconds": round(self.audio, 3),
            "teachers": [
                {
                    "name": one.name,
                    "dollars": one.money.dollars,
                    "naive_dollars": one.naive.dollars,
                    "batch_dollars": None if one.batch is None else one.batch.dollars,
                    "rtf": one.rtf,
                    "minutes": one.minutes,
                    "warning": one.warning,
                    "note": one.note,
                }
                for one in self.teachers
            ],
            "spent_dollars": self.spent.dollars,
            "hours_to_pay": self.hours_to_pay,
        }

    def text(self) -> str:
        """A table, and a sentence about a model of one's own."""
        lines = [f"{self.clips} clips, {show_duration(self.audio)} of audio"]
        width = max((len(one.name) for one in self.teachers), default=0)
        for one in self.teachers:
            cost = "free" if not one.money else f"${one.money.dollars:.4f}"
            if one.money > one.naive:
                cost += f" (${one.naive.dollars:.4f} by length: a minimum or rounding is billed)"
            if one.batch is not None:
                cost += f", ${one.batch.dollars:.4f} in batch"
            if one.minutes is not None:
                cost += f", about {show_duration(60 * one.minutes)} here"
            lines.append(f"{one.name.ljust(width)}  {cost}{'  (old price)' if one.warning else ''}")
        if self.hours_to_pay is not None:
            lines.append(
                f"{self.spent} was spent on labels; a model of your own has paid that back after "
                f"{self.hours_to_pay:.1f} hours of audio, against the cheapest teacher that costs something"
            )
        return "\n".join(lines)


def compare_costs(
    corpus: Corpus,
    prices: Prices,
    local: Iterable[str],
    *,
    clips: Sequence[Clip] | None = None,
    everything: bool = False,
) -> CostReport:
    """What each teacher would cost for clips that no person has labelled, or for all with `everything`.

    Each clip is a request of its own, as `idiolect label` sends it, so that minimum and rounding are counted for each.
    local: engines that run on this machine. Their minutes come from evaluations in this project, where there are any.
    """
    by_people = {one.clip_id for one in corpus.labels(kind=SourceKind.HUMAN)}
    chosen = corpus.clips() if clips is None else list(clips)
    wanted = [clip for clip in chosen if everything or clip.id not in by_people]
    audio = Seconds(sum(clip.duration for clip in wanted))
    speed = measured_speed(corpus)
    free = [
        TeacherCost(name, FREE, rtf=speed.get(name), minutes=speed[name] * audio / 60 if name in speed else None)
        for name in local
    ]
    paid = [_paid(row, wanted, prices) for row in prices.rows if row.charges_audio and row.model != "*"]
    paid.sort(key=lambda one: one.money)
    spent = sum((Money.of(one.cost) for one in corpus.labels() if one.cost), FREE)
    cheapest = next((one.money for one in paid if one.money), None)
    hours = None if cheapest is None or not spent else spent.nanodollars / cheapest.nanodollars * audio / 3600
    return CostReport(len(wanted), audio, (*free, *paid), spent, hours)


def measured_speed(corpus: Corpus) -> dict[str, float]:
    """RTF by the name of a system, from the newest evaluation that measured it."""
    found: dict[str, float] = {}
    for record in corpus.evaluations():
        for system in record.report.get("systems", ()):
            rtf = system.get("rtf")
            if isinstance(rtf, int | float) and rtf > 0:
                found[str(system.get("name"))] = float(rtf)
    return found


def _paid(row: Price, clips: Sequence[Clip], prices: Prices) -> TeacherCost:
    from dataclasses import replace
    from decimal import Decimal

    plain = replace(row, minimum_seconds=Decimal(0), step_seconds=Decimal(0))
    usages = [Usage(audio=clip.duration) for clip in clips]
    batch = sum((row.cost(usage, batch=True) for usage in usages), FREE) if row.batch_discount else None
    return TeacherCost(
        f"{row.provider} {row.model}",
        sum((row.cost(usage) for usage in usages), FREE),
        plain.cost(Usage(audio=Seconds(sum(clip.duration for clip in clips)))),
        batch,
        warning=row.warning(prices.today) or "",
        note=row.note,
    )
