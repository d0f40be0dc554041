"""A Whisper checkpoint into a folder for CTranslate2, which `faster-whisper` runs without torch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from idiolect.errors import ExportError, MissingExtraError
from idiolect.files import read_json, write_json

Quantization = Literal["float32", "int8"]


def convert(checkpoint_folder: Path | str, out: Path, quantization: Quantization = "float32") -> None:
    """Write `model.bin`, tokenizer, features and generation choices of a Whisper into the folder `out`.

    `checkpoint_folder` is a checkpoint of ours (an adapter is merged on the way) or a `transformers` folder. Files in
    `out` with other names stay. Raises `ExportError` for other models: CTranslate2 has no Moonshine and no Parakeet.
    """
    from idiolect.engines.pretrained import locate, quiet
    from idiolect.training.merging import merge

    try:
        import ctranslate2
        import ctranslate2.converters
    except ImportError:
        raise MissingExtraError("export to CTranslate2", "faster-whisper") from None
    source = locate(checkpoint_folder)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ctranslate2-", dir=out) as temporary:
        plain = Path(source.base)
        if source.adapter is not None or not plain.is_dir():
            plain = merge(checkpoint_folder, Path(temporary) / "merged")
        _check(plain)
        made = Path(temporary) / "made"
        converter = ctranslate2.converters.TransformersConverter(str(plain), copy_files=["tokenizer.json"])
        try:
            with quiet():
                converter.convert(str(made), quantization=quantization)
        except (RuntimeError, ValueError) as error:
            raise ExportError(f"{checkpoint_folder} cannot be converted for CTranslate2: {error}") from error
        write_json(made / "preprocessor_config.json", feature_choices(plain))
        if (plain / "generation_config.json").is_file():
            write_json(made / "generation_config.json", _written_choices(plain))
        for file in sorted(made.iterdir()):
            file.replace(out / file.name)


def feature_choices(folder: Path) -> dict[str, Any]:
    """What ``preprocessor_config.json`` says of the log-mel.

    `transformers` 5 writes ``processor_config.json`` only; without the older file `faster-whisper` takes 80 mel bands,
    which is wrong for large-v3.
    """
    from idiolect.engines.pretrained import import_transformers

    choices: dict[str, Any] = (
        import_transformers().AutoFeatureExtractor.from_pretrained(str(folder), local_files_only=True).to_dict()
    )
    choices.pop("mel_filters", None)
    choices.pop("processor_class", None)
    return choices


def _written_choices(folder: Path) -> dict[str, Any]:
    """The language and the longest text that the checkpoint was saved with."""
    saved = read_json(folder / "generation_config.json")
    return {name: saved[name] for name in ("language", "task", "max_length") if saved.get(name) is not None}


def _check(folder: Path) -> None:
    config = read_json(folder / "config.json")
    if config.get("model_type") != "whisper":
        raise ExportError(
            f"{folder} is a {config.get('model_type')} model; CTranslate2 takes Whisper only",
            hint="idiolect export --to onnx takes CTC models",
        )
    if not (folder / "tokenizer.json").is_file():
        raise ExportError(f"{folder} has no tokenizer.json", hint="save its processor into it again")
