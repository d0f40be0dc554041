"""What the starter model hears of people it was never trained on: open vocabulary, corpus by corpus.

    python bench/starter.py [--data ../shared/data] [--model FOLDER] [--clips 60] [--with lm_scale=1.0] [--json FILE]

127,000 words and the trigram model in PocketSphinx's wheel. Of the corpora it was trained on, only speakers that its
split kept for the test (`--dev`: for dev, to choose weights of the search on); kathleen, common-voice and fsdd were
never in it.

WER is pooled, normalizer basic.v1, intervals over speakers where there are six or more, else over clips.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.audio import decode
from idiolect.corpus.splits import Shares, side
from idiolect.engines import create, engine_of
from idiolect.engines.protocol import Engine, EngineOptions
from idiolect.evaluation import Tally, align, interval
from idiolect.files import write_json
from idiolect.text import basic_v1

ROOT = Path(__file__).resolve().parents[1]
HELD = ("mini-librispeech", "librispeech-251", "an4")
NEVER = ("kathleen", "common-voice", "fsdd")
SHARES = Shares(dev=0.03, test=0.08)
"""As scripts/starter.py froze its dataset."""


def rows_of(data: Path, corpus: str, split: str, clips: int) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (data / corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row.get("language", "en") == "en" and row.get("text")]
    if corpus in HELD:
        rows = [row for row in rows if side(f"speaker:{row['speaker']}", SHARES) == split]
    return rows[:: max(1, len(rows) // clips)][:clips]


def score(engine: Engine, data: Path, corpus: str, rows: list[dict[str, Any]], shown: int) -> dict[str, Any]:
    errors, words, speakers = [], [], []
    spent = seconds = 0.0
    for row in rows:
        samples = decode(data / corpus / row["audio"])
        started = time.process_time()
        heard = engine.transcribe([samples])[0].text
        spent += time.process_time() - started
        seconds += len(samples) / 16_000
        counts = align(basic_v1(row["text"]).split(), basic_v1(heard).split()).counts
        errors.append(float(counts.substitutions + counts.deletions + counts.insertions))
        words.append(float(counts.reference))
        speakers.append(str(row.get("speaker")))
        if len(errors) <= shown:
            print(f"  REF {basic_v1(row['text'])}\n  HYP {heard}")
    names = sorted(set(speakers))
    by_speaker = len(names) >= 6
    groups = np.array([names.index(one) for one in speakers]) if by_speaker else np.arange(len(rows))
    tally = Tally(np.array(errors), np.array(words), groups)
    found = interval(tally, seed=0)
    return {
        "corpus": corpus,
        "clips": len(rows),
        "speakers": len(names),
        "words": int(sum(words)),
        "wer": tally.value,
        "interval": [found.low, found.high],
        "over": "speakers" if by_speaker else "clips",
        "rtf": spent / seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--model", type=Path, help="a checkpoint or bundle (default: the starter)")
    parser.add_argument("--engine", default="starter")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--with", dest="extra", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--shown", type=int, default=0)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    if not (chosen.data / "kathleen").is_dir():
        print(f"skipped: no recordings in {chosen.data}")
        return
    extra = {
        name: float(value) if value[0] in "-.0123456789" else value
        for name, value in (text.split("=", 1) for text in chosen.extra)
    }
    name = engine_of(chosen.model) if chosen.model else chosen.engine
    engine = create(name, EngineOptions(model=chosen.model, extra=extra))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    print(f"{name} {engine.version} {extra or ''}, commit {commit}, {platform.machine()}")
    found = []
    for corpus in HELD if chosen.dev else (*HELD, *NEVER):
        rows = rows_of(chosen.data, corpus, "dev" if chosen.dev else "test", chosen.clips)
        if not rows:
            continue
        one = score(engine, chosen.data, corpus, rows, chosen.shown)
        found.append(one)
        low, high = (100 * edge for edge in one["interval"])
        print(
            f"{corpus:20} {one['clips']:4} clips {one['speakers']:4} speakers {one['words']:6} words  "
            f"WER {100 * one['wer']:5.1f} % [{low:.1f}, {high:.1f}] over {one['over']}  RTF {one['rtf']:.3f}",
            flush=True,
        )
    if chosen.json:
        write_json(chosen.json, {"engine": name, "version": engine.version, "commit": commit, "rows": found})


if __name__ == "__main__":
    main()
