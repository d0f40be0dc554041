"""Commands in noise: the benchmark that Picovoice published for its own engine and four others, on the same terms.

    python bench/commands.py [--data ../shared/data] [--system starter] [--system sphinx] [--system selftrained] …

Protocol (github.com/Picovoice/speech-to-intent-benchmark): every order mixed with kitchen noise of its length from a
random offset (here drawn from the seed, the clip's name and the SNR), scaled by the loudest frames of 2048 samples, at
6, 9, … 24 dB; accepted if the intent is right and every labelled slot has exactly the labelled value; the score is the
mean over the SNRs. What each system had before it: the task file; `selftrained` also other people's unlabelled orders
(`bench/crossfit.py`). No system has heard the kitchen.

MB is the size of the model on disk (for the starter, what an engine reads of it), RAM the largest peak of a process
that heard, ECE the expected calibration error of the confidence, over answers that have one.

Answers are kept in runs/commands/<system>.json, and the table is of all that are there: a run goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.audio import decode
from idiolect.engines import create, engine_of
from idiolect.engines.protocol import Engine, EngineOptions
from idiolect.engines.starter import FOLDER as STARTER
from idiolect.evaluation import Tally, calibration_of, share_interval
from idiolect.files import read_json, write_json
from idiolect.tasks import load_task
from idiolect.units import Samples

ROOT = Path(__file__).resolve().parents[1]
TASK = ROOT / "examples" / "coffee.yaml"
SNRS = (6, 9, 12, 15, 18, 21, 24)
CLEAN = 99
"""Stands for the clip as it is, scaled as the rule scales all."""
FRAME = 2048
PUBLISHED = {
    "Picovoice Rhino": (93.5, 96.5, 98, 98.5, 98.5, 99, 99),
    "Microsoft LUIS": (84.5, 87, 89.5, 90.5, 91.5, 93, 93),
    "IBM Watson": (61, 80, 88.5, 92.5, 94.5, 95, 96),
    "Amazon Lex": (75.5, 83, 84.5, 87, 87, 87, 87.5),
    "Google Dialogflow": (66.5, 74, 77, 79.5, 81.5, 82.5, 82.5),
}
"""On 619 orders, of which the shared 343 are a part: percent by SNR, as their repository has them."""


def loudest(samples: Samples) -> float:
    """The largest energy of a frame."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return float(np.square(frames).sum(1).max()) if len(frames) else float(np.square(samples).sum())


def mixed(speech: Samples, noise: Samples, snr: int, rng: np.random.Generator) -> Samples:
    """The benchmark's rule: see the module."""
    first = int(rng.integers(len(noise) - len(speech)))
    part = noise[first : first + len(speech)]
    scale = np.sqrt(loudest(speech) / (loudest(part) * 10 ** (snr / 10)))
    heard = speech + part * np.float32(scale) if snr != CLEAN else speech
    return (heard / (2 * np.abs(heard).max())).astype(np.float32)


def seed_of(seed: int, name: str, snr: int) -> np.random.Generator:
    digest = hashlib.blake2b(f"{seed} {name} {snr}".encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def orders(data: Path) -> list[dict[str, Any]]:
    lines = (data / "barista" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def accepted(row: dict[str, Any], intent: str | None, slots: dict[str, str]) -> bool:
    return intent == row["intent"] and all(slots.get(name) == value.strip() for name, value in row["slots"].items())


_engines: dict[str, Engine] = {}
_noise: list[Samples] = []


def engine_for(system: str, model: str | None) -> Engine:
    key = f"{system} {model}"
    if key not in _engines:
        folder = None if model is None else Path(model)
        name = system if folder is None else engine_of(folder)
        _engines.clear()
        _engines[key] = create(name, EngineOptions(model=folder, task=load_task(TASK)))
    return _engines[key]


def hear(
    data: Path, system: str, model: str | None, row: dict[str, Any], snrs: tuple[int, ...]
) -> list[dict[str, Any]]:
    """One order at every SNR, by one engine, in this process."""
    engine = engine_for(system, model)
    if not _noise:
        _noise.append(decode(data / "barista" / "kitchen.flac"))
    speech = decode(data / "barista" / row["audio"])
    answers = []
    for snr in snrs:
        samples = mixed(speech, _noise[0], snr, seed_of(0, row["audio"], snr))
        started = time.process_time()
        heard = engine.transcribe([samples])[0]
        spent = time.process_time() - started
        answers.append(
            {
                "clip": row["audio"],
                "snr": snr,
                "accepted": accepted(row, heard.intent, dict(heard.slots)),
                "rejected": heard.intent is None,
                "confidence": heard.confidence,
                "text": heard.text,
                "seconds": len(samples) / 16_000,
                "spent": spent,
                "ram": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    return answers


def run(
    data: Path, system: str, models: dict[str, str] | str | None, *, every: int, jobs: int, snrs: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """Answers of all orders; `models` is one model folder, or the folder for each clip (folds)."""
    rows = [row for row in orders(data)[::every] if not isinstance(models, dict) or row["audio"] in models]
    folders = [models.get(row["audio"]) if isinstance(models, dict) else models for row in rows]
    # By model, so that a process loads each once.
    tasks = sorted(zip(folders, rows, strict=True), key=lambda pair: (pair[0] or "", pair[1]["audio"]))
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(hear, data, system, folder, row, snrs) for folder, row in tasks]
        for answer in waiting:
            yield from answer.result()


def size_of(system: str, models: dict[str, str] | str | None) -> float | None:
    """Megabytes on disk of what is loaded; None for an engine whose model comes with its package."""
    folder = next(iter(models.values()), None) if isinstance(models, dict) else models
    if folder is None and system != "starter":
        return None
    files = (path for path in (STARTER if folder is None else Path(folder)).iterdir() if path.is_file())
    return sum(path.stat().st_size for path in files) / 1e6


def calibration(answers: list[dict[str, Any]]) -> float | None:
    sure = [one for one in answers if one["confidence"] is not None]
    return (
        calibration_of([one["confidence"] for one in sure], [one["accepted"] for one in sure]).error if sure else None
    )


def line(stored: dict[str, Any], voices: dict[str, str]) -> str:
    """Percent by SNR, the mean with its interval over voices (else clips), and what it costs."""
    answers = stored["answers"]
    numbers = (stored.get("size"), max(one.get("ram", 0) for one in answers) or None, calibration(answers))
    costs = [
        f"{value:{form}}" if value is not None else "-"
        for value, form in zip(numbers, (".1f", ".0f", ".2f"), strict=True)
    ]
    return f"{accuracy(stored['name'], answers, voices)}  {costs[0]:>5} {costs[1]:>5} {costs[2]:>5}"


def accuracy(name: str, answers: list[dict[str, Any]], voices: dict[str, str]) -> str:
    noisy = [one for one in answers if one["snr"] != CLEAN]
    keys = sorted({voices.get(one["clip"], one["clip"]) for one in noisy})
    index = np.array([keys.index(voices.get(one["clip"], one["clip"])) for one in noisy])
    right = np.array([float(one["accepted"]) for one in noisy])
    found = share_interval(Tally(right, np.ones(len(right)), index), seed=0)
    cells = []
    for snr in (*SNRS, CLEAN):
        those = [one["accepted"] for one in answers if one["snr"] == snr]
        cells.append(f"{100 * sum(those) / len(those):5.1f}" if those else "    -")
    rtf = sum(one["spent"] for one in answers) / sum(one["seconds"] for one in answers)
    mean = f"{100 * right.mean():5.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"
    return f"{name:34} {mean:20} {' '.join(cells)}  {rtf:.4f}  {len({one['clip'] for one in answers}):5}"


def table(folder: Path, voices: dict[str, str]) -> None:
    snrs = " ".join(f"{snr:5}" for snr in SNRS)
    print(f"{'system':34} {'mean 6-24 dB':20} {snrs} clean  RTF     clips     MB   RAM   ECE")
    for path in sorted(folder.glob("*.json")):
        stored = read_json(path)
        print(line(stored, voices))
    for name, values in PUBLISHED.items():
        cells = " ".join(f"{value:5.1f}" for value in values)
        print(f"{name:34} {np.mean(values):5.1f} {'(published)':14} {cells}     -  -         619      -     -     -")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--system", action="append", default=[], help="an engine; with --model, the name of its row")
    parser.add_argument("--model", help="a checkpoint or bundle, or a JSON file: clip → folder (folds)")
    parser.add_argument("--every", type=int, default=1, help="only every N-th order")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "commands")
    parser.add_argument("--voices", type=Path, help="JSON: clip → voice; intervals are then over voices")
    parser.add_argument("--snr", type=int, action="append", help="only these")
    chosen = parser.parse_args()
    if not (chosen.data / "barista").is_dir():
        print(f"skipped: no recordings in {chosen.data}")
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(f"commit {commit.stdout.strip()}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    models: dict[str, str] | str | None = chosen.model
    if chosen.model and chosen.model.endswith(".json"):
        models = read_json(Path(chosen.model))
    for system in chosen.system:
        path = chosen.out / f"{system}.json"
        if path.exists():
            continue
        snrs = tuple(chosen.snr or (*SNRS, CLEAN))
        answers = list(run(chosen.data, system, models, every=chosen.every, jobs=chosen.jobs, snrs=snrs))
        write_json(path, {"name": system, "size": size_of(system, models), "answers": answers})
    table(chosen.out, read_json(chosen.voices) if chosen.voices else {})


if __name__ == "__main__":
    main()
