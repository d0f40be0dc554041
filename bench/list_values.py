"""A task with a list of N values: how long it takes to read and to compile, and what it takes of memory.

    python bench/list_values.py [--values 100000] [--values 10000]

Seconds are of this process's CPU; every value is two words of CMUdict.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import time
from itertools import pairwise
from pathlib import Path

from idiolect.engines.decoding import PhoneGraph
from idiolect.tasks import Lexicon, parse_task

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, action="append", help="how many (default: 10000, then 100000)")
    chosen = parser.parse_args()
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    print(f"commit {commit}, {platform.processor() or platform.machine()}")
    print(f"{'values':>8} {'read s':>7} {'graph s':>8} {'phones s':>9} {'states':>9} {'peak MB':>8}")
    words = [word for word in Lexicon.default().entries if word.isalpha()]
    for count in sorted(chosen.values or [10_000, 100_000]):
        values = [f"{one} {other}" for one, other in zip(words[:count], reversed(words[-count:]), strict=True)]
        intents = {"play": {"data": [{"sentences": ["play {song} now"]}]}}
        text = json.dumps({"intents": intents, "lists": {"song": values}})
        times = [time.process_time()]
        task = parse_task(text)
        times.append(time.process_time())
        task.graph()
        times.append(time.process_time())
        graph = PhoneGraph.from_task(task, Lexicon.default())
        times.append(time.process_time())
        spent = [later - earlier for earlier, later in pairwise(times)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count:8} {spent[0]:7.1f} {spent[1]:8.1f} {spent[2]:9.1f} {graph.states:9} {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()
