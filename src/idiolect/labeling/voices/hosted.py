"""Voices behind any OpenAI-compatible speech API, through the gateway only: OpenAI, Kokoro-FastAPI, LocalAI, speaches.

Each sentence is one request, ``POST {url}/audio/speech`` (https://platform.openai.com/docs/api-reference/audio/createSpeech).
What a sentence costs is known by its characters. The same sentence in the same voice of the same model is paid for
once: it is moved in pitch here, from the answer that the ledger keeps.

How far a sentence may travel is not known of a text as it is of a clip: it is what the project says of everything
(``sensitivity`` in idiolect.toml, `private` by default), or what a person says for one run. A sentence with an address,
a number or a key in it goes to no cloud, whatever was said: it cannot be masked, since the voice would speak the mask.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from idiolect.audio import decode, write_wav
from idiolect.corpus.values import Sensitivity
from idiolect.errors import (
    AnswerError,
    AudioError,
    EngineError,
    GatewayError,
    SensitivityError,
    SentBeforeError,
    UserError,
)
from idiolect.gateway.answers import stops_a_run
from idiolect.gateway.completions import as_bytes, base_url, usual_key
from idiolect.gateway.masking import mask
from idiolect.gateway.values import FARTHEST, FREE, Forecast, Money, Reach, Request, Usage
from idiolect.labeling.voices.voice import Line, Program, Voice
from idiolect.progress import SILENT, Progress
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Gateway

_PATH = "/audio/speech"
FORMATS = ("wav", "flac", "mp3", "opus")
_SLOWEST, _QUICKEST = 0.25, 4.0
_DEADLINE = Seconds(120.0)


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where voices are, and how they shall speak.

    where: a base URL or the name of a known cloud. voices: as the server calls them. speed: 1 is the voice's own.
    form: how the sound comes. key: the name of the secret; None: the usual one of a known cloud. sensitivity: of all
    sentences. jobs: sentences under way at once.

    Raises `EngineError` for no voice, or a speed or form that no server knows.
    """

    where: str
    model: str
    voices: tuple[str, ...]
    speed: float = 1.0
    form: str = "wav"
    key: str | None = None
    sensitivity: Sensitivity = Sensitivity.PRIVATE
    jobs: int = 4

    def __post_init__(self) -> None:
        if not self.voices:
            raise EngineError("a server does not say which voices it has", hint="--voice nova, as its makers call it")
        if not (math.isfinite(self.speed) and _SLOWEST <= self.speed <= _QUICKEST):
            raise EngineError(f"speed is {self.speed}", hint=f"{_SLOWEST} to {_QUICKEST:g}; 1 is the voice's own")
        if self.form not in FORMATS:
            raise EngineError(f"the form of the sound is {self.form!r}", hint=f"known: {', '.join(FORMATS)}")


class HostedVoices:
    """A program in the sense of `voice.Program`, behind a server. `cost`: what was booked for what it spoke."""

    def __init__(self, gateway: Gateway, hosting: Hosting, *, language: str, progress: Progress = SILENT) -> None:
        self._gateway = gateway
        self._hosting = hosting
        self._base = base_url(hosting.where)
        self._key = usual_key(self._base) if hosting.key is None else hosting.key
        self._progress = progress
        self._name = f"{urlsplit(self._base).netloc}/{hosting.model}"
        self._language = language
        self._reach: Reach | None = None
        self._stop: GatewayError | None = None
        self.cost: Money = FREE
        self.program = Program(self.find, self.speak)

    @property
    def stretch(self) -> float:
        """How slow it speaks, by the speed that was chosen."""
        return round(1 / self._hosting.speed, 3)

    def find(self) -> list[Voice]:
        """The voices that were named. Their names say server and model: ``api.openai.com/tts-1:nova``."""
        version = f"{self._hosting.model} at {self._base}"
        language = self._language.partition("-")[0]
        return [Voice(self._name, name, language, version) for name in dict.fromkeys(self._hosting.voices)]

    def check(self) -> None:
        """Ask whether sentences may go there. Raises `OfflineError`, `DestinationError` and `SensitivityError`."""
        self._reach = reach = self._gateway.reach(self._base + _PATH)
        said = self._hosting.sensitivity
        if reach.width > FARTHEST[said].width:
            wanted = next(one for one, far in FARTHEST.items() if far is reach)
            raise SensitivityError(
                f"the sentences are {said}: they may go as far as {FARTHEST[said]}, and {self._base} is {reach}",
                command=f'--sensitivity {wanted}, or sensitivity = "{wanted}" in idiolect.toml',
            )

    def forecast(self, spoken: Sequence[tuple[str, str]]) -> Forecast:
        """What these pairs of voice and text would cost at most, each once. Raises `GatewayError`."""
        texts = [text for _, text in dict.fromkeys(spoken)]
        usages = [Usage(characters=len(text)) for text in texts]
        return self._gateway.forecast(self._base + _PATH, self._hosting.model, usages)

    def confirm(self, forecast: Forecast, ask: Callable[[str], bool] | None) -> None:
        """Let a person agree to the price. Raises `BudgetError`."""
        self._gateway.confirm(forecast, ask)

    def speak(self, lines: Sequence[Line]) -> None:
        """Speak each line once, into its file; one that fails leaves none. What stops the run is kept for `go_on`."""
        same: dict[tuple[str, str], list[Line]] = {}
        for line in lines:
            same.setdefault((line.voice.voice, line.text), []).append(line)
        with ThreadPoolExecutor(self._hosting.jobs, thread_name_prefix="speak") as pool:
            for cost in pool.map(self._speak, same.values()):
                self.cost += cost

    def go_on(self) -> None:
        """Raise what stopped the run, if anything did: a cap, a wrong key."""
        if self._stop is not None:
            raise self._stop

    def _speak(self, lines: Sequence[Line]) -> Money:
        if self._stop is not None:
            return FREE
        try:
            return self._ask(lines)
        except (AudioError, SentBeforeError, SensitivityError) as error:
            self._fail(lines[0].text, error)
        except AnswerError as error:
            if stops_a_run(error):
                self._stop = error
            else:
                self._fail(lines[0].text, error)
        except GatewayError as error:
            self._stop = error
        return FREE

    def _ask(self, lines: Sequence[Line]) -> Money:
        voice, text = lines[0].voice.voice, lines[0].text
        if self._reach is Reach.CLOUD and (found := mask(text).found):
            raise SensitivityError(f"it has {found[0].kind} in it, and a cloud would speak what stands in its place")
        value: dict[str, Any] = {
            "model": self._hosting.model,
            "voice": voice,
            "input": text,
            "response_format": self._hosting.form,
        }
        if self._hosting.speed != 1:
            value["speed"] = self._hosting.speed
        response = self._gateway.send(
            Request(
                self._base + _PATH,
                "speak",
                body=as_bytes(value),
                headers={"Content-Type": "application/json"},
                engine="speech",
                model=self._hosting.model,
                sensitivity=self._hosting.sensitivity,
                usage=Usage(characters=len(text)),
                key=self._key,
                same_as=json.dumps(value, sort_keys=True),
                deadline=_DEADLINE,
            )
        )
        try:
            samples = decode(io.BytesIO(response.body))
            for line in lines:
                write_wav(line.path, samples)
        except AudioError as error:
            self._gateway.discard(response)
            raise AudioError(f"the answer is no sound: {error.message}", hint="--resend asks again") from error
        return FREE if response.replayed else response.cost

    def _fail(self, text: str, error: UserError) -> None:
        self._progress.note(f"{text[:60]!r}: {error.message}")
