from __future__ import annotations

import numpy as np
import pytest
from corpus_makes import wav

from idiolect import audio
from idiolect.corpus import Corpus, Entry, FreezeOptions, export_dataset, find_entries, import_entries
from idiolect.corpus.exporters import EXPORTERS
from idiolect.errors import CorpusError


@pytest.fixture(params=["whole", "stretches"])
def corpus(tmp_path, request):
    (tmp_path / "in").mkdir()
    texts = ['say "a, b"', "ça va", "three", "four", "five", "six", "seven", "eight"]
    times = {"start": 0.1, "end": 0.35} if request.param == "stretches" else {}
    entries = [
        Entry(wav(tmp_path / "in", f"f{n}", n), f"f{n}", text, source="in", speaker="me", **times)
        for n, text in enumerate(texts)
    ]
    with Corpus.create(tmp_path / "voice") as made:
        import_entries(made, entries)
        yield made


@pytest.mark.parametrize("to", EXPORTERS)
def test_what_is_exported_comes_back_by_import(corpus, tmp_path, to):
    dataset = corpus.freeze("first", FreezeOptions(dev=0.3, test=0.3))
    out = tmp_path / "out"
    counts = export_dataset(corpus, dataset, out, to)
    assert counts == {split: len(dataset.split(split)) for split in ("train", "dev", "test")}
    for item in dataset.items:
        assert np.array_equal(audio.decode(out / "clips" / f"{item.clip.id}.flac"), corpus.samples(item.clip))
    with Corpus.create(tmp_path / "back") as back:
        found, skipped = find_entries([out / f"{split}.{to}" for split in counts if counts[split]])
        assert skipped == []
        import_entries(back, found)
        assert {label.clip_id: label.text for label in back.labels()} == {
            item.clip.id: (item.label or item.references[0]).text for item in dataset.items
        }


def test_an_unknown_format_is_refused(corpus, tmp_path):
    with pytest.raises(CorpusError, match="no format 'xml'"):
        export_dataset(corpus, corpus.freeze("first"), tmp_path / "out", "xml")
    assert not (tmp_path / "out").exists()
