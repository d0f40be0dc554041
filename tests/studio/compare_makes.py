"""A project in which three systems were evaluated: sounds, texts and answers are made up, the evaluation is real."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from idiolect.audio import write_wav
from idiolect.engines.protocol import Hypothesis
from idiolect.evaluation import System, evaluate
from idiolect.project import Project

SPEAKERS = ("anna", "ben", "carla", "dogan", "elif", "farid", "grete", "hana")
SENTENCES = (
    "two large coffees please",
    "turn the light on in the kitchen",
    "call my sister",
    "set a timer for ten minutes and then play some quiet music",
    "no sugar for me",
    "good morning everybody",
)
SLIPS = {"coffees": "coffins", "kitchen": "chicken", "sister": "mister", "timer": "tamer", "sugar": "sure", "me": ""}


class Mishearing:
    """An engine that knows every clip, and mishears some words of some of them, the same ones each time."""

    version = "1"

    def __init__(self, name, texts, share, seed):
        self.name = name
        self._texts = texts
        self._share = share
        self._seed = seed

    @property
    def parameters(self):
        return {"share": self._share}

    def transcribe(self, batch):
        return [Hypothesis(self._heard(self._texts[samples.tobytes()])) for samples in batch]

    def _heard(self, told):
        clip_id, said = told
        chance = random.Random(f"{self._seed} {clip_id}")
        words = [SLIPS.get(word, word) if chance.random() < self._share else word for word in said.split()]
        if chance.random() < self._share / 4:
            words.append("yes")
        return " ".join(word for word in words if word)


def compared(folder: Path) -> Path:
    """The folder of a project with 48 clips, frozen, and an evaluation of three systems on its test split."""
    rows, rng = [], np.random.default_rng(7)
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    for place in range(len(SPEAKERS) * len(SENTENCES)):
        said = SENTENCES[place % len(SENTENCES)]
        t = np.arange(int(16000 * (0.5 + 0.12 * len(said.split())))) / 16000
        tone = 0.2 * np.sin(2 * np.pi * (140 + 9 * place) * t) * np.sin(np.pi * t / t[-1]) ** 2
        noisy = rng.normal(0, 0.02 if place % 3 == 0 else 0.001, len(t))
        write_wav(sounds / f"{place:02d}.wav", (tone + noisy).astype(np.float32))
        speaker = SPEAKERS[place // len(SENTENCES)]
        rows.append({"audio": f"{place:02d}.wav", "speaker": speaker, "text": said})
    (sounds / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(folder / "voices", name="My voice") as project:
        project.import_audio(sounds / "manifest.jsonl")
        project.freeze("first", dev=0.1, test=0.8)
        judge(project, ("starter", 0.6, 1, 9_000_000), ("my-model-1a2b", 0.15, 2, 3_500_000), ("large", 0.1, 3, None))
    return folder / "voices"


def judge(project, *systems, split="test"):
    """Evaluate systems (name, share misheard, seed, size of the weights) as `idiolect evaluate` does."""
    corpus, dataset = project.corpus, project.corpus.dataset()
    items = dataset.split(split)
    texts = {}
    for item in items:
        label = item.label or item.references[0]
        texts[corpus.samples(item.clip).tobytes()] = (item.clip.id, label.text)
    engines = [System(name, Mishearing(name, texts, share, seed), size) for name, share, seed, size in systems]
    about = {"dataset": dataset.id, "dataset_name": dataset.name, "split": split}
    report = evaluate(items, engines, lambda item: corpus.samples(item.clip), about=about)
    corpus.add_evaluation(report.as_record(dataset.id, split))
    return report
