"""From a text to what a `transformers` model is to write: token ids, or the reason why it cannot learn the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from idiolect.engines.ctc import blank_of
from idiolect.engines.seq2seq import language_of
from idiolect.text import basic_v1

if TYPE_CHECKING:
    import torch

    from idiolect.engines.pretrained import Pretrained

IGNORED = -100
"""What the losses of `transformers` leave out: padding behind a shorter text."""


class Targets:
    """Spells texts for one model.

    For an encoder-decoder the ids are what the decoder is to write, from the token after its start token to the end
    of text: the model shifts them right itself and puts its start token before them, so they are not shifted here.
    """

    def __init__(self, loaded: Pretrained, language: str | None = None) -> None:
        self._loaded = loaded
        self._tokenizer = loaded.processor.tokenizer
        self._prefix = _prefix_of(loaded, language)
        self._known: dict[str, list[int] | str] = {}

    def spell(self, text: str) -> list[int] | str:
        """Token ids of `text`, or (a str) why there are none."""
        if text not in self._known:
            self._known[text] = self._spell_ctc(text) if self._loaded.family.kind == "ctc" else self._spell_text(text)
        return self._known[text]

    def batch(self, texts: Sequence[str]) -> torch.Tensor:
        """Labels ``(clips, longest)``, int64, `IGNORED` behind the shorter texts. Every text must be spellable."""
        import torch

        spelled = [ids for ids in map(self.spell, texts) if not isinstance(ids, str)]
        labels = torch.full((len(texts), max(1, *(len(ids) for ids in spelled))), IGNORED)
        for row, ids in zip(labels, spelled, strict=True):
            row[: len(ids)] = torch.tensor(ids, dtype=torch.long)
        return labels

    def _spell_ctc(self, text: str) -> list[int] | str:
        unknown, blank = self._tokenizer.unk_token_id, blank_of(self._loaded)
        ids: list[int] = []
        for spelling in _spellings(text):
            ids = self._tokenizer(spelling, add_special_tokens=False).input_ids
            if unknown not in ids and blank not in ids:
                return ids
        strange = sorted({letter for letter in text if unknown in self._tokenizer(letter).input_ids})
        return f"the model has no token for {' '.join(strange) or 'a part of it'}"

    def _spell_text(self, text: str) -> list[int] | str:
        spelling = f" {text.strip()}" if self._loaded.family.prefix_space else text.strip()
        ids = self._tokenizer(spelling, add_special_tokens=False).input_ids
        ids = [*self._prefix, *ids, self._tokenizer.eos_token_id]
        limit = longest_text(self._loaded)
        return ids if len(ids) <= limit else f"{len(ids)} tokens, and the model writes at most {limit}"


def longest_text(loaded: Pretrained) -> int:
    """How many tokens the decoder can write: 448 in Whisper, its prompt included."""
    config = loaded.model.config
    return int(getattr(config, "max_target_positions", None) or config.max_position_embeddings)


def frames_needed(ids: Sequence[int]) -> int:
    """The fewest frames in which CTC can say `ids`: one each, and a blank between two of the same."""
    return len(ids) + sum(one == two for one, two in pairwise(ids))


def _spellings(text: str) -> Iterator[str]:
    """A model with a small alphabet may know one case only, and no punctuation."""
    yield text
    for simpler in (text, basic_v1(text)):
        yield simpler.lower()
        yield simpler.upper()


def _prefix_of(loaded: Pretrained, language: str | None) -> list[int]:
    """What Whisper writes between its start token and the text: language, task, no timestamps."""
    if loaded.model_type != "whisper":
        return []
    choices = loaded.model.generation_config
    code = language_of(loaded, language)
    prefix = [] if code is None else [choices.lang_to_id[f"<|{code}|>"], choices.task_to_id["transcribe"]]
    return [*prefix, choices.no_timestamps_token_id]
