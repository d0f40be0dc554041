"""hassil's syntax tree → phrases of whole words.

In hassil's format white space counts: ``light[s]`` is "light" or "lights", ``{room}'s`` glues to the value. A
speech decoder knows whole words only, so what is glued is spelled out here, and nowhere else.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hassil import expression as ast
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from idiolect.tasks.phrases import EMPTY, Choice, Phrase, Row, Rule, Shuffle, Slot, Value, Words
from idiolect.text import basic_v1

LARGEST_SHUFFLE = 8
"""Items of one permutation: its graph has 2^n copies of them."""
LARGEST_GLUE = 200_000
"""Spellings that one glued run of a template may have."""

_PIECE = re.compile(r"\s+|\S+")
_LETTER = re.compile(r"[\w'\u2019]")


class TemplateError(Exception):
    """A template that cannot be read; whoever knows its line turns it into a `TaskError`."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a template finds what it names. Both raise `TemplateError` for a name that is not there."""

    rule: Callable[[str], Rule]
    slot: Callable[[str, str], Slot]


_SPACE = " "
_Token = str | ast.Expression
"""A stretch of letters, a space, or something inside brackets."""


class _Close(NamedTuple):
    canonical: str | None


_Bit = str | Slot | _Close
"""A stretch of letters, a space, a slot that begins, or its end."""


def read_template(text: str, context: Context) -> Phrase:
    """The phrase of one template. Raises `TemplateError`."""
    try:
        sentence = parse_sentence(text)
    except RecursionError as error:
        raise TemplateError("a template whose brackets are nested too deeply to be read") from error
    except (ParseError, AssertionError) as error:
        raise TemplateError(f"bad template {text!r}: {str(error) or 'empty or unbalanced brackets'}") from error
    return _phrase(sentence.expression, context)


def _phrase(node: ast.Expression, context: Context) -> Phrase:
    if isinstance(node, ast.Alternative):
        return Choice(tuple(_phrase(item, context) for item in node.items))
    if isinstance(node, ast.Permutation):
        if len(node.items) > LARGEST_SHUFFLE:
            raise TemplateError(f"a permutation of {len(node.items)} items; at most {LARGEST_SHUFFLE} are possible")
        return Shuffle(tuple(_phrase(item, context) for item in node.items))
    if isinstance(node, ast.Group):
        return _row(node.items, context)
    if isinstance(node, ast.RuleReference):
        return context.rule(node.rule_name)
    if isinstance(node, ast.ListReference):
        return context.slot(node.list_name, node.slot_name)
    if isinstance(node, ast.TextChunk):
        return _words(node.text)
    raise TemplateError(f"hassil's {type(node).__name__} has no meaning here")


def _words(text: str) -> Phrase:
    words = tuple(basic_v1(text).split())
    return Words(words) if words else EMPTY


def _row(items: Sequence[ast.Expression], context: Context) -> Phrase:
    """One after the other, with glued neighbours spelled out."""
    phrases = [_phrase_of_token(run[0], context) if len(run) == 1 else _spell_out(run, context) for run in _runs(items)]
    return phrases[0] if len(phrases) == 1 else Row(_join_words(phrases))


def _join_words(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    joined: list[Phrase] = []
    for phrase in phrases:
        if isinstance(phrase, Words) and joined and isinstance(joined[-1], Words):
            joined[-1] = Words(joined[-1].words + phrase.words)
        elif phrase is not EMPTY:
            joined.append(phrase)
    return tuple(joined)


def _phrase_of_token(token: _Token, context: Context) -> Phrase:
    return _words(token) if isinstance(token, str) else _phrase(token, context)


def _runs(items: Sequence[ast.Expression]) -> Iterator[list[_Token]]:
    """Runs of tokens in which neighbours may touch without a space between them."""
    run: list[_Token] = []
    tokens = [token for item in items for token in _tokens(item)]
    for token, following in itertools.zip_longest(tokens, tokens[1:], fillvalue=_SPACE):
        if run and not (_may_touch(run, token) or (_may_be_empty(token) and _may_touch(run, following))):
            yield run
            run = []
        if token != _SPACE:
            run.append(token)
    if run:
        yield run


def _may_touch(run: Sequence[_Token], token: _Token) -> bool:
    if not _edge(token, first=True):
        return False
    for before in reversed(run):
        if _edge(before, first=False):
            return True
        if not _may_be_empty(before):
            return False
    return False


def _tokens(item: ast.Expression) -> Iterator[_Token]:
    if isinstance(item, ast.TextChunk):
        yield from _pieces(item.text)
    else:
        yield item


def _pieces(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        yield _SPACE if piece.isspace() else piece


def _edge(node: _Token, *, first: bool) -> bool:
    """Whether `node` may begin (or end) with a letter: whether something can be glued to it there."""
    if isinstance(node, str):
        return _LETTER.match(node[0 if first else -1]) is not None
    if isinstance(node, ast.Alternative):
        return any(_edge(item, first=first) for item in node.items)
    if not isinstance(node, ast.Sequence | ast.TextChunk):
        return not isinstance(node, ast.Permutation)  # hassil puts spaces around permutations
    tokens = _inner(node)
    for token in tokens if first else reversed(tokens):
        if _edge(token, first=first):
            return True
        if not _may_be_empty(token):
            break
    return False


def _may_be_empty(node: _Token) -> bool:
    if isinstance(node, ast.Alternative):
        return any(_may_be_empty(item) for item in node.items)
    if isinstance(node, ast.Sequence | ast.TextChunk):
        return all(_may_be_empty(token) for token in _inner(node))
    return False


def _inner(node: ast.Sequence | ast.TextChunk) -> list[_Token]:
    items = node.items if isinstance(node, ast.Sequence) else [node]
    return [token for item in items for token in _tokens(item)]


def _spell_out(run: Sequence[_Token], context: Context) -> Phrase:
    """Every spelling of a glued run, each as words with its slots."""
    spellings: list[tuple[_Bit, ...]] = [()]
    for token in run:
        bits = list(_bits_of_token(token, context))
        if len(spellings) * len(bits) > LARGEST_GLUE:
            raise TemplateError(
                f"more than {LARGEST_GLUE} spellings are glued together without a space; put spaces between the parts"
            )
        spellings = [left + right for left in spellings for right in bits]
    return Choice(tuple(_phrase_of_bits(bits) for bits in dict.fromkeys(map(_tidy, spellings))))


def _tidy(bits: tuple[_Bit, ...]) -> tuple[_Bit, ...]:
    """The bits without a space after a space."""
    return tuple(bit for before, bit in zip((None, *bits), bits, strict=False) if not before == bit == _SPACE)


def _bits_of_token(token: _Token, context: Context) -> Iterator[tuple[_Bit, ...]]:
    if isinstance(token, str):
        yield (token,)
    elif isinstance(token, ast.TextChunk):
        yield tuple(_pieces(token.text))
    elif isinstance(token, ast.Alternative):
        for item in token.items:
            yield from _bits_of_token(item, context)
    elif isinstance(token, ast.Sequence):
        for combination in itertools.product(*(tuple(_bits_of_token(item, context)) for item in token.items)):
            yield tuple(itertools.chain.from_iterable(combination))
    else:
        yield from _bits_of_phrase(_phrase(token, context))


def _bits_of_phrase(phrase: Phrase) -> Iterator[tuple[_Bit, ...]]:
    if isinstance(phrase, Words):
        yield tuple(itertools.chain.from_iterable((_SPACE, word) for word in phrase.words))[1:]
    elif isinstance(phrase, Choice):
        for item in phrase.items:
            yield from _bits_of_phrase(item)
    elif isinstance(phrase, Slot):
        # "50%" and "50 %" are one thing in speech: nothing is glued to the words of a number.
        space = (_SPACE,) if phrase.kind == "number" else ()
        for value in phrase.values:
            for bits in _bits_of_phrase(value.body):
                yield (*space, phrase, *bits, _Close(value.canonical), *space)
    elif isinstance(phrase, Rule):
        yield from _bits_of_phrase(phrase.body)
    else:
        orders = itertools.permutations(phrase.items) if isinstance(phrase, Shuffle) else [phrase.items]
        for order in orders:
            for combination in itertools.product(*(tuple(_bits_of_phrase(item)) for item in order)):
                filled = [bits for bits in combination if bits]
                yield tuple(itertools.chain.from_iterable((_SPACE, *bits) for bits in filled))[1:]


def _phrase_of_bits(bits: Sequence[_Bit]) -> Phrase:
    """Words and slots; a slot takes in the whole of a word that is glued to its value."""
    writer = _BitWriter()
    for bit in bits:
        if bit == _SPACE:
            writer.space()
        elif isinstance(bit, str):
            writer.spelled += bit
        elif isinstance(bit, Slot):
            writer.open(bit)
        else:
            writer.close(bit.canonical)
    return writer.finish()


@dataclass(slots=True)
class _BitWriter:
    """Collects letters until a space says that a word, and maybe a slot, has ended."""

    done: list[Phrase] = field(default_factory=list)
    spelled: str = ""
    slot: Slot | None = None
    ended: bool = False
    canonical: str | None = None

    def space(self) -> None:
        if self.ended:
            self._end_slot()
        self.spelled += " "

    def open(self, slot: Slot) -> None:
        if self.ended:
            self._end_slot()
        before, _, glued = self.spelled.rpartition(" ")
        self.done.append(_words(before))
        self.spelled, self.slot = glued, slot

    def close(self, canonical: str | None) -> None:
        self.canonical = basic_v1(self.spelled) if canonical is None else canonical
        self.ended = True

    def finish(self) -> Phrase:
        if self.ended:
            self._end_slot()
        self.done.append(_words(self.spelled))
        return Row(_join_words(self.done))

    def _end_slot(self) -> None:
        body = _words(self.spelled)
        if body is not EMPTY and self.slot is not None:
            self.done.append(replace(self.slot, values=(Value(body, self.canonical),)))
        self.spelled, self.ended = "", False
