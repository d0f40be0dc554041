"""``idiolect teachers``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report


@click.command(
    "teachers", epilog=examples("idiolect teachers --precision .95", "idiolect teachers --unit clips --random-only")
)
@click.option(
    "--precision",
    "wanted",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.95,
    show_default=True,
    help="The share of the labels that should be right.",
)
@click.option(
    "--unit",
    type=click.Choice(["words", "clips"]),
    default="words",
    show_default=True,
    help="What is counted as right: words (missing ones count as wrong), or whole clips.",
)
@click.option("--teacher", "teachers", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--person-hour", type=click.FloatRange(0), default=20.0, show_default=True, help="Dollars for a person.")
@click.option(
    "--machine-hour", type=click.FloatRange(0), default=0.0, show_default=True, help="Dollars for this machine."
)
@click.option(
    "--random-only", is_flag=True, help="Judge only on reviews that the queue drew at random: the others are harder."
)
@project_option
@json_option
def command(
    *,
    wanted: float,
    unit: str,
    teachers: tuple[str, ...],
    person_hour: float,
    machine_hour: float,
    random_only: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Judge the teachers on what people reviewed, and suggest the cheapest mix that is as precise as wanted.

    For each teacher: WER with its interval, how right its labels are from each confidence on, what an hour of audio
    cost, and how quick it was. A mix is one teacher, one where it is sure and else another, or a vote; what it does not
    take is left for a person. Mixes are judged on clips they were not fitted on.
    """
    from idiolect.evaluation import JudgeOptions, judge_teachers

    options = JudgeOptions(
        wanted=wanted,
        unit=unit,
        teachers=teachers,
        person_hour=person_hour,
        machine_hour=machine_hour,
        only_random=random_only,
    )
    with open_project(folder) as project:
        report = judge_teachers(project.corpus, options)
    if as_json:
        print_json(report)
    else:
        print_report(report)
