"""How often speech that is no order is taken for one, and how often an order is turned away.

    python bench/rejection.py [--engine sphinx | --model FOLDER] [--data ../shared/data] [--every N] [--first K]

The other speech is everything that orders nothing; librispeech-251, an4 and wake-words trained the starter, kathleen,
common-voice and fsdd nothing of ours. Intervals are Wilson's, over clips.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from idiolect.audio import decode
from idiolect.engines import create, engine_of
from idiolect.engines.protocol import EngineOptions
from idiolect.evaluation import wilson
from idiolect.tasks import load_task

ROOT = Path(__file__).resolve().parents[1]
OTHER = ("librispeech-251", "an4", "kathleen", "common-voice", "wake-words", "fsdd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--every", type=int, default=10, help="take each N-th clip of a corpus")
    parser.add_argument("--first", type=int, default=0, help="where to begin counting")
    parser.add_argument("--engine", default="sphinx")
    chosen = parser.parse_args()
    if not (chosen.data / "barista").is_dir():
        print(f"skipped: no recordings in {chosen.data}")
        return
    task = load_task(ROOT / "examples" / "coffee.yaml")
    name = engine_of(chosen.model) if chosen.model else chosen.engine
    engine = create(name, EngineOptions(model=chosen.model, task=task))
    print(f"{name} {engine.version}\n{'corpus':14} clips  taken for an order")
    wrong = total = 0
    for corpus in ("barista", *OTHER):
        folder = chosen.data / corpus
        lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[chosen.first :: chosen.every]
        clips = [decode(folder / json.loads(line)["audio"]) for line in lines]
        taken = sum(engine.transcribe([clip])[0].intent is not None for clip in clips)
        found = wilson(taken, len(clips))
        if corpus != "barista":
            wrong, total = wrong + taken, total + len(clips)
        print(f"{corpus:14} {len(clips):5}  {taken / len(clips):6.1%} [{found.low:.1%}, {found.high:.1%}]", flush=True)
    found = wilson(wrong, total)
    print(f"{'all other':14} {total:5}  {wrong / total:6.1%} [{found.low:.1%}, {found.high:.1%}]")


if __name__ == "__main__":
    main()
