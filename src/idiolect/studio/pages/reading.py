"""What there is to read in a project, and which of it next: prompts that are weighed once, and kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from idiolect.corpus.spoken import spoken_by
from idiolect.errors import CorpusError, UserError
from idiolect.labeling.prompt_sources import EVERYDAY, PromptSource, everyday, find_files, read_source
from idiolect.labeling.prompting import Prompter

if TYPE_CHECKING:
    from idiolect.project import Project

_ONE_AT_A_TIME = Lock()
"""A prompter counts for one speaker; two who ask in one moment take turns (some ms)."""


def sources_of(project: Project) -> list[dict[str, Any]]:
    """Everything to read from: an id, its form and how many prompts it holds; what is no source is left out."""
    found = [_shown(EVERYDAY, everyday(project.settings.language))]
    for path in find_files(project.folder):
        try:
            source = _source(path, path.stat().st_mtime_ns, project.settings.language)
        except (UserError, OSError):
            continue
        found.append(_shown(path.relative_to(project.folder).as_posix(), source))
    return found


def prompts_for(
    project: Project, speaker: str, source: str, *, count: int, without: Sequence[str] = ()
) -> dict[str, Any]:
    """The next prompts of a source for a speaker, and what of it they have covered. Raises `CorpusError`."""
    spoken = spoken_by(project.corpus, speaker)
    with _ONE_AT_A_TIME:
        prompter = _prompter(project, source)
        prompter.restart([one.text for one in spoken], sum(one.duration for one in spoken))
        chosen = prompter.choose(count, without=without)
        return {"prompts": [one.as_dict() for one in chosen], "coverage": prompter.coverage().as_dict()}


def _prompter(project: Project, source: str) -> Prompter:
    language = project.settings.language
    if source == EVERYDAY:
        return _weighed(None, 0, language)
    for path in find_files(project.folder):
        if path.relative_to(project.folder).as_posix() == source:
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
