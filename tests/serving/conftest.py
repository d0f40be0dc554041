from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.engines import EngineOptions, create
from idiolect.tasks import parse_task

CLIPS = Path(__file__).resolve().parents[2] / "../shared/data/barista/clips"

TASK = """
language: en
intents:
  order:
    data:
      - sentences:
          - "[please] make me a {drink}"
lists:
  drink:
    values: [mocha, latte]
"""


def tone(seconds, seed=0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(16_000 * seconds))).astype(np.float32)


@pytest.fixture(scope="session")
def speech():
    """Two seconds that the speech detector hears as speech: a buzz of 120 Hz through two changing formants."""
    n = np.arange(32_000)
    buzz = np.diff(np.floor(n * 120 * (1 + 0.1 * np.sin(n / 3000)) / 16_000), prepend=0)
    voice = np.zeros(len(n))
    for start, (low, high) in zip(range(0, len(n), 3200), [(700, 1200), (300, 2300)] * 5, strict=True):
        ring = np.arange(400) / 16_000
        tract = np.exp(-300 * ring) * (np.sin(2 * np.pi * low * ring) + np.sin(2 * np.pi * high * ring))
        voice[start : start + 3200] = np.convolve(buzz[start : start + 3200], tract)[:3200] * np.hanning(3200) ** 0.5
    return (0.5 * voice / np.abs(voice).max()).astype(np.float32)


@pytest.fixture
def echo():
    """An engine that says the given texts in turn."""

    def make(*texts, **extra):
        return create("echo", EngineOptions(extra={"texts": list(texts), **extra}))

    return make


@pytest.fixture(scope="session")
def in_loop():
    """Run a coroutine in a loop and a thread of its own: tests of browsers leave one that runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def wav(tmp_path):
    """A WAV of noise of so many seconds."""

    def make(seconds=1.0, name="a.wav"):
        write_wav(tmp_path / name, tone(seconds))
        return tmp_path / name

    return make


@pytest.fixture
def task():
    return parse_task(TASK)


@pytest.fixture(scope="session")
def orders():
    """Files of a few real coffee orders."""
    if not CLIPS.is_dir():
        pytest.skip("../shared/data/barista is not here")
    return sorted(CLIPS.glob("*.flac"))[:6]
