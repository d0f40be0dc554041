"""Align a clip to its text by a phone network that was trained before: the second source of alignments.

For clips that PocketSphinx cannot align, and for later rounds: a network that has heard the speaker's own voice knows
better where the phones are. The text becomes a graph of its own (every word with each pronunciation, silence allowed
between words), and the best path through the network's posteriors says which phone stands in which frame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from idiolect.engines.decoding.compile import Hubs, compile_hubs
from idiolect.engines.decoding.search import best_path
from idiolect.engines.network import load_network, log_posteriors
from idiolect.engines.phone_decoder import LogPosteriors
from idiolect.errors import IdiolectError
from idiolect.tasks import PHONES, Lexicon
from idiolect.text import basic_v1
from idiolect.training.alignment import SILENCE, Alignment
from idiolect.units import Samples


class NetworkAligner:
    """Aligns with the nano checkpoint in `folder`. Raises `EngineError` where there is none."""

    def __init__(self, folder: Path, lexicon: Lexicon | None = None) -> None:
        self._network, self._features = load_network(folder)
        self._lexicon = lexicon or Lexicon.default()
        weights = (folder / "model.safetensors").read_bytes()
        self.name = f"nano-{hashlib.blake2b(weights, digest_size=6).hexdigest()}.v1"

    def learn(self, texts: Iterable[str]) -> None:
        """Find out how all words of `texts` are spoken, in one go: asking for one takes as long as for all."""
        # A word that nobody can say is the fault of its clip only, and is found again there.
        with suppress(IdiolectError):
            self._lexicon.extend(word for text in texts for word in basic_v1(text).split())

    def align(self, samples: Samples, text: str) -> Alignment | str:
        """The alignment of float32 ``(n,)`` samples to `text`, or in words why there is none."""
        posteriors = log_posteriors(self._network, samples, self._features)
        return align_posteriors(posteriors, text, self._lexicon, self._network.spec.stride)


def align_posteriors(posteriors: LogPosteriors, text: str, lexicon: Lexicon, stride: int = 3) -> Alignment | str:
    """The best path of `text` through log-posteriors ``(frames, 40)``, in frames of 10 ms (`stride` of them each)."""
    words = basic_v1(text).split()
    if not words:
        return Alignment(((SILENCE, 0, len(posteriors) * stride),))
    count = len(words)
    hubs = Hubs(
        words=[*([(word, at + 1, 0.0)] for at, word in enumerate(words)), []],
        reach=[[at] for at in range(count + 1)],
        start=0,
        finals=frozenset([count]),
    )
    try:
        arrays = compile_hubs(hubs, lexicon.extend(words), 1)
    except IdiolectError as error:
        return error.message
    found = best_path(arrays, np.ascontiguousarray(posteriors), penalty=0.0, word_scale=1.0)
    if found is None:
        return "the text does not fit the audio"
    # A state is one phone of one word: where the state changes, a phone begins, also after one of the same name.
    first = np.flatnonzero(np.diff(found.states, prepend=-1))
    lengths = np.diff(first, append=len(found.states))
    phones = tuple(
        (PHONES[int(arrays.phone[found.states[start]])], int(start) * stride, int(length) * stride)
        for start, length in zip(first, lengths, strict=True)
    )
    return Alignment(phones, round(float(found.frame_scores.mean()), 3))
