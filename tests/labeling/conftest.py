from __future__ import annotations

import shutil

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.corpus import Corpus, Entry, ImportOptions, import_entries


def write_voices(folder, count, seconds=0.4):
    """`count` short files of different samples, each in a recording of its own; returns their entries."""
    entries = []
    for number in range(count):
        rng = np.random.default_rng(number)
        samples = (0.1 * rng.standard_normal(int(16_000 * seconds))).astype(np.float32)
        path = folder / f"voice_{number:02d}.wav"
        write_wav(path, samples)
        # With a stretch, the file is one clip whether or not a voice is found in it.
        entries.append(Entry(audio=path, where=str(path), text=f"text {number}", start=0.0, end=seconds, speaker="me"))
    return entries


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """A project folder that tests copy: making the tables and importing takes a second."""
    folder = tmp_path_factory.mktemp("imported")
    (folder / "voices").mkdir()
    with Corpus.create(folder / "project") as made:
        report = import_entries(made, write_voices(folder / "voices", 12), ImportOptions(transcripts="none"))
    assert report.clips == 12, report.skipped
    return folder / "project"


@pytest.fixture
def corpus(imported, tmp_path):
    """A store with 12 clips of noise and no labels."""
    shutil.copytree(imported, tmp_path / "project")
    with Corpus.open(tmp_path / "project") as opened:
        yield opened
