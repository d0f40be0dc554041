"""Our bundles, without torch: an ONNX network and the numpy around it.

A bundle folder holds ``bundle.json`` (family, features, tokens), ``model.onnx`` and, for nano, the decoding files of
its checkpoint. `export` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from idiolect.engines.greedy import beam_of, greedy
from idiolect.engines.knowledge import Knowledge
from idiolect.engines.long import hear_pieces
from idiolect.engines.onnx_features import inputs_of
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.engines.reading import read_by_task
from idiolect.engines.speech import LISTENING, spoken_part
from idiolect.engines.spelling import Spelling
from idiolect.errors import EngineError
from idiolect.files import read_json
from idiolect.tasks import LEXICON
from idiolect.units import Samples, duration_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from idiolect.tasks import Task

BUNDLE_FILE = "bundle.json"
MODEL_FILE = "model.onnx"


class Onnx:
    """Reads `EngineOptions.model`, `task`, `threads` and, of `extra`, `Knowledge`.

    Raises `EngineError` for what is no bundle of ours.

    A nano bundle decodes over the task; the text of a CTC bundle is parsed by it. One clip at a time: a clip's text
    never depends on what it is batched with.
    """

    name = "onnx"

    def __init__(self, options: EngineOptions) -> None:
        folder = _folder(options.model)
        self._bundle = read_bundle(folder)
        make = _FAMILIES.get(str(self._bundle.get("family")))
        if self._bundle.get("engine") != Onnx.name or make is None:
            raise EngineError(
                f"{folder} is a {self._bundle.get('family')} bundle for the engine {self._bundle.get('engine')}",
                hint=f"--engine {self._bundle.get('engine')} runs it",
            )
        session = _session(folder / MODEL_FILE, options.threads)
        knowledge = Knowledge.of(options.extra, self.name)
        self._family = make(session, self._bundle, folder, options.task, knowledge)
        self.version = str(self._bundle.get("id", "unknown"))

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The bundle, and what it decodes over."""
        return {"bundle": self.version, "format": self._bundle.get("format"), **self._family.parameters}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip. Clips longer than 30 s are cut at silences."""
        return hear_pieces(batch, lambda clips: [self._family.hear(clip) for clip in clips])

    def posteriors(self, samples: Samples) -> NDArray[np.float32]:
        """Log-posteriors of one clip, float32 ``(frames, tokens)``."""
        return self._family.posteriors(samples)


class _Family(Protocol):
    parameters: Mapping[str, Any]

    def posteriors(self, samples: Samples) -> NDArray[np.float32]: ...
    def hear(self, samples: Samples) -> Hypothesis: ...


class _Nano:
    """Our phone network: log-mel in, log-posteriors of phones out, searched over a task or the vocabulary."""

    def __init__(
        self, session: Any, bundle: Mapping[str, Any], folder: Path, task: Task | None, knowledge: Knowledge
    ) -> None:
        from idiolect.audio import FeatureSpec
        from idiolect.engines.phone_decoder import PhoneDecoder

        self._session = session
        self._spec = FeatureSpec.from_dict(dict(bundle["features"]))
        self._decoder = PhoneDecoder.load(folder, task, knowledge)
        said = task.id if task is not None else bundle.get("task")
        self.parameters: Mapping[str, Any] = {
            "listening": LISTENING,
            "lexicon": LEXICON,
            "task": said,
            **knowledge.parameters,
        }

    def posteriors(self, samples: Samples) -> NDArray[np.float32]:
        from idiolect.audio import log_mel

        found: NDArray[np.float32] = self._session.run(None, {"features": log_mel(samples, self._spec)[None]})[0][0]
        return found

    def hear(self, samples: Samples) -> Hypothesis:
        spoken = spoken_part(samples)
        if spoken is None:
            return Hypothesis("")  # a search must say something: where nobody speaks it is not asked
        return self._decoder.decode(self.posteriors(spoken.samples), duration_of(samples), start=spoken.start)


class _Ctc:
    """A CTC model of `transformers`: greedy, or searched with what a user knows."""

    def __init__(
        self, session: Any, bundle: Mapping[str, Any], folder: Path, task: Task | None, knowledge: Knowledge
    ) -> None:
        del folder  # all that it needs stands in the bundle's JSON
        self._task = task
        self._session = session
        self._features: Mapping[str, Any] = bundle["features"]
        self._blank = int(bundle["blank"])
        self._spelling = Spelling(bundle["tokens"], bundle["silent"], str(bundle["space"]))
        self._beam = beam_of(self._spelling, self._blank, knowledge, task)
        decoding = "greedy" if self._beam is None else "beam"
        said = None if task is None else task.id
        self.parameters: Mapping[str, Any] = {"decoding": decoding, "task": said, **knowledge.parameters}

    def posteriors(self, samples: Samples) -> NDArray[np.float32]:
        logits, *frames = self._session.run(None, inputs_of(samples, self._features))
        logits = logits[0, : int(frames[0][0])] if frames else logits[0]
        shifted = logits - logits.max(-1, keepdims=True)
        found: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        return found

    def hear(self, samples: Samples) -> Hypothesis:
        found = self.posteriors(samples)
        if self._beam is not None:
            return self._beam.hear(found, duration_of(samples))
        heard = greedy(np.exp(found), duration_of(samples), blank=self._blank, spell=self._spelling)
        return read_by_task(heard, self._task)


_FAMILIES: dict[str, Callable[..., _Family]] = {"nano": _Nano, "ctc": _Ctc}


def read_bundle(folder: Path) -> dict[str, Any]:
    """``bundle.json`` of `folder`. Raises `EngineError` where it is no bundle."""
    try:
        found: dict[str, Any] = read_json(folder / BUNDLE_FILE)
    except FileNotFoundError:
        raise EngineError(f"{folder} is no bundle: no {BUNDLE_FILE} in it", hint="idiolect export writes one") from None
    except (OSError, ValueError) as error:
        raise EngineError(f"{folder / BUNDLE_FILE} cannot be read: {error}") from error
    return found


def _folder(model: Path | str | None) -> Path:
    if model is None:
        raise EngineError("the onnx engine needs a bundle", hint="--model FOLDER; idiolect export writes one")
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise EngineError(f"{folder}: no such folder")
    return folder


def _session(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    # Warnings of the runtime (level 2) speak about its own choices of kernels; errors are raised.
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime raises classes of its own without a common base.
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(f"{path} cannot be loaded: {first}", hint="export the checkpoint again") from error
