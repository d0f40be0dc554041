"""Correction in batches, against a real server: kills, late answers, odd answers; and each question is paid once."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from fake_batches import FakeBatches, expired
from idiolect.audio import write_wav
from idiolect.corpus import Corpus, ImportOptions, NewLabel, SourceKind, find_entries, import_entries
from idiolect.corpus.values import Purpose, Sensitivity
from idiolect.errors import AnswerError, BudgetError, InterruptedWork
from idiolect.gateway import Gateway, Money, Reach
from idiolect.gateway.policy import allow
from idiolect.gateway.prices import Price, Prices
from idiolect.labeling.correcting import batching, correct
from idiolect.labeling.correcting.batching import KEY, Batches
from idiolect.labeling.correcting.chat import GatewayChat

CLIPS = 6
TODAY = date(2026, 11, 21)
EACH = (100 * 1000 + 10 * 10_000) // 2  # nanodollars: $1 and $10 a million tokens, half of it in a batch


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(CLIPS):
        noise = 0.1 * np.random.default_rng(number).standard_normal(8000)
        write_wav(tmp_path / "in" / f"{number}.wav", noise.astype(np.float32))
    rows = [{"audio": f"{number}.wav", "start": 0.0, "end": 0.5} for number in range(CLIPS)]
    (tmp_path / "in" / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Corpus.create(tmp_path / "project") as made:
        entries, _ = find_entries([tmp_path / "in" / "rows.jsonl"])
        import_entries(made, entries, ImportOptions(sensitivity=Sensitivity.SHAREABLE))
        made.add_labels(
            [
                NewLabel(clip.id, SourceKind.ENGINE, "sphinx", "1", text=f"the whether is nice {word}", confidence=0.8)
                for clip, word in zip(made.clips(), ("one", "two", "three", "four", "five", "six"), strict=True)
            ]
        )
        yield made


@pytest.fixture
def model():
    made = FakeBatches(lambda text, _: json.dumps({"text": text.replace("whether", "weather"), "categories": []}))
    yield made
    made.stop()


@pytest.fixture
def run(corpus, model):
    def go(*, cap="1", wait=lambda seconds: None, resend=False, yes=True, **more):
        host = model.url[7:-3]
        rates = {"per_million_input": Decimal(1), "per_million_output": Decimal(10), "batch_discount": Decimal("0.5")}
        prices = Prices((Price("mine", "m", hosts=(host,), seen=TODAY, **rates),), today=TODAY)
        door = Gateway(corpus, prices, cap=Money.of(cap), assume_yes=yes, resend=resend)
        chat = GatewayChat(door, model.url, "m", longest=64)
        batches = Batches(door, corpus, chat, wait=wait)
        return correct(corpus, chat, batches=batches, confirm=door.confirm, **more)

    return go


def submitted(model):
    return sum(path == "/v1/batches" for path, _, _ in model.questions)


def corrected(corpus):
    return {one.text for one in corpus.labels(purpose=Purpose.TRAINING, source="m")}


def stop(*_):
    raise SystemExit


def test_a_batch_is_submitted_waited_for_and_collected_at_its_price(run, corpus, model):
    dry = run(dry_run=True)
    assert (dry.pending, model.questions) == (CLIPS, [])
    report = run()
    assert (report.corrected, report.improved, report.failed) == (CLIPS, CLIPS, ())
    assert corrected(corpus) == {f"the weather is nice {n}" for n in ("one", "two", "three", "four", "five", "six")}
    assert report.cost == Money(CLIPS * EACH)
    paid = [row for row in corpus.ledger.rows() if row.forecast]
    assert [(row.engine, row.cost, len(row.items)) for row in paid] == [("batch", CLIPS * EACH, CLIPS)]
    assert paid[0].forecast == dry.forecast.money.nanodollars
    assert corpus.database.get(KEY) == {}
    again = run()
    assert (again.corrected, again.already, submitted(model)) == (0, CLIPS, 1)


def test_a_kill_between_submit_and_collect_collects_and_submits_nothing(run, corpus, model):
    with pytest.raises(SystemExit):
        run(wait=stop)
    assert corrected(corpus) == set()
    assert run(dry_run=True).pending == 0
    report = run()
    assert (report.corrected, submitted(model), report.cost) == (CLIPS, 1, Money(CLIPS * EACH))


def test_a_kill_before_the_id_was_kept_finds_the_batch_by_its_name(run, corpus, model, monkeypatch):
    monkeypatch.setattr(Batches, "_found", stop)
    with pytest.raises(SystemExit):
        run()
    monkeypatch.undo()
    report = run()
    assert (report.corrected, submitted(model)) == (CLIPS, 1)
    assert corpus.ledger.booked() == CLIPS * EACH


def test_a_kill_before_the_ledger_had_the_answer_finds_it_too(run, corpus, model, monkeypatch):
    close = corpus.ledger.close
    monkeypatch.setattr(corpus.ledger, "close", lambda row, closing: stop() if closing.cost else close(row, closing))
    with pytest.raises(SystemExit):
        run()
    monkeypatch.undo()
    assert corpus.ledger.booked() > CLIPS * EACH
    assert (run().corrected, submitted(model), corpus.ledger.booked()) == (CLIPS, 1, CLIPS * EACH)


def test_a_kill_before_anything_left_waits_until_the_server_must_know(run, corpus, model, monkeypatch):
    monkeypatch.setattr("idiolect.gateway.batches.BatchApi.submit", stop)
    with pytest.raises(SystemExit):
        run()
    monkeypatch.undo()
    with pytest.raises(AnswerError, match="not listed there yet"):
        run()
    monkeypatch.setattr(batching, "_SETTLED", 0.0)
    assert run().corrected == 0  # they were held; now they are free again
    assert (run().corrected, submitted(model)) == (CLIPS, 1)


def test_a_kill_while_labels_are_written_goes_on(run, corpus, model, monkeypatch):
    from idiolect.labeling.correcting.running import Run

    keep, seen = Run.keep, []

    def kept(self, case, answer, progress):
        seen.append(case)
        keep(self, case, answer, progress) if len(seen) < 3 else stop()

    monkeypatch.setattr(Run, "keep", kept)
    with pytest.raises(SystemExit):
        run()
    monkeypatch.undo()
    assert len(corrected(corpus)) == 2
    assert run().corrected == CLIPS - 2
    assert (len(corrected(corpus)), submitted(model), corpus.ledger.booked()) == (CLIPS, 1, CLIPS * EACH)


def test_ctrl_c_says_that_the_batch_goes_on(run):
    def pressed(_):
        raise KeyboardInterrupt

    with pytest.raises(InterruptedWork, match="1 batches are under way"):
        run(wait=pressed)


def test_a_batch_that_expires_with_half_of_its_answers_pays_half_and_asks_the_rest_again(run, corpus, model):
    model.finish = lambda lines: ("expired", lines[:3], [expired(line) for line in lines[3:]])
    report = run()
    assert (report.corrected, len(report.failed), report.cost) == (3, 3, Money(3 * EACH))
    assert {one.reason for one in report.failed} == {"too late"}
    assert corpus.ledger.booked() == 3 * EACH
    model.finish = lambda lines: ("completed", lines, [])
    assert (run().corrected, submitted(model), len(corrected(corpus))) == (3, 2, CLIPS)


def test_answers_in_another_order_twice_and_of_others(run, corpus, model):
    def finish(lines):
        other = {**lines[0], "custom_id": "somebody"}
        return "completed", [*lines[::-1], lines[2], other], []

    model.finish = finish
    report = run()
    assert (report.corrected, report.failed) == (CLIPS, ())
    texts = {label.clip_id: label.text for label in corpus.labels(source="sphinx")}
    for label in corpus.labels(source="m", purpose=Purpose.TRAINING):
        assert label.text == texts[label.clip_id].replace("whether", "weather")


def test_two_different_answers_and_answers_that_are_none_are_listed(run, corpus, model):
    def finish(lines):
        twice = json.loads(json.dumps(lines[0]).replace("one", "ten").replace("nice", "fine"))
        prose = json.loads(json.dumps(lines[1]))
        prose["response"]["body"]["choices"][0]["message"]["content"] = "Sure!"
        refused = {**lines[2], "response": {"status_code": 400, "body": {"error": {"message": "no"}}}}
        return "completed", [twice, prose, *lines[3:5], lines[0]], [refused]

    model.finish = finish
    report = run()
    reasons = sorted(one.reason for one in report.failed)
    assert (report.corrected, len(reasons)) == (2, 4)
    for part in ("two different answers", "not JSON", "answered 400: no", "completed without an answer"):
        assert any(part in reason for reason in reasons), reasons
    assert report.cost.nanodollars == corpus.ledger.booked()


def test_a_batch_that_fails_whole_costs_nothing(run, corpus, model):
    model.finish = lambda lines: ("failed", [], [])
    report = run()
    assert (report.corrected, len(report.failed), report.cost) == (0, CLIPS, Money())
    assert corpus.ledger.booked() == 0


def test_a_cap_is_asked_before_anything_leaves(run, corpus, model):
    with pytest.raises(BudgetError, match="cap"):
        run(cap="0.0001")
    assert (model.questions, corpus.database.get(KEY)) == ([], {})
    with pytest.raises(BudgetError, match="nobody confirmed"):
        run(yes=False)
    assert run().corrected == CLIPS


def test_private_clips_stay_and_the_others_go(run, corpus, model):
    allow(corpus, model.url, reach=Reach.CLOUD)
    mine = corpus.clips()[0]
    corpus.set_sensitivity(Sensitivity.PRIVATE, None, ids=[mine.id])
    report = run()
    assert (report.corrected, [one.clip_id for one in report.failed]) == (CLIPS - 1, [mine.id])
    assert mine.id.encode() not in b"".join(model.files.values())
