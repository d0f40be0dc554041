"""What a page about some systems shows: the same for the HTML report and for the studio's comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from idiolect import text
from idiolect.evaluation import views
from idiolect.evaluation.alignment import Pair, align
from idiolect.evaluation.board import Board, Differing, board_of
from idiolect.evaluation.pareto import Candidate, PriceOf, price_here
from idiolect.evaluation.report import Example, Failure, Report
from idiolect.evaluation.scores import Score
from idiolect.evaluation.stored import StoredSystem, stored_board

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

MOST_CLIPS = 40
"""Clips that are shown where nobody asks for more."""


@dataclass(frozen=True, slots=True)
class Closer:
    """What is told of one system beside its scores."""

    name: str
    engine: str
    version: str
    rtf: float | None
    peak_bytes: int | None
    size_bytes: int | None
    worst: tuple[Example, ...] = ()
    rejected: tuple[Example, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """All of it. candidates: every system whose error and needs are known, for the Pareto front; notes: sentences."""

    title: str
    board: Board
    closer: tuple[Closer, ...]
    candidates: tuple[Candidate, ...]
    normalizer: str
    notes: tuple[str, ...] = ()
    slots: views.Table | None = None


def page_of_report(report: Report) -> Page:
    """The page of a report that was just made. Raises `EvaluationError` for one without its clips."""
    heard: dict[str, dict[str, Any]] = {system.name: {} for system in report.systems}
    for one in report.heard:
        heard[one.system][one.clip_id] = one
    board = board_of(report.spoken, heard, seed=report.conditions.seed)
    candidates = []
    for system in report.systems:
        score = system.score(board.measure)
        if score is not None:
            price = price_here(system.engine, system.parameters)
            candidates.append(Candidate(system.name, score, system.rtf, system.size_bytes, price))
    return Page(
        title=views.heading(report.conditions),
        board=board,
        closer=tuple(
            Closer(
                one.name, one.engine, one.version, one.rtf, one.peak_bytes, one.size_bytes, one.worst, one.rejected,
                one.failures,
            )
            for one in report.systems
        ),
        candidates=tuple(candidates),
        normalizer=report.conditions.normalizer,
        notes=tuple(views.conditions(report.conditions)),
        slots=views.slots(report),
    )  # fmt: skip


def page_of_store(
    corpus: Corpus,
    systems: Sequence[StoredSystem],
    others: Sequence[StoredSystem] = (),
    *,
    measure: str | None = None,
    price_of: PriceOf = price_here,
) -> Page:
    """The page of systems that were evaluated before, the first as what the others are compared with.

    others: all that stand in the Pareto plot. Raises `EvaluationError`; see `stored.stored_board`.
    """
    board = stored_board(corpus, systems, measure=measure)
    name = corpus.dataset(systems[0].dataset_id).name
    found = (one.candidate(board.measure, price_of) for one in (others or systems))
    return Page(
        title=f"{name} ({systems[0].split})",
        board=board,
        closer=tuple(_closer(one) for one in systems),
        candidates=tuple(one for one in found if one is not None),
        normalizer=systems[0].normalizer,
    )


def scores_in_order(board: Board) -> list[tuple[str, list[Score | None]]]:
    """Each measure that some system has, with every system's score."""
    there = {score.measure for scores in board.scores.values() for score in scores}
    order = [name for name in views.MEASURE_NAMES if name in there]
    return [(name, [board.score(system, name) for system in board.systems]) for name in order]


def diff(differing: Differing, system: str, normalizer: str) -> tuple[Pair, ...]:
    """The reference against what a system heard, word by word, as they were scored."""
    normalize = text.normalizer(normalizer)
    true, heard = normalize(differing.spoken.reference or ""), normalize(differing.texts[system])
    return align(true.split(), heard.split()).pairs


def _closer(system: StoredSystem) -> Closer:
    found = system.found
    worst, rejected = ([Example(**one) for one in found.get(name, ())] for name in ("worst", "rejected"))
    return Closer(
        system.label,
        str(found.get("engine", "")),
        str(found.get("version", "")),
        found.get("rtf"),
        found.get("peak_bytes"),
        found.get("size_bytes"),
        tuple(worst),
        tuple(rejected),
        tuple(Failure(**one) for one in found.get("failures", ())),
    )
