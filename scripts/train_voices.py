"""Make the weights of voice prints again: python scripts/train_voices.py [--data ../shared/data] [--out FILE].

Writes ``src/idiolect/audio/voices.v1.safetensors`` and prints how well voices are told apart. Seed 0; about 6 minutes
on one core. Data, all of named people; a hash of a speaker's name says which role they have:

- train: 93 % of the speakers of mini-librispeech and librispeech-251 (CC BY 4.0), half of an4's (CMU AN4 licence)
- choose (calibration, thresholds): a quarter of an4, half of common-voice (CC0), 7 % of LibriSpeech
- judge: the other quarter of an4, the other half of common-voice, librispeech-aligned (CC BY 4.0), kathleen (CC0),
  ljspeech (public domain)

Unnamed recordings have no part in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.audio import decode
from idiolect.audio.tensors import write_tensors
from idiolect.audio.voice_features import Frames, Mixture, spectra
from idiolect.audio.voice_print import WEIGHTS, VoiceModel
from idiolect.audio.voices import groups_of, join, margins

Array = NDArray[Any]
ROOT = Path(__file__).resolve().parents[1]
TRAINED = {"mini-librispeech": 1.3, "librispeech-251": 6, "an4": 1}
"""Clips that are drawn of each recording: LibriSpeech-251 has but one recording of a speaker."""
HALVED = ("common-voice", "librispeech-251")
"""Few recordings of a speaker: to judge, each is cut in two."""
FOLDERS = (*TRAINED, "common-voice", "librispeech-aligned", "kathleen", "ljspeech")
COMPONENTS, SHIFTS, DIMENSIONS = 64, 150, 120
KEPT = (*TRAINED, "common-voice")
"""Folders that are read whole; of the others 80 clips."""
PURE = 0.75
"""B-cubed precision that the threshold for folds must leave: of a clip's group, so much is its own voice."""
MOST = 15
"""A speaker with more clips than this weighs as much as one with this many."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One clip of a named speaker."""

    frames: Frames
    corpus: str
    speaker: str


def read(folder: Path, most: int | None = None) -> list[Spoken]:
    """The clips of a folder with a manifest, or about `most` of them. Both LibriSpeech folders name speakers alike."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    family = "librispeech" if "libri" in folder.name else folder.name
    step = 1 if most is None else max(1, len(rows) // most)
    return [
        Spoken(Frames.of(decode(folder / row["audio"])), folder.name, f"{family}/{row['speaker']}")
        for row in rows[::step]
    ]


def role(clip: Spoken) -> str:
    """``train``, ``choose`` or ``judge``: the same for all clips of a speaker."""
    place = hashlib.blake2b(clip.speaker.encode()).digest()[0] / 256
    if clip.corpus in {"librispeech-aligned", "kathleen", "ljspeech"}:
        return "judge"
    if clip.speaker.startswith("librispeech/"):
        return "train" if place < 0.93 and clip.speaker not in {"librispeech/4088", "librispeech/4406"} else "choose"
    if clip.corpus == "an4":
        return "train" if place < 0.5 else "choose" if place < 0.75 else "judge"
    return "choose" if place < 0.5 else "judge"


def stretch(clip: Spoken, start: int, end: int) -> Spoken:
    """From speech frame `start` to before speech frame `end`, with 50 ms on both sides."""
    spoken = np.flatnonzero(clip.frames.speech())[start:end]
    return Spoken(clip.frames.part(max(0, spoken[0] - 5), spoken[-1] + 6), clip.corpus, clip.speaker)


def draw(clip: Spoken, rng: np.random.Generator, shortest: int = 120, longest: int = 450) -> Spoken:
    """A stretch of so many speech frames from anywhere in the clip."""
    speech = int(clip.frames.speech().sum())
    length = min(speech, int(rng.integers(shortest, longest)))
    start = int(rng.integers(0, speech - length + 1))
    return stretch(clip, start, start + length)


def in_noise(clip: Spoken, rng: np.random.Generator) -> Spoken:
    """With made noise of a random spectrum 5 to 30 dB below the speech, added to the mel energies."""
    energies, bands = clip.frames.energies, np.arange(40)
    bumps = np.convolve(rng.standard_normal(48) * rng.uniform(0, 1.5), np.full(9, 1 / 3), "valid")
    noise = np.exp(0.05 * bands * (1 + 2 * rng.uniform(-1.2, 0.3)) + bumps)
    speech = energies[clip.frames.speech()].sum(axis=1).mean()
    noise *= speech / noise.sum() / 10 ** (rng.uniform(5, 30) / 10)
    # Noise is nowhere level: the energy in a band varies from frame to frame.
    mixed = energies + noise * rng.gamma(4, 0.25, energies.shape)
    return Spoken(Frames(mixed, clip.frames.pitch, clip.frames.repeating), clip.corpus, clip.speaker)


def cut(clips: Sequence[Spoken], rng: np.random.Generator) -> dict[str, list[Spoken]]:
    """Clips by role: 1.2 to 4.5 s of speech, which is what clips of 2 to 8 s hold."""
    found: dict[str, list[Spoken]] = {"train": [], "choose": [], "judge": []}
    for clip in clips:
        speech, what = int(clip.frames.speech().sum()), role(clip)
        if what == "train" and speech >= 100:
            times = TRAINED[clip.corpus]
            drawn = [draw(clip, rng) for _ in range(int(times) + int(rng.random() < times % 1))]
            found[what] += [in_noise(one, rng) if rng.random() < 0.5 else one for one in drawn]
        elif what != "train" and clip.corpus in HALVED and speech >= 300:
            length = min(speech // 2, 400)
            found[what] += [stretch(clip, 0, length), stretch(clip, speech - length, speech)]
        elif what != "train" and speech >= 150 and clip.corpus not in HALVED:
            found[what].append(draw(clip, rng, 150))
    return found


def fit_mixture(frames: Array, rng: np.random.Generator, rounds: int = 12) -> Mixture:
    """Expectation maximization from random frames (Dempster, Laird and Rubin 1977)."""
    total = frames.var(axis=0)
    start = frames[rng.choice(len(frames), COMPONENTS, replace=False)]
    mixture = Mixture(np.full(COMPONENTS, 1 / COMPONENTS), start, np.tile(total, (COMPONENTS, 1)))
    for _ in range(rounds):
        odds = mixture.posteriors(frames)
        counts = odds.sum(axis=0) + 1e-6
        means = odds.T @ frames / counts[:, None]
        variances = np.maximum(odds.T @ np.square(frames) / counts[:, None] - means**2, 0.05 * total)
        mixture = Mixture(counts / counts.sum(), means, variances)
    # As the file holds it, so that what is fitted on top of it is what will be used.
    return Mixture(
        *(array.astype(np.float32).astype(np.float64) for array in (counts / counts.sum(), means, variances))
    )


def features(mixture: Mixture, clips: Sequence[Spoken]) -> Array:
    """What `VoiceModel.place` takes, ``(clips, features)``."""
    rows = []
    for clip in clips:
        cepstra, about = spectra(clip.frames)
        rows.append(np.concatenate([mixture.shifts(cepstra), about]))
    return np.array(rows)


@dataclass(frozen=True, slots=True)
class Scatter:
    """Covariances within and between speakers, and the mean over clips, speakers with many clips held down."""

    within: Array
    between: Array
    mean: Array

    @classmethod
    def of(cls, rows: Array, speakers: Array) -> Scatter:
        """Of ``(clips, dimensions)`` and a speaker's number for each."""
        counts = np.bincount(speakers)
        weights = np.minimum(1, MOST / counts[speakers])
        means = np.array([rows[speakers == speaker].mean(axis=0) for speaker in range(len(counts))])
        share = weights * counts[speakers] / np.maximum(counts[speakers] - 1, 1)
        apart = (rows - means[speakers]) * np.sqrt(share)[:, None]
        return cls(apart.T @ apart / weights.sum(), np.cov(means.T), np.average(rows, axis=0, weights=weights))


def discriminants(within: Array, between: Array) -> tuple[Array, Array]:
    """Directions in which `within` is 1, by falling variance between speakers; and these variances."""
    whitening = np.linalg.cholesky(np.linalg.inv(within))
    spread, turned = np.linalg.eigh(whitening.T @ between @ whitening)
    return whitening @ turned[:, ::-1], spread[::-1]


def fit(rows: Array, names: Sequence[str], mixture: Mixture) -> dict[str, Array]:
    """The arrays of a `VoiceModel` from ``(clips, features)``."""
    speakers = np.unique(names, return_inverse=True)[1]
    split = mixture.means.size
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    # Shifts keep their scale among one another: it is how much each component saw.
    scale[:split] = rows[:, :split].std()
    scaled = (rows - mean) / scale
    _, _, axes = np.linalg.svd(scaled[:, :split], full_matrices=False)
    basis = np.zeros((len(mean), SHIFTS + len(mean) - split))
    basis[:split, :SHIFTS] = axes[:SHIFTS].T
    basis[split:, SHIFTS:] = np.eye(len(mean) - split)
    basis /= (scaled @ basis).std(axis=0)
    scatter = Scatter.of(scaled @ basis, speakers)
    loaded = scatter.within + 0.02 * np.eye(len(scatter.within))
    projection = basis @ discriminants(loaded, scatter.between)[0][:, :DIMENSIONS]
    projection = projection.astype(np.float16).astype(np.float64)
    seen = scaled @ projection
    seen *= np.sqrt(DIMENSIONS) / np.linalg.norm(seen, axis=1, keepdims=True)
    again = Scatter.of(seen, speakers)
    # The mean of few clips varies by what varies within speakers too.
    between = again.between - again.within * np.mean(1 / np.minimum(np.bincount(speakers), 6))
    rotation, spread = discriminants(again.within, between)
    return {
        "mean": mean,
        "scale": scale,
        "projection": projection,
        "centre": seen.mean(axis=0),
        "rotation": rotation,
        "spread": np.maximum(spread, 1e-4),
    }


def logistic(x: Array, y: Array, weights: Array) -> tuple[float, float]:
    """Slope and offset of the log-odds of `y`, by Newton's method."""
    rows, found = np.stack([x, np.ones(len(x))], axis=1), np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(rows @ found, -40, 40)))
        curve = (rows * (weights * p * (1 - p))[:, None]).T @ rows + 1e-6 * np.eye(2)
        found = found + np.linalg.solve(curve, rows.T @ (weights * (y - p)))
    return float(found[0]), float(found[1])


def equal_error(odds: Array, same: Array) -> float:
    """Where as many pairs of one voice are missed as pairs of two voices are taken."""
    ranked = same[np.argsort(-odds, kind="stable")]
    taken, missed = np.cumsum(~ranked) / (~ranked).sum(), 1 - np.cumsum(ranked) / ranked.sum()
    best = np.argmin(abs(taken - missed))
    return float(taken[best] + missed[best]) / 2


def purity(groups: Array, names: Array) -> dict[str, float]:
    """B-cubed precision and recall (Bagga and Baldwin 1998), pairs missed and mixed."""
    grouped, same = groups[:, None] == groups[None], names[:, None] == names[None]
    both, upper = grouped & same, np.triu_indices(len(groups), 1)
    pairs = float(both[upper].sum())
    return {
        "groups": len(set(groups.tolist())),
        "voices": len(set(names.tolist())),
        "clips": len(groups),
        "precision": float((both.sum(1) / grouped.sum(1)).mean()),
        "recall": float((both.sum(1) / same.sum(1)).mean()),
        "missed": 1 - pairs / max(1, same[upper].sum()),
        "mixed": 1 - pairs / max(1, grouped[upper].sum()),
    }


def right(groups: Array, names: Array) -> Array:
    """Whether a clip stands in the group that holds most of its voice, and its voice is the one that has most of it."""
    table = np.zeros((groups.max() + 1, len(set(names.tolist()))))
    voices = np.unique(names, return_inverse=True)[1]
    np.add.at(table, (groups, voices), 1)
    return np.asarray((table.argmax(axis=0)[voices] == groups) & (table.argmax(axis=1)[groups] == voices))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clips of several voices, with the log-odds of all pairs."""

    name: str
    names: Array
    odds: Array

    def pairs(self) -> tuple[Array, Array]:
        """Log-odds of each pair, and whether it is one voice."""
        one, other = np.triu_indices(len(self.names), 1)
        return self.odds[one, other], self.names[one] == self.names[other]

    def at(self, threshold: float) -> Array:
        """The groups at a threshold."""
        return groups_of(join(self.odds), len(self.names), threshold)


def crowds(model: VoiceModel, clips: Sequence[Spoken], rows: Array) -> list[Crowd]:
    """One for each corpus with several voices, and one of all."""
    prints, corpora = model.place(rows), np.array([clip.corpus for clip in clips])
    names = np.array([clip.speaker for clip in clips])
    several = [name for name in sorted(set(corpora)) if len(set(names[corpora == name])) > 5]
    masks = [(name, corpora == name) for name in several] + [("all", np.ones(len(clips), dtype=bool))]
    return [Crowd(name, names[mask], model.log_odds(prints[mask])) for name, mask in masks]


def calibrate(found: Sequence[Crowd]) -> tuple[float, float]:
    """Of pairs within each corpus, as many of one voice as of two by weight."""
    parts = [crowd.pairs() for crowd in found if crowd.name != "all"]
    weights = [np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum()) for _, same in parts]
    odds, same = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
    return logistic(odds, same.astype(float), np.concatenate(weights))


def choose(found: Sequence[Crowd]) -> dict[str, float]:
    """Thresholds: ``balanced`` has the best mean F of B-cubed over the crowds, ``joined`` is the lowest with `PURE`."""
    trees = [(crowd, join(crowd.odds)) for crowd in found]
    scores = []
    for threshold in np.arange(-8, 8, 0.25).tolist():
        rows = [purity(groups_of(tree, len(crowd.names), threshold), crowd.names) for crowd, tree in trees]
        f = np.mean([2 * row["precision"] * row["recall"] / (row["precision"] + row["recall"]) for row in rows])
        scores.append((threshold, float(f), float(np.mean([row["precision"] for row in rows]))))
    pure = min(threshold for threshold, _, precision in scores if precision >= PURE)
    return {"balanced": max(scores, key=lambda row: row[1])[0], "joined": pure}


def show(row: dict[str, float]) -> str:
    """Groups/voices, B-cubed precision/recall, precision/recall of pairs."""
    voices = f"{row['groups']:.0f}/{row['voices']:.0f}"
    b = f"B3 {row['precision']:.2f}/{row['recall']:.2f}"
    return f"{voices} {b} pairs {1 - row['mixed']:.2f}/{1 - row['missed']:.2f}"


def settings(chosen: Sequence[Crowd], judged: Sequence[Crowd]) -> dict[str, Any]:
    """For each way to prefer: its threshold, what it gave on the judges, and how margins become probabilities."""
    found: dict[str, Any] = {}
    for name, threshold in choose(chosen).items():
        margin, good = [], []
        for crowd in chosen:
            groups = crowd.at(threshold)
            margin.append(margins(crowd.odds, groups, threshold))
            good.append(right(groups, crowd.names).astype(float))
        slope, offset = logistic(np.concatenate(margin), np.concatenate(good), np.ones(sum(map(len, good))))
        rows = {crowd.name: purity(crowd.at(threshold), crowd.names) for crowd in judged}
        found[name] = {
            "threshold": threshold,
            "sure_slope": round(slope, 4),
            "sure_offset": round(offset, 4),
            "missed": round(float(np.mean([row["missed"] for row in rows.values()])), 3),
            "mixed": round(float(np.mean([row["mixed"] for row in rows.values()])), 3),
        }
        for crowd in judged:
            groups = crowd.at(threshold)
            sure = 1 / (1 + np.exp(-(slope * margins(crowd.odds, groups, threshold) + offset)))
            fits = right(groups, crowd.names)
            print(
                f"{name:9s} {crowd.name:16s} {show(rows[crowd.name])}  right {fits.mean():.2f}, said {sure.mean():.2f}"
            )
    return found


def main() -> None:
    """Train, choose, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    clips = [clip for name in FOLDERS for clip in read(arguments.data / name, None if name in KEPT else 80)]
    parts = cut(clips, rng)
    pool = np.vstack([spectra(clip.frames)[0][::5] for clip in parts["train"]])
    mixture = fit_mixture(pool[rng.permutation(len(pool))[:80_000]], rng)
    rows = {name: features(mixture, part) for name, part in parts.items()}
    arrays = fit(rows["train"], [clip.speaker for clip in parts["train"]], mixture)
    model = VoiceModel(mixture=mixture, **arrays, numbers={"slope": 1.0, "offset": 0.0})
    slope, offset = calibrate(crowds(model, parts["choose"], rows["choose"]))
    numbers: dict[str, Any] = {"slope": round(slope, 5), "offset": round(offset, 4)}
    model = VoiceModel(mixture=mixture, **arrays, numbers=numbers)
    judged = crowds(model, parts["judge"], rows["judge"])
    numbers["prefer"] = settings(crowds(model, parts["choose"], rows["choose"]), judged)
    numbers["equal_error"] = {crowd.name: round(equal_error(*crowd.pairs()), 4) for crowd in judged}
    numbers["speakers"] = {name: len({clip.speaker for clip in part}) for name, part in parts.items()}
    print(json.dumps(numbers, indent=1))
    kept = {"weights": mixture.weights, "means": mixture.means, "variances": mixture.variances, **arrays}
    halved = {"projection"}
    arrays = {name: array.astype(np.float16 if name in halved else np.float32) for name, array in kept.items()}
    about = {"about": __doc__.partition("\n\n")[2], "numbers": json.dumps(numbers, sort_keys=True)}
    write_tensors(arguments.out, arrays, about)
    print(arguments.out, arguments.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
