"""Recipes: all choices of one training run, in one frozen value.

A recipe is a TOML file of few lines; what it does not say has the defaults below. One dial matters: `minutes` (or
`steps`, where two runs have to end equal). A checkpoint stores the recipe resolved, so that the run can be made again.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, get_type_hints

from idiolect.errors import TrainingError

FOLDER = Path(__file__).parent / "recipes"

FAMILIES = ("nano", "transformers")
"""`nano`: our own phone network; `transformers`: any CTC or seq2seq model that lies in the folder `base`."""


ALIGNERS = ("sphinx", "base", "as-base")
"""Where a nano run takes its alignments from; see `Nano`."""


@dataclass(frozen=True, slots=True)
class Batching:
    """What stands in one step.

    seconds: of audio in one batch, padding included.
    longest: seconds; clips above are not trained on (nano cuts crops from them instead).
    accumulate: batches whose gradients make one step.
    target_share: share of what is drawn that comes from the project's own speech, where there is other material too.
    """

    seconds: float = 96.0
    longest: float = 30.0
    accumulate: int = 1
    target_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Optimizer:
    """AdamW with a warm-up and a straight way down.

    ema: decay of the running mean of the weights that is decoded and saved; 0 takes the weights as they are.
    warmup: share of the steps.
    clip: longest gradient (L2).
    """

    peak: float = 2e-3
    weight_decay: float = 1e-3
    warmup: float = 0.05
    clip: float = 2.0
    ema: float = 0.998


@dataclass(frozen=True, slots=True)
class Watch:
    """How often the run looks at itself.

    times: decodings of dev in a run, evenly spread; the last is at the last step.
    clips: at most so many of dev are decoded.
    save_seconds, save_steps: the state is saved when so much time or so many steps have passed; 0 leaves one out.
    """

    times: int = 8
    clips: int = 150
    save_seconds: float = 60.0
    save_steps: int = 0


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The same clip in another place; `spec` changes single values of `audio.AugmentSpec`.

    noises, rooms: audio files or folders of them. Never what a benchmark mixes in at test.
    """

    use: bool = True
    noises: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nano:
    """The phone network and its loss.

    crop: seconds cut from a clip for one place in a batch.
    prior: share of the phones' log-prior that is taken off before the search: 0.8 was best of 0.2 … 1.0 for one
        trained on general speech, on a voice it had not heard (WER 56.4 %; 58.1 % with 0.4).
    sequence: share of the loss that looks at whole sequences (`training/sequence.py`). Above 0 the outputs learn to be
        likelihoods: the frame loss adds the prior, and the search takes nothing off.
    language_model: what is searched without a task: ``en-us``, the trigram model in PocketSphinx's wheel with all
        words of CMUdict; empty: as the base does, else a loop of the dataset's words.
    align: who says which phone is when: ``sphinx``; ``base``, which is several times quicker, and better once it has
        heard enough; or ``as-base``: whoever aligned for the base. The base aligns what the others do not.
    """

    channels: int = 320
    blocks: int = 9
    kernel: int = 11
    dropout: float = 0.1
    crop: float = 4.0
    smoothing: float = 0.05
    masks: bool = True
    prior: float = 0.8
    sequence: float = 0.0
    language_model: str = ""
    align: str = "sphinx"


@dataclass(frozen=True, slots=True)
class Adapter:
    """What learns of a model of transformers: a LoRA adapter (arXiv:2106.09685), or with `use` off all weights.

    targets: names of layers; empty takes those that the model's family names.
    """

    use: bool = True
    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transformers:
    """How a model of transformers is taken.

    language: BCP 47, what a Whisper of many languages is told; empty: the one saved in base, else English.
    scratch: the shape and the tokenizer of base only; the weights are new.
    checkpointing: less memory for a third more time: activations are computed again on the way back.
    """

    language: str = ""
    scratch: bool = False
    checkpointing: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """All choices of one run.

    minutes: how long to train; turned into steps by the speed that is measured once, at the first start.
    steps: how long to train, where two runs have to end equal; `minutes` is then ignored.
    base: a checkpoint (nano) or a model of transformers to start from; empty starts nano from random weights.
    """

    name: str
    family: str = "nano"
    minutes: float = 20.0
    steps: int = 0
    seed: int = 0
    base: str = ""
    batch: Batching = field(default_factory=Batching)
    optimizer: Optimizer = field(default_factory=Optimizer)
    watch: Watch = field(default_factory=Watch)
    augment: Augmentation = field(default_factory=Augmentation)
    nano: Nano = field(default_factory=Nano)
    adapter: Adapter = field(default_factory=Adapter)
    transformers: Transformers = field(default_factory=Transformers)

    def as_dict(self) -> dict[str, Any]:
        """JSON values; `Recipe.from_dict` is the inverse."""
        return dataclasses.asdict(self, dict_factory=_json)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Recipe:
        """The recipe of `as_dict` (or of a TOML file). Raises `TrainingError` for unknown keys and wrong types."""
        return _checked(_build(cls, value, ""))


def recipes() -> list[str]:
    """The names of the recipes that come with idiolect."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def about_recipe(name: str) -> str:
    """What the first lines of one of our recipes say of it."""
    lines = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    said = takewhile(lambda line: line.startswith("#"), lines)
    return " ".join(line.removeprefix("#").strip() for line in said)


def known_keys() -> list[str]:
    """Every key that a recipe or an override may set, dotted."""
    return list(_keys(Recipe, ""))


def load_recipe(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe by its name or from a TOML file, with `overrides` by dotted keys (``{"optimizer.peak": 1e-3}``).

    A value that is text is read as the type of its key, so that a command line can pass what was typed.

    Raises `TrainingError` for an unknown recipe, a file that is not TOML, an unknown key or a wrong type.
    """
    table = _read(name_or_path)
    for key, value in (overrides or {}).items():
        _put(table, key, value)
    return Recipe.from_dict(table)


def _read(name_or_path: str | Path) -> dict[str, Any]:
    path = Path(name_or_path)
    if not path.suffix and not path.exists():
        path = FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        raise TrainingError(f"there is no recipe {str(name_or_path)!r}", hint=f"known: {', '.join(recipes())}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} is not TOML: {error}") from error
    return {"name": path.stem} | table


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    """Set the dotted `key`; text becomes the type of the key."""
    kind: Any = Recipe
    place = table
    *sections, last = key.split(".")
    for section in sections:
        kind = get_type_hints(kind).get(section) if dataclasses.is_dataclass(kind) else None
        place = place.setdefault(section, {})
        if not isinstance(place, dict):
            raise _unknown(key)
    if dataclasses.is_dataclass(kind):
        kind = get_type_hints(kind).get(last)
        if kind is None or dataclasses.is_dataclass(kind):
            raise _unknown(key)
        value = _from_text(value, kind, key) if isinstance(value, str) else value
    place[last] = value


def _from_text(text: str, kind: Any, key: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        if kind in (int, float):
            return kind(text)
    except (ValueError, KeyError):
        raise TrainingError(f"{key} is {text!r}, not a {kind.__name__}") from None
    return tuple(part for part in text.split(",") if part) if kind == tuple[str, ...] else text


def _build(kind: Any, value: Mapping[str, Any], prefix: str) -> Any:
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for name, item in value.items():
        key = f"{prefix}{name}"
        if name not in hints:
            raise _unknown(key)
        given[name] = _typed(hints[name], item, key)
    return kind(**given)


def _typed(kind: Any, item: Any, key: str) -> Any:
    if dataclasses.is_dataclass(kind):
        if not isinstance(item, Mapping):
            raise TrainingError(f"{key} is {item!r}, not a table")
        return _build(kind, item, f"{key}.")
    if kind is float and type(item) is int:
        return float(item)
    if kind == tuple[str, ...] and isinstance(item, list | tuple) and all(isinstance(part, str) for part in item):
        return tuple(item)
    if kind in (str, bool, int, float) and type(item) is not kind:
        raise TrainingError(f"{key} is {item!r}, not a {kind.__name__}")
    if kind == Mapping[str, Any] and isinstance(item, Mapping):
        return dict(item)
    if kind not in (str, bool, int, float):
        raise TrainingError(f"{key} is {item!r}, which it cannot be")
    return item


def _checked(recipe: Recipe) -> Recipe:
    from idiolect.audio import AugmentSpec

    if recipe.family not in FAMILIES:
        raise TrainingError(f"family is {recipe.family!r}", hint=f"known: {', '.join(FAMILIES)}")
    if recipe.steps < 0 or (recipe.steps == 0 and recipe.minutes <= 0):
        raise TrainingError(f"the recipe trains for {recipe.minutes} minutes", hint="set minutes or steps above 0")
    if not 0 <= recipe.batch.target_share <= 1:
        raise TrainingError(f"batch.target_share is {recipe.batch.target_share}", hint="a share lies in 0 … 1")
    if recipe.nano.align not in ALIGNERS or (recipe.nano.align != "sphinx" and not recipe.base):
        raise TrainingError(
            f"nano.align is {recipe.nano.align!r} and base is {recipe.base!r}",
            hint=f"{', '.join(ALIGNERS)}; all but sphinx need a base",
        )
    if not 0 <= recipe.nano.sequence <= 1:
        raise TrainingError(f"nano.sequence is {recipe.nano.sequence}", hint="a share lies in 0 … 1")
    if recipe.batch.seconds <= 0 or recipe.batch.accumulate < 1 or recipe.watch.times < 1:
        raise TrainingError("batch.seconds, batch.accumulate and watch.times must be above 0")
    AugmentSpec.from_dict(dict(recipe.augment.spec))
    return recipe


def _unknown(key: str) -> TrainingError:
    return TrainingError(f"a recipe has no {key!r}", hint=f"known: {', '.join(known_keys())}")


def _keys(kind: Any, prefix: str) -> Iterator[str]:
    for name, hint in get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint):
            yield from _keys(hint, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _json(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in pairs}
