"""A voice of one's own: the starter before and after ten minutes of one person's speech, on other prompts of hers.

    python bench/own_voice.py [--data ../shared/data] [--minutes-of-speech 10] [--minutes 4] [--recipe adapt]

The person is `kathleen` (CMU Arctic prompts), whom nothing of ours was trained on. Prompts are sorted by a hash: the
first 150 test, 20 choose the checkpoint, the next train until ten minutes are there. Open vocabulary: 127,000 words and
the trigram model in PocketSphinx's wheel.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from idiolect.cli.progress import progress_for
from idiolect.engines.starter import STARTER, base_folder
from idiolect.project import Project

ROOT = Path(__file__).resolve().parents[1]
TEST, DEV = 150, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--minutes-of-speech", type=float, default=10)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--recipe", default="adapt")
    parser.add_argument("--test", type=int, default=TEST)
    parser.add_argument("--project", type=Path, default=ROOT / "runs" / "own-voice")
    chosen = parser.parse_args()
    folder = chosen.data.resolve() / "kathleen"
    if not folder.is_dir():
        print(f"skipped: no recordings in {folder}")
        return
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: hashlib.blake2b(row["text"].encode(), digest_size=8).digest())
    test, rest = rows[: chosen.test], rows[TEST + DEV :]
    train, seconds = [], 0.0
    for row in rest:
        if seconds < 60 * chosen.minutes_of_speech:
            train.append(row)
            seconds += row["duration"]
    there = (chosen.project / "idiolect.toml").exists()
    with Project.find(chosen.project) if there else Project.create(chosen.project) as project:
        # The splits of a project are hashes; here the shares are those of this bench: three projects' worth in one.
        for name, part, only in (
            ("train", train, True),
            ("dev", rows[TEST : TEST + DEV], False),
            ("test", test, False),
        ):
            manifest = chosen.project / f"{name}.jsonl"
            lines = [json.dumps({**row, "audio": str(folder / row["audio"]), "speaker": None}) for row in part]
            manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
            project.import_audio(manifest, collection=name, train_only=only, copy=False, progress=progress_for())
        held = project.freeze("test", collections=["train", "test"], group_by="recording", dev=0.0, test=0.999)
        teaching = project.freeze("teach", collections=["train", "dev"], group_by="recording", dev=0.999, test=0.0)
        print(f"{len(train)} prompts, {seconds / 60:.1f} min, teach; {len(teaching.dev)} choose; {len(held.test)} test")
        model = project.train(
            teaching, chosen.recipe, overrides={"minutes": chosen.minutes}, progress=progress_for()
        ).folder
        report = project.evaluate([base_folder(STARTER), model], dataset=held, progress=progress_for())
        print(report.text())


if __name__ == "__main__":
    main()
