"""Clips to a server: several under way at once, in threads, each sent once.

What stops a run is told apart from what fails one clip: a cap that is reached or a key that is wrong would refuse every
clip that follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from idiolect.errors import AnswerError, EngineError, GatewayError, SensitivityError, UserError
from idiolect.gateway.answers import stops_a_run
from idiolect.gateway.policy import sensitivity_command
from idiolect.labeling.workers import Heard
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.corpus.values import Clip
    from idiolect.engines.protocol import Hypothesis, RemoteEngine
    from idiolect.gateway import Forecast, Gateway

_IN_A_ROW = 10
"""Clips without an answer, one after another, after which the rest is not tried: each may have been billed."""


@dataclass(slots=True)
class Sending:
    """A server that hears clips, and the door to it."""

    engine: RemoteEngine
    gateway: Gateway | None
    corpus: Corpus
    jobs: int
    _silent: list[str] = field(default_factory=list)
    """What was said of the newest clips that went out and got no answer, since the last answer."""

    def sort(self, clips: Sequence[Clip]) -> tuple[list[Clip], list[tuple[Clip, str]]]:
        """The clips that may go there, and the others, each with the reason why not."""
        may = self._door.allowed_clips(self.engine.url, [clip.id for clip in clips])
        kept = [(clip, self.refusal(clip).message) for clip in clips if clip.id not in may]
        return [clip for clip in clips if clip.id in may], kept

    def refusal(self, clip: Clip) -> SensitivityError:
        """Why a clip stays here."""
        return SensitivityError(
            f"clip {clip.id[:12]} is {clip.recording.sensitivity} and may not go to {self.engine.url}",
            command=sensitivity_command(self._door.reach(self.engine.url), (clip.id,)),
        )

    def forecast(self, clips: Sequence[Clip]) -> Forecast:
        """What they would cost at most."""
        return self.engine.forecast([clip.duration for clip in clips])

    def confirm(self, forecast: Forecast, ask: Callable[[str], bool] | None) -> None:
        """Let a person agree. Raises `BudgetError`."""
        self._door.confirm(forecast, ask)

    def hear(self, clips: Sequence[Clip]) -> Iterator[Heard]:
        """What was heard, as it comes. On an error that stops the run, and on Ctrl-C, what is under way comes first."""
        coming = iter(clips)
        pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="sending")
        waiting: set[Future[Heard]] = set()
        try:
            waiting.update(pool.submit(self._hear, clip) for clip in islice(coming, self.jobs))
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from self._collect(done)
                waiting.update(pool.submit(self._hear, clip) for clip in islice(coming, len(done)))
        except (KeyboardInterrupt, GatewayError):
            pool.shutdown(wait=True, cancel_futures=True)
            yield from _finished(waiting)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self, done: set[Future[Heard]]) -> Iterator[Heard]:
        """All that is done as one batch, so that its labels are committed at once; then the first error, if any."""
        good = list(_finished(done))
        if good:
            yield Heard(
                tuple(clip for one in good for clip in one.clips),
                tuple(answer for one in good for answer in one.answers),
                Seconds(sum(one.busy for one in good)),
            )
        for future in done:
            future.result()
        silent = list(self._silent)  # other threads go on with it
        if len(silent) >= _IN_A_ROW:
            raise AnswerError(
                f"{len(silent)} clips in a row got no answer from {self.engine.url}; the last: {silent[-1]}",
                hint="What was labelled stays; idiolect ledger shows what may have been billed.",
            )

    def _hear(self, clip: Clip) -> Heard:
        begin = time.perf_counter()
        answer = self._answer(clip)
        return Heard((clip,), (answer,), Seconds(time.perf_counter() - begin))

    def _answer(self, clip: Clip) -> Hypothesis | str:
        try:
            samples = self.corpus.samples(clip)
            heard = self.engine.transcribe([samples])[0]
        except (UserError, OSError) as error:
            if stops_a_run(error):
                raise
            if isinstance(error, AnswerError):
                self._silent.append(error.message)
            return str(error)
        self._silent.clear()
        return heard

    @property
    def _door(self) -> Gateway:
        if self.gateway is None:
            raise EngineError(f"the engine {self.engine.name} sends clips out, and has no gateway")
        return self.gateway


def _finished(futures: set[Future[Heard]]) -> Iterator[Heard]:
    for future in futures:
        if future.done() and not future.cancelled() and future.exception() is None:
            yield future.result()
