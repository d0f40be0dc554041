"""Where the alignments of a run come from: PocketSphinx, the base network, or whoever aligned for the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from idiolect.engines.starter import base_folder
from idiolect.files import read_json
from idiolect.progress import SILENT, Progress
from idiolect.training.alignment import ALIGNER, Alignment, AlignmentCache, align_all
from idiolect.training.recipe import Recipe
from idiolect.units import Samples

Found = dict[str, Alignment | str | None]
"""Clip id → its alignment, or in words why it has none."""


def find_alignments(
    wanted: Sequence[tuple[str, str]],
    samples: Mapping[str, Samples],
    cache: Path,
    recipe: Recipe,
    *,
    processes: int = 1,
    progress: Progress = SILENT,
) -> tuple[Found, str]:
    """Align each (clip id, text) as `recipe.nano.align` says; also the name of the first source, for the checkpoint.

    What a source cannot align, or has not, the base aligns, where there is one. All is kept in `cache`.
    """
    if recipe.nano.align == "base":
        return _by_base(wanted, samples, cache, recipe.base, progress)
    name = ALIGNER if recipe.nano.align == "sphinx" else _aligner_of(recipe.base)
    first = AlignmentCache(cache, name)
    if recipe.nano.align == "sphinx":
        align_all(wanted, samples, first, processes=processes, progress=progress)
    found: Found = {clip_id: first.get(clip_id, text) for clip_id, text in wanted}
    failed = [(clip_id, text) for clip_id, text in wanted if not isinstance(found[clip_id], Alignment)]
    if recipe.base and failed:
        found |= _by_base(failed, samples, cache, recipe.base, progress)[0]
    return found, name


def _by_base(
    wanted: Sequence[tuple[str, str]], samples: Mapping[str, Samples], cache: Path, base: str, progress: Progress
) -> tuple[Found, str]:
    from idiolect.training.network_alignment import NetworkAligner

    aligner = NetworkAligner(base_folder(base))
    known = AlignmentCache(cache, aligner.name)
    todo = [(clip_id, text) for clip_id, text in wanted if known.get(clip_id, text) is None]
    aligner.learn(text for _, text in todo)
    progress.start("align", len(todo))
    # One thread: two were five times slower, each waiting for the other to give the interpreter back.
    for clip_id, text in todo:
        known.add(clip_id, text, aligner.align(samples[clip_id], text))
        progress.advance()
    progress.finish()
    return {clip_id: known.get(clip_id, text) for clip_id, text in wanted}, aligner.name


def _aligner_of(base: str) -> str:
    """Who aligned for the base."""
    return str(read_json(base_folder(base) / "checkpoint.json").get("alignments", ALIGNER))
