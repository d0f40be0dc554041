"""Where n-gram models come from: ARPA files, and the binary one of PocketSphinx; read once, then kept as arrays.

The arrays lie under ``$XDG_CACHE_HOME/idiolect`` (else ``~/.cache/idiolect``), by the path, size and time of what they
were made from; where that cannot be written, the model is read anew.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from idiolect.engines.decoding.ngram import Grams, NGram, Tree
from idiolect.errors import EngineError
from idiolect.files import whole_file

LAYOUT = "ngram.v1"
"""Changes with what is written, so that old files are not read."""

_LN10 = math.log(10)


@functools.cache
def english() -> NGram:
    """The trigram model in the PocketSphinx wheel (2.0 million bigrams, 1.7 million trigrams)."""
    from pocketsphinx import get_model_path

    return _cached(Path(get_model_path("en-us/en-us.lm.bin")), read_sphinx)


def read_cached(path: Path) -> NGram:
    """The ARPA file `path`; quicker the second time."""
    if not path.is_file():
        raise EngineError(f"{path}: no such n-gram model", hint="an ARPA file, plain or .gz")
    return _cached(path, read_arpa)


def cache_folder() -> Path:
    """Where arrays are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "idiolect"


def _cached(path: Path, read: Callable[[Path], NGram]) -> NGram:
    about = path.stat()
    identity = f"{LAYOUT} {path.absolute()} {about.st_size} {about.st_mtime_ns}"
    kept = cache_folder() / f"{hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()}.ngram"
    with suppress(OSError, ValueError):
        return _load(kept)
    model = read(path)
    with suppress(OSError):
        _save(kept, model)
    return model


def _save(path: Path, model: NGram) -> None:
    words = np.frombuffer("\n".join(model.words).encode(), dtype=np.uint8)
    with whole_file(path) as temporary, temporary.open("wb") as out:
        for array in (words, *model.tree):
            npy.write_array(out, array, allow_pickle=False)


def _load(path: Path) -> NGram:
    with path.open("rb") as file:
        words, *tree = [npy.read_array(file, allow_pickle=False) for _ in range(1 + len(Tree._fields))]
    for array in tree:
        array.flags.writeable = False  # as `fixed` makes them, without a copy
    return NGram(tuple(words.tobytes().decode().split("\n")), Tree(*tree))


def read_sphinx(path: Path) -> NGram:
    """PocketSphinx's own format: a bit-packed tree from the last word backwards, its numbers in tables of 2^16 floats.

    Read as ``lm_trie.c`` of PocketSphinx 5 lays it out. Raises `EngineError` where it is something else.
    """
    data = path.read_bytes()
    magic = b"Trie Language Model"
    if data[: len(magic)] != magic or data[len(magic)] != 3:
        raise EngineError(f"{path} is no binary trigram model of PocketSphinx")
    at = len(magic) + 1
    size, pairs, triples = (int(count) for count in np.frombuffer(data, "<u4", 3, at))
    at += 3 * 4 + 4  # after the counts, the kind of quantization: there is only one
    tables = np.frombuffer(data, "<f4", 3 << 16, at).reshape(3, -1)
    at += tables.nbytes
    singles = np.frombuffer(data, [("prob", "<f4"), ("backoff", "<f4"), ("next", "<u4")], size + 1, at)
    at += singles.nbytes
    word_bits, next_bits = size.bit_length(), triples.bit_length()
    middle, at = _Bits(data, at, pairs, word_bits + 32 + next_bits), at + _packed(pairs, word_bits + 32 + next_bits)
    longest, at = _Bits(data, at, triples, word_bits + 16), at + _packed(triples, word_bits + 16)
    last = np.repeat(np.arange(size), np.diff(singles["next"].astype(np.int64)).astype(np.int64))
    used = len(last)  # a few less than `pairs`; the one after them says where the last one's children end
    before = middle.field(0, word_bits)[:used]
    numbers = middle.field(word_bits, 32)[:used]
    after = middle.field(word_bits + 32, next_bits)[: used + 1]
    pair = np.repeat(np.arange(used), np.diff(after))
    unit = math.log(1.0001)  # its numbers are powers of this
    orders = [
        Grams(np.arange(size)[:, None], singles["prob"][:size] * unit, singles["backoff"][:size] * unit),
        Grams(np.stack([before, last], axis=1), tables[0][numbers >> 16] * unit, tables[1][numbers & 0xFFFF] * unit),
        Grams(
            np.stack([longest.field(0, word_bits)[: len(pair)], before[pair], last[pair]], axis=1),
            tables[2][longest.field(word_bits, 16)[: len(pair)]] * unit,
            np.zeros(len(pair), dtype=np.float32),
        ),
    ]
    words = data[at + 4 :].rstrip(b"\0").decode().split("\0")
    return NGram.of(words, orders)


def _packed(entries: int, bits: int) -> int:
    """Bytes that so many entries take, with one more at the end and room to read 8 bytes anywhere."""
    return ((1 + entries) * bits + 7) // 8 + 8


class _Bits:
    """Entries of `width` bits each, from byte `at` of `data` on."""

    def __init__(self, data: bytes, at: int, entries: int, width: int) -> None:
        # 8 bytes from every byte on.
        self._windows = np.ndarray((_packed(entries, width) - 7,), "<u8", data, at, (1,))
        self._entries, self._width = entries, width

    def field(self, offset: int, bits: int) -> NDArray[np.int64]:
        """The `bits` bits from bit `offset` of each entry on, and of the one after them: int64 (entries + 1,)."""
        where = np.arange(self._entries + 1, dtype=np.int64) * self._width + offset
        found = self._windows[where >> 3] >> (where & 7).astype(np.uint64)
        kept: NDArray[np.int64] = (found & np.uint64((1 << bits) - 1)).astype(np.int64)
        return kept


def read_arpa(path: Path) -> NGram:
    r"""An ARPA file (``\data\``, then ``\1-grams:`` and so on; base-10 logarithms).

    Raises `EngineError` with the line that does not belong there.
    """
    opened: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            return _arpa(path, enumerate(file, start=1))
    except (UnicodeDecodeError, OSError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error


def _arpa(path: Path, lines: Iterator[tuple[int, str]]) -> NGram:
    index: dict[str, int] = {}
    orders: list[Grams] = []
    rows: list[tuple[float, list[int], float]] = []
    order = 0
    for number, line in lines:
        fields = line.split()
        if not fields:
            continue
        if fields[0].startswith("\\"):
            if order:
                orders.append(_grams(rows, order))
                rows = []
            if fields[0] == "\\end\\":
                break
            order = _order(path, number, fields[0], len(orders))
        elif order:
            rows.append(_row(path, number, fields, order, index))
    else:
        raise EngineError(f"{path}: the file ends without \\end\\", hint="is it an ARPA file, and whole?")
    return NGram.of(list(index), orders)


def _order(path: Path, number: int, head: str, known: int) -> int:
    if head == "\\data\\" and not known:
        return 0
    if head != f"\\{known + 1}-grams:":
        raise EngineError(f"{path}:{number}: {head} where \\{known + 1}-grams: should stand")
    return known + 1


def _row(
    path: Path, number: int, fields: list[str], order: int, index: dict[str, int]
) -> tuple[float, list[int], float]:
    if len(fields) not in {order + 1, order + 2}:
        raise EngineError(f"{path}:{number}: {len(fields)} fields in a line of the {order}-grams")
    try:
        prob, backoff = float(fields[0]), float(fields[order + 1]) if len(fields) > order + 1 else 0.0
    except ValueError as error:
        raise EngineError(f"{path}:{number}: {error}") from error
    if order == 1:
        return prob, [index.setdefault(fields[1], len(index))], backoff
    unknown = [word for word in fields[1 : order + 1] if word not in index]
    if unknown:
        raise EngineError(f"{path}:{number}: {unknown[0]!r} is none of the 1-grams")
    return prob, [index[word] for word in fields[1 : order + 1]], backoff


def _grams(rows: list[tuple[float, list[int], float]], order: int) -> Grams:
    return Grams(
        np.array([words for _, words, _ in rows], dtype=np.int64).reshape(-1, order),
        np.array([prob * _LN10 for prob, *_ in rows], dtype=np.float32),
        np.array([backoff * _LN10 for *_, backoff in rows], dtype=np.float32),
    )
