"""Train the starter model again, from the recordings to the folder in the package: one command.

    python scripts/starter.py [--data ../shared/data] [--project runs/starter] [--put]

Killed and run again it goes on where it was. On 2 cores it takes about 3 hours: importing and a small first network
from PocketSphinx's alignments (25 min), frames in noise and rooms (35 min), sequences (two hours). With --put the
bundle, its checkpoint in half precision, the model card and the log of training go into src/idiolect/models/starter.

Never in it: barista and its kitchen noise, kathleen, fsdd, common-voice, kerstin-de. They judge it (bench/starter.py).
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.cli.progress import progress_for
from idiolect.engines.other_speech import FILE as OTHER_SPEECH
from idiolect.engines.starter import FOLDER
from idiolect.files import read_json, write_json, write_text
from idiolect.project import Project

if TYPE_CHECKING:
    from idiolect.corpus import Dataset

ROOT = Path(__file__).resolve().parents[1]
DATA = {
    "mini-librispeech": ("28 speakers, read books", "CC BY 4.0, LibriSpeech (V. Panayotov et al.)"),
    "librispeech-251": ("241 speakers, a clip each", "CC BY 4.0, LibriSpeech (V. Panayotov et al.)"),
    "librispeech-aligned": ("2 speakers, read books", "CC BY 4.0, LibriSpeech (V. Panayotov et al.)"),
    "an4": ("74 speakers, spelled names, numbers, dates", "CMU AN4 licence (free for any use; notice kept)"),
    "ljspeech": ("1 speaker, read books", "public domain, LJSpeech"),
    "asterisk-8k": ("1 speaker, telephone prompts", "CC BY-SA 3.0, Allison Smith / Asterisk"),
    "wake-words": ("unnamed speakers, six key words", "Apache-2.0, Picovoice wake-word-benchmark"),
    "noise": ("noises, for augmentation", "CC BY 3.0/4.0, CC0, public domain: each clip's row in its manifest"),
    "rir": ("room responses, for augmentation", "CC0, CC BY, CC BY-SA: each row in its manifest"),
}
"""What is in it, and on which terms."""
OWN = ("mini-librispeech", "librispeech-251", "librispeech-aligned", "an4")
"""Speakers have names: some are kept for dev and test."""
EXTRA = ("ljspeech", "asterisk-8k", "wake-words")
"""One speaker each, or unnamed ones: these only train."""
FIRST = ("librispeech-251", "an4")
"""Most speakers in the fewest hours: PocketSphinx aligns these, and the network that learns from them the rest."""
SEQUENCES = (1200, 4000)
"""Steps: of a first run, whose errors were still falling, and of one that began where it had ended."""
SHARES = {"test": 0.08, "dev": 0.03, "group_by": "speaker"}


def main() -> None:
    """Every step; each is resumable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--project", type=Path, default=ROOT / "runs" / "starter")
    parser.add_argument("--put", action="store_true", help="put the result into the package")
    parser.add_argument("--heard", type=Path, help="the JSON of bench/starter.py, for the model card")
    chosen = parser.parse_args()
    data = chosen.data.resolve()
    if not all((data / name).is_dir() for name in DATA):
        print(f"skipped: not all of {', '.join(DATA)} are in {data}")
        return
    there = (chosen.project / "idiolect.toml").exists()
    with Project.find(chosen.project) if there else Project.create(chosen.project) as project:
        dataset, model = train(project, data)
        bundle = project.export(model, to="onnx-w8", dataset=dataset, progress=progress_for())
        print(f"bundle {bundle.id} in {bundle.folder}")
        if chosen.put:
            put(bundle.folder, model, chosen.heard)


def train(project: Project, data: Path) -> tuple[Dataset, Path]:
    """Each run from the one before; the last one's folder."""
    progress = progress_for()
    for name in OWN:
        project.import_audio(data / name, collection=name, copy=False, progress=progress)
    for name in EXTRA:
        project.import_audio(data / name, collection=name, copy=False, train_only=True, progress=progress)
    noisy = {"augment.noises": (str(data / "noise" / "clips"),), "augment.rooms": (str(data / "rir" / "clips"),)}
    first = project.freeze("boot", collections=FIRST, **SHARES)
    short = noisy | {"steps": 408, "watch.times": 3}
    boot = project.train(first, "starter", overrides=short, progress=progress)
    dataset = project.freeze("starter", **SHARES)
    frames = noisy | {"steps": 1400, "nano.align": "base"}
    base = project.train(dataset, "starter", base=boot.folder, overrides=frames, progress=progress)
    for steps in SEQUENCES:
        longer = noisy | {"steps": steps}
        base = project.train(dataset, "starter-sequence", base=base.folder, overrides=longer, progress=progress)
    return dataset, base.folder


def put(bundle: Path, checkpoint: Path, heard: Path | None = None, folder: Path = FOLDER) -> None:
    """The bundle, with the checkpoint in half precision inside: what fine-tuning starts from.

    heard: what ``bench/starter.py --json`` wrote, for the card.
    """
    from safetensors.torch import load_file, save_file

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bundle, folder)
    inside = folder / "checkpoint"
    inside.mkdir()
    for name in ("prior.json", "words.json", "lexicon.txt", OTHER_SPEECH):
        shutil.copyfile(checkpoint / name, inside / name)
    weights = load_file(checkpoint / "model.safetensors")
    save_file({name: tensor.half().contiguous() for name, tensor in weights.items()}, inside / "model.safetensors")
    about = read_json(checkpoint / "checkpoint.json")
    write_json(inside / "checkpoint.json", {**about, "base": None, "recipe": _without_places(about["recipe"])})
    bundled = read_json(folder / "bundle.json")
    lineage = bundled["lineage"]
    bundled["lineage"] = {
        **lineage,
        "base": None,
        "recipe": _without_places(lineage["recipe"]),
        "licences": {name: terms for name, (_, terms) in DATA.items()},
    }
    write_json(folder / "bundle.json", bundled)
    write_json(folder / "training.json", {"runs": _history(checkpoint)})
    write_text(folder / "MODEL_CARD.md", card(bundled, heard))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    print(f"{folder}: {size / 1e6:.1f} MB")


def _history(checkpoint: Path) -> list[dict[str, object]]:
    """What each run saw of dev on the way: the log of training, oldest run first."""
    runs: list[dict[str, object]] = []
    folder: Path | None = checkpoint
    while folder is not None:
        about = read_json(folder / "checkpoint.json")
        shown = {name: about.get(name) for name in ("id", "dataset", "seed", "dev", "history", "run", "versions")}
        runs.insert(0, {**shown, "recipe": _without_places(about["recipe"])})
        base = about.get("base")
        folder = Path(base) if base and (Path(base) / "checkpoint.json").exists() else None
    return runs


def card(bundle: Mapping[str, Any], heard: Path | None) -> str:
    """Markdown: what it is, what is in it, how good it is, what it is bad at."""
    parity = bundle["parity"]
    rows = read_json(heard)["rows"] if heard is not None else []
    scores = "\n".join(
        f"| {row['corpus']} | {row['clips']} | {row['speakers']} | {100 * row['wer']:.1f} % "
        f"[{100 * row['interval'][0]:.1f}, {100 * row['interval'][1]:.1f}] over {row['over']} |"
        for row in rows
    )
    data = "\n".join(f"| {name} | {what} | {terms} |" for name, (what, terms) in DATA.items())
    return CARD.format(
        id=bundle["id"],
        scores=scores or "| not measured | | | |",
        data=data,
        parity=f"{parity['clips']} clips, words that differ {100 * parity['disagreement']:.1f} %",
        seed=bundle["lineage"]["seed"],
    )


CARD = (Path(__file__).parent / "starter_card.md").read_text(encoding="utf-8")


def _without_places(recipe: dict[str, object]) -> dict[str, object]:
    """The recipe without the paths of the machine that it was run on."""
    augment = recipe["augment"]
    assert isinstance(augment, dict)  # noqa: S101 - as `Recipe.as_dict` writes it
    return {**recipe, "base": "", "augment": {**augment, "noises": ["noise/clips"], "rooms": ["rir/clips"]}}


if __name__ == "__main__":
    main()
