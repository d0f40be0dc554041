"""Systems that were evaluated, read back from a real store; and the blind arena over them."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.corpus import NewLabel, SourceKind
from idiolect.engines.protocol import Hypothesis
from idiolect.errors import EvaluationError
from idiolect.evaluation import System, evaluate
from idiolect.evaluation.arena import cast, next_match, standings, text_arena, voice_arena
from idiolect.evaluation.page import page_of_store
from idiolect.evaluation.stored import stored_board, stored_systems
from idiolect.project import Project

TEXTS = [f"the {word} is here today" for word in ["cat", "dog", "cow", "hen", "pig", "fox", "owl", "bee", "ant", "elk"]]


class Knowing:
    """An engine that knows clips by their samples."""

    version = "1"

    def __init__(self, name, texts):
        self.name = name
        self._texts = texts

    @property
    def parameters(self):
        return {"said": sorted(self._texts.values())}

    def transcribe(self, batch):
        return [Hypothesis(self._texts[samples.tobytes()]) for samples in batch]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Ten clips of ten speakers with their texts, frozen; two systems evaluated on all of them, whatever the split."""
    folder = tmp_path_factory.mktemp("stored")
    rng = np.random.default_rng(0)
    rows = []
    for place, said in enumerate(TEXTS):
        write_wav(folder / f"{place}.wav", (0.1 * rng.standard_normal(8000)).astype(np.float32))
        rows.append({"audio": f"{place}.wav", "speaker": f"s{place}", "text": said})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(folder / "voices") as made:
        made.import_audio(folder / "manifest.jsonl")
        made.freeze("first", dev=0.1, test=0.8)
        yield made


def judge(project, *changes, names=("old", "new")):
    """Evaluate systems on the test split: each hears the reference, with one word changed."""
    corpus, dataset = project.corpus, project.corpus.dataset()
    known = {corpus.samples(item.clip).tobytes(): item.label or item.references[0] for item in dataset.test}
    systems = []
    for name, change in zip(names, changes, strict=True):
        texts = {key: change(label.text, place) for place, (key, label) in enumerate(known.items())}
        systems.append(System(name, Knowing(name, texts)))
    about = {"dataset": dataset.id, "dataset_name": dataset.name, "split": "test"}
    report = evaluate(dataset.test, systems, lambda item: corpus.samples(item.clip), about=about)
    corpus.add_evaluation(report.as_record(dataset.id, "test"))
    return report


def right(text, _):
    return text


def wrong(text, place):
    return text.replace("today", "tonight") if place % 2 else text


@pytest.fixture(scope="module")
def report(project):
    return judge(project, wrong, right)


def systems_of(project):
    return stored_systems(project.corpus, project.corpus.dataset().id, "test")


def test_what_is_read_back_is_what_was_reported(project, report):
    old, new = sorted(systems_of(project), key=lambda one: one.name, reverse=True)
    board = stored_board(project.corpus, [old, new])
    known = {one.measure: one for one in report.comparisons}
    assert {one.measure: one for one in board.comparisons} == known
    assert board.scores["old"] == report.system("old").scores
    assert old.candidate("wer").score == report.system("old").score("wer")
    assert (old.candidate("wer").price, old.candidate("wer").rtf) == (0.0, report.system("old").rtf)


def test_the_report_and_the_stored_page_are_the_same_page(project, report):
    from idiolect.evaluation.html import board_html
    from idiolect.evaluation.page import page_of_report

    old, new = sorted(systems_of(project), key=lambda one: one.name, reverse=True)
    stored = str(board_html(page_of_store(project.corpus, [old, new])))
    fresh = str(board_html(page_of_report(report)))
    assert stored == re.sub("<footer>.*</footer>", "", fresh, flags=re.DOTALL)


def test_a_page_in_another_language_has_other_words(project, report):
    import gettext

    from idiolect.evaluation.html import board_html

    class Loud(gettext.NullTranslations):
        def gettext(self, message):
            return message.upper() if "%" not in message else message

    page = page_of_store(project.corpus, systems_of(project))
    assert "CLIPS WHERE THEY DIFFER MOST" in board_html(page, translations=Loud())
    assert "Clips where they differ most" in board_html(page)


def test_other_rules_and_oneself_are_not_compared(project, report):
    from dataclasses import replace

    old, new = systems_of(project)
    with pytest.raises(EvaluationError, match="differ in normalizer"):
        stored_board(project.corpus, [old, replace(new, normalizer="english.v1")])
    with pytest.raises(EvaluationError, match="with itself"):
        stored_board(project.corpus, [old, old])


def test_an_engine_that_changed_is_another_system(project, report):
    judge(project, lambda text, _: text.upper() + " oh", names=("new",))
    found = systems_of(project)
    assert Counter(one.name for one in found) == {"new": 2, "old": 1}
    assert len({one.label for one in found}) == len({one.identity for one in found}) == 3
    board = stored_board(project.corpus, [one for one in found if one.name == "new"])
    assert board.verdicts()[0].difference != 0


def test_nobody_sees_a_pair_twice_and_votes_make_a_ranking(project, report):
    corpus = project.corpus
    pair = [one for one in systems_of(project) if one.label == "old" or one.found["scores"][0]["value"] == 0]
    arena = text_arena(corpus, pair)
    better = next(one.identity for one in pair if one.name == "new")
    for person in ("ann", "bob"):
        seen = []
        while match := next_match(corpus, arena, person):
            assert next_match(corpus, arena, person) == match, "a page that is loaded again shows the same"
            seen.append((match.item, frozenset((match.first, match.second))))
            assert "old" not in match.id
            cast(corpus, arena, person, match.id, "first" if match.first == better else "second")
        assert len(seen) == len(set(seen)) == len(arena.items) > 2
        with pytest.raises(EvaluationError, match="has voted on this pair already"):
            cast(corpus, arena, person, match_of(arena, person, seen[0][0]), "tie")
    first, second = standings(corpus, arena)
    assert first.name == better
    assert (first.wins, first.ties, second.losses) == (2 * len(seen), 0, 2 * len(seen))
    assert first.interval.low > second.interval.high


def match_of(arena, person, item):
    return next(one.id for one in arena.matches(person) if one.item == item)


def test_a_vote_that_was_withdrawn_is_asked_again(project, report):
    corpus, arena = project.corpus, text_arena(project.corpus, systems_of(project))
    match = next_match(corpus, arena, "carla")
    cast(corpus, arena, "carla", match.id, "tie")
    assert next_match(corpus, arena, "carla") != match
    cast(corpus, arena, "carla", match.id, "withdrawn")
    assert match in list(arena.matches("carla"))
    with pytest.raises(EvaluationError, match="no match 'nonsense'"):
        cast(corpus, arena, "carla", "nonsense", "tie")


def test_the_order_of_a_pair_is_by_chance(project, report):
    arena = text_arena(project.corpus, systems_of(project))
    firsts = Counter(match.first < match.second for number in range(40) for match in arena.matches(f"p{number}"))
    share = firsts[True] / sum(firsts.values())
    assert 0.35 < share < 0.65


def test_two_voices_of_one_text_meet(project, report):
    corpus = project.corpus
    clips = corpus.clips()[:4]
    said = [("Hello there.", "flite:slt"), ("hello there", "kal"), ("hello there", "kal"), ("bye", "kal")]
    for clip, (text, voice) in zip(clips, said, strict=True):
        corpus.add_labels([NewLabel(clip.id, SourceKind.SYNTHESIS, voice, text=text)])
    arena = voice_arena(corpus)
    (match,) = arena.matches("ann")
    assert {match.first, match.second} == {"flite:slt", "kal"}
    assert {one.clip_id for one in match.shown} == {clips[0].id, clips[1].id}
    cast(corpus, arena, "ann", match.id, "tie")
    assert next_match(corpus, arena, "ann") is None
