"""What may be said: sentence templates, pronunciations, the graph, JSON; and what text without templates teaches."""

from __future__ import annotations

from idiolect.tasks.graph import Arc, Mark, Parsed, WordGraph
from idiolect.tasks.lexicon import LEXICON, PHONES, Lexicon
from idiolect.tasks.ngram import NgramModel
from idiolect.tasks.reading import load_task, parse_task
from idiolect.tasks.task import Task

__all__ = [
    "LEXICON",
    "PHONES",
    "Arc",
    "Lexicon",
    "Mark",
    "NgramModel",
    "Parsed",
    "Task",
    "WordGraph",
    "load_task",
    "parse_task",
]
