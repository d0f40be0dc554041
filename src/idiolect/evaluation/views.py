"""A report in words: the same tables for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from idiolect.evaluation.comparison import Comparison
from idiolect.evaluation.report import Conditions, Report, SystemReport
from idiolect.evaluation.scores import BY_NAME, MEASURES, Score, show
from idiolect.units import show_duration

MEASURE_NAMES = tuple(measure.name for measure in MEASURES)


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a row of headings, rows of text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Columns of equal width, for a terminal."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.header))]
        shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in shown)])

    def markdown(self) -> str:
        """A pipe table under a heading."""
        cells = [[cell.replace("|", "\\|") for cell in row] for row in (self.header, *self.rows)]
        lines = [f"| {' | '.join(row)} |" for row in cells]
        rule = f"|{'---|' * len(self.header)}"
        return "\n".join([f"### {self.title}", "", lines[0], rule, *lines[1:]])


def text(report: Report) -> str:
    """The report for a terminal."""
    parts = [heading(report.conditions), *(table.text() for table in tables(report))]
    parts += [f"{title}\n{_indented(body)}" for title, body in _pictures(report)]
    return "\n\n".join([*parts, *conditions(report.conditions)]) + "\n"


def markdown(report: Report) -> str:
    """The report for a README or an issue."""
    parts = [f"## {heading(report.conditions)}", *(table.markdown() for table in tables(report))]
    parts += [f"### {title}\n\n```text\n{body}\n```" for title, body in _pictures(report)]
    return "\n\n".join([*parts, *conditions(report.conditions)]) + "\n"


def tables(report: Report) -> Iterator[Table]:
    """Everything that is a table; those without a row are left out."""
    makers: list[Callable[[Report], Table]] = [systems, verdicts, slots, slices, failures]
    for make in makers:
        table = make(report)
        if table.rows:
            yield table


def heading(about: Conditions) -> str:
    """``Evaluation of first (test): 111 clips, 8 min 02 s``."""
    name = about.about.get("dataset_name") or about.about.get("dataset", "")
    split = f" ({about.about['split']})" if "split" in about.about else ""
    of = f" of {name}{split}" if name else ""
    return f"Evaluation{of}: {about.clips} clips, {show_duration(about.seconds)}"


def systems(report: Report) -> Table:
    """The scores with their intervals, and what they cost."""
    used = measures(report)
    header = ("system", *(BY_NAME[name].title for name in used), "RTF", "memory", "weights", "failed")
    rows = [(system.name, *(_scored(system.score(name)) for name in used), *_cost(system)) for system in report.systems]
    return Table("Scores (95 % intervals in brackets)", header, tuple(rows))


def verdicts(report: Report) -> Table:
    """Who is better than whom."""
    rows = tuple(
        (
            comparison.a,
            comparison.b,
            BY_NAME[comparison.measure].title,
            comparison.verdict,
            f"{points(comparison.difference)} [{points(comparison.interval.low)}, {points(comparison.interval.high)}]",
            p_value(comparison),
        )
        for comparison in report.comparisons
    )
    return Table("Verdicts", ("system", "against", "measure", "verdict", "difference in points", "p"), rows)


def slots(report: Report) -> Table:
    """Each slot's accuracy in each system."""
    names = sorted({slot.slot for system in report.systems for slot in system.slots})
    found = [{slot.slot: slot for slot in system.slots} for system in report.systems]
    rows = tuple((name, str(found[0][name].asked), *(show(slots[name].accuracy) for slots in found)) for name in names)
    return Table("Slots right", ("slot", "clips", *(system.name for system in report.systems)), rows)


def slices(report: Report) -> Table:
    """The first measure that there is, by what the clips are."""
    used = measures(report)[:1]
    if not used:
        return Table("", (), ())
    rows = []
    for part in report.slices:
        scores = [
            next((s for s in part.scores[system.name] if s.measure == used[0]), None) for system in report.systems
        ]
        if any(scores):
            rows.append((part.by, part.value, str(part.clips), *(_scored(score) for score in scores)))
    header = ("by", "value", "clips", *(system.name for system in report.systems))
    return Table(f"{BY_NAME[used[0]].title} by kind of clip", header, tuple(rows))


def failures(report: Report) -> Table:
    """Every clip that could not be read or on which an engine failed."""
    rows = [("(every system)", failure.clip_id, failure.error) for failure in report.conditions.unreadable]
    rows += [(system.name, failure.clip_id, failure.error) for system in report.systems for failure in system.failures]
    return Table("Failures", ("system", "clip", "error"), tuple(rows))


def conditions(about: Conditions) -> list[str]:
    """What the numbers depend on, in sentences."""
    without = (
        f" {about.without_reference} clips without a reference were not scored." if about.without_reference else ""
    )
    lost = f" {len(about.unreadable)} clips could not be read." if about.unreadable else ""
    said = ", ".join(f"{name} {value}" for name, value in about.about.items())
    scored = (
        f"Normalizer {about.normalizer}, {about.scorer}, seed {about.seed}. Intervals: bootstrap of {about.draws} draws"
        f" over {grouping(about)}.{without}{lost}"
    )
    made = (
        f"{said + '. ' if said else ''}{about.created_at:%Y-%m-%d %H:%M} UTC on {about.machine['processor']},"
        f" {about.machine['cores']} cores, {about.machine['system']}, Python {about.machine['python']};"
        f" {', '.join(f'{name} {version}' for name, version in about.versions.items())}."
    )
    return [scored, made]


def grouping(about: Conditions) -> str:
    """What was drawn, and what the interval therefore speaks about."""
    if about.grouped_by == "clip":
        return f"{about.groups} clips (too few speakers or sessions are known: other speakers may fare differently)"
    return f"{about.groups} {about.grouped_by}s"


def measures(report: Report) -> list[str]:
    """The measures for which some system has a score, in order."""
    there = {score.measure for system in report.systems for score in system.scores}
    return [measure.name for measure in MEASURES if measure.name in there]


def points(value: float) -> str:
    """A difference in percentage points, with its sign."""
    return "-" if value != value else f"{100 * value:+.1f}"  # noqa: PLR0124 - nan is what differs from itself


def p_value(comparison: Comparison) -> str:
    """The bootstrap's p, and McNemar's where there is one."""
    shown = _p(comparison.p)
    return shown if comparison.exact is None else f"{shown} (McNemar {_p(comparison.exact)})"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def size(count: int | None) -> str:
    """Bytes in MB; ``-`` where not known."""
    return "-" if count is None else f"{count / 1e6:.1f} MB"


def _scored(score: Score | None) -> str:
    if score is None:
        return "-"
    low, high = (show(edge).removesuffix(" %") for edge in (score.interval.low, score.interval.high))
    return f"{show(score.value)} [{low}, {high}]"


def _cost(system: SystemReport) -> Sequence[str]:
    return f"{system.rtf:.3f}", size(system.peak_bytes), size(system.size_bytes), str(len(system.failures))


def _pictures(report: Report) -> Iterator[tuple[str, str]]:
    for system in report.systems:
        if system.worst:
            shown = [
                f"{example.clip_id}  {example.errors} errors{' (silver)' if example.silver else ''}\n{example.picture}"
                for example in system.worst
            ]
            yield f"Worst clips of {system.name}", "\n\n".join(shown)
        if system.rejected:
            shown = [f"{e.clip_id}\nREF  {e.expected}\nHYP  {e.heard}\n{e.picture}" for e in system.rejected]
            yield f"Commands that {system.name} did not understand", "\n\n".join(shown)


def _indented(body: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in body.splitlines())
