"""Text without templates → sentences of words: lists of sentences, glossaries, documents, source code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from idiolect.errors import TaskError
from idiolect.tasks.identifiers import code_lines
from idiolect.tasks.markup import html_text, markdown_text, rst_text
from idiolect.tasks.numbers import digits_words
from idiolect.text import basic_v1

LARGEST_FILE = 20_000_000
"""Bytes; what is larger is data, not text that somebody wrote."""
LONGEST_WORD = 30

Sentence = tuple[str, ...]

_PROSE: dict[str, Callable[[str], str]] = {
    ".txt": str,
    ".text": str,
    ".csv": lambda text: re.sub(r"[,;\"]", "\n", text),
    ".tsv": lambda text: text.replace("\t", "\n"),
    ".md": markdown_text,
    ".markdown": markdown_text,
    ".rst": rst_text,
    ".html": html_text,
    ".htm": html_text,
}
_CODE = frozenset({
    ".py", ".pyi", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".go", ".rs", ".java", ".kt", ".swift", ".c", ".h", ".cc",
    ".cpp", ".hpp", ".cs", ".rb", ".php", ".sh", ".lua", ".scala", ".r", ".jl", ".sql", ".proto", ".toml", ".yaml",
    ".yml",
})  # fmt: skip
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "build", "dist", "target", "venv", "vendor"})
"""Folders of a repository that hold other people's or a machine's text; hidden ones are left out as well."""

_ADDRESS = re.compile(r"\b\w+://\S+|\bwww\.\S+|\S+@\S+\.\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|[\n;]|(?<=\w):\s")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")
_HASH = re.compile(r"(?=[a-f]*\d)[0-9a-f]{7,}")


@dataclass(frozen=True, slots=True)
class Texts:
    """What was read: sentences of words as `basic_v1` writes them, from how many files, and what was passed over."""

    sentences: tuple[Sentence, ...]
    files: int
    skipped: tuple[tuple[str, str], ...]

    def counts(self) -> Counter[str]:
        """How often each word stands there."""
        return Counter(word for sentence in self.sentences for word in sentence)


def read_texts(paths: Iterable[Path], language: str = "en") -> Texts:
    """The sentences of files and folders.

    In a folder, files are taken by their endings: text, tables, Markdown, reStructuredText, HTML and source code. A
    file that is named itself is read as text where its ending says nothing. Numbers in digits are written in words.
    Raises `TaskError` where no word is found.
    """
    sentences: list[Sentence] = []
    skipped: list[tuple[str, str]] = []
    files = 0
    paths = list(paths)
    for file in _files(paths):
        try:
            sentences += _sentences(file, language)
            files += 1
        except (OSError, UnicodeDecodeError) as error:
            skipped.append(
                (str(file), "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror))
            )
        except _TooLargeError:
            skipped.append((str(file), f"larger than {LARGEST_FILE // 1_000_000} MB"))
    if not sentences:
        names = ", ".join(str(path) for path in paths)
        raise TaskError(f"no text is in {names}", hint="; ".join(f"{file}: {why}" for file, why in skipped[:3]) or None)
    return Texts(tuple(sentences), files, tuple(skipped))


def sentences_of(text: str, language: str = "en") -> Iterator[Sentence]:
    """The sentences of plain text; a line break ends one."""
    for piece in _SENTENCE_END.split(_ADDRESS.sub(" ", text)):
        spelled = _NUMBER.sub(lambda found: f" {_number(found[0], language)} ", piece)
        words = tuple(word for word in basic_v1(spelled).split() if _is_word(word))
        if words:
            yield words


class _TooLargeError(Exception):
    pass


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path).parts
            hidden = any(part.startswith(".") or part in _LEFT_OUT for part in inside)
            if not hidden and file.suffix.lower() in {*_PROSE, *_CODE} and file.is_file():
                yield file


def _sentences(file: Path, language: str) -> Iterator[Sentence]:
    if file.stat().st_size > LARGEST_FILE:
        raise _TooLargeError
    text = file.read_text(encoding="utf-8-sig")
    ending = file.suffix.lower()
    plain = "\n".join(code_lines(text)) if ending in _CODE else _PROSE.get(ending, str)(text)
    return sentences_of(plain, language)


def _number(digits: str, language: str) -> str:
    return digits_words(digits.replace(",", ""), language)[0]


def _is_word(word: str) -> bool:
    return len(word) <= LONGEST_WORD and any(char.isalpha() for char in word) and not _HASH.fullmatch(word)
