"""The vote (ROVER) against its single teachers, on clips with a person's text.

python bench/vote.py [--data ../shared/data] [--folder runs/labelled] [--corpus an4:80 --corpus common-voice:40:6]

Makes and labels a project for each corpus (NAME:CLIPS:LONGEST seconds), as `bench/labelled.py` does; a second run reads
it. Weights and calibration are learned on four fifths of the speakers and used on the fifth. Every verdict is of a
paired bootstrap over speakers.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from labelled import DATA, ROOT, labelled

from idiolect.corpus import Corpus
from idiolect.evaluation import Groups, Tally, compare, group, interval
from idiolect.evaluation.mixes import FOLDS, Case
from idiolect.labeling import (
    Reviewed,
    Teacher,
    Trust,
    by_clip,
    heard_by,
    learn,
    names_of,
    reviewed,
    right_words,
    tokens_of,
    vote_of,
)
from idiolect.text import basic_v1

SEED = 0


def cases_of(corpus: Corpus) -> tuple[list[Case], list[Teacher]]:
    """The reviewed clips that all teachers of most clips labelled."""
    labels = by_clip(corpus.labels())
    cases = [
        Case(clip, person.text or "", heard_by(labels[clip.id]))
        for clip in corpus.clips()
        if (person := reviewed(labels.get(clip.id, []))) is not None
    ]
    counts: dict[Teacher, int] = {}
    for case in cases:
        for teacher in case.heard:
            counts[teacher] = counts.get(teacher, 0) + 1
    teachers = [
        teacher for teacher, count in sorted(counts.items(), key=lambda pair: pair[0].key) if count == len(cases)
    ]
    return cases, teachers


def errors(reference: str, text: str) -> tuple[float, float]:
    right, missing = right_words(basic_v1(reference).split(), basic_v1(text).split())
    return float(len(right) - sum(right) + missing), float(len(basic_v1(reference).split()))


def tally(cases: Sequence[Case], texts: Sequence[str], groups: Groups) -> Tally:
    counts = np.array([errors(case.reference, text) for case, text in zip(cases, texts, strict=True)])
    return Tally(counts[:, 0], counts[:, 1], groups.index)


def voted(cases: Sequence[Case], groups: Groups, some: Sequence[Teacher], how: str) -> list[str]:
    """The votes. how: ``same`` weights and confidences as they are; ``learned`` both, held out."""
    texts = {}
    for fold in range(FOLDS):
        fit = [case for case, number in zip(cases, groups.index, strict=True) if number % FOLDS != fold]
        known = [Reviewed(one.clip.id, one.reference, {t: tokens_of(one.heard[t]) for t in some}) for one in fit]
        trust: dict[Teacher, Trust] = learn(known) if how == "learned" else {}
        for case, number in zip(cases, groups.index, strict=True):
            if number % FOLDS == fold:
                texts[case.clip.id] = vote_of({t: case.heard[t] for t in some}, trust).text
    return [texts[case.clip.id] for case in cases]


def show(name: str, corpus: Corpus) -> None:
    cases, teachers = cases_of(corpus)
    groups = group([case.clip for case in cases])
    words = sum(len(basic_v1(case.reference).split()) for case in cases)
    print(f"\n{name}: {len(cases)} clips, {words} words, {groups.count} groups by {groups.by}")
    names = names_of(teachers)
    singles = {
        names[teacher]: tally(cases, [case.heard[teacher].text or "" for case in cases], groups) for teacher in teachers
    }
    for single, counts in sorted(singles.items(), key=lambda pair: pair[1].value):
        line(single, counts)
    for size in range(2, len(teachers) + 1):
        for some in combinations(teachers, size):
            for how in ("same", "learned"):
                counts = tally(cases, voted(cases, groups, some, how), groups)
                line(f"vote, weights {how}: " + ", ".join(names[teacher] for teacher in some), counts)
                for teacher in some:
                    against = compare(counts, singles[names[teacher]], seed=SEED)
                    where = f"{100 * against.interval.low:+.1f} to {100 * against.interval.high:+.1f}"
                    print(f"      {100 * against.difference:+5.1f} ({where})  {against.verdict} than {names[teacher]}")


def line(name: str, counts: Tally) -> None:
    where = interval(counts, seed=SEED)
    print(f"  WER {100 * counts.value:5.1f} % ({100 * where.low:.1f} to {100 * where.high:.1f})  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "labelled")
    parser.add_argument("--corpus", action="append", metavar="NAME:CLIPS[:LONGEST]")
    parser.add_argument("--as-is", action="store_true", help="take the projects as they are, hear nothing more")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"skipped: no recordings in {arguments.data}")
        return
    os.nice(5)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores, commit {commit.stdout.strip()}, seed {SEED}")
    for wanted in arguments.corpus or ("an4:80", "common-voice:40:6"):
        name, clips, longest = (*wanted.split(":"), "30", "30")[:3]
        if arguments.as_is:
            corpus = Corpus.open(arguments.folder / name)
        else:
            corpus = labelled(arguments.folder, arguments.data, name, int(clips), longest=float(longest))
        with corpus:
            show(name, corpus)


if __name__ == "__main__":
    main()
