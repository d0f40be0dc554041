"""Voices among recordings of unnamed people: how many groups, how sure, what holds in halves of clips and in noise.

python bench/voices.py [--data ../shared/data] [--corpus barista] [--every N]

Nobody's name is known here, so recall is measured on what is known: both halves of a clip are one voice, and so is a
clip in noise (white, 12 dB below the clip's speech frames).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import Counter
from pathlib import Path

import numpy as np

from idiolect.audio import decode
from idiolect.audio.voice_features import Frames
from idiolect.audio.voice_print import voice_model, voice_print
from idiolect.audio.voices import group_prints, halves

ROOT = Path(__file__).resolve().parents[1]
SNR = 12.0


def in_noise(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    frames = Frames.of(samples).speech()
    spoken = np.repeat(frames, 160)[: len(samples)]
    power = np.mean(np.square(samples[: len(spoken)][spoken], dtype=np.float64))
    noise = rng.standard_normal(len(samples)) * np.sqrt(power / 10 ** (SNR / 10))
    return (samples + noise).astype(np.float32)


def histogram(values: np.ndarray) -> str:
    edges = [-np.inf, -8, -6, -4, -2, 0, 2, 4, 6, np.inf]
    counts, _ = np.histogram(values, edges)
    names = ["<-8", "-8", "-6", "-4", "-2", "0", "2", "4", ">=6"]
    return "  ".join(f"{name}: {count / len(values):.3f}" for name, count in zip(names, counts, strict=True))


def kept(groups: list[int], pairs: list[tuple[int, int]]) -> str:
    together = sum(groups[one] == groups[other] for one, other in pairs)
    return f"{together}/{len(pairs)} = {together / max(1, len(pairs)):.3f}"


def agreement(one: list[int], other: list[int]) -> str:
    """Of the pairs that are together in `one`, how many are in `other`; and the other way round."""
    first, second = (np.equal.outer(groups, groups)[np.triu_indices(len(groups), 1)] for groups in (one, other))
    both = (first & second).sum()
    return f"{both / max(1, first.sum()):.3f} of the pairs stay, {both / max(1, second.sum()):.3f} of the new ones were"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--corpus", default="barista")
    parser.add_argument("--every", type=int, default=1, help="only every N-th clip")
    arguments = parser.parse_args()
    folder = arguments.data / arguments.corpus
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[:: arguments.every]
    clips = [decode(folder / json.loads(line)["audio"]) for line in lines]
    print(f"{len(clips)} clips of {folder.name}, {platform.machine()}, {os.cpu_count()} cores")
    started = time.process_time()
    prints = [voice_print(samples) for samples in clips]
    spent = time.process_time() - started
    print(f"voice prints: RTF {spent / sum(len(samples) / 16_000 for samples in clips):.4f}")
    rng = np.random.default_rng(0)
    noisy = [voice_print(in_noise(samples, rng)) for samples in clips]
    halved = [(index, both) for index, samples in enumerate(clips) if (both := halves(samples)) is not None]
    heard = [index for index, one in enumerate(prints) if one is not None]
    odds = voice_model().log_odds(np.array([prints[index] for index in heard]))
    upper = np.triu_indices(len(heard), 1)
    for prefer in ("joined", "balanced"):
        found = group_prints(prints, prefer=prefer)
        print(f"\n{prefer}: {found.count} groups; on named speakers missed {found.missed}, mixed {found.mixed}")
        print(
            "  sizes", Counter(found.sizes()).most_common() if found.count > 60 else sorted(found.sizes(), reverse=True)
        )
        print(f"  sure: mean {np.mean(found.sure):.2f}, below .5: {np.mean(np.array(found.sure) < 0.5):.2f} of clips")
        groups = np.array(found.groups)[heard]
        same = np.equal.outer(groups, groups)[upper]
        print("  log-odds within groups ", histogram(odds[upper][same]))
        print("  log-odds between groups", histogram(odds[upper][~same]))
        parts = [part for _, both in halved for part in both]
        two = group_prints(parts, prefer=prefer).groups
        print("  halves alone, both in one group   ", kept(two, [(2 * i, 2 * i + 1) for i in range(len(halved))]))
        whole = group_prints([*prints, *parts], prefer=prefer).groups
        at = len(prints)
        pairs = [(index, at + 2 * i + k) for i, (index, _) in enumerate(halved) for k in (0, 1)]
        print("  half beside the whole clips, with its own clip", kept(whole, pairs))
        mixed = group_prints([*prints, *noisy], prefer=prefer).groups
        print("  noisy beside clean, with its own clip", kept(mixed, [(i, at + i) for i in range(at)]))
        alone = group_prints(noisy, prefer=prefer)
        print(f"  all noisy: {alone.count} groups;", agreement(found.groups, alone.groups))


if __name__ == "__main__":
    main()
