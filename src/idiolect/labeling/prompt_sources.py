"""Where prompts come from: a text file, the templates of a task, a glossary whose terms are put into sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from idiolect.errors import UserError
from idiolect.files import write_text
from idiolect.tasks import Task, load_task

Form = Literal["sentences", "task", "glossary"]
FORMS: tuple[Form, ...] = ("sentences", "task", "glossary")

DRAWN = 2000
"""Sentences that are drawn from a task to choose among; drawing takes 0.2 s."""
_SHORT = 3
"""Words; a file most of whose lines are no longer, and end like no sentence, is a glossary."""
LARGEST_TEXT = 2_000_000
LONGEST = 400
"""Characters of a prompt; more is not read in one breath, nor within the 30 s of a clip."""

CARRIERS: dict[str, tuple[str, ...]] = {
    "en": (
        "{}",
        "Please write down {} for me.",
        "We talked about {} this morning.",
        "{} is what I was looking for.",
        "Have you ever heard of {}?",
        "I would say {} again.",
        "The next word is {}.",
        "Can you show me {} one more time?",
        "They asked whether {} was ready.",
        "{} comes first, and the rest comes later.",
    ),
    "de": (
        "{}",
        "Bitte schreib {} für mich auf.",
        "Heute Morgen ging es um {}.",
        "{} habe ich schon lange gesucht.",
        "Hast du schon einmal von {} gehört?",
        "Ich würde noch einmal {} sagen.",
        "Das nächste Wort ist {}.",
        "Kannst du mir {} noch einmal zeigen?",
        "Sie fragten, ob {} fertig ist.",
        "{} kommt zuerst, und der Rest kommt später.",
    ),
}
"""Sentences around a term: at their start, in the middle and at their end, so that it meets different sounds."""


FOLDER = "prompts"
"""Where the studio keeps the texts that somebody gave it to read."""
EVERYDAY = "everyday"
_EVERYDAY = Path(__file__).with_name("everyday")
_READ = {".txt", ".text", ".yaml", ".yml"}
_NAME = re.compile(r"[^\w .-]+")


@dataclass(frozen=True, slots=True)
class PromptSource:
    """Sentences to choose among, and the terms that are to be heard in them, as they are written."""

    name: str
    form: Form
    texts: tuple[str, ...]
    terms: tuple[str, ...] = ()


def read_source(path: Path, form: str | None = None, *, seed: int = 0, language: str = "en") -> PromptSource:
    """The prompts that a file gives. form: None: a task where it is YAML; a glossary where most lines are short.

    Raises:
        UserError: not UTF-8, no line in it, or an unknown form.
        TaskError: a task file that is none.
    """
    if form is not None and form not in FORMS:
        raise UserError(f"there is no form of prompts {form!r}", hint=", ".join(FORMS))
    if form == "task" or (form is None and path.suffix.lower() in {".yaml", ".yml"}):
        return of_task(load_task(path), path.name, seed=seed)
    lines = _lines(path)
    if form == "glossary" or (form is None and _looks_like_glossary(lines)):
        return of_glossary(lines, path.name, language=language)
    return of_sentences(lines, path.name)


def everyday(language: str = "en") -> PromptSource:
    """Sentences of ours that hold each sound of the language; English ones where we have none in it."""
    path = _EVERYDAY / f"{language.partition('-')[0].lower()}.txt"
    return of_sentences(_lines(path if path.exists() else _EVERYDAY / "en.txt"), EVERYDAY)


def find_files(project: Path) -> list[Path]:
    """What a project has to read from: text files and tasks in its folder and in ``prompts``, by name."""
    found = [path for folder in (project, project / FOLDER) for path in folder.glob("*")]
    return sorted(path for path in found if path.is_file() and path.suffix.lower() in _READ and path.name[0] != ".")


def keep_text(project: Path, name: str, text: str) -> Path:
    """Keep a text to read in the project, under a name of its own. Raises `UserError` where nothing is in it."""
    if len(text) > LARGEST_TEXT:
        raise UserError(f"the text has {len(text)} characters", hint=f"at most {LARGEST_TEXT}")
    lines = _kept([" ".join(line.split()) for line in text.splitlines()], name)
    stem = " ".join(_NAME.sub(" ", Path(name).stem).split())[:60].strip(". ") or "text"
    path = project / FOLDER / f"{stem}.txt"
    number = 2
    while path.exists() and path.read_text(encoding="utf-8").splitlines() != lines:
        path = path.with_name(f"{stem} {number}.txt")
        number += 1
    write_text(path, "".join(f"{line}\n" for line in lines))
    return path


def of_sentences(texts: Iterable[str], name: str = "sentences") -> PromptSource:
    """Each text as it is, once. Raises `UserError` for one that is too long to read."""
    kept = tuple(dict.fromkeys(texts))
    for text in kept:
        if len(text) > LONGEST:
            raise UserError(
                f"{name}: {text[:40]!r}… has {len(text)} characters", hint=f"One sentence a line, at most {LONGEST}."
            )
    return PromptSource(name, "sentences", kept)


def of_task(task: Task, name: str = "task", *, seed: int = 0, count: int = DRAWN) -> PromptSource:
    """Sentences drawn from the templates; the terms are the task's words."""
    drawn = task.sample(min(count, max(1, task.count())), seed)
    return PromptSource(name, "task", tuple(dict.fromkeys(drawn)), tuple(dict.fromkeys(task.words())))


def of_glossary(terms: Sequence[str], name: str = "glossary", *, language: str = "en") -> PromptSource:
    """Each term alone and in sentences around it, where we have some in that language."""
    carriers = CARRIERS.get(language.partition("-")[0].lower(), ("{}",))
    texts = [_around(carrier, term) for term in terms for carrier in carriers]
    return PromptSource(name, "glossary", tuple(dict.fromkeys(texts)), tuple(dict.fromkeys(terms)))


def shuffled(texts: Iterable[str], seed: int) -> list[str]:
    """In an order that the seed alone decides: what comes first among equals."""
    order = list(dict.fromkeys(texts))
    random.Random(seed).shuffle(order)
    return order


def _around(carrier: str, term: str) -> str:
    text = carrier.format(term)
    return text[0].upper() + text[1:] if carrier != "{}" else text


def _looks_like_glossary(lines: Sequence[str]) -> bool:
    short = [line for line in lines if len(line.split()) <= _SHORT and line[-1] not in ".!?"]
    return len(short) > len(lines) / 2


def _lines(path: Path) -> list[str]:
    try:
        texts = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}") from error
    return _kept([" ".join(text.split()) for text in texts], str(path))


def _kept(lines: Sequence[str], name: str) -> list[str]:
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise UserError(f"{name} has no sentence", hint="One prompt on each line.")
    return found
