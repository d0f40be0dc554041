"""The main job on real orders: every command of the README, in order, timed, with what each printed.

    python bench/loop.py [--data ../shared/data] [--project runs/coffee] [--minutes 25]

Killed and run again it goes on: each command is resumable and does nothing twice. Needs the shared recordings;
says so and stops where they are not. Speech that only trains: mini-librispeech, librispeech-251,
librispeech-aligned, an4, ljspeech. The orders' own slots are imported for scoring only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

GENERAL = ("mini-librispeech", "librispeech-251", "librispeech-aligned", "an4", "ljspeech")
ROOT = Path(__file__).resolve().parent.parent


def idiolect(project: Path, *words: str) -> dict[str, object]:
    """Run one command with ``--json``; its last line of output is the result."""
    command = [sys.executable, "-m", "idiolect", *words, "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=project, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - started
    print(f"\n$ idiolect {' '.join(words)}    [{seconds:.0f} s, exit {done.returncode}]", flush=True)
    if done.returncode:
        sys.exit(done.returncode)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    result = json.loads(lines[-1]) if lines else {}
    print(json.dumps({key: value for key, value in result.items() if not isinstance(value, list)}, indent=1)[:1500])
    return result


def main() -> None:
    """Run the loop and print where its report lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--project", type=Path, default=ROOT / "runs" / "coffee")
    parser.add_argument("--minutes", type=float, default=25)
    chosen = parser.parse_args()
    data: Path = chosen.data.resolve()
    if not (data / "barista").is_dir():
        print(f"skipped: no recordings in {data}")
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    machine = platform.processor() or platform.machine()
    print(f"commit {commit.stdout.strip()}, {machine}, {os.cpu_count()} cores, Python {platform.python_version()}")
    project: Path = chosen.project
    if not (project / "idiolect.toml").exists():
        project.mkdir(parents=True, exist_ok=True)
        idiolect(project, "init", ".")
    task = str(ROOT / "examples" / "coffee.yaml")
    idiolect(project, "import", str(data / "barista"), "--transcripts", "scoring", "--collection", "barista")
    for name in GENERAL:
        idiolect(project, "import", str(data / name), "--train-only", "--collection", name, "--no-copy")
    idiolect(project, "label", "--engine", "sphinx", "--task", task, "--collection", "barista")
    idiolect(project, "synthesize", "--task", task, "--count", "400")
    idiolect(project, "freeze", "orders", "--test", "0.3", "--dev", "0.1")
    idiolect(project, "train", "--recipe", "nano", "--task", task, "--minutes", str(chosen.minutes))
    idiolect(project, "evaluate", "--engine", "sphinx", "--task", task)
    idiolect(project, "export", "--to", "onnx-int8")
    print(f"\nreports in {project / 'reports'}")


if __name__ == "__main__":
    main()
