"""N-gram models: against a twin of a few lines, against PocketSphinx, and read again from the cache."""

from __future__ import annotations

import gzip
import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines.decoding.ngram import NGram
from idiolect.engines.decoding.ngram_files import read_arpa, read_cached, read_sphinx
from idiolect.errors import EngineError

ARPA = """
\\data\\
ngram 1=5
ngram 2=4
ngram 3=2

\\1-grams:
-99 <s> -0.5
-1.0 </s>
-0.8 the -0.3
-1.2 dog -0.2
-1.5 barks

\\2-grams:
-0.2 <s> the -0.1
-0.4 the dog -0.15
-0.6 dog barks
-0.3 barks </s>

\\3-grams:
-0.05 <s> the dog
-0.25 the dog barks

\\end\\
"""


def written(folder, text=ARPA, name="model.arpa"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def katz(table: dict[tuple[str, ...], tuple[float, float]], context: tuple[str, ...], word: str) -> float:
    """Base 10: what the definition says."""
    if (*context, word) in table:
        return table[*context, word][0]
    if not context:
        raise AssertionError(word)
    return table.get(context, (0.0, 0.0))[1] + katz(table, context[1:], word)


def test_an_arpa_file_says_what_stands_in_it(tmp_path):
    model = read_arpa(written(tmp_path))
    assert model.log_prob(["the", "dog", "barks"]) / math.log(10) == pytest.approx(-0.2 - 0.05 - 0.25 - 0.3, abs=1e-5)
    # barks after "the": back off from (<s> the), then from (the)
    assert model.log_prob(["the", "barks"], sentence=False) / math.log(10) == pytest.approx(-0.8 - 0.3 - 1.5, abs=1e-5)
    assert model.unknown == pytest.approx(-1.5 * math.log(10))
    assert model.log_prob(["cat"], sentence=False) == model.unknown


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_it_agrees_with_the_definition(tmp_path_factory, seed, order):
    rng = np.random.default_rng(seed)
    words = ["<s>", "</s>", "a", "b", "c"]
    table = {(word,): (-rng.random(), -rng.random()) for word in words}
    for length in range(2, order + 1):
        for gram in itertools.product(words, repeat=length):
            if gram[:-1] in table and rng.random() < 0.4:
                table[gram] = (-rng.random(), -rng.random() if length < order else 0.0)
    lines = ["\\data\\"]
    for length in range(1, order + 1):
        lines.append(f"\\{length}-grams:")
        rows = [gram for gram in table if len(gram) == length]
        rng.shuffle(rows)
        for gram in map(tuple, rows):
            tail = "" if length == order else f"\t{table[gram][1]}"
            lines.append(f"{table[gram][0]}\t{' '.join(gram)}{tail}")
    model = read_arpa(written(tmp_path_factory.mktemp("arpa"), "\n".join([*lines, "\\end\\"])))
    if order == 1:
        table = {gram: (prob, 0.0) for gram, (prob, _) in table.items()}
    said = [words[at] for at in rng.integers(2, len(words), size=6)]
    history, total = ["<s>"], 0.0
    for word in [*said, "</s>"]:
        context = tuple(history[max(0, len(history) - order + 1) :]) if order > 1 else ()
        total += katz(table, context, word)
        history.append(word)
    assert model.log_prob(said) / math.log(10) == pytest.approx(total, abs=1e-4)


def test_the_english_model_says_what_pocketsphinx_says():
    import pocketsphinx

    model = NGram.english()
    path = pocketsphinx.get_model_path("en-us/en-us.lm.bin")
    theirs, logarithm = pocketsphinx.NGramModel.readfile(path), pocketsphinx.LogMath()
    rng = np.random.default_rng(0)
    triples = rng.integers(len(model.words) + 1, len(model.tree.word), size=500)
    for node in triples:
        middle = int(model.tree.shorter[node])
        words = [model.words[int(rng.integers(len(model.words)))]]
        words += [model.words[model.tree.word[middle]], model.words[model.tree.word[node]]]
        state = 0
        for word in words[:-1]:
            state = model.step(state, model.index[word])[1]
        ours = model.step(state, model.index[words[-1]])[0]
        # It wants the last word first, and rounds to steps of 1e-4.
        assert ours == pytest.approx(logarithm.log_to_ln(theirs.prob(words[::-1])), abs=3e-4)


def test_it_is_read_quickly_the_second_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = written(tmp_path)
    first = read_cached(path)
    (kept,) = (tmp_path / "cache" / "idiolect").iterdir()
    again = read_cached(path)
    assert again.words == first.words
    assert all(np.array_equal(one, other) for one, other in zip(again.tree, first.tree, strict=True))
    kept.write_bytes(b"broken")
    assert read_cached(path).words == first.words
    path.write_text(ARPA.replace("dog", "cat"), encoding="utf-8")
    assert "cat" in read_cached(path).words
    NGram.english()  # whoever asks first pays for reading it
    started = time.process_time()
    NGram.english()
    assert time.process_time() - started < 1


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "dog" in read_cached(written(tmp_path)).words


def test_gzip(tmp_path):
    path = tmp_path / "model.arpa.gz"
    path.write_bytes(gzip.compress(ARPA.encode()))
    assert read_arpa(path).index["dog"] >= 0


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("-0.4 the dog", "x the dog", r":16: could not convert"),
        ("-0.4 the dog", "-0.4 the cat", r":16: 'cat' is none of the 1-grams"),
        ("-0.4 the dog", "-0.4 the dog and cat", r":16: 5 fields|:16: 6 fields"),
        ("\\3-grams:", "\\4-grams:", r":20: .*where \\3-grams"),
        ("\\end\\", "", r"ends without"),
        ("-0.4 the dog -0.15\n", "", "'the dog barks' stands in the model without its context"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, before, after, message):
    assert before in ARPA
    with pytest.raises(EngineError, match=message):
        read_arpa(written(tmp_path, ARPA.replace(before, after)))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(EngineError, match="no such"):
        read_cached(tmp_path / "none.arpa")
    with pytest.raises(EngineError, match="no binary trigram model"):
        read_sphinx(written(tmp_path))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(EngineError, match="cannot be read"):
        read_arpa(tmp_path / "bytes")
