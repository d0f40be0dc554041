"""What text without templates teaches: words with counts, how they are spoken, an n-gram model, key terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from idiolect.files import write_text
from idiolect.tasks.lexicon import Lexicon
from idiolect.tasks.ngram import NgramModel
from idiolect.tasks.terms import Term, key_terms
from idiolect.tasks.texts import Texts, read_texts


@dataclass(frozen=True, slots=True)
class Study:
    """What was found in a text.

    counts: words, the commonest first. terms: empty where the text is not English.
    guessed: words that the lexicon does not have; unspeakable: those that nobody can say, which `lexicon` lacks.
    """

    texts: Texts
    counts: dict[str, int]
    lexicon: Lexicon
    guessed: tuple[str, ...]
    unspeakable: tuple[str, ...]
    model: NgramModel
    terms: tuple[Term, ...]

    def write_vocabulary(self, path: Path) -> None:
        """A word, a tab and its count on each line, the commonest first."""
        write_text(path, "".join(f"{word}\t{count}\n" for word, count in self.counts.items()))

    def write_terms(self, path: Path) -> None:
        """One term on each line, the best first."""
        write_text(path, "".join(f"{term.word}\n" for term in self.terms))


def study(
    paths: Iterable[Path],
    *,
    language: str = "en",
    order: int = 3,
    min_count: int = 1,
    lexicon: Lexicon | None = None,
) -> Study:
    """Read files and folders. Raises `TaskError` where no word is found.

    min_count: rarer words are left out, and unknown to the model. lexicon: `Lexicon.default` where none is given.
    """
    texts = read_texts(paths, language)
    counts = {word: count for word, count in texts.counts().most_common() if count >= min_count}
    known = lexicon or Lexicon.default(language)
    unspeakable = set(known.unspeakable(counts))
    english = language.partition("-")[0].lower() == "en"
    return Study(
        texts=texts,
        counts=counts,
        lexicon=known.subset(word for word in counts if word not in unspeakable),
        guessed=tuple(word for word in counts if word not in known and word not in unspeakable),
        unspeakable=tuple(word for word in counts if word in unspeakable),
        model=NgramModel.train(texts.sentences, order=order, min_count=min_count),
        terms=tuple(key_terms(counts)) if english else (),
    )
