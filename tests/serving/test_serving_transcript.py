from __future__ import annotations

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.engines import Hypothesis, Word
from idiolect.errors import AudioError, EngineError, TaskError
from idiolect.serving import EngineChoice, HeardClip, Transcript, transcribe_file, transcribe_files


def test_a_short_file_goes_in_whole(echo, wav):
    heard = transcribe_file(echo("make me a mocha", confidence=0.9), wav(2.0))
    assert (heard.text, heard.confidence, heard.duration) == ("make me a mocha", 0.9, 2.0)
    assert [word.word for word in heard.words] == ["make", "me", "a", "mocha"]
    assert heard.words[-1].end == pytest.approx(2.0)


def test_digital_silence_says_nothing(echo, tmp_path):
    write_wav(tmp_path / "silent.wav", np.zeros(16_000, np.float32))
    heard = transcribe_file(echo("brew latte", confidence=0.9), tmp_path / "silent.wav")
    assert (heard.text, heard.confidence, heard.duration) == ("", None, 1.0)


def test_a_task_reads_what_the_engine_has_only_heard(echo, wav, task):
    heard = transcribe_file(echo("please make me a latte"), wav(), task=task)
    assert (heard.intent, heard.slots) == ("order", {"drink": "latte"})
    rejected = transcribe_file(echo("make me a sandwich"), wav(), task=task)
    assert (rejected.intent, rejected.slots, rejected.text) == (None, {}, "make me a sandwich")


def test_what_an_engine_with_a_task_rejects_stays_rejected(echo, wav, task):
    engine = echo("make me a latte")
    engine.name = "sphinx"  # one that decodes over tasks: it gave no intent, though its words would parse
    assert transcribe_file(engine, wav(), task=task).intent is None


def test_the_contract_for_scripts(echo, wav, task):
    heard = transcribe_file(echo("make me a mocha"), wav(1.0), task=task)
    assert list(heard.as_dict()) == ["text", "confidence", "words"]
    assert list(heard.as_dict(task=True)) == ["text", "confidence", "words", "intent", "slots", "slot_confidence"]
    assert heard.as_dict(task=True, nbest=True)["alternatives"] == []  # echo has none
    assert heard.as_dict()["words"][1] == {"word": "me", "start": 0.25, "end": 0.5, "confidence": None}


def test_a_long_file_is_cut_and_its_times_run_on(echo, tmp_path, speech):
    path = tmp_path / "long.wav"
    pause = np.zeros(16_000 * 10, dtype=np.float32)
    write_wav(path, np.concatenate([speech, pause, speech, pause, speech, pause]))
    heard = transcribe_file(echo("one", "two", "three"), path)
    assert heard.text == "one two three"
    assert heard.duration == pytest.approx(sum(len(x) for x in (speech, pause)) * 3 / 16_000)
    starts = [word.start for word in heard.words]
    length = len(speech) / 16_000 + 10
    for number, start in enumerate(starts):
        assert number * length - 0.4 <= start <= number * length + 2.0
    assert all(clip.end - clip.start < 10 for clip in heard.clips)


def test_long_silence_is_empty_and_no_error(echo, tmp_path):
    write_wav(tmp_path / "silent.wav", np.zeros(16_000 * 40, dtype=np.float32))
    heard = transcribe_file(echo("never said"), tmp_path / "silent.wav")
    assert (heard.text, heard.clips, heard.confidence, heard.duration) == ("", (), None, 40.0)


def test_confidence_counts_by_length():
    clips = (
        HeardClip(0.0, 3.0, Hypothesis("a", 1.0)),
        HeardClip(3.0, 4.0, Hypothesis("b", 0.0)),
        HeardClip(4.0, 9.0, Hypothesis("c", None, (Word("c", 4.0, 9.0),))),
    )
    assert Transcript(9.0, clips).confidence == pytest.approx(0.75)


def test_a_bad_file_raises(echo, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no audio at all")
    with pytest.raises(AudioError, match=r"bad\.wav"):
        transcribe_file(echo("x"), tmp_path / "bad.wav")


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_files_keep_their_order_and_a_bad_one_is_named(wav, tmp_path, jobs):
    good = [wav(0.3 + number / 10, f"{number}.wav") for number in range(3)]
    paths = [good[0], tmp_path / "missing.wav", *good[1:]]
    choice = EngineChoice("echo", extra={"texts": ["hello"]})
    outcomes = list(transcribe_files(choice, paths, jobs=jobs))
    assert [outcome.path for outcome in outcomes] == paths
    assert [outcome.transcript and outcome.transcript.text for outcome in outcomes] == ["hello", None, "hello", "hello"]
    assert "No such file" in (outcomes[1].error or "")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_engine_that_cannot_be_made_raises_before_any_file(wav, jobs):
    paths = [wav(0.3, "a.wav"), wav(0.4, "b.wav")]
    with pytest.raises(EngineError, match="no engine 'whispr'"):
        list(transcribe_files(EngineChoice("whispr"), paths, jobs=jobs))


def test_a_bad_task_file_raises(wav, tmp_path):
    (tmp_path / "task.yaml").write_text("intents: [")
    with pytest.raises(TaskError):
        list(transcribe_files(EngineChoice("echo", task=tmp_path / "task.yaml"), [wav()]))


def test_a_number_is_a_number_in_the_answer(tmp_path):
    from idiolect.audio import write_wav
    from idiolect.engines import EngineOptions, create
    from idiolect.tasks import parse_task

    task = parse_task(
        "language: en\nintents:\n  set:\n    data:\n      - sentences: ['set {degrees} degrees {room}']\n"
        "lists:\n  degrees:\n    range: {from: 1, to: 99}\n    type: number\n  room:\n    values: [kitchen]\n"
    )
    write_wav(tmp_path / "a.wav", np.full(16_000, 0.1, dtype=np.float32))
    engine = create("echo", EngineOptions(extra={"texts": ["set twelve degrees kitchen"]}))
    found = transcribe_file(engine, tmp_path / "a.wav", task=task)
    assert found.as_dict(task=True)["slots"] == {"degrees": 12, "room": "kitchen"}
