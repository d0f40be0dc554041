"""Self-training on other people's unlabelled orders: five folds, each heard by a model that had the other four.

    python bench/crossfit.py [--data ../shared/data] [--cut voice|clip] [--voices FILE] [--minutes 4] [--rounds 1]

`idiolect improve` starts from a base (the starter), labels the orders of four folds under the task graph, and trains on
what it is sure of; nobody's text or slots are used, dev is judged by agreement. With --cut voice (the clips grouped by
`idiolect voices`; --voices is its JSON, clip → voice) a voice is in one fold only; --cut clip draws folds by clip, so
that voices stand on both sides. Read speech of `librispeech-251` is part of what is trained on, so that other speech
stays other.

Writes runs/crossfit-<cut>/models.json (clip → model folder) for `bench/commands.py --model`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from pathlib import Path

from idiolect.cli.progress import progress_for
from idiolect.files import read_json, write_json
from idiolect.project import Project

ROOT = Path(__file__).resolve().parents[1]
TASK = ROOT / "examples" / "coffee.yaml"
FOLDS = 5


def position(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")


def folds_of(groups: dict[str, str]) -> dict[str, int]:
    """Clip → fold: whole groups, the largest first, each into the fold that has fewest clips."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for clip, group in groups.items():
        members[group].append(clip)
    sizes = [0] * FOLDS
    found: dict[str, int] = {}
    for group in sorted(members, key=lambda name: (-len(members[name]), position(name))):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members[group])
        found |= dict.fromkeys(members[group], fold)
    return found


def project_of(folder: Path, data: Path, groups: dict[str, str], folds: dict[str, int]) -> Project:
    """The orders without a word about them, a collection for each fold, and read speech that only trains."""
    if (folder / "idiolect.toml").exists():
        return Project.find(folder)
    project = Project.create(folder)
    progress = progress_for()
    for fold in range(FOLDS):
        lines = [
            json.dumps({"audio": str(data / "barista" / clip), "speaker": groups[clip]})
            for clip in sorted(folds)
            if folds[clip] == fold
        ]
        manifest = folder / f"fold-{fold}.jsonl"
        manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
        project.import_audio(manifest, transcripts="none", collection=f"fold-{fold}", copy=False, progress=progress)
    project.import_audio(data / "librispeech-251", train_only=True, collection="read", copy=False, progress=progress)
    # Nothing is kept for a test: the fold that was left out is the test.
    project.freeze("shares", dev=0.3, test=0.0, group_by="speaker")
    return project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--cut", choices=["voice", "clip"], default="voice")
    parser.add_argument("--voices", type=Path, default=ROOT / "runs" / "voices.json")
    parser.add_argument("--base", help="a checkpoint (default: the starter)")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs")
    chosen = parser.parse_args()
    data = chosen.data.resolve()
    if not (data / "barista").is_dir():
        print(f"skipped: no recordings in {data}")
        return
    clips = [json.loads(line)["audio"] for line in (data / "barista" / "manifest.jsonl").read_text().splitlines()]
    voices = read_json(chosen.voices) if chosen.cut == "voice" else {clip: clip for clip in clips}
    folds = folds_of({clip: voices[clip] for clip in clips})
    folder = chosen.runs / f"crossfit-{chosen.cut}"
    models: dict[str, str] = {}
    with project_of(folder / "project", data, voices, folds) as project:
        for fold in range(FOLDS):
            others = [f"fold-{other}" for other in range(FOLDS) if other != fold]
            found = project.improve(
                TASK,
                base=chosen.base,
                overrides={
                    "minutes": chosen.minutes,
                    "augment.noises": (str(data / "noise" / "clips"),),
                    "augment.rooms": (str(data / "rir" / "clips"),),
                },
                collections=others,
                rounds=chosen.rounds,
                name=f"without-{fold}",
                processes=1,
                progress=progress_for(),
            )
            print(f"== without fold {fold}\n{found.text()}", flush=True)
            models |= {clip: str(found.model) for clip, own in folds.items() if own == fold}
            write_json(folder / "models.json", models)


if __name__ == "__main__":
    main()
