"""WER of a project's labels against a person's minutes: the queue against random order, by simulation.

python bench/review_queue.py [--data ../shared/data] [--folder runs/labelled] [--corpus librispeech-251:45:12]
                             [--quick] [--seeds 20] [--picture queue.svg]

The references are real, the person is simulated: a review puts the reference in the place of the label, and takes the
seconds that `labeling.queue.person_seconds` gives for the clip's length and the words that were really wrong. Each seed
draws four fifths of the clips and one random order; all ways to review see the same. Labels are votes of the teachers,
with the weights that the reviews so far teach.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from labelled import DATA, QUICK, ROOT, TEACHERS, labelled
from numpy.typing import NDArray

from idiolect.corpus import Clip, Corpus, Label, NewLabel, SourceKind
from idiolect.labeling import QueueOptions
from idiolect.labeling.hearing import by_clip, heard_by, names_of, reviewed, right_words
from idiolect.labeling.queue import person_seconds, rank
from idiolect.labeling.review import item_of
from idiolect.labeling.vote import reviewed_clips, vote_of
from idiolect.labeling.weighing import learn
from idiolect.text import basic_v1

SHARES = (0.1, 0.25, 0.5, 0.75)
"""Shares of the minutes that reviewing everything takes."""
AGAIN = 10
"""Reviews after which the queue is made again and the labels are voted again."""
GRID = 101


@dataclass(frozen=True, slots=True)
class World:
    """Clips with machine labels, and what was really said."""

    clips: tuple[Clip, ...]
    labels: dict[str, tuple[Label, ...]]
    truth: dict[str, str]

    @staticmethod
    def of(corpus: Corpus) -> World:
        found = by_clip(corpus.labels())
        truth = {clip_id: person.text or "" for clip_id, known in found.items() if (person := reviewed(known))}
        clips = tuple(clip for clip in corpus.clips() if clip.id in truth and heard_by(found[clip.id]))
        machine = {clip.id: tuple(heard_by(found[clip.id]).values()) for clip in clips}
        return World(clips, machine, truth)

    def part(self, seed: int) -> World:
        """Four fifths of the clips."""
        drawn = random.Random(seed).sample(self.clips, round(0.8 * len(self.clips)))
        return World(tuple(sorted(drawn, key=lambda clip: clip.id)), self.labels, self.truth)


Order = Callable[[Sequence[Clip], dict[str, list[Label]]], list[str]]
"""From the clips that wait and all labels so far to the ids in order."""


def simulate(world: World, order: Order) -> tuple[list[float], list[float]]:
    """Minutes and WER after each review, from none to all."""
    labels = {clip.id: list(world.labels[clip.id]) for clip in world.clips}
    clips = {clip.id: clip for clip in world.clips}
    spoken = sum(len(basic_v1(world.truth[clip_id]).split()) for clip_id in clips)
    minutes, rates, spent = [0.0], [], 0.0
    waiting = list(clips)
    while waiting:
        trust = learn(reviewed_clips(labels))
        wrong = {one: wrong_words(world.truth[one], vote_of(heard_by(labels[one]), trust).text) for one in waiting}
        if not rates:
            rates.append(sum(wrong.values()) / spoken)
        for clip_id in order([clips[one] for one in waiting], labels)[:AGAIN]:
            spent += person_seconds(clips[clip_id].duration, wrong.pop(clip_id)) / 60
            minutes.append(spent)
            rates.append(sum(wrong.values()) / spoken)
            labels[clip_id].append(person(clip_id, world.truth[clip_id], 10**6 + len(minutes)))
        waiting = list(wrong)
    return minutes, rates


def wrong_words(reference: str, text: str) -> int:
    right, missing = right_words(basic_v1(reference).split(), basic_v1(text).split())
    return len(right) - sum(right) + missing


def person(clip_id: str, text: str, number: int) -> Label:
    new = NewLabel(clip_id, SourceKind.HUMAN, "simulated", text=text)
    return Label(**{name: getattr(new, name) for name in new.__dataclass_fields__}, id=number)


def orders(seed: int) -> dict[str, Order]:
    def by_queue(options: QueueOptions) -> Order:
        return lambda clips, labels: [one.item.clip.id for one in rank(clips, labels, options)]

    def at_random(clips: Sequence[Clip], _: dict[str, list[Label]]) -> list[str]:
        return sorted((clip.id for clip in clips), key=lambda one: random.Random(f"{seed}{one}").random())

    def by_doubt(clips: Sequence[Clip], labels: dict[str, list[Label]]) -> list[str]:
        items = [item_of(clip, labels[clip.id]) for clip in clips]
        return [item.clip.id for item in sorted(items, key=lambda item: (-item.doubt, item.clip.id))]

    queue = QueueOptions(seed=seed)
    return {
        "random": at_random,
        "doubt": by_doubt,
        "queue, nothing random": by_queue(replace(queue, random=0.0)),
        "queue": by_queue(queue),
    }


def curve(minutes: Sequence[float], rates: Sequence[float]) -> NDArray[np.float64]:
    """The WER at each hundredth of the minutes; it falls when a review ends."""
    at = np.searchsorted(minutes, np.linspace(0, minutes[-1], GRID) + 1e-9, side="right") - 1
    return np.asarray(rates)[at]


def spread(values: NDArray[np.float64]) -> str:
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{100 * values.mean():5.1f} ({100 * low:5.1f} to {100 * high:5.1f})"


def picture(curves: dict[str, NDArray[np.float64]], minutes: float, path: Path) -> None:
    """Lines of the mean over the seeds, with the middle 95 % of the queue and of random order behind them."""
    colors = dict(zip(curves, ("#777777", "#c47f17", "#7fb3d5", "#1f5f9e"), strict=True))
    top = max(float(values.max()) for values in curves.values())

    def place(x: float, y: float) -> str:
        return f"{60 + 5.2 * x:.1f},{290 - 260 * y / top:.1f}"

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="620" height="350" font-family="sans-serif" font-size="12">'
    ]
    parts.append('<rect width="620" height="350" fill="white"/><path d="M60,30V290H580" fill="none" stroke="#333"/>')
    for number, (name, values) in enumerate(curves.items()):
        if name in {"random", "queue"}:
            low, high = np.quantile(values, [0.025, 0.975], axis=0)
            edge = [place(x, y) for x, y in enumerate(low)] + [place(x, y) for x, y in reversed(list(enumerate(high)))]
            parts.append(f'<polygon points="{" ".join(edge)}" fill="{colors[name]}" opacity=".15"/>')
        points = " ".join(place(x, y) for x, y in enumerate(values.mean(axis=0)))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colors[name]}" stroke-width="2"/>')
        parts.append(f'<text x="430" y="{45 + 18 * number}" fill="{colors[name]}">{name}</text>')
    for share in (0, 0.5, 1):
        parts.append(f'<text x="{55 + 520 * share:.0f}" y="308">{share * minutes:.0f}</text>')
        parts.append(f'<text x="10" y="{294 - 260 * share:.0f}">{100 * share * top:.0f} %</text>')
    parts.append('<text x="250" y="332">minutes of a person</text><text x="10" y="18">WER of the labels</text></svg>')
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "labelled")
    parser.add_argument("--corpus", default="librispeech-251:45:12", metavar="NAME:CLIPS[:LONGEST]")
    parser.add_argument("--as-is", action="store_true", help="take the project as it is, hear nothing more")
    parser.add_argument("--quick", action="store_true", help="labels of the starter only, with two weights")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--picture", type=Path, help="where to write the curves, as SVG")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"skipped: no recordings in {arguments.data}")
        return
    os.nice(5)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores, commit {commit.stdout.strip()}, {arguments.seeds} seeds")
    name, clips, longest = (*arguments.corpus.split(":"), "30", "30")[:3]
    if arguments.as_is:
        corpus = Corpus.open(arguments.folder / name)
    else:
        teachers = QUICK if arguments.quick else TEACHERS
        place = arguments.folder, arguments.data, name, int(clips)
        corpus = labelled(*place, longest=float(longest), teachers=teachers)
    with corpus:
        world = World.of(corpus)
    names = sorted(names_of(teacher for one in world.labels.values() for teacher in heard_by(one)).values())
    print(f"{name}: {len(world.clips)} clips, teachers {', '.join(names)}")
    found: dict[str, list[NDArray[np.float64]]] = {}
    minutes = []
    for seed in range(arguments.seeds):
        for way, order in orders(seed).items():
            spent, rates = simulate(world.part(seed), order)
            found.setdefault(way, []).append(curve(spent, rates))
        minutes.append(spent[-1])
    curves = {way: np.stack(some) for way, some in found.items()}
    report(curves, float(np.mean(minutes)))
    if arguments.picture:
        picture(curves, float(np.mean(minutes)), arguments.picture)
        print(f"wrote {arguments.picture}")


def report(curves: dict[str, NDArray[np.float64]], minutes: float) -> None:
    places = [round(share * (GRID - 1)) for share in SHARES]
    print(f"\nWER of the labels in %, mean and middle 95 % of the seeds; everything takes {minutes:.1f} min")
    print(
        "way".ljust(24) + "".join(f"after {share * minutes:4.1f} min".ljust(26) for share in SHARES) + "mean over all"
    )
    for way, values in curves.items():
        cells = [spread(values[:, place]) for place in places]
        print(way.ljust(24) + "".join(cell.ljust(26) for cell in cells) + spread(values.mean(axis=1)))
    print("\nless than in random order, on the same clips of each seed (below 0: better)")
    for way, values in curves.items():
        if way != "random":
            gap = values - curves["random"]
            cells = [spread(gap[:, place]) for place in places]
            print(way.ljust(24) + "".join(cell.ljust(26) for cell in cells) + spread(gap.mean(axis=1)))


if __name__ == "__main__":
    main()
