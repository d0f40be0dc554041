from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus_makes import hashed, row, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idiolect.corpus import (
    Clip,
    Corpus,
    Dataset,
    DatasetItem,
    FreezeOptions,
    NewLabel,
    Purpose,
    Recording,
    Shares,
    SourceKind,
    account_of,
)
from idiolect.corpus.leaks import check_leaks, leaks
from idiolect.corpus.splits import assign, choose_grouping, side
from idiolect.errors import CorpusError, LeakError
from idiolect.units import Hertz, Seconds

HALF = Shares(dev=0.25, test=0.25)
EVEN = FreezeOptions(dev=0.25, test=0.25)


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def make_clip(name: str, **about: object) -> Clip:
    recording = Recording(name, f"/{name}", False, Seconds(2.0), Hertz(16000), 1, **about)  # type: ignore[arg-type]
    return Clip(name, recording, Seconds(0.0), Seconds(2.0))


def sides(dataset: Dataset) -> dict[str, str]:
    return {item.clip.id: item.split for item in dataset.items}


def machine(clip_id: str, text: str = "x", confidence: float | None = None, source: str = "sphinx") -> NewLabel:
    return NewLabel(clip_id, SourceKind.ENGINE, source, text=text, confidence=confidence)


def named(split: str, prefix: str = "r") -> str:
    """A recording's name whose own hash puts it there."""
    names = (f"{prefix}{number}" for number in range(10_000))
    return next(name for name in names if side(f"recording:{hashed(name)}", HALF) == split)


clips_of = st.lists(
    st.builds(
        lambda number, speaker, session, text, prompted: (number, speaker, session, text, prompted),
        st.integers(0, 500),
        st.sampled_from([None, "a", "b", "c", "d", "e"]),
        st.sampled_from([None, "1", "2", "3"]),
        st.sampled_from(["yes", "no", "maybe", "never"]),
        st.booleans(),
    ),
    unique_by=lambda one: one[0],
    max_size=40,
)


def assigned(drawn, group_by):
    clips = [make_clip(str(n), speaker=who, session=when, prompted=prompted) for n, who, when, _, prompted in drawn]
    texts = {str(n): {text} for n, _, _, text, prompted in drawn if prompted}
    splits, out = assign(clips, texts, group_by, HALF)
    return clips, texts, splits, out


@given(clips_of, st.integers(0, 40), st.sampled_from(["speaker", "session", "recording"]))
@settings(deadline=None, max_examples=60)
def test_adding_clips_never_moves_one_to_another_side(drawn, first, group_by):
    _, _, before, out_before = assigned(drawn[:first], group_by)
    _, _, after, out_after = assigned(drawn, group_by)
    assert {name: after[name] for name in before} == before
    assert out_before <= out_after


@given(clips_of, st.randoms(use_true_random=False), st.sampled_from(["speaker", "session", "recording"]))
@settings(deadline=None, max_examples=40)
def test_the_order_of_import_does_not_matter(drawn, random, group_by):
    shuffled = list(drawn)
    random.shuffle(shuffled)
    assert assigned(drawn, group_by)[2:] == assigned(shuffled, group_by)[2:]


@given(clips_of, st.sampled_from(["speaker", "session", "recording"]))
@settings(deadline=None, max_examples=60)
def test_what_is_assigned_does_not_leak(drawn, group_by):
    clips, texts, splits, out = assigned(drawn, group_by)
    sides_of: dict[str, set[str]] = {}
    for clip in clips:
        if clip.id not in out:
            for text in texts.get(clip.id, ()):
                sides_of.setdefault(text, set()).add(splits[clip.id])
    assert all(len(found) == 1 for found in sides_of.values())
    check_leaks([DatasetItem(clip, splits[clip.id], None) for clip in clips if clip.id not in out], group_by)


def test_shares_are_met_and_a_larger_test_share_takes_whole_groups():
    names = [f"recording:{number}" for number in range(4000)]
    counts = {split: sum(side(name, Shares()) == split for name in names) for split in ("train", "dev", "test")}
    assert 0.08 * 4000 < counts["test"] < 0.12 * 4000
    assert 0.08 * 4000 < counts["dev"] < 0.12 * 4000
    larger = Shares(dev=0.1, test=0.2)
    assert all(side(name, larger) == "test" for name in names if side(name, Shares()) == "test")


@pytest.mark.parametrize(
    ("speakers", "sessions", "expected"),
    [(60, 1, "speaker"), (2, 60, "session"), (2, 2, "recording"), (1, 60, "session"), (0, 0, "recording")],
)
def test_the_widest_grouping_that_works(speakers, sessions, expected):
    clips = [
        make_clip(
            str(n),
            speaker=f"p{n % speakers}" if speakers else None,
            session=f"s{n % sessions}" if sessions else None,
        )
        for n in range(240)
    ]
    assert choose_grouping(clips, Shares()) == expected


def test_append_and_freeze_moves_none(corpus):
    """Listenr moved 78 of 100 test clips into train when 100 were added to 1000."""
    rows(corpus, ({"name": f"r{number}", "text": f"text {number}"} for number in range(1000)))
    before = sides(corpus.freeze("first"))
    rows(corpus, ({"name": f"new{number}", "text": f"new {number}"} for number in range(100)))
    after = sides(corpus.freeze("second"))
    assert len(after) == len(before) + 100
    assert {name: after[name] for name in before} == before
    assert {"train", "dev", "test"} == set(before.values())


def test_the_grouping_of_the_first_freeze_stays(corpus):
    rows(
        corpus,
        ({"name": f"r{number}", "text": "x", "speaker": "me", "session": f"s{number % 2}"} for number in range(80)),
    )
    first = corpus.freeze("first")
    assert first.group_by == "recording"
    assert first.parameters["speaker_dependent"] is True
    rows(corpus, ({"name": f"other{number}", "text": "x", "speaker": f"p{number}"} for number in range(80)))
    second = corpus.freeze("second")
    assert second.group_by == "recording"
    assert sides(first).items() <= sides(second).items()
    by_speaker = corpus.freeze("third", FreezeOptions(group_by="speaker"))
    assert (by_speaker.group_by, by_speaker.parameters["speaker_dependent"]) == ("speaker", False)
    assert corpus.freeze("fourth").group_by == "speaker"


def test_the_same_content_is_the_same_dataset(corpus):
    rows(corpus, ({"name": f"r{number}", "text": "x"} for number in range(60)))
    first, again = corpus.freeze("first"), corpus.freeze("first")
    other = corpus.freeze("other")
    assert first.id == again.id == other.id
    assert corpus.counts()["dataset"] == 1
    assert corpus.dataset("first").items == corpus.dataset("other").items == corpus.dataset(first.id[:6]).items
    assert corpus.dataset().name == "other"
    corpus.add_labels([NewLabel(first.items[0].clip.id, SourceKind.HUMAN, "me", text="corrected")])
    changed = corpus.freeze("first")
    assert changed.id != first.id
    assert corpus.dataset("first").id == corpus.dataset().id == changed.id
    assert corpus.dataset(first.id).items == first.items
    with pytest.raises(CorpusError, match="no single dataset 'x'"):
        corpus.dataset("x")


def test_two_projects_with_the_same_content_have_the_same_dataset(corpus, tmp_path):
    with Corpus.create(tmp_path / "other") as other:
        for number in range(40):
            row(corpus, f"r{number}", text="x")
            row(other, f"r{39 - number}", text="x")
        assert other.freeze("a").id == corpus.freeze("b").id


def test_a_filter_never_moves_a_clip(corpus):
    rows(
        corpus,
        (
            {"name": f"r{number}", "text": f"t{number % 20}", "collection": "ab"[number % 2], "prompted": True}
            for number in range(120)
        ),
    )
    everything, some = corpus.freeze("all"), corpus.freeze("some", FreezeOptions(collections=["a"]))
    assert sides(some).items() <= sides(everything).items()
    assert 0 < len(some.items) < len(everything.items)


def test_a_prompt_on_two_sides_stays_on_one(corpus):
    for name in ("train", "test"):
        row(corpus, named(name), text="Good morning!", prompted=True)
    row(corpus, named("train", "other"), text="good morning", prompted=False)
    row(corpus, named("dev"), text="alone", prompted=True)
    dataset = corpus.freeze("first", EVEN)
    prompted = [item.split for item in dataset.items if item.clip.recording.prompted]
    assert len(prompted) == len(set(prompted)) <= 2
    left = dataset.parameters["left_out"]["the same prompt was read on another side of the split"]
    assert left["count"] == len(left["clips"]) >= 1


def test_a_machine_that_hears_a_prompt_of_test_does_not_train_on_it(corpus):
    row(corpus, named("test"), text="Good morning!", prompted=True)
    (heard,) = row(corpus, named("train"), prompted=True)
    (unsure,) = row(corpus, named("dev"), prompted=True)
    row(corpus, named("train", "other"), text="something else", prompted=True)
    corpus.add_labels([machine(heard, "good morning"), machine(unsure, "good morning")])
    dataset = corpus.freeze("first", EVEN)
    assert [len(dataset.split(split)) for split in ("train", "dev", "test")] == [1, 0, 1]
    assert dataset.parameters["left_out"]["a machine's text, with a prompt of dev or test"]["count"] == 2


def test_who_withdrew_consent_is_in_no_new_dataset(corpus):
    rows(corpus, ({"name": f"r{number}", "text": "x", "speaker": "ab"[number % 2]} for number in range(20)))
    corpus.set_consent("a", granted=False)
    dataset = corpus.freeze("first", EVEN)
    assert {item.clip.recording.speaker for item in dataset.items} == {"b"}


def test_scoring_labels_never_train_and_machines_are_no_reference(corpus):
    ids = rows(corpus, ({"name": f"r{number}"} for number in range(120)))
    told = [NewLabel(clip_id, SourceKind.HUMAN, "me", text="told", purpose=Purpose.SCORING) for clip_id in ids[1::2]]
    corpus.add_labels([*(machine(clip_id, "heard", 0.5) for clip_id in ids), *told])
    dataset = corpus.freeze("first", EVEN)
    assert {item.label.text for item in (*dataset.train, *dataset.dev)} == {"heard"}
    assert dataset.test
    for item in dataset.test:
        assert item.label is None
        assert [label.text for label in item.references] == ["told"]
    assert dataset.dev
    assert dataset.parameters["dev_is_machine_labelled"] == len(dataset.dev)
    assert dataset.parameters["left_out"]["test without a person's claim"]["count"] > 0
    strict = corpus.freeze("strict", FreezeOptions(allow_machine_dev=False))
    assert strict.dev == ()


def test_an_intent_is_enough_to_test_and_silver_is_not(corpus):
    (meant,), (silver,) = row(corpus, named("test")), row(corpus, named("test", "s"))
    (learned,) = row(corpus, named("train"))
    corpus.add_labels(
        [
            NewLabel(meant, SourceKind.HUMAN, "me", intent="order", slots={"size": "small"}),
            NewLabel(meant, SourceKind.HUMAN, "me", text="a small one", silver=True),
            NewLabel(silver, SourceKind.HUMAN, "me", text="a large one", silver=True),
            NewLabel(learned, SourceKind.HUMAN, "me", text="a silver one", silver=True),
            machine(learned, "a machine one", 0.1),
        ]
    )
    dataset = corpus.freeze("first", EVEN)
    (item,) = dataset.test
    assert item.clip.id == meant
    assert item.label is None
    assert [(label.intent, label.silver) for label in item.references] == [("order", False), (None, True)]
    assert [item.label.text for item in dataset.train] == ["a machine one"]
    with_silver = corpus.freeze("silver", FreezeOptions(include_silver=True))
    assert [item.label.text for item in with_silver.train] == ["a silver one"]


def test_which_label_trains(corpus):
    (clip_id,) = row(corpus, named("train"))

    def trains(**options) -> str | None:
        try:
            return corpus.freeze("x", FreezeOptions(dev=0.25, test=0.25, **options)).train[0].label.text
        except CorpusError:
            return None

    corpus.add_labels([machine(clip_id, "", 1.0), machine(clip_id, "unsure", 0.2), machine(clip_id, "none", None)])
    assert trains() == "unsure"
    assert trains(min_confidence=0.3) is None
    corpus.add_labels([machine(clip_id, "sure", 0.9, "whisper")])
    assert trains() == trains(min_confidence=0.3) == "sure"
    assert trains(engines=["sphinx", "whisper"]) == "unsure"
    assert trains(engines=["sphinx", "whisper"], thresholds={"sphinx": 0.5}) == "sure"
    corpus.add_labels([NewLabel(clip_id, SourceKind.SYNTHESIS, "espeak", text="spoken")])
    assert trains() == "spoken"
    corpus.add_labels([NewLabel(clip_id, SourceKind.HUMAN, "me", text="one")])
    corpus.add_labels([NewLabel(clip_id, SourceKind.HUMAN, "you", text="two")])
    assert trains(min_confidence=1.0) == "two"
    corpus.add_labels([NewLabel(clip_id, SourceKind.HUMAN, "me", text="")])
    assert trains() is None


def test_train_only_and_synthetic_stay_in_train_and_give_way_to_test(corpus):
    for number in range(60):
        same = {"text": f"t{number}", "speaker": f"p{number}"}
        rows(
            corpus,
            [
                {"name": f"r{number}", **same},
                {"name": f"pre{number}", "train_only": True, **same},
                {"name": f"syn{number}", "synthetic": True, **same, "speaker": "robot"},
            ],
        )
    dataset = corpus.freeze("first", EVEN)
    assert dataset.group_by == "speaker"
    for item in (*dataset.dev, *dataset.test):
        assert not (item.clip.recording.train_only)
        assert not (item.clip.recording.synthetic)
    held = {item.clip.recording.speaker for item in (*dataset.dev, *dataset.test)}
    left = dataset.parameters["left_out"]["train-only, with a speaker of dev or test"]
    assert left["count"] == len(held) > 0
    assert sum(item.clip.recording.synthetic for item in dataset.train) == 60
    assert dataset.parameters["test_texts_in_train"] == len(dataset.test)


@pytest.mark.parametrize(
    ("what", "about", "group_by"),
    [
        ("recording", {}, "recording"),
        ("speaker", {"speaker": "me"}, "speaker"),
        ("session", {"session": "s"}, "session"),
        ("prompted text", {"prompted": True}, "recording"),
    ],
)
def test_leaks_are_found_and_named(corpus, what, about, group_by):
    row(corpus, "a", text="Yes, please", clips=2, **about)
    row(corpus, "b", text="yes please", clips=1, **about)
    clips = corpus.clips()
    labels = {label.clip_id: label for label in corpus.labels()}
    other = next(clip for clip in clips if clip.recording.id != clips[0].recording.id)
    same = next(clip for clip in clips[1:] if clip.recording.id == clips[0].recording.id or what != "recording")
    items = [DatasetItem(clips[0], "train", labels[clips[0].id]), DatasetItem(same, "test", None, (labels[same.id],))]
    if what != "recording":
        items[1] = DatasetItem(other, "test", None, (labels[other.id],))
    with pytest.raises(LeakError, match=f"{what} '.*in train and test"):
        check_leaks(items, group_by)


def test_identical_audio_on_both_sides_is_a_leak():
    item = make_clip("a")
    with pytest.raises(LeakError, match="audio 'a' in dev and test"):
        check_leaks([DatasetItem(item, "dev", None), DatasetItem(item, "test", None)], "recording")


def test_a_leak_freezes_nothing(corpus):
    """A session that two freezes of different grouping would tear apart is caught, and nothing is kept."""
    row(corpus, named("test"), text="x", session="s")
    row(corpus, named("train"), text="x", session="s")
    assert corpus.freeze("fine", EVEN).group_by == "recording"
    counts = corpus.counts()
    wrong = [DatasetItem(clip, split, None) for clip, split in zip(corpus.clips(), ("train", "test"), strict=True)]
    with pytest.raises(LeakError):
        check_leaks(wrong, "session")
    assert corpus.counts() == counts


def test_nothing_to_learn_is_an_error_that_says_why(corpus):
    with pytest.raises(CorpusError, match="no clip fits"):
        corpus.freeze("first")
    row(corpus, named("train"))
    with pytest.raises(CorpusError, match="1 clips: no label that may train"):
        corpus.freeze("first", EVEN)
    assert corpus.counts()["dataset"] == 0
    with pytest.raises(CorpusError, match="nothing has been frozen"):
        corpus.dataset()


@pytest.mark.parametrize("wrong", [{"dev": 0.5, "test": 0.5}, {"dev": -0.1}, {"group_by": "city"}])
def test_options_without_sense_are_refused(corpus, wrong):
    row(corpus, "a", text="x")
    with pytest.raises(CorpusError):
        corpus.freeze("first", FreezeOptions(**wrong))


def test_the_manifest_is_for_people(corpus):
    rows(corpus, ({"name": f"r{number}", "text": "x"} for number in range(40)))
    dataset = corpus.freeze("first")
    lines = (corpus.folder / "datasets" / f"{dataset.id}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["clip"] for line in lines] == [item.clip.id for item in dataset.items]
    assert not [line for line in lines if "/nowhere" in line], "a referenced file's absolute path is in the data"


@given(st.permutations(range(12)))
@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_items_come_in_order_of_clip_id(corpus, order):
    for number in order:
        row(corpus, f"r{number}", text=None)
    corpus.add_labels([machine(clip.id) for clip in corpus.clips()])
    ids = [item.clip.id for item in corpus.freeze("x").items]
    assert ids == sorted(ids)


def test_a_preview_says_what_a_freeze_does_and_writes_nothing(corpus):
    for number in range(6):
        row(corpus, f"voice {number}", text="same" if number > 3 else f"text {number}", speaker=f"speaker {number}")
    row(corpus, "quiet", text=None, speaker="speaker 0")
    before = corpus.counts()
    preview = corpus.preview()
    assert corpus.counts() == before
    assert not preview.settled
    dataset = corpus.freeze("first")
    after = corpus.preview()
    assert after.settled
    assert {split: amount.clips for split, amount in after.account.splits.items()} == {
        split: len(dataset.split(split)) for split in ("train", "dev", "test")
    }
    assert preview.account == after.account == account_of(dataset.items)
    assert {reason: len(found) for reason, found in preview.left_out.items()} == {
        reason: found["count"] for reason, found in dataset.parameters["left_out"].items()
    }
    assert sum(len(found) for found in preview.left_out.values()) >= 1
    assert sum(side.clips for _, sides in after.account.speakers for side in sides.values()) == len(dataset.items)
    (record,) = corpus.dataset_records()
    assert (record.id, record.names, record.group_by) == (dataset.id, ("first",), dataset.group_by)
    assert sum(count for count, _ in record.splits.values()) == len(dataset.items)
    seconds = sum(item.clip.duration for item in dataset.items)
    assert sum(length for _, length in record.splits.values()) == pytest.approx(seconds)


def test_a_preview_of_nothing_says_what_is_missing(corpus):
    row(corpus, "quiet", text=None)
    preview = corpus.preview()
    assert "nothing to train on: 1 clips: " in preview.problem
    assert preview.leaks == ()


def test_a_leak_names_the_clips_at_fault(corpus):
    row(corpus, named("test"), text="x", session="s")
    row(corpus, named("train"), text="y", session="s")
    first, second = corpus.clips()
    (leak,) = leaks([DatasetItem(first, "train", None), DatasetItem(second, "test", None)], "session")
    assert (leak.what, leak.name) == ("session", "s")
    assert leak.clips == {"train": (first.id,), "test": (second.id,)}
    assert str(leak) == "session 's' in train and test"
