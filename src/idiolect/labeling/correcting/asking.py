"""Correction through a server: the user's files, the door and the language model put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.labeling.correcting.batching import Batches
from idiolect.labeling.correcting.chat import GatewayChat
from idiolect.labeling.correcting.lists import read_corrections, read_glossary
from idiolect.labeling.correcting.report import CorrectReport
from idiolect.labeling.correcting.running import CorrectOptions, correct
from idiolect.progress import SILENT, Progress

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.gateway import Gateway


def correct_through(
    door: Gateway,
    corpus: Corpus,
    url: str,
    model: str,
    *,
    key: str | None = None,
    glossary: Path | str | None = None,
    corrections: Path | str | None = None,
    patterns: Sequence[str] = (),
    longest: int = 1024,
    ask: Callable[[str], bool] | None = None,
    clips: Any = None,
    jobs: int = 4,
    batch: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
    **options: Any,
) -> CorrectReport:
    """Let the language model `model` behind an OpenAI-compatible URL correct what machines heard.

    glossary, corrections: files; see `lists`. patterns: what is masked beside secrets. longest: tokens of an answer at
    most. ask: lets a person agree to a paid run. batch: by the server's batch API. options: see `CorrectOptions`.
    """
    chosen = CorrectOptions(
        glossary=() if glossary is None else read_glossary(Path(glossary)),
        corrections={} if corrections is None else read_corrections(Path(corrections)),
        **options,
    )
    chat = GatewayChat(door, url, model, key=key, patterns=patterns, longest=longest)
    return correct(
        corpus,
        chat,
        chosen,
        batches=Batches(door, corpus, chat) if batch else None,
        clips=clips,
        jobs=jobs,
        confirm=lambda forecast: door.confirm(forecast, ask),
        progress=progress,
        dry_run=dry_run,
    )
