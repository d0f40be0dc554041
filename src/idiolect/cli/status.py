"""``idiolect status``: where the loop stands, and the command that comes next."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json

if TYPE_CHECKING:
    from idiolect.project import Project


@click.command("status", epilog=examples("idiolect status", "idiolect status -p my-voice --json"))
@project_option
@json_option
def command(*, folder: Path, as_json: bool) -> None:
    """Show where the loop stands and what to do next."""
    with open_project(folder) as project:
        state = read_state(project)
    if as_json:
        print_json(state)
        return
    for line in draw(state):
        click.echo(line)


def read_state(project: Project) -> dict[str, Any]:
    """What the project holds, and ``next``: the command that takes the loop one step on."""
    from idiolect.overview import overview

    counts = project.corpus.counts()
    clips = project.corpus.clips()
    labels = project.corpus.labels()
    models = project.folder / "models"
    state: dict[str, Any] = {
        "name": project.settings.name,
        "folder": str(project.folder),
        "speakers": counts["speaker"],
        "recordings": counts["recording"],
        "clips": counts["clip"],
        "seconds": round(sum(clip.duration for clip in clips), 1),
        "labels": counts["label"],
        "labels_by_source": dict(Counter(f"{label.kind.value} {label.source}" for label in labels).most_common()),
        "labeled": len({label.clip_id for label in labels if label.purpose == "training" and label.text}),
        "unlabeled": len({clip.id for clip in clips} - {label.clip_id for label in labels}),
        "datasets": [{"name": one.name, "id": one.id, "clips": len(one.items)} for one in project.corpus.datasets()],
        "models": sorted(path.parent.name for path in models.glob("*/checkpoint.json")),
        "bundles": sorted(path.parent.name for path in models.glob("*/bundle.json")),
        "evaluations": counts["evaluation"],
    }
    return state | {"next": overview(project).step.command}


def draw(state: dict[str, Any]) -> list[str]:
    """The loop as boxes in a row with a count under each, and the next command."""
    from idiolect.units import show_duration

    boxes = [
        ("recordings", str(state["recordings"])),
        ("clips", str(state["clips"])),
        ("labels", str(state["labels"])),
        ("datasets", str(len(state["datasets"]))),
        ("models", str(len(state["models"]))),
        ("evaluations", str(state["evaluations"])),
        ("bundles", str(len(state["bundles"]))),
    ]
    names = " ─► ".join(name for name, _ in boxes)
    numbers = "    ".join(count.ljust(len(name)) for name, count in boxes).rstrip()
    back = "▲".ljust(len(names) - 1, " ") + "│"
    lines = [f"{state['name']}  {state['folder']}", "", names, numbers, back]
    lines += [f"└{' corrections ◄── serve '.center(len(names) - 2, '─')}┘", ""]
    lines.append(f"{show_duration(state['seconds'])} of audio by {state['speakers']} named speakers")
    lines += [f"labels by {source}: {count}" for source, count in state["labels_by_source"].items()]
    if state["clips"] and state["unlabeled"]:
        lines.append(f"clips without any label: {state['unlabeled']}")
    lines += [f"dataset {one['name']}: {one['clips']} clips, {one['id'][:12]}" for one in state["datasets"]]
    lines += [f"model {name}" for name in state["models"]]
    lines += [f"bundle {name}" for name in state["bundles"]]
    return [*lines, "", f"next: {state['next']}"]
