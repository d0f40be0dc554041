"""What a user may tell a search beside the task by ``--with``: a language model, key terms, weights, an n-best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines.decoding.options import DecodingOptions
from idiolect.errors import EngineError

if TYPE_CHECKING:
    from idiolect.engines.decoding.ngram import NGram

ENGLISH = "en-us"
"""The language model that comes in the PocketSphinx wheel."""

MOST_ANSWERS = 100

WEIGHTS = frozenset(field.name for field in fields(DecodingOptions))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Empty: the search does what the model and the task say.

    lm: an ARPA file, or ``en-us``. terms: a file of key terms. nbest: how many hypotheses are wanted.
    accept: confidence below which speech is none of the task; None: as the model says. search: ``beam`` takes the beam
    search where the engine has a simpler one.
    weights: `DecodingOptions` that replace those of the model.
    """

    lm: str | None = None
    terms: Path | None = None
    nbest: int = 1
    accept: float | None = None
    search: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of(extra: Mapping[str, Any], engine: str) -> Knowledge:
        """From `EngineOptions.extra`. Raises `EngineError` for a name that nothing reads, or a bad value."""
        known = {"lm", "terms", "nbest", "accept", "search", *WEIGHTS}
        for name in extra:
            if name not in known:
                raise EngineError(
                    f"the engine {engine} does not read {name!r}", hint=f"known: {', '.join(sorted(known))}"
                )
        nbest = extra.get("nbest", 1)
        if isinstance(nbest, bool) or not isinstance(nbest, int) or not 1 <= nbest <= MOST_ANSWERS:
            raise EngineError(f"nbest is {nbest!r}", hint=f"1 to {MOST_ANSWERS}")
        accept, search = extra.get("accept"), extra.get("search", "")
        if accept is not None and (not isinstance(accept, int | float) or not 0 <= accept <= 1):
            raise EngineError(f"accept is {accept!r}", hint="a confidence, 0 to 1")
        if search not in {"", "beam"}:
            raise EngineError(f"search is {search!r}", hint="known: beam")
        weights = {name: value for name, value in extra.items() if name in WEIGHTS}
        DecodingOptions.from_dict(weights)
        lm, terms = extra.get("lm"), extra.get("terms")
        return Knowledge(
            None if lm is None else str(lm), None if terms is None else Path(str(terms)), nbest, accept, search, weights
        )

    @property
    def beam(self) -> bool:
        """Whether the search must be the one that can take all this in."""
        return replace(self, accept=None) != Knowledge()

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON values, only what was chosen: what can change what is heard."""
        chosen: dict[str, Any] = dict(self.weights)
        if self.lm is not None:
            chosen["lm"] = self.lm
        if self.terms is not None:
            chosen["terms"] = str(self.terms)
        if self.accept is not None:
            chosen["accept"] = self.accept
        if self.search:
            chosen["search"] = self.search
        return chosen

    def options(self, own: DecodingOptions) -> DecodingOptions:
        """The weights of a model, with those replaced that were chosen."""
        return own.changed(self.weights)

    def ngram(self) -> NGram | None:
        """The language model. Raises `EngineError` for a file that is none."""
        return None if self.lm is None else language_model(self.lm)

    def key_terms(self) -> dict[str, float | None]:
        """Term → boost. Raises `EngineError` for a file that has none."""
        from idiolect.engines.decoding.terms import read_terms

        return {} if self.terms is None else read_terms(self.terms)


def language_model(name: str) -> NGram:
    """``en-us``, or an ARPA file."""
    from idiolect.engines.decoding.ngram import NGram

    return NGram.english() if name == ENGLISH else NGram.read(Path(name).expanduser())
