from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from idiolect import audio
from idiolect.corpus import Corpus, Entry, import_entries, make_map, read_map
from idiolect.corpus.clip_map import FILE, project
from idiolect.errors import CorpusError
from idiolect.units import SAMPLE_RATE


def voice(pitch: float, seed: int, seconds: float = 1.2):
    """float32: harmonics with swells, which a voice detector takes for speech or not; its print is of its own."""
    rng, t = np.random.default_rng(seed), np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * pitch * k * t * (1 + 0.01 * np.sin(9 * t))) / k for k in range(1, 14))
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * t)
    return (0.12 * tone * swell + rng.normal(0, 2e-3, len(t))).astype(np.float32)


@pytest.fixture
def corpus(tmp_path: Path):
    """Three clips of each of two pitches, and one of silence."""
    (tmp_path / "in").mkdir()
    entries = []
    for number in range(7):
        path = tmp_path / "in" / f"{number}.wav"
        low = number % 2
        quiet = np.zeros(8000, dtype=np.float32)
        audio.write_wav(path, quiet if number == 6 else voice(95 if low else 210, number))
        entries.append(Entry(path, f"{number}", None, source="in", speaker="low" if low else "high"))
    with Corpus.create(tmp_path / "voice") as made:
        import_entries(made, entries)
        yield made


def test_one_voice_lies_together_and_silence_nowhere(corpus):
    assert read_map(corpus.folder) is None
    made = make_map(corpus, corpus.clip_ids())
    quiet = sum(audio.voice_print(corpus.samples(clip)) is None for clip in corpus.clips())
    assert (len(made.ids), made.unplaced) == (len(corpus.clips()) - quiet, quiet)
    assert float(np.abs(made.points).max()) == pytest.approx(1)
    places = dict(zip(made.ids, made.points, strict=True))
    centres = {}
    for speaker in ("low", "high"):
        some = [places[one.id] for one in corpus.find(f"speaker:{speaker}").clips if one.id in places]
        centres[speaker] = np.mean(some, axis=0)
        assert np.linalg.norm(some - centres[speaker], axis=1).max() < 0.7
    assert np.linalg.norm(centres["low"] - centres["high"]) > 0.8


def test_it_is_kept_goes_on_and_is_forgotten(corpus, monkeypatch):
    first, *rest = corpus.clip_ids()
    make_map(corpus, [first, rest[0]])
    heard = []
    read = corpus.samples
    monkeypatch.setattr(corpus, "samples", lambda clip: heard.append(clip.id) or read(clip))
    made = make_map(corpus, [first, *rest])
    assert sorted(heard) == sorted(rest[1:])
    again = read_map(corpus.folder)
    assert again is not None
    assert again.ids == made.ids
    assert np.array_equal(again.points, made.points)
    corpus.forget("low")
    assert not (corpus.folder / FILE).exists()
    with pytest.raises(CorpusError, match="no clip to place"):
        make_map(corpus, [])


def test_a_damaged_map_is_none(corpus):
    (corpus.folder / FILE).parent.mkdir(exist_ok=True)
    (corpus.folder / FILE).write_bytes(b"\x10\0\0\0\0\0\0\0not a map at all")
    assert read_map(corpus.folder) is None


def test_two_directions_are_found():
    rng = np.random.default_rng(0)
    points = np.zeros((50, 6))
    points[:, 3], points[:, 1] = rng.normal(0, 5, 50), rng.normal(0, 1, 50)
    found = project(points)
    assert abs(np.corrcoef(found[:, 0], points[:, 3])[0, 1]) > 0.999
    assert abs(np.corrcoef(found[:, 1], points[:, 1])[0, 1]) > 0.99
    assert project(points[:1]).shape == (1, 2)
