from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from idiolect.corpus.models import EvaluationRecord
from idiolect.errors import AliasError, EngineError
from idiolect.serving import promoting
from idiolect.serving.promoting import judge, promote, roll_back, target_of
from idiolect.serving.registry import FILE, Registry, Target

ECHO = Target(engine="echo", extra={"texts": ["one"]})
OTHER = Target(engine="echo", extra={"texts": ["two"]})


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path)


def test_promote_and_roll_back_keep_every_decision(registry):
    registry.promote("coffee", ECHO, by="anna", version="1", judged="first")
    registry.promote("coffee", OTHER, by="ben", note="better")
    registry.promote("coffee", Target(model="models/third"), by="ben")
    assert registry.alias("coffee").target.name == "third"
    registry.roll_back("coffee", by="anna")
    assert registry.alias("coffee").target == OTHER
    registry.roll_back("coffee", by="anna")
    found = registry.alias("coffee")
    assert (found.target, found.by, found.stands.number, found.before) == (ECHO, "anna", 1, None)
    with pytest.raises(AliasError, match="nothing before"):
        registry.roll_back("coffee", by="anna")
    registry.roll_back("coffee", by="anna", to=2)
    assert registry.alias("coffee").target == OTHER
    assert [change.action for change in registry.changes()] == ["promote"] * 3 + ["rollback"] * 3
    assert [change.number for change in registry.changes()] == [1, 2, 3, 4, 5, 6]
    assert registry.alias("coffee").before.target == ECHO


def test_names_are_apart_and_a_removed_one_may_come_again(registry):
    registry.promote("a", ECHO, by="anna")
    registry.promote("b", OTHER, by="anna")
    assert registry.default() is None
    registry.remove("a", by="anna")
    assert [one.name for one in registry.aliases()] == ["b"]
    assert registry.default() == "b"
    with pytest.raises(AliasError, match="no alias 'a': b"):
        registry.alias("a")
    registry.promote("a", OTHER, by="anna")
    assert registry.alias("a").before is None
    registry.promote("default", OTHER, by="anna")
    assert registry.default() == "default"


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 65])
def test_a_bad_name_is_refused(registry, name):
    with pytest.raises(AliasError, match="cannot be an alias"):
        registry.promote(name, ECHO, by="anna")
    assert registry.stamp() == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9}', '{"schema": 1, "changes": [{"alias": "x"}]}'])
def test_a_file_that_is_not_ours_is_named_and_left(registry, tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(AliasError, match=FILE):
        registry.promote("coffee", ECHO, by="anna")
    assert (tmp_path / FILE).read_text() == text


def test_paths_inside_the_project_move_with_it(registry, tmp_path):
    assert registry.inside(tmp_path / "models" / "x") == "models/x"
    assert registry.inside(tmp_path.parent / "elsewhere") == str(tmp_path.parent / "elsewhere")
    target = Target(model="models/x", task="coffee.yaml", language="de")
    choice = target.choice(tmp_path, threads=2)
    assert (choice.model, choice.task) == (str(tmp_path / "models/x"), tmp_path / "coffee.yaml")
    assert (choice.language, choice.threads) == ("de", 2)


WRITER = """
import sys
from pathlib import Path
from idiolect.serving.registry import Registry, Target
registry = Registry(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    done = registry.promote("coffee", Target(engine="echo", extra={"n": number}), by=sys.argv[2])
    print(done.number, flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_it_had_promised(registry, tmp_path):
    """Killed at many moments: the file is always whole and holds every change that was reported."""
    promised = 0
    for after in (1, 2, 4, 7, 11):
        command = [sys.executable, "-c", WRITER, str(tmp_path), "anna", "100000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            for _ in range(after):
                promised = int(writer.stdout.readline())
            time.sleep(0.001 * after)
            os.kill(writer.pid, signal.SIGKILL)
            promised = max([promised, *(int(line) for line in writer.stdout.read().split() if line)])
        assert len(registry.changes()) in (promised, promised + 1)
    registry.promote("coffee", ECHO, by="ben")
    assert registry.alias("coffee").target == ECHO
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(f".{FILE}.")] == []


def test_several_writers_lose_no_change(registry, tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, who, "15"], stdout=subprocess.DEVNULL) for who in ("anna", "ben", "cleo")]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    changes = registry.changes()
    assert [change.number for change in changes] == list(range(1, 46))
    for who in ("anna", "ben", "cleo"):
        assert [change.target.extra["n"] for change in changes if change.by == who] == list(range(15))


def test_only_what_loads_is_promoted(registry, tmp_path):
    (tmp_path / "models" / "broken").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "bundle.json").write_text('{"engine": "onnx"}')
    for target, error in [
        (Target(), AliasError),
        (Target(model="models/none"), AliasError),
        (Target(model="models/broken"), EngineError),
        (Target(engine="whispr"), EngineError),
        (Target(engine="echo", task="none.yaml"), AliasError),
    ]:
        with pytest.raises(error):
            promote(registry, "coffee", target, [], by="anna")
    assert registry.aliases() == ()
    done = promote(registry, "coffee", ECHO, [], by="anna")
    assert (done.loaded.name, done.change.version, done.judged.says) == ("echo", "1", "first")
    assert done.judged.warning == "it was never evaluated"


def test_a_rollback_to_what_is_gone_is_refused(registry, tmp_path):
    registry.promote("coffee", Target(model="models/gone"), by="anna")
    registry.promote("coffee", ECHO, by="anna")
    with pytest.raises(AliasError, match="there is no model"):
        roll_back(registry, "coffee", by="anna")
    assert registry.alias("coffee").target == ECHO


def test_two_who_go_back_at_once_go_back_once(registry, monkeypatch):
    for target in (Target(engine="echo"), ECHO, OTHER):
        registry.promote("coffee", target, by="anna")
    real = promoting.try_loading

    def while_it_loads(*given):
        ready = real(*given)
        registry.roll_back("coffee", by="ben")
        return ready

    monkeypatch.setattr(promoting, "try_loading", while_it_loads)
    with pytest.raises(AliasError):
        roll_back(registry, "coffee", by="anna")
    assert registry.alias("coffee").target == ECHO


def report(verdict, *, a="new", b="old", difference=-0.1, measure="wer"):
    systems = [
        {"name": name, "version": f"v-{name}", "scores": [{"measure": measure, "value": value, "interval": None}]}
        for name, value in ((b, 0.3), (a, 0.2))
    ]
    one = {"a": a, "b": b, "measure": measure, "difference": difference, "verdict": verdict}
    about = {"dataset_name": "first", "split": "test"}
    return EvaluationRecord(report={"systems": systems, "comparisons": [one], "conditions": {"about": about}})


@pytest.fixture
def old_and_new(registry, tmp_path):
    for name in ("old", "new"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "checkpoint.json").write_text(json.dumps({"id": f"v-{name}"}))
    registry.promote("coffee", Target(model="models/old"), by="anna")
    return Target(model="models/new")


def test_the_newest_verdict_stands_beside_it(registry, old_and_new):
    assert judge(registry, "coffee", old_and_new, []).warning == "it was never evaluated"
    better = judge(registry, "coffee", old_and_new, [report("worse"), report("better")])
    assert (better.says, better.difference, better.warning) == ("better", -0.1, "")
    assert (
        better.text()
        == "better, -10.0 points on first, test; WER 20.0 % on first, test against WER 30.0 % on first, test"
    )
    worse = judge(registry, "coffee", old_and_new, [report("better"), report("worse", difference=0.2)])
    assert worse.says == "worse"
    assert "worse than what answers now" in worse.warning
    turned = judge(registry, "coffee", old_and_new, [report("better", a="old", b="new")])
    assert (turned.says, turned.difference) == ("worse", 0.1)


def test_scores_of_different_evaluations_are_no_verdict(registry, old_and_new):
    apart = [report("better", b="another"), report("better", a="old", b="another")]
    said = judge(registry, "coffee", old_and_new, apart)
    assert said.says == "untested"
    assert said.warning == "the two were never evaluated on the same clips"
    assert (said.new.value, said.old.value) == (0.2, 0.2)


def test_a_bundle_has_the_score_of_its_checkpoint(registry, old_and_new, tmp_path):
    (tmp_path / "models" / "new-onnx").mkdir()
    about = {"id": "other", "lineage": {"id": "v-new"}}
    (tmp_path / "models" / "new-onnx" / "bundle.json").write_text(json.dumps(about))
    said = judge(registry, "coffee", Target(model="models/new-onnx"), [report("better")])
    assert (said.says, said.new.system) == ("better", "new")


def test_what_is_known_to_be_worse_can_be_refused(registry):
    registry.promote("coffee", Target(engine="sphinx"), by="anna")
    found = [report("worse", a="echo", b="sphinx", difference=0.2)]
    with pytest.raises(AliasError, match="echo was not promoted: it is worse"):
        promote(registry, "coffee", ECHO, found, by="anna", accept_worse=False)
    assert registry.alias("coffee").target.name == "sphinx"
    done = promote(registry, "coffee", ECHO, found, by="anna")
    assert done.change.judged.startswith("worse, +20.0 points")


def test_what_is_not_said_stays_as_it_was(registry, tmp_path):
    (tmp_path / "coffee.yaml").write_text("x")
    first = target_of(registry, "coffee", engine="echo", task="coffee.yaml", language="en", extra={"texts": ["x"]})
    assert first.task == "coffee.yaml"
    registry.promote("coffee", first, by="anna")
    later = target_of(registry, "coffee", model=tmp_path / "models" / "new")
    assert later == Target(model="models/new", task="coffee.yaml", language="en"), "choices of echo are echo's"
    assert target_of(registry, "coffee", engine="echo").extra == {"texts": ["x"]}
    assert target_of(registry, "coffee", engine="echo", task="").task == ""
