"""Let a language model correct what machines heard. Killed at any point and run again, it goes on where it was."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from idiolect.corpus.canonical import content_hash
from idiolect.corpus.values import Clip, Label, NewLabel, Purpose, SourceKind
from idiolect.errors import AnswerError, InterruptedWork, SensitivityError, SentBeforeError, UserError
from idiolect.gateway.answers import stops_a_run
from idiolect.gateway.values import FREE, Forecast, Money
from idiolect.labeling.correcting.chat import Chat, ChatAnswer, Messages
from idiolect.labeling.correcting.guard import REVISION, Guarded, Mode, Plausible, Rules, confidences_of, guard
from idiolect.labeling.correcting.prompts import PROMPT, SCHEMA, Answer, Asked, messages, read_answer
from idiolect.labeling.correcting.report import Corrected, CorrectReport
from idiolect.labeling.correcting.sounds import Ear, ear_of
from idiolect.labeling.report import Failure
from idiolect.progress import SILENT, Progress
from idiolect.tasks import Lexicon
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.corpus import ClipFilter, Corpus
    from idiolect.labeling.correcting.batching import Batches

_AHEAD = 2
"""Questions under way or waiting, for each worker: few, so that Ctrl-C is quick."""


@dataclass(frozen=True, slots=True)
class CorrectOptions:
    """What a user may choose.

    teacher: the engine whose labels are corrected; None: of each clip the most confident.
    context: how many clips before it, in the same recording, the model is shown.
    glossary, corrections: this project's words; what is often heard, and what is meant by it.
    unsure, max_changes: see `guard.Rules`.
    """

    mode: Mode = "verbatim"
    teacher: str | None = None
    context: int = 2
    glossary: tuple[str, ...] = ()
    corrections: Mapping[str, str] = field(default_factory=dict)
    unsure: float = 0.5
    max_changes: float = 0.3
    language: str = "en"

    def __post_init__(self) -> None:
        if self.mode not in {"verbatim", "clean"}:
            raise UserError(f"there is no mode {self.mode!r}", hint="verbatim or clean")
        if not (0 <= self.unsure <= 1 and 0 <= self.max_changes <= 1 and self.context >= 0):
            raise UserError(
                f"unsure {self.unsure}, max_changes {self.max_changes}, context {self.context}",
                hint="unsure and max_changes are shares, 0 to 1; context is 0 or more",
            )


def correct(
    corpus: Corpus,
    chat: Chat,
    options: CorrectOptions | None = None,
    *,
    clips: ClipFilter | Iterable[Clip] | None = None,
    jobs: int = 4,
    confirm: Callable[[Forecast], None] | None = None,
    batches: Batches | None = None,
    progress: Progress = SILENT,
    dry_run: bool = False,
) -> CorrectReport:
    """Ask a language model about each clip that machines alone have labelled, and keep what the guard lets through.

    A clip gets one label of the model: in verbatim mode with purpose TRAINING, in clean mode with purpose CLEAN. Its
    confidence is that of the label it came from: no reading makes a hearing surer. Where the guard refused something,
    the model's whole text stands beside it as a SUGGESTION. Both name the teacher, the prompt and the guard in their
    parameters. An answer that is none is listed and gives no label.

    confirm: is given the forecast before the first question, and raises where nobody agrees.
    batches: all questions go in batches, through the server's batch API; what an earlier run submitted is collected.

    Raises:
        UserError: options without sense.
        GatewayError: offline, no such destination, no price, no budget: nothing else can be asked either.
        InterruptedWork: Ctrl-C. What was labelled stays.
    """
    run = Run(corpus, chat, options or CorrectOptions())
    held = set() if batches is None else batches.held(run)
    cases = [case for case in run.cases(clips) if case.clip.id not in held]
    report: dict[str, Any] = {"model": chat.model, "mode": run.options.mode, "parameters": run.parameters(None)}
    cost_of = chat.forecast if batches is None else batches.forecast
    forecast = cost_of([case.question for case in cases], SCHEMA) if cases else None
    if dry_run:
        return CorrectReport(**report, **run.counts(), pending=len(cases), forecast=forecast, dry_run=True)
    if confirm is not None and forecast is not None:
        confirm(forecast)
    begin = time.perf_counter()
    if batches is None:
        run.go(cases, max(1, jobs), progress)
    else:
        batches.go(run, cases, progress)
    wall = Seconds(time.perf_counter() - begin)
    return CorrectReport(**report, **run.counts(), forecast=forecast, wall=wall)


@dataclass(frozen=True, slots=True)
class Case:
    """One clip, and all that is known of it."""

    clip: Clip
    label: Label
    rivals: tuple[str, ...]
    asked: Asked
    question: Messages
    shown: tuple[str, ...]
    """The ids of every clip whose text is in the question."""


class Run:
    """One run and its counts."""

    def __init__(self, corpus: Corpus, chat: Chat, options: CorrectOptions) -> None:
        self.corpus = corpus
        self.chat = chat
        self.options = options
        self.rules = Rules.of(
            options.mode,
            options.glossary,
            options.corrections,
            unsure=options.unsure,
            max_changes=options.max_changes,
        )
        self.ear: Ear = ear_of(Lexicon.default(options.language))
        self.plausible = _plausible(options.language)
        self.kept: list[Corrected] = []
        self.failed: list[Failure] = []
        self.numbers: Counter[str] = Counter()
        self.cost: Money = FREE

    def parameters(self, label: Label | None) -> dict[str, Any]:
        """What a label says of how it came to be: whatever would make another one of the same transcript."""
        chosen = self.options
        return {
            "correction": PROMPT,
            "guard": REVISION,
            "mode": chosen.mode,
            "context": chosen.context,
            "unsure": chosen.unsure,
            "max_changes": chosen.max_changes,
            "glossary": content_hash(sorted(chosen.glossary)) if chosen.glossary else None,
            "corrections": content_hash(dict(chosen.corrections)) if chosen.corrections else None,
            "teacher": chosen.teacher if label is None else label.source,
            "teacher_version": None if label is None else label.version,
        }

    def counts(self) -> dict[str, Any]:
        """The fields of the report that grow."""
        names = ("corrected", "already", "without", "improved", "suggestions", "masked")
        counted: dict[str, Any] = {name: self.numbers[name] for name in names}
        return counted | {"failed": tuple(self.failed), "clips": tuple(self.kept), "cost": self.cost}

    def cases(self, clips: ClipFilter | Iterable[Clip] | None) -> list[Case]:
        """What is to be asked: clips that a machine labelled and no person, and that have no such label yet."""
        every = sorted(self.corpus.clips(), key=lambda clip: (clip.recording.id, clip.start))
        labels: dict[str, list[Label]] = {}
        for label in self.corpus.labels():
            labels.setdefault(label.clip_id, []).append(label)
        wanted = {clip.id for clip in _chosen(self.corpus, clips)}
        cases: list[Case] = []
        before: list[Clip] = []
        for clip in every:
            if before and before[-1].recording.id != clip.recording.id:
                before = []
            if clip.id in wanted and (case := self._case(clip, labels, before)) is not None:
                cases.append(case)
            before.append(clip)
        return cases

    def _case(self, clip: Clip, labels: Mapping[str, Sequence[Label]], before: Sequence[Clip]) -> Case | None:
        known = labels.get(clip.id, ())
        heard = _heard(known)
        label = _best(heard, self.options.teacher)
        if label is None or any(one.kind is SourceKind.HUMAN and one.text is not None for one in known):
            self.numbers["without"] += 1
            return None
        if self._is_done(known, label):
            self.numbers["already"] += 1
            return None
        rivals = tuple(one.text for one in heard if one.source != label.source and one.text)
        shown = [(one.id, text) for one in before[len(before) - min(len(before), self.options.context) :]
                 if (text := _trusted_text(labels.get(one.id, ())))]  # fmt: skip
        asked = Asked(
            label.text or "",
            self.options.mode,
            before=tuple(text for _, text in shown),
            others=rivals,
            terms=self.options.glossary,
            corrections=tuple(self.options.corrections.items()),
        )
        return Case(clip, label, rivals, asked, messages(asked), (clip.id, *(one for one, _ in shown)))

    def _is_done(self, known: Sequence[Label], label: Label) -> bool:
        parameters = self.parameters(label)
        return any(one.source == self.chat.model and dict(one.parameters) == parameters for one in known)

    def go(self, cases: Sequence[Case], jobs: int, progress: Progress) -> None:
        """Ask in threads, keep here: the store is written by one."""
        progress.start(f"Correcting with {self.chat.model}", len(cases))
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="correct")
        try:
            for case, answer in _answered(pool, self._ask, cases, jobs * _AHEAD):
                self.keep(case, answer, progress)
                progress.advance()
        except KeyboardInterrupt:
            raise InterruptedWork(
                f"stopped after {self.numbers['corrected']} of {len(cases)} clips; what was corrected stays",
                hint="The same command again goes on.",
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            progress.finish()

    def _ask(self, case: Case) -> tuple[ChatAnswer, Answer] | UserError:
        try:
            return self.read(case, self.chat.ask(case.question, SCHEMA, clips=case.shown))
        except (AnswerError, SensitivityError, SentBeforeError) as error:
            if stops_a_run(error):
                raise
            return error

    def read(self, case: Case, said: ChatAnswer) -> tuple[ChatAnswer, Answer] | UserError:
        """What a model said, read strictly, with what was masked put back; or why it is no answer."""
        try:
            answer = read_answer(said.text, case.asked)
        except AnswerError as error:
            return error
        return said, Answer(said.restore(answer.text), answer.categories)

    def open_cases(self) -> list[Case]:
        """All that is to be asked now, of every clip; the counts stay as they are."""
        counted = Counter(self.numbers)
        cases = self.cases(None)
        self.numbers = counted
        return cases

    def keep(self, case: Case, answer: tuple[ChatAnswer, Answer] | UserError, progress: Progress) -> None:
        """Guard an answer and write its labels; one that is none is listed."""
        if isinstance(answer, UserError):
            self.failed.append(Failure(case.clip.id, case.clip.recording.path, answer.message))
            progress.note(f"{case.clip.recording.path}: {answer.message}")
            return
        said, read = answer
        sure = confidences_of(case.asked.text, [(word.word, word.confidence) for word in case.label.words])
        old = case.asked.text
        made = guard(
            old, read.text, self.ear, self.rules, confidences=sure, rivals=case.rivals, plausible=self.plausible
        )
        self.corpus.add_labels(self._labels(case, made, read, said.cost))
        self.kept.append(Corrected(case.clip.id, made.old, made.text, made.wanted, made.edits, made.is_improved))
        self.numbers.update(corrected=1, improved=made.is_improved, suggestions=bool(made.refused), masked=said.masked)
        self.cost += said.cost

    def _labels(self, case: Case, made: Guarded, read: Answer, cost: Money) -> list[NewLabel]:
        def label(text: str, purpose: Purpose, price: float) -> NewLabel:
            return NewLabel(
                case.clip.id,
                SourceKind.ENGINE,
                self.chat.model,
                version=PROMPT,
                text=text,
                slots={"categories": " ".join(read.categories)} if read.categories else {},
                parameters=self.parameters(case.label),
                confidence=case.label.confidence,
                words=case.label.words if text == case.label.text else (),
                cost=price,
                purpose=purpose,
            )

        kept = label(made.text, Purpose.TRAINING if self.options.mode == "verbatim" else Purpose.CLEAN, cost.dollars)
        return [kept, *([label(made.wanted, Purpose.SUGGESTION, 0.0)] if made.refused else [])]


def _plausible(language: str) -> Plausible | None:
    """The English trigram model that comes with PocketSphinx; other languages have none."""
    if language.partition("-")[0].lower() != "en":
        return None
    from idiolect.engines.decoding.ngram import NGram

    return NGram.english().log_prob


def _chosen(corpus: Corpus, clips: ClipFilter | Iterable[Clip] | None) -> Iterable[Clip]:
    from idiolect.corpus import ClipFilter

    return corpus.clips(clips) if clips is None or isinstance(clips, ClipFilter) else clips


def _heard(known: Sequence[Label]) -> list[Label]:
    """The newest text of each engine that listened; a language model's correction is none."""
    newest = {
        one.source: one
        for one in known
        if one.kind is SourceKind.ENGINE
        and one.purpose is Purpose.TRAINING
        and one.text is not None
        and "correction" not in one.parameters
    }
    return list(newest.values())


def _best(heard: Sequence[Label], teacher: str | None) -> Label | None:
    """The label to correct; one without words says nothing that could be corrected."""
    fitting = [one for one in heard if one.text and teacher in (None, one.source)]
    return max(fitting, key=lambda one: (one.confidence or 0.0, one.id), default=None)


def _trusted_text(known: Sequence[Label]) -> str:
    """What a person says of a clip, else what an engine heard: never what a model made of it.

    A reference that is kept apart for scoring is shown to no model.
    """
    people = [
        one
        for one in known
        if one.kind is SourceKind.HUMAN and one.purpose is Purpose.TRAINING and one.text and not one.silver
    ]
    best = people[-1] if people else _best(_heard(known), None)
    return (best.text or "") if best is not None else ""


_Answered = tuple[Case, tuple[ChatAnswer, Answer] | UserError]


def _answered(
    pool: ThreadPoolExecutor,
    ask: Callable[[Case], tuple[ChatAnswer, Answer] | UserError],
    cases: Sequence[Case],
    ahead: int,
) -> Iterator[_Answered]:
    """The answers in the order of the cases, with a few questions under way."""
    waiting: list[tuple[Case, Future[tuple[ChatAnswer, Answer] | UserError]]] = []
    rest = iter(cases)
    while True:
        waiting += [(case, pool.submit(ask, case)) for case in islice(rest, ahead - len(waiting))]
        if not waiting:
            return
        case, future = waiting.pop(0)
        yield case, future.result()
