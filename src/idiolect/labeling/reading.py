"""What there is to read in a project, and which of it next: prompts that are weighed once, and kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from idiolect.corpus import Corpus
from idiolect.corpus.spoken import spoken_by
from idiolect.errors import CorpusError, UserError
from idiolect.labeling.prompt_sources import EVERYDAY, PromptSource, everyday, find_files, read_source
from idiolect.labeling.prompting import Prompter

_ONE_AT_A_TIME = Lock()
"""A prompter counts for one speaker; two who ask in one moment take turns (some ms)."""


def sources_of(folder: Path, language: str) -> list[dict[str, Any]]:
    """Everything to read from in a project's folder, as JSON values; what is no source is left out.

    ``id``, ``form`` (see `PromptSource`), and how many ``prompts`` and ``terms`` it holds.
    """
    found = [_shown(EVERYDAY, everyday(language))]
    for path in find_files(folder):
        try:
            source = _source(path, path.stat().st_mtime_ns, language)
        except (UserError, OSError):
            continue
        found.append(_shown(path.relative_to(folder).as_posix(), source))
    return found


def prompts_for(
    corpus: Corpus, folder: Path, language: str, speaker: str, source: str, *, count: int, without: Sequence[str] = ()
) -> dict[str, Any]:
    """The next ``prompts`` of a source for a speaker, and the ``coverage`` of what they read so far, as JSON values.

    source: an id of `sources_of`. without: texts that are not wanted now. Raises `CorpusError` for an unknown source.
    """
    spoken = spoken_by(corpus, speaker)
    with _ONE_AT_A_TIME:
        prompter = _prompter(folder, language, source)
        prompter.restart([one.text for one in spoken], sum(one.duration for one in spoken))
        chosen = prompter.choose(count, without=without)
        return {"prompts": [one.as_dict() for one in chosen], "coverage": prompter.coverage().as_dict()}


def _prompter(folder: Path, language: str, source: str) -> Prompter:
    if source == EVERYDAY:
        return _weighed(None, 0, language)
    for path in find_files(folder):
        if path.relative_to(folder).as_posix() == source:
            return _weighed(path, path.stat().st_mtime_ns, language)
    raise CorpusError(f"there is no {source} to read from in this project")


def _shown(key: str, source: PromptSource) -> dict[str, Any]:
    return {"id": key, "form": source.form, "prompts": len(source.texts), "terms": len(source.terms)}


@lru_cache(32)
def _source(path: Path, _changed: int, language: str) -> PromptSource:
    return read_source(path, language=language)


@lru_cache(8)
def _weighed(path: Path | None, changed: int, language: str) -> Prompter:
    source = everyday(language) if path is None else _source(path, changed, language)
    return Prompter([source], language=language)
