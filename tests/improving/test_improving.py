"""Self-training on a language of tones: a weak network teaches itself what nobody wrote down."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idiolect.errors import TrainingError
from idiolect.improving import choose_threshold

sys.path.append(str(Path(__file__).parents[1] / "training"))

TASK = """
language: en
intents:
  say:
    data:
      - sentences: ["{word:first} {word:second} {word:third}"]
lists:
  word:
    values: ["no", tea, why, she]
"""

rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=60)


@given(rows, st.floats(0.05, 1))
def test_what_is_taken_is_as_precise_as_is_said(judged, wanted):
    found = choose_threshold(judged, [], wanted)
    taken = [right for sure, right in judged if sure >= found.value]
    assert found.measured
    assert len(taken) >= 10
    assert sum(taken) / len(taken) == pytest.approx(found.precision)
    assert found.reached == (found.precision >= wanted)
    if found.reached:
        lower = [right for sure, right in judged if sure >= max((s for s, _ in judged if s < found.value), default=2)]
        assert not lower or sum(lower) / len(lower) < wanted or len(lower) == len(taken)


def test_without_people_the_confidences_say_it_themselves():
    found = choose_threshold([(0.9, True)], [0.99, 0.98, 0.97] * 5 + [0.3, 0.2], 0.95)
    assert not found.measured
    assert found.value == 0.97
    assert "estimated" in found.text()


def test_nothing_judged_and_nothing_heard_is_no_threshold():
    assert not choose_threshold([], [], 0.9).reached


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A network that has seen the tones a little."""
    pytest.importorskip("torch")
    import training_tones as tones

    from idiolect.training import load_recipe, train

    corpus, dataset = tones.make_project(tmp_path_factory.mktemp("base"), count=16)
    recipe = load_recipe("nano", overrides=tones.SMALL | {"steps": 22})
    return train(corpus, dataset, recipe, corpus.folder / "base").folder


def project_of(folder, transcripts, **options):
    from idiolect.project import Project

    project = Project.create(folder / "project")
    import_tones(folder, project, transcripts, **options)
    (folder / "task.yaml").write_text(TASK)
    return project


def import_tones(folder, project, transcripts, *, seed=5, **options):
    import training_tones as tones

    from idiolect.audio import write_wav

    folder.mkdir(exist_ok=True)
    lines = []
    for at, text in enumerate(tones.sentences(60, seed=seed)):
        samples, _ = tones.spoken(text, 100 * seed + at)
        write_wav(folder / f"{at}.wav", samples)
        lines.append(json.dumps({"audio": f"{at}.wav", "text": text, "speaker": f"speaker {at % 15}"}) + "\n")
    (folder / "manifest.jsonl").write_text("".join(lines))
    project.import_audio(folder / "manifest.jsonl", transcripts=transcripts, **options)


def choices(**more):
    import training_tones as tones

    small = {name: value for name, value in tones.SMALL.items() if not name.startswith("nano.ch")}
    return {"overrides": small | {"steps": 40, "watch.times": 1}, "rounds": 2, "precision": 0.7, **more}


@pytest.mark.engine
def test_a_student_gets_better_by_its_own_labels_and_the_second_call_adds_nothing(base, tmp_path):
    project = project_of(tmp_path / "own", "scoring")
    found = project.improve(tmp_path / "own" / "task.yaml", base=base, **choices())
    assert found.judged_by == "people"
    assert found.rounds[0].threshold.measured
    assert found.rounds[0].after > found.rounds[0].before
    assert found.comparison.difference > 0
    assert found.model == [one.model for one in found.rounds if one.kept][-1]
    for one in found.rounds:
        dataset = project.dataset(one.dataset)
        held = {item.clip.id for item in [*dataset.dev, *dataset.test]}
        assert one.taken == len(dataset.train) > 0
        assert not held & {item.clip.id for item in dataset.train}
        assert {item.label.kind for item in dataset.train} == {"engine"}
        assert all(item.label.confidence >= one.threshold.value for item in dataset.train)
    labels = len(project.corpus.labels())
    again = project.improve(tmp_path / "own" / "task.yaml", base=base, **choices())
    assert again.as_dict() == found.as_dict()
    assert len(project.corpus.labels()) == labels
    assert "round 1" in found.text()
    project.close()


@pytest.mark.engine
def test_without_any_word_of_a_person_a_share_is_called_agreement(base, tmp_path):
    project = project_of(tmp_path / "own", "none")
    found = project.improve(tmp_path / "own" / "task.yaml", base=base, **choices(rounds=1))
    assert found.judged_by.startswith("nano")
    assert "agreement with nano" in found.text()
    assert not found.rounds[0].threshold.measured
    project.close()


@pytest.mark.engine
def test_only_the_collections_that_were_asked_for_teach(base, tmp_path):
    project = project_of(tmp_path / "own", "none", collection="mine")
    import_tones(tmp_path / "more", project, "none", collection="yours", seed=9)
    task = tmp_path / "own" / "task.yaml"
    project.label("nano", model=base, task=task)
    found = project.improve(task, base=base, **choices(rounds=1), collections=["mine"])
    dataset = project.dataset(found.rounds[0].dataset)
    assert {item.clip.recording.collection for item in dataset.items} == {"mine"}
    project.close()


@pytest.mark.engine
def test_too_few_dev_clips_to_tell_are_said_before_anything_is_trained(base, tmp_path):
    project = project_of(tmp_path / "own", "none")
    task = tmp_path / "own" / "task.yaml"
    project.label("nano", model=base, task=task)
    project.freeze("small", dev=0.02, test=0.02)
    with pytest.raises(TrainingError, match="dev clips cannot tell"):
        project.improve(task, base=base, **choices())
    assert not (project.folder / "models").exists()
    project.close()
