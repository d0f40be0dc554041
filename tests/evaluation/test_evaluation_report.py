from __future__ import annotations

import json
import math
from typing import ClassVar

import pytest
from evaluation_cases import Scripted, make_items, make_label, samples_of

from idiolect.corpus.values import SourceKind
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import AudioError, EngineError, EvaluationError
from idiolect.evaluation import Counts, System, evaluate

TEXTS = ["a large mocha", "two small lattes", "an espresso please", "stop", "one tea", "a cup of coffee", "no", "yes"]


def text_items(**clip):
    return make_items([[make_label(n, text=text)] for n, text in enumerate(TEXTS)], **clip)


def system(name, heard):
    return System(name, Scripted([Hypothesis(each) if isinstance(each, str) else each for each in heard]))


def test_the_same_clips_are_pooled_for_each_system_and_compared():
    heard = ["A large MOCHA!", *TEXTS[1:]]
    wrong = ["large mocha", *["x"] * 7]
    report = evaluate(text_items(), [system("bad", wrong), system("good", heard)], samples_of)
    assert report.system("good").score("wer").value == 0
    assert report.system("bad").counts == Counts(hits=2, substitutions=7, deletions=9)
    assert report.system("bad").score("wer").of == sum(len(text.split()) for text in TEXTS)
    (verdict,) = [found for found in report.comparisons if found.measure == "wer"]
    assert (verdict.a, verdict.b, verdict.verdict) == ("good", "bad", "better")


def test_a_clip_that_fails_is_listed_and_counts_as_silence():
    heard = [ValueError("bad frame"), *TEXTS[1:]]
    found = evaluate(text_items(), [system("s", heard)], samples_of).system("s")
    assert [(failure.clip_id, failure.error) for failure in found.failures] == [("clip-000", "ValueError: bad frame")]
    assert found.counts.deletions == 3


def test_a_clip_that_cannot_be_read_is_left_out_for_every_system():
    def broken(item):
        if item.clip.id == "clip-002":
            raise AudioError("2.flac is gone")
        return samples_of(item)

    report = evaluate(text_items(), [system("a", TEXTS), system("b", TEXTS)], broken)
    assert report.conditions.clips == 7
    assert [failure.clip_id for failure in report.conditions.unreadable] == ["clip-002"]
    assert all(found.score("wer").clips == 7 for found in report.systems)


def test_silver_text_is_scored_apart_and_engines_are_no_reference():
    labels = [
        [make_label(0, text="hello")],
        [make_label(1, text="silver words", silver=True)],
        [make_label(2, text="heard", kind=SourceKind.ENGINE)],
        [],
    ]
    report = evaluate(make_items(labels), [system("s", ["hello", "silver", "heard", "x"])], samples_of)
    found = report.system("s")
    assert (found.score("wer").value, found.score("wer").clips) == (0, 1)
    assert (found.score("silver_wer").value, found.score("silver_wer").of) == (0.5, 2)
    assert report.conditions.without_reference == 2
    assert [example.silver for example in found.worst] == [True]


def test_the_newest_human_text_is_the_reference():
    labels = [make_label(0, text="old", id=1), make_label(0, text="new", id=2)]
    found = evaluate(make_items([labels]), [system("s", ["new"])], samples_of).system("s")
    assert found.score("wer").value == 0


def command(n, **slots):
    return [make_label(n, intent="order", slots=slots)]


def test_commands_are_judged_and_text_is_parsed_where_the_engine_gives_no_intent():
    class Parsed:
        intent = "order"
        slots: ClassVar = {"drink": "tea"}

    items = make_items([command(0, drink="tea"), command(1, drink="mocha")])
    heard = [Hypothesis("tea"), Hypothesis("mocha", intent="order", slots={"drink": "mocha"})]
    plain = System("plain", Scripted(heard))
    parsing = System("parsing", Scripted(heard), parse=lambda text: Parsed() if text == "tea" else None)
    report = evaluate(items, [plain, parsing], samples_of)
    assert report.system("plain").score("acceptance").value == 0.5
    assert report.system("parsing").score("acceptance").value == 1
    assert [(e.expected, e.heard) for e in report.system("plain").rejected] == [("order (drink: tea)", "no intent")]
    assert [(slot.slot, slot.right, slot.asked) for slot in report.system("plain").slots] == [("drink", 1, 2)]


def test_slices_cut_by_what_the_clips_are():
    durations = [1, 1, 3, 3, 6, 6, 12, 12]
    quality = [{"snr": 5.0}, {"snr": 15.0}] * 4
    items = text_items(duration=durations, quality=quality)
    report = evaluate(items, [system("s", TEXTS)], samples_of)
    cuts = {(part.by, part.value): part.clips for part in report.slices}
    assert cuts == {
        ("duration", "0-2 s"): 2,
        ("duration", "2-5 s"): 2,
        ("duration", "5-10 s"): 2,
        ("duration", "10-30 s"): 2,
        ("snr", "0-10 dB"): 4,
        ("snr", "10-20 dB"): 4,
    }
    assert sum(part.scores["s"][0].of for part in report.slices if part.by == "snr") == 18


def test_speed_is_measured_and_versions_are_named():
    report = evaluate(text_items(), [system("s", TEXTS)], samples_of, about={"dataset": "d41d"}, seed=7)
    assert 0 < report.system("s").rtf < 1
    about = report.conditions
    assert (about.normalizer, about.scorer, about.seed, about.grouped_by) == ("basic.v1", "scorer.v1", 7, "clip")
    assert about.about == {"dataset": "d41d"}
    assert {"numpy", "rapidfuzz", "idiolect"} <= set(about.versions)


def test_the_views_say_the_same_numbers():
    report = evaluate(text_items(), [system("a", ["x"] * 8), system("b", TEXTS)], samples_of)
    value = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert value["systems"][0]["scores"][0]["value"] == 1
    for view in (report.text(), report.markdown(), str(report)):
        assert "100.0 % [100.0, 100.0]" in view
        assert "better" in view
        assert "REF  a large mocha" in view
        assert "basic.v1, scorer.v1, seed 0" in view
    assert "| a | b |" not in report.markdown()
    assert "| b | a | WER | better |" in report.markdown()


def test_nan_is_null_in_json():
    report = evaluate(make_items([[make_label(0, text="")]]), [system("s", ["ghost"])], samples_of)
    assert math.isnan(report.system("s").score("wer").value)
    assert report.as_dict()["systems"][0]["scores"][0]["value"] is None


def test_nothing_to_score_is_an_error_that_says_so():
    with pytest.raises(EvaluationError, match="none of the 1 clips has a reference"):
        evaluate(make_items([[]]), [system("s", ["x"])], samples_of)
    with pytest.raises(EvaluationError, match="no clips"):
        evaluate([], [system("s", ["x"])], samples_of)
    with pytest.raises(EvaluationError, match="no system"):
        evaluate(text_items(), [], samples_of)
    with pytest.raises(EvaluationError, match="two systems are called s"):
        evaluate(text_items(), [system("s", TEXTS), system("s", TEXTS)], samples_of)
    with pytest.raises(EngineError, match="no engine 'sphynx'"):
        System.of("sphynx", EngineOptions())


def test_system_names_are_asked_for_by_name():
    report = evaluate(text_items(), [system("s", TEXTS)], samples_of)
    with pytest.raises(EvaluationError, match="no system 't'"):
        report.system("t")
