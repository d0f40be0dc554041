"""Prompts read by machines into files, as a person would record them: for demonstrations and tests of the loop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from idiolect import audio
from idiolect.errors import EngineError
from idiolect.files import write_text
from idiolect.labeling.synthesis import draw, speak
from idiolect.labeling.voices import choose
from idiolect.progress import SILENT, Progress
from idiolect.tasks import Task


@dataclass(frozen=True, slots=True)
class Prompts:
    """Files that were spoken. path: their ``manifest.jsonl``. hard_to_hear: no voice but eSpeak's was there."""

    path: Path
    count: int
    hard_to_hear: bool


def speak_prompts(
    task: Task, folder: Path, *, count: int, seed: int = 0, language: str = "en", progress: Progress = SILENT
) -> Prompts:
    """Speak `count` sentences of the task into WAV files in `folder`, with a manifest of text, intent and slots.

    What is there already is kept: the same call makes the same files. Raises `EngineError` where the machine has no
    voice.
    """
    chosen = choose(None, language)
    wanted = draw(task.sample(count, seed), chosen, count, seed)
    manifest = folder / "manifest.jsonl"
    hard = all(voice.program == "espeak" for voice in chosen)
    if manifest.exists():
        return Prompts(manifest, len(manifest.read_text(encoding="utf-8").splitlines()), hard)
    progress.start("Speaking", len(wanted))
    rows = []
    for first in range(0, len(wanted), 16):
        batch = wanted[first : first + 16]
        with TemporaryDirectory(prefix="idiolect-") as temporary:
            spoken = speak(batch, Path(temporary))
        for number, one in enumerate(batch, start=first):
            if one.key in spoken:
                name = f"{one.voice.name.replace(':', '-')}/{number:04d}.wav"
                audio.write_wav(folder / name, spoken[one.key])
                rows.append(_row(task, name, one.text, one.voice.name))
        progress.advance(len(batch))
    progress.finish()
    if not rows:
        raise EngineError("no voice on this machine spoke", hint="scripts/install-debian.sh installs some")
    write_text(manifest, "".join(json.dumps(row) + "\n" for row in rows))
    return Prompts(manifest, len(rows), hard)


def _row(task: Task, name: str, text: str, voice: str) -> dict[str, object]:
    parsed = task.parse(text)
    meaning = {} if parsed is None else {"intent": parsed.intent, "slots": dict(parsed.slots)}
    return {"audio": name, "text": text, "speaker": voice, "session": name.removesuffix(".wav"), **meaning}
