"""N-gram models: interpolated Kneser-Ney with one discount per order, kept and written in backoff form (ARPA).

Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, 1998, section 2.7.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from idiolect.errors import TaskError
from idiolect.files import write_text

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
NEVER = -99.0
"""How ARPA files write the logarithm of zero."""
LOWEST_DISCOUNT, HIGHEST_DISCOUNT = 0.1, 0.9
"""Counts of counts of a small text can ask for no discount, or for all; both leave something without probability."""

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NgramModel:
    """log_probs: natural logarithms of every n-gram that was seen; backoffs: of every context that was seen."""

    order: int
    log_probs: Mapping[Gram, float]
    backoffs: Mapping[Gram, float]

    @staticmethod
    def train(sentences: Iterable[Sequence[str]], *, order: int = 3, min_count: int = 1) -> NgramModel:
        """A model of `sentences`. Words rarer than `min_count` count as unknown.

        Raises `TaskError` where there is no word.
        """
        sentences = list(sentences)
        words = Counter(word for sentence in sentences for word in sentence)
        if not words:
            raise TaskError("there is no word to learn from")
        known = {word for word, count in words.items() if count >= min_count}
        counts = _count(sentences, known, order)
        log_probs: dict[Gram, float] = {}
        backoffs: dict[Gram, float] = {}
        _add_unigrams(counts[0], known, log_probs, backoffs)
        for grams in counts[1:]:
            _add_order(grams, log_probs, backoffs)
        return NgramModel(order, log_probs, backoffs)

    @property
    def words(self) -> list[str]:
        """The vocabulary, without the marks of sentences."""
        return [gram[0] for gram in self.log_probs if len(gram) == 1 and gram[0] not in {START, END, UNKNOWN}]

    def log_prob(self, word: str, context: Sequence[str] = ()) -> float:
        """Natural logarithm of the probability of `word` after `context`; unknown words count as `UNKNOWN`."""
        known = [one if (one,) in self.log_probs else UNKNOWN for one in [*context, word]]
        gram = tuple(known[-self.order :])
        behind = 0.0
        while gram not in self.log_probs:
            behind += self.backoffs.get(gram[:-1], 0.0)
            gram = gram[1:]
        return behind + self.log_probs[gram]

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """Per word, ends of sentences included. Infinite where there is none."""
        total, counted = 0.0, 0
        for sentence in sentences:
            said = [START, *sentence, END]
            for at in range(1, len(said)):
                total += self.log_prob(said[at], said[:at])
                counted += 1
        return math.exp(-total / counted) if counted else math.inf

    def write_arpa(self, path: Path) -> None:
        """The model as an ARPA file, whole or not at all: base-10 logarithms, n-grams sorted."""
        by_order: dict[int, list[Gram]] = defaultdict(list)
        for gram in self.log_probs:
            by_order[len(gram)].append(gram)
        lines = ["\\data\\", *(f"ngram {size}={len(by_order[size])}" for size in range(1, self.order + 1)), ""]
        for size in range(1, self.order + 1):
            lines.append(f"\\{size}-grams:")
            lines += [self._line(gram) for gram in sorted(by_order[size])]
            lines.append("")
        write_text(path, "\n".join([*lines, "\\end\\", ""]))

    def _line(self, gram: Gram) -> str:
        log_prob = self.log_probs[gram]
        written = f"{NEVER:g}" if log_prob == -math.inf else f"{log_prob / math.log(10):.6f}"
        behind = f"\t{self.backoffs[gram] / math.log(10):.6f}" if gram in self.backoffs else ""
        return f"{written}\t{' '.join(gram)}{behind}"

    @staticmethod
    def load_arpa(path: Path) -> NgramModel:
        """The model in an ARPA file. Raises `TaskError` with the line that is not one."""
        log_probs: dict[Gram, float] = {}
        backoffs: dict[Gram, float] = {}
        size = 0
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("\\"):
                size = int(line[1 : line.index("-")]) if line.endswith("-grams:") else 0
            elif size and line.strip():
                fields = line.split()
                try:
                    prob, behind = float(fields[0]), [float(field) for field in fields[size + 1 :]]
                except ValueError:
                    prob, behind = math.nan, []
                if math.isnan(prob) or len(behind) > 1 or len(fields) <= size:
                    raise TaskError(f"not an n-gram of {size} words: {line!r}", path=path, line=number)
                gram = tuple(fields[1 : size + 1])
                log_probs[gram] = -math.inf if prob <= NEVER else prob * math.log(10)
                if behind:
                    backoffs[gram] = behind[0] * math.log(10)
        if not log_probs:
            raise TaskError("no n-gram is in the file", path=path)
        log_probs.setdefault((UNKNOWN,), log_probs.get(("<UNK>",), -math.inf))
        return NgramModel(max(map(len, log_probs)), log_probs, backoffs)


def _count(sentences: Iterable[Sequence[str]], known: set[str], order: int) -> list[Counter[Gram]]:
    """For each order the counts that Kneser-Ney asks for: how often for the highest, else after how many words.

    What stands at the start of a sentence has nothing before it and is counted as it is.
    """
    counts: list[Counter[Gram]] = [Counter() for _ in range(order)]
    highest: Counter[Gram] = Counter()
    for sentence in sentences:
        said = [START, *(word if word in known else UNKNOWN for word in sentence), END]
        for end in range(2, len(said) + 1):
            highest[tuple(said[max(0, end - order) : end])] += 1
    for gram, count in highest.items():
        counts[len(gram) - 1][gram] += count
    for size in range(order - 1, 0, -1):  # an n-gram lends its end one count, however often it stands there
        for gram in counts[size]:
            counts[size - 1][gram[1:]] += 1
    return counts


def _discount(counts: Iterable[int]) -> float:
    of = Counter(counts)
    if not of[1] or not of[2]:
        return HIGHEST_DISCOUNT if of[1] else 0.5
    return min(HIGHEST_DISCOUNT, max(LOWEST_DISCOUNT, of[1] / (of[1] + 2 * of[2])))


def _add_unigrams(
    counts: Counter[Gram], known: set[str], log_probs: dict[Gram, float], backoffs: dict[Gram, float]
) -> None:
    discount = _discount(counts.values())
    total = sum(counts.values())
    everyone = [*sorted(known), END, UNKNOWN]
    left = discount * len(counts) / total / len(everyone)
    for word in everyone:
        log_probs[(word,)] = math.log(max(0.0, counts[(word,)] - discount) / total + left)
    log_probs[(START,)] = -math.inf
    backoffs[(START,)] = 0.0


def _add_order(counts: Counter[Gram], log_probs: dict[Gram, float], backoffs: dict[Gram, float]) -> None:
    discount = _discount(counts.values())
    totals: dict[Gram, int] = defaultdict(int)
    kinds: dict[Gram, int] = defaultdict(int)
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    for context, total in totals.items():
        backoffs[context] = math.log(discount * kinds[context] / total)
    for gram, count in counts.items():
        context = gram[:-1]
        lower = _lower(gram[1:], log_probs, backoffs)
        log_probs[gram] = math.log((count - discount) / totals[context] + math.exp(backoffs[context] + lower))


def _lower(gram: Gram, log_probs: Mapping[Gram, float], backoffs: Mapping[Gram, float]) -> float:
    behind = 0.0
    while gram not in log_probs:
        behind += backoffs.get(gram[:-1], 0.0)
        gram = gram[1:]
    return behind + log_probs[gram]
