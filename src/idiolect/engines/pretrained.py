"""Loading a `transformers` model: from a folder, from a checkpoint of ours, or by its hub name.

Weights are read from safetensors only, never from pickles, and no code of a model repository is run. Nothing is fetched
here: a hub name is looked up in the local cache of the hub, and `gateway.hub` is what fills that, if the project allows
it.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.engines.families import Family, Kind, family_of
from idiolect.errors import EngineError, MissingExtraError
from idiolect.files import read_json
from idiolect.gateway.hub import stay_local


@dataclass(frozen=True, slots=True)
class Source:
    """Where the weights lie. `base` is a folder or a hub name; `adapter` a folder of LoRA weights on top of it."""

    base: str
    adapter: Path | None = None

    @property
    def words(self) -> str:
        """Where the processor (tokenizer and features) lies: with the adapter, where there is one."""
        return str(self.adapter or self.base)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A loaded model: `model` (PyTorch, in eval mode unless it is trained) and its `processor`."""

    model: Any
    processor: Any
    family: Family
    model_type: str
    source: Source


def locate(model: Path | str | None) -> Source:
    """Where `model` lies: a `transformers` folder, a checkpoint of ours (``hf/`` or ``adapter/``), else a hub name.

    Raises `EngineError` for a folder that holds neither, and for None.
    """
    if model is None:
        raise EngineError("this engine needs a model", hint="--model FOLDER, or a name on the Hugging Face hub")
    folder = Path(model).expanduser()
    if not folder.exists():
        if isinstance(model, Path) or str(model).startswith(("/", ".", "~")) or str(model).count("/") > 1:
            raise EngineError(f"{model}: no such folder")
        return Source(str(model))
    if (folder / "hf" / "config.json").is_file():
        return Source(str(folder / "hf"))
    for adapter in (folder / "adapter", folder):
        if (adapter / "adapter_config.json").is_file():
            return Source(_base_of(adapter), adapter)
    if not (folder / "config.json").is_file():
        raise EngineError(f"{folder}: no config.json, hf/ or adapter/ in it", hint="it is no transformers model")
    return Source(str(folder))


def load(model: Path | str | None, kind: Kind | None = None, **choices: Any) -> Pretrained:
    """Load `model` for inference, with its adapter (if any) merged into the weights.

    `choices` go to ``from_pretrained``. Raises `EngineError` with the name of the model and what to do, and
    `MissingExtraError` without torch or transformers.
    """
    source = locate(model)
    loaded = load_base(source, kind, **choices)
    if source.adapter is None:
        return loaded
    merged = with_adapter(loaded, source.adapter).merge_and_unload(safe_merge=True).eval()
    return Pretrained(merged, loaded.processor, loaded.family, loaded.model_type, source)


def load_base(source: Source, kind: Kind | None = None, **choices: Any) -> Pretrained:
    """The base model of `source`, without its adapter, in eval mode."""
    transformers = import_transformers()
    with _said_plainly(source.base):
        config = transformers.AutoConfig.from_pretrained(source.base, local_files_only=True)
        family = family_of(config.model_type, source.base, kind)
        loading = auto_class(family)
        model = loading.from_pretrained(source.base, use_safetensors=True, local_files_only=True, **choices).eval()
        processor = transformers.AutoProcessor.from_pretrained(source.words, local_files_only=True)
    if source.adapter is not None and (source.adapter / "generation_config.json").is_file():
        model.generation_config = transformers.GenerationConfig.from_pretrained(source.adapter, local_files_only=True)
    return Pretrained(model, processor, family, config.model_type, source)


def with_adapter(loaded: Pretrained, adapter: Path) -> Any:
    """`loaded` with the LoRA weights of `adapter` around it (a `peft.PeftModel`)."""
    try:
        import peft
    except ImportError:
        raise MissingExtraError("a LoRA adapter", "train") from None
    if not (adapter / "adapter_model.safetensors").is_file():
        raise EngineError(f"{adapter}: no adapter_model.safetensors")
    with _said_plainly(adapter):
        return peft.PeftModel.from_pretrained(loaded.model, str(adapter))


def auto_class(family: Family) -> Any:
    """The auto class that loads models of `family`."""
    transformers = import_transformers()
    return transformers.AutoModelForCTC if family.kind == "ctc" else transformers.AutoModelForSpeechSeq2Seq


def version_of(loaded: Pretrained) -> str:
    """What changes what is heard: the id of the weights and the version of `transformers`.

    The id is the hash of the weights' bytes; of a model from the hub, its revision there.
    """
    transformers = import_transformers()
    folder = Path(loaded.source.base)
    if folder.is_dir():
        files = sorted(folder.glob("*.safetensors"))
        if loaded.source.adapter is not None:
            files += sorted(loaded.source.adapter.glob("*.safetensors"))
        made = hashlib.blake2b(digest_size=8)
        for file in files:
            with file.open("rb") as weights:
                made.update(hashlib.file_digest(weights, "blake2b").digest())
        identity = made.hexdigest()
    else:
        identity = str(getattr(loaded.model.config, "_commit_hash", None) or "unknown")[:16]
    return f"{loaded.model_type} {identity} transformers-{transformers.__version__}"


def set_threads(count: int) -> None:
    """How many cores PyTorch may use; a setting of the process."""
    import torch

    torch.set_num_threads(max(1, count))


def import_transformers() -> Any:
    """`transformers`, or `MissingExtraError`."""
    stay_local()
    try:
        import torch  # noqa: F401 - transformers imports without it, and then has no models

        transformers: Any = importlib.import_module("transformers")
    except ImportError:
        raise MissingExtraError("this model", "train") from None
    if "TRANSFORMERS_VERBOSITY" not in os.environ:
        # Whisper's own `generate` draws three deprecation notes from the library that it is a part of.
        transformers.logging.set_verbosity_error()
    return transformers


def _base_of(adapter: Path) -> str:
    """What the adapter was trained on: a folder (absolute, or relative to the adapter), else a hub name."""
    base = read_json(adapter / "adapter_config.json").get("base_model_name_or_path")
    if not base:
        raise EngineError(f"{adapter}/adapter_config.json names no base model")
    for folder in (Path(base), adapter / base):
        if folder.is_dir():
            return locate(folder).base
    if Path(base).is_absolute():
        raise EngineError(f"{adapter} was trained on {base}, which is gone", hint="put the base model back there")
    return str(base)


@contextmanager
def _said_plainly(what: object) -> Iterator[None]:
    """Whatever a library raises while it loads becomes an `EngineError` that names the model; no bars are drawn."""
    from safetensors import SafetensorError

    try:
        with quiet():
            yield
    except EngineError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        hint = None
        if not Path(str(what)).exists():
            hint = (
                "not a folder here, and not in the local hub cache. Pass a folder, or let a project fetch it: "
                f"idiolect allow huggingface --fetch {what}"
            )
        raise EngineError(f"{what} cannot be loaded: {first}", hint=hint) from error


@contextmanager
def quiet() -> Iterator[None]:
    """`transformers` draws no progress bars of its own: one to load or write a model is only noise."""
    logging: Any = import_transformers().utils.logging
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # peft asks by the name that transformers 5.2x calls old.
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
            yield
    finally:
        if bars:
            logging.enable_progress_bar()
