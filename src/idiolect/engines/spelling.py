"""Token ids to text and words to token ids, by a table: what a CTC model's tokenizer does, without the tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idiolect.engines.pretrained import Pretrained

WAYS = 4
"""Spellings of a word that are searched: a model may emit other pieces than its tokenizer cuts."""


def token_table(loaded: Pretrained) -> tuple[list[str], list[int], str]:
    """What a `transformers` tokenizer makes of each id, the ids that it leaves out, and its mark for a space."""
    tokenizer = loaded.processor.tokenizer
    pieces = tokenizer.convert_ids_to_tokens(list(range(int(loaded.model.config.vocab_size))))
    table = [piece or "" for piece in pieces]
    space = "\u2581" if any("\u2581" in piece for piece in table) else str(tokenizer.word_delimiter_token)
    return table, sorted(set(tokenizer.all_special_ids)), space


class Spelling:
    """Pieces are joined, `space` becomes a space, `silent` ids are left out.

    parted: whether the mark of a space is a token of its own, between words; else it begins the first piece of each.
    """

    def __init__(self, tokens: Sequence[str], silent: Sequence[int], space: str) -> None:
        quiet = set(silent)
        self._tokens = ["" if number in quiet else token for number, token in enumerate(tokens)]
        self._space = space
        self._pieces = {token: number for number, token in enumerate(self._tokens) if token}
        self._longest = max(map(len, self._pieces), default=0)
        self._capital = not any(token.islower() for token in self._pieces)
        self.parted = not any(token.startswith(space) and token != space for token in self._pieces)

    def __call__(self, ids: Sequence[int]) -> str:
        """The text of `ids`."""
        return "".join(self._tokens[number] for number in ids).replace(self._space, " ").strip()

    def __len__(self) -> int:
        """How many outputs the network has."""
        return len(self._tokens)

    @property
    def spoken(self) -> list[int]:
        """The ids that are heard."""
        return sorted(self._pieces.values())

    def spell(self, word: str) -> list[list[int]]:
        """The ids that `word` may be made of, fewest first; empty where the table cannot write it.

        Where spaces are tokens, the second half of the spellings begins with one.
        """
        text = word.upper() if self._capital else word
        if not self.parted:
            return self._cut(self._space + text)
        plain = self._cut(text)
        return [*plain, *([self._pieces[self._space], *ids] for ids in plain)]

    def _cut(self, text: str) -> list[list[int]]:
        """Up to `WAYS` of the ways to cut `text` into pieces, those of the fewest pieces."""
        ways: list[list[list[int]]] = [[[]], *([] for _ in text)]
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - self._longest), end):
                piece = self._pieces.get(text[start:end])
                if piece is not None:
                    ways[end] += [[*way, piece] for way in ways[start]]
            ways[end] = sorted(ways[end], key=len)[:WAYS]
        return ways[-1]
