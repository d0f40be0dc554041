"""A language of hums: a buzz, and two sines for each phone. A network learns it in seconds."""

from __future__ import annotations

import json

import numpy as np

from idiolect.audio import write_wav
from idiolect.corpus import Corpus, FreezeOptions, ImportOptions, find_entries, import_entries
from idiolect.training.alignment import Alignment, AlignmentCache

WORDS = {"no": ("N", "OW"), "tea": ("T", "IY"), "why": ("W", "AY"), "she": ("SH", "IY")}
PHONES = sorted({phone for phones in WORDS.values() for phone in phones})
FRAMES = 15
SHARP = 250
"""How fast the ringing of the throat dies away, per second."""
SMALL = {
    "steps": 60,
    "batch.seconds": 16,
    "nano.channels": 32,
    "nano.blocks": 2,
    "nano.crop": 1.0,
    "optimizer.peak": 1e-2,
    "optimizer.ema": 0.9,
    "watch.times": 3,
    "augment.use": False,
}


def spoken(text, seed):
    """Samples of `text` and their alignment."""
    rng = np.random.default_rng(seed)
    phones = [("SIL", 0, FRAMES)]
    for word in text.split():
        for phone in WORDS[word]:
            phones.append((phone, len(phones) * FRAMES, FRAMES))
    phones.append(("SIL", len(phones) * FRAMES, FRAMES))
    length = sum(frames for _, _, frames in phones) * 160
    samples = np.zeros(length)
    # A throat of 120 pulses a second, through two formants for each phone: the speech detector hears it as a voice.
    ring = np.arange(640) / 16000
    for phone, start, frames in phones:
        if phone == "SIL":
            continue
        at = PHONES.index(phone)
        low, high = (300, 520, 800)[at % 3], (1200, 2000, 3100)[at // 3]
        tract = np.exp(-SHARP * ring) * (np.sin(2 * np.pi * low * ring) + np.sin(2 * np.pi * high * ring))
        for pulse in range(start * 160, (start + frames) * 160, 133):
            end = min(pulse + len(ring), length)
            samples[pulse:end] += 0.1 * tract[: end - pulse]
    samples += rng.normal(scale=0.003, size=length)
    return samples.astype(np.float32), Alignment(tuple(phones))


def sentences(count, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list(WORDS), size=3)) for _ in range(count)]


def make_project(folder, count=40):
    """A corpus of tones with its frozen dataset, and the alignments in its cache."""
    audio = folder / "tones"
    audio.mkdir(parents=True)
    rows = []
    for at, text in enumerate(sentences(count)):
        samples, _ = spoken(text, at)
        write_wav(audio / f"{at}.wav", samples)
        rows.append({"audio": f"{at}.wav", "text": text, "speaker": f"speaker {at % 10}"})
    (audio / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = Corpus.create(folder / "project")
    entries, skipped = find_entries([audio / "manifest.jsonl"])
    import_entries(corpus, entries, ImportOptions(), skipped=skipped)
    dataset = corpus.freeze("tones", FreezeOptions(dev=0.2, test=0.1))
    align_known(corpus, dataset)
    return corpus, dataset


def align_known(corpus, dataset):
    cache = AlignmentCache(corpus.folder / "cache" / "alignments")
    for item in dataset.items:
        cache.add(item.clip.id, item.label.text, spoken(item.label.text, 0)[1])
