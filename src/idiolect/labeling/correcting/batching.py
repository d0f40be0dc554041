"""Correction through a server's batch API: cheaper, and answered within a day.

What is under way is kept in the store, by ids only: a batch is written down before it is submitted, under a name that
goes with it, and taken off once its answers are labels. So a run that is killed at any point finds its batch again, by
its id or by its name at the server, collects it, and never has the same questions answered twice.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.corpus.canonical import content_hash
from idiolect.errors import AnswerError, GatewayError, InterruptedWork, SensitivityError, SentBeforeError, UserError
from idiolect.gateway.batches import LARGEST, Answers, Batch, BatchApi, Question
from idiolect.gateway.completions import Completion
from idiolect.gateway.values import FREE, Forecast, Money, Usage
from idiolect.labeling.correcting.chat import NO_USAGE, ChatAnswer, GatewayChat, Messages
from idiolect.labeling.correcting.prompts import SCHEMA
from idiolect.progress import Progress

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.gateway import Gateway
    from idiolect.labeling.correcting.running import Case, Run

KEY = "batches"
"""Where the batches that are under way lie in ``meta``, by their names."""
_PAUSE, _SLOWER, _LONGEST_PAUSE = 2.0, 1.5, 60.0
"""Seconds between two looks: the first, how much longer each is than the last, and the longest."""
_SILENT = 5
"""Looks in a row without an answer, after which the run stops; the batch goes on."""
_SETTLED = 180.0
"""Seconds after which a batch that was being submitted, and that the server does not list, is not there."""


class Batches:
    """The batches of one model for one project. wait: seconds pass; a test has no time."""

    def __init__(
        self, gateway: Gateway, corpus: Corpus, chat: GatewayChat, *, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._gateway = gateway
        self._corpus = corpus
        self._chat = chat
        self._api = BatchApi(gateway, chat.base, chat.model, chat.key)
        self._wait = wait

    def held(self, run: Run) -> set[str]:
        """The ids of the clips that wait for an answer by the same choices."""
        return {clip_id for record in self._waiting(run).values() for clip_id in record["lines"]}

    def forecast(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> Forecast:
        """What these questions would cost at most, in batches. Raises `GatewayError`."""
        return self._chat.batch_forecast(questions, schema)

    def go(self, run: Run, cases: Sequence[Case], progress: Progress) -> None:
        """Submit the cases, wait for them and for what an earlier run submitted, and keep what the guard lets through.

        Raises `GatewayError`, and `InterruptedWork` on Ctrl-C: the batches go on, and the next run collects them.
        """
        try:
            self._find_lost(run, progress)
            allowed = self._allowed(run, cases, progress)
            for first in range(0, len(allowed), LARGEST):
                self._submit(run, allowed[first : first + LARGEST])
            self._collect(run, progress)
        except KeyboardInterrupt:
            raise InterruptedWork(
                f"stopped while {len(self._waiting(run))} batches are under way; they go on at {self._chat.base}",
                hint="The same command again collects them; nothing is asked or paid twice.",
            ) from None

    def _allowed(self, run: Run, cases: Sequence[Case], progress: Progress) -> list[Case]:
        """Those whose clips may all travel there; the others fail alone, not the whole batch."""
        shown = sorted({clip_id for case in cases for clip_id in case.shown})
        may = self._gateway.allowed_clips(self._chat.url, shown) if shown else set()
        kept = []
        for case in cases:
            if set(case.shown) <= may:
                kept.append(case)
            else:
                run.keep(case, SensitivityError(f"it may not go to {self._chat.base}"), progress)
        return kept

    def _submit(self, run: Run, cases: Sequence[Case]) -> None:
        name = uuid.uuid4().hex
        questions, lines = [], {}
        for case in cases:
            made = self._chat.prepare(case.question, SCHEMA)
            masked = made.masked.total
            questions.append(Question(case.clip.id, made.body, made.usage, case.shown, masked))
            lines[case.clip.id] = [case.label.id, content_hash(dict(made.body)), masked]
        record = {"server": self._chat.base, "model": self._chat.model, "choices": _choices(run), "lines": lines}
        self._write(name, {**record, "at": time.time(), "batch": "", "row": 0, "destination": "", "cost": 0})
        try:
            batch, response = self._api.submit(name, questions)
        except AnswerError as error:
            if error.status is not None and 400 <= error.status < 500:
                self._write(name, None)  # refused: it is not there
            raise
        except GatewayError as error:
            if not isinstance(error, SentBeforeError):
                self._write(name, None)  # a rule refused before it left
            raise
        self._found(name, batch, response.ledger_id, response.destination, response.cost)

    def _find_lost(self, run: Run, progress: Progress) -> None:
        """Batches whose id a killed run did not read: by their names at the server."""
        for name, record in self._waiting(run).items():
            if record["batch"]:
                continue
            found = self._api.recover(name)
            if found is not None:
                batch, response = found
                self._found(name, batch, response.ledger_id, response.destination, response.cost)
            elif time.time() - record["at"] < _SETTLED:
                raise AnswerError(
                    f"a batch was being submitted to {self._chat.base} a moment ago, and is not listed there yet",
                    hint="the same command again, in three minutes",
                )
            else:
                progress.note(f"a batch of {len(record['lines'])} clips never reached {self._chat.base}")
                self._write(name, None)

    def _collect(self, run: Run, progress: Progress) -> None:
        waiting = self._waiting(run)
        progress.start(
            f"Correcting with {self._chat.model}, in batches", sum(len(one["lines"]) for one in waiting.values())
        )
        try:
            for name, record in waiting.items():
                batch = self._until_ended(record, progress)
                answers = self._api.collect(batch)
                for note in answers.notes:
                    progress.note(note)
                self._keep(run, record, batch, answers, progress)
                self._write(name, None)
        finally:
            progress.finish()

    def _until_ended(self, record: Mapping[str, Any], progress: Progress) -> Batch:
        pause, silent, told = _PAUSE, 0, 0
        while True:
            try:
                batch = self._api.look(record["batch"])
                silent = 0
            except AnswerError:
                silent += 1
                if silent >= _SILENT:
                    raise
            else:
                done = min(batch.done, len(record["lines"]))
                progress.advance(max(0, done - told))
                told = max(told, done)
                if batch.ended:
                    progress.advance(len(record["lines"]) - told)
                    return batch
            self._wait(pause)
            pause = min(pause * _SLOWER, _LONGEST_PAUSE)

    def _keep(self, run: Run, record: Mapping[str, Any], batch: Batch, answers: Answers, progress: Progress) -> None:
        cost = Money(record["cost"])
        if answers.usage is not None:
            cost = self._api.settle(record["row"], record["destination"], cost, answers.usage)
        total = answers.usage or NO_USAGE
        left = cost
        cases = {case.clip.id: case for case in run.open_cases()}
        for clip_id, (label_id, asked, masked) in record["lines"].items():
            case = cases.get(clip_id)
            if case is None:  # labelled by a run that was killed before it took the batch off, or forgotten
                continue
            answer = answers.found.get(clip_id, _missing(batch))
            share = _share(cost, answer.usage, total)
            try:
                said = self._said(case, answer, (label_id, asked, masked), share)
            except AnswerError as error:
                run.keep(case, error, progress)
                continue
            read = run.read(case, said)
            left = left if isinstance(read, UserError) else left - share
            run.keep(case, read, progress)
        for name in sorted(set(answers.found) - set(record["lines"])):
            progress.note(f"an answer to {name[:32]!r}, which nobody asked")
        run.cost += left if left.nanodollars > 0 else FREE  # what was paid for answers that are none

    def _said(self, case: Case, answer: Completion, asked: tuple[int, str, int], cost: Money) -> ChatAnswer:
        """The answer to what is asked of that clip now. Raises `AnswerError` where it answers something else."""
        label_id, question, masked = asked
        text = answer.text()
        made = self._chat.prepare(case.question, SCHEMA)
        if case.label.id != label_id:
            raise AnswerError("another label stands there since it was asked")
        if masked and content_hash(dict(made.body)) != question:
            raise AnswerError("the texts beside it changed since it was asked: what was masked cannot be put back")
        return ChatAnswer(text, answer.usage or NO_USAGE, cost, masked, made.masked.restore)

    def _found(self, name: str, batch: Batch, row: int, destination: str, cost: Money) -> None:
        known = self._records()[name]
        self._write(name, {**known, "batch": batch.id, "row": row, "destination": destination,
                           "cost": cost.nanodollars})  # fmt: skip

    def _waiting(self, run: Run) -> dict[str, dict[str, Any]]:
        wanted = {"server": self._chat.base, "model": self._chat.model, "choices": _choices(run)}
        return {name: one for name, one in self._records().items() if wanted.items() <= one.items()}

    def _records(self) -> dict[str, dict[str, Any]]:
        return dict(self._corpus.database.get(KEY) or {})

    def _write(self, name: str, record: Mapping[str, Any] | None) -> None:
        """Keep or (None) take off one record."""
        records = self._records()
        records.pop(name, None)
        if record is not None:
            records[name] = dict(record)
        self._corpus.database.put(KEY, records)


def _choices(run: Run) -> str:
    return content_hash(run.parameters(None))


def _missing(batch: Batch) -> Completion:
    why = f": {batch.why}" if batch.why else ""
    return Completion(fault=f"the batch {batch.status} without an answer to it{why}")


def _share(cost: Money, usage: Usage | None, total: Usage) -> Money:
    """What one answer cost of what the batch did, by its tokens."""
    used, all_used = (one.input_tokens + one.output_tokens for one in (usage or NO_USAGE, total))
    return Money(cost.nanodollars * used // all_used) if all_used else FREE
