"""One sitting at the microphone, on disk: a WAV per take and a list of them with their texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idiolect.corpus import ImportReport
    from idiolect.labeling.prompting import Prompt
    from idiolect.progress import Progress
    from idiolect.project import Project
    from idiolect.units import Samples

FOLDER = "recordings"
MANIFEST = "manifest.jsonl"
AT_ONCE = 50
"""Prompts of a sitting where nobody says how many: about ten minutes."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Takes of one session in a folder of their own; a take that is on disk is in the list, whatever happens next."""

    folder: Path
    speaker: str | None
    device: str | None

    def keep(self, samples: Samples, text: str | None) -> Path:
        """Write a take, float32 ``(n,)`` at 16 kHz, and then its line in the list."""
        from idiolect.audio import write_wav

        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{len(list(self.folder.glob('*.wav'))) + 1:04d}.wav"
        write_wav(path, samples)
        line = {
            "audio": path.name,
            "text": text,
            "speaker": self.speaker,
            "session": self.folder.name,
            "device": self.device,
            "prompted": text is not None,
        }
        with (self.folder / MANIFEST).open("a", encoding="utf-8") as file:
            file.write(json.dumps({key: value for key, value in line.items() if value is not None}) + "\n")
        return path


def import_takes(project: Project, progress: Progress) -> ImportReport | None:
    """Import every list of takes; those that were imported before add nothing. None where there is no list."""
    manifests = sorted((project.folder / FOLDER).glob(f"*/{MANIFEST}"))
    return project.import_audio(manifests, format="jsonl", progress=progress) if manifests else None


def read_aloud(project: Project, speaker: str | None) -> set[str]:
    """The prompts that `speaker` has read in this project."""
    return {
        str(row["text"])
        for path in (project.folder / FOLDER).glob(f"*/{MANIFEST}")
        for row in _rows(path)
        if row.get("text") and row.get("speaker") == speaker
    }


def choose_prompts(
    project: Project, speaker: str | None, path: Path, form: str | None, *, takes: int | None, seed: int
) -> list[Prompt]:
    """The prompts of a file that add most to what `speaker` has recorded, and not those that were read."""
    from idiolect.corpus.spoken import spoken_by
    from idiolect.labeling.prompt_sources import read_source
    from idiolect.labeling.prompting import Prompter

    language = project.settings.language
    source = read_source(path, form, seed=seed, language=language)
    said = [one.text for one in spoken_by(project.corpus, speaker)] if speaker else []
    said += sorted(read_aloud(project, speaker) - set(said))
    return Prompter([source], said, seed=seed, language=language).choose(takes or AT_ONCE)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a list; the last one is left out where a kill has cut it off."""
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
