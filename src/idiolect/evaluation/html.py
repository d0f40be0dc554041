"""A report as one HTML page that asks nothing of anybody: styles, charts and pictures stand in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from idiolect.evaluation import views
from idiolect.evaluation.report import Report
from idiolect.evaluation.scores import BY_NAME, Measure, Score, show

COLORS = 6
"""How many systems get a color of their own; after these they repeat."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One score on an axis; places in percent of its length. `low` is None where there is no interval."""

    label: str
    color: int
    value: str
    interval: str
    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one heading and on one axis. `groups`: (heading, bars)."""

    title: str
    about: str
    better: str
    ticks: tuple[tuple[float, str], ...]
    groups: tuple[tuple[str, tuple[Bar, ...]], ...]


def html(report: Report, *, audio: Mapping[str, str] | None = None) -> str:
    """The page. `audio`: the address of a clip's sound by its id, to listen to the clips that are shown."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("idiolect.evaluation"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        title=views.heading(report.conditions),
        report=report,
        charts=[*measure_charts(report), *slice_charts(report)],
        tables=list(views.tables(report)),
        notes=views.conditions(report.conditions),
        verdicts=headlines(report),
        audio=audio or {},
    )


def headlines(report: Report) -> list[tuple[str, str]]:
    """(verdict, sentence) for the first measure of each pair of systems."""
    out = []
    for measure in views.measures(report)[:1]:
        for found in report.comparisons:
            if found.measure == measure:
                told = f"{found.a} is {found.verdict} than {found.b}"
                if found.verdict == "cannot tell":
                    told = f"cannot tell {found.a} from {found.b}"
                low, high = (views.points(edge) for edge in (found.interval.low, found.interval.high))
                moved = f"{BY_NAME[measure].title} {views.points(found.difference)} points [{low}, {high}]"
                out.append((found.verdict.replace(" ", "-"), f"{told}: {moved}"))
    return out


def measure_charts(report: Report) -> list[Chart]:
    """One chart for each measure, a bar for each system."""
    out = []
    for name in views.measures(report):
        measure = BY_NAME[name]
        found = [(system.name, system.score(name)) for system in report.systems]
        axis = _axis(measure, [score for _, score in found])
        bars = (_bar(label, number, score, axis) for number, (label, score) in enumerate(found))
        out.append(_chart(measure, measure.title, axis, [("", tuple(bar for bar in bars if bar))]))
    return out


def slice_charts(report: Report) -> list[Chart]:
    """The first measure by each kind of clip."""
    out = []
    for name in views.measures(report)[:1]:
        measure = BY_NAME[name]
        for by in dict.fromkeys(part.by for part in report.slices):
            parts = [part for part in report.slices if part.by == by]
            scores = [[_find(part.scores[system.name], name) for system in report.systems] for part in parts]
            axis = _axis(measure, [score for row in scores for score in row])
            groups = []
            for part, row in zip(parts, scores, strict=True):
                bars = (
                    _bar(system.name, number, score, axis)
                    for number, (system, score) in enumerate(zip(report.systems, row, strict=True))
                )
                groups.append((f"{part.value} ({part.clips} clips)", tuple(bar for bar in bars if bar)))
            out.append(_chart(measure, f"{measure.title} by {by}", axis, [group for group in groups if group[1]]))
    return [chart for chart in out if chart.groups]


def _find(scores: tuple[Score, ...], name: str) -> Score | None:
    return next((score for score in scores if score.measure == name), None)


def _chart(measure: Measure, title: str, axis: float, groups: list[tuple[str, tuple[Bar, ...]]]) -> Chart:
    ticks = tuple((25.0 * step, f"{25 * step * axis:.0f} %") for step in range(5))
    better = "lower is better" if measure.lower_is_better else "higher is better"
    return Chart(title, measure.about, better, ticks, tuple(groups))


def _bar(label: str, number: int, score: Score | None, axis: float) -> Bar | None:
    if score is None or math.isnan(score.value):
        return None
    low, high = score.interval.low, score.interval.high
    known = not math.isnan(low)
    return Bar(
        label=label,
        color=number % COLORS + 1,
        value=show(score.value),
        interval=f"{100 * low:.1f} to {100 * high:.1f}" if known else "no interval",
        at=_place(score.value, axis),
        low=_place(low, axis) if known else None,
        high=_place(high, axis) if known else None,
    )


def _place(value: float, axis: float) -> float:
    return round(100 * min(value, axis) / axis, 2)


def _axis(measure: Measure, scores: list[Score | None]) -> float:
    """Where the axis ends: 1 for shares, else the next multiple of 20 % (of 4 % for small rates)."""
    if measure.share:
        return 1.0
    ends = [end for score in scores if score for end in (score.value, score.interval.high) if not math.isnan(end)]
    most = max(ends, default=1.0)
    step = 0.04 if most <= 0.2 else 0.2
    return max(step, step * math.ceil(round(most / step, 6)))
