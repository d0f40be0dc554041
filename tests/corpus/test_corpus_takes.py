from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from corpus_makes import noise
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idiolect import audio, files
from idiolect.audio.advice import Fault, listen
from idiolect.corpus import Corpus, SourceKind
from idiolect.corpus import takes as takes_room
from idiolect.corpus.spoken import spoken_by
from idiolect.corpus.take_files import NewTake
from idiolect.corpus.takes import Takes
from idiolect.errors import AudioError, CorpusError, UserError

NUMBERS = itertools.count(1)


def pcm(samples):
    return np.round(samples * 32767).astype("<i2").tobytes()


def new(rate=16_000, **about):
    return NewTake(f"{next(NUMBERS):032x}", about.pop("speaker", "anna"), rate, **about)


def send(takes, take, data, sizes=(8000,)):
    """The parts of `data` in order; how many there are."""
    at = number = 0
    while at < len(data):
        size = 2 * sizes[number % len(sizes)]
        takes.put(take.id, number, data[at : at + size])
        at, number = at + size, number + 1
    return number


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Corpus.create(tmp_path_factory.mktemp("store")) as made:
        made.set_consent("anna", scope="a test")
        yield made


@pytest.fixture
def takes(store):
    return Takes(store, language="en")


@given(
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) > 150 * len(sizes)),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sample_is_lost_or_doubled_in_whatever_order_parts_come(store, sizes, seed):
    """Sent twice, shuffled, with another store opened in between: the recording holds what was said, to the bit."""
    order = random.Random(seed)
    samples = audio.round_to_16_bits(noise(seed, 0.4))
    data = (samples * 32768).astype("<i2").tobytes()
    take = new()
    Takes(store).begin(take)
    parts, at = [], 0
    while at < len(data):
        size = 2 * sizes[len(parts) % len(sizes)]
        parts.append((len(parts), data[at : at + size]))
        at += size
    sent = parts + [part for part in parts if order.random() < 0.3]
    order.shuffle(sent)
    for number, part in sent:
        Takes(store).put(take.id, number, part)  # as after a restart: nothing is kept in memory
    state = Takes(store).end(take.id, len(parts), len(samples))
    assert state.whole
    assert state.samples == len(samples)
    kept = Takes(store).keep(take.id)
    assert len(kept.clips) == 1
    assert np.array_equal(store.samples(store.clip(kept.clips[0])), samples)


def test_a_missing_part_is_asked_for_and_may_still_come(takes):
    take = new()
    takes.begin(take)
    for number in (0, 1, 4):
        takes.put(take.id, number, pcm(noise(number, 0.1)))
    assert takes.state(take.id).missing == (2, 3)
    assert takes.end(take.id, 6, 9600).missing == (2, 3, 5)
    with pytest.raises(CorpusError, match="lacks 3 parts"):
        takes.wav(take.id)
    with pytest.raises(CorpusError, match="lacks 3 parts"):
        takes.keep(take.id)
    for number in (5, 2, 3):
        takes.put(take.id, number, pcm(noise(number, 0.1)))
    assert takes.end(take.id, 6, 9600).whole
    heard = audio.decode(takes.wav(take.id))
    assert np.allclose(heard, np.concatenate([noise(number, 0.1) for number in range(6)]), atol=1 / 16000)


def test_a_take_that_is_kept_is_a_recording_with_all_that_is_known_of_it(takes, store):
    take = new(rate=48_000, text="Hello, world!", device="desk mic", session="monday", person="owner")
    takes.begin(take)
    second = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000).astype(np.float32) * 0.3
    parts = send(takes, take, pcm(second), sizes=(24_000, 7))
    takes.end(take.id, parts, 48_000)
    kept = takes.keep(take.id)
    clip = store.clip(kept.clips[0])
    recording = clip.recording
    assert (recording.speaker, recording.session, recording.device) == ("anna", "monday", "desk mic")
    assert (recording.sample_rate, recording.language, recording.prompted) == (48_000, "en", True)
    assert recording.duration == pytest.approx(1.0)
    label = store.reference(clip.id)
    assert (label.text, label.kind, label.source) == ("Hello, world!", SourceKind.HUMAN, "owner")
    expected = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000) * 0.3
    assert np.abs(store.samples(clip)[500:-500] - expected[500:-500]).max() < 0.002  # resampled once, in soxr
    assert not (store.folder / "takes" / take.id).exists()
    assert any(one.text == "Hello, world!" for one in spoken_by(store, "anna"))
    assert clip.recording.device == "desk mic"
    assert not store.check(audio=True)


def test_keeping_twice_is_keeping_once(takes, store):
    take = new(text="again")
    takes.begin(take)
    takes.end(take.id, send(takes, take, pcm(noise(77))))
    first = takes.keep(take.id)
    again = takes.keep(take.id)
    assert (again.recording, again.clips, again.already, first.already) == (first.recording, first.clips, True, False)
    assert len(store.labels(first.clips[0])) == 1


def test_a_kill_between_import_and_tidying_leaves_one_recording(takes, store, monkeypatch):
    take = new(text="killed")
    takes.begin(take)
    takes.end(take.id, send(takes, take, pcm(noise(78))))
    with monkeypatch.context() as patched:
        patched.setattr(Takes, "_remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            takes.keep(take.id)
    assert [one.take.id for one in Takes(store).unfinished()].count(take.id) == 1
    kept = Takes(store).keep(take.id)
    assert kept.already
    assert len(store.labels(kept.clips[0])) == 1
    assert take.id not in [one.take.id for one in takes.unfinished()]


def test_samples_that_were_imported_before_add_nothing(takes, store):
    first, second = new(text="same"), new(text="same")
    for take in (first, second):
        takes.begin(take)
        takes.end(take.id, send(takes, take, pcm(noise(79))))
    assert takes.keep(first.id).recording == takes.keep(second.id).recording


def test_unfinished_takes_are_found_again_and_go_on(takes, store):
    take = new(session="later")
    takes.begin(take)
    takes.put(take.id, 0, pcm(noise(1, 0.5)))
    takes.put(take.id, 2, pcm(noise(3, 0.5)))
    found = next(one for one in Takes(store).unfinished("anna") if one.take.id == take.id)
    assert (found.next, found.missing, found.duration, found.whole) == (3, (1,), 1.0, False)
    assert not Takes(store).unfinished("nobody")
    # The page that had part 1 never came back: what is there up to the gap is the take.
    assert takes.end(take.id).expected == 1
    assert takes.state(take.id).duration == 0.5
    takes.go_on(take.id)
    takes.put(take.id, 1, pcm(noise(4, 0.25)))
    state = takes.end(take.id, 2, 12_000)
    assert (state.whole, state.duration) == (True, 0.75)
    assert len(audio.decode(takes.wav(take.id))) == 12_000


def test_what_is_thrown_away_is_gone(takes, store):
    take = new()
    takes.begin(take)
    takes.put(take.id, 0, pcm(noise(5)))
    takes.throw_away(take.id)
    takes.throw_away(take.id)
    assert not (store.folder / "takes" / take.id).exists()
    for call in (lambda: takes.put(take.id, 1, b"12"), lambda: takes.keep(take.id), lambda: takes.wav(take.id)):
        with pytest.raises(CorpusError, match="there is no take"):
            call()


@pytest.mark.parametrize("wanted", ["../../etc", "", "a" * 31, "A" * 32, "a" * 32 + "/"])
def test_an_id_names_no_other_place(takes, wanted):
    with pytest.raises(CorpusError, match="no id of a take"):
        takes.throw_away(wanted)
    with pytest.raises(CorpusError, match="no id of a take"):
        NewTake(wanted, "anna", 16_000)


def test_bad_parts_are_refused_and_what_was_there_stays(takes):
    take = new()
    takes.begin(take)
    takes.put(take.id, 0, b"abcd")
    wrong = {"holds 3 bytes": (1, b"abc"), "holds 0 bytes": (1, b""), "other samples": (0, b"abce")}
    wrong |= {"no part -1": (-1, b"ab"), "holds 4000002 bytes": (1, bytes(4_000_002))}
    for message, (number, data) in wrong.items():
        with pytest.raises(CorpusError, match=message):
            takes.put(take.id, number, data)
    with pytest.raises(CorpusError, match="holds 2 of 3 samples"):
        takes.end(take.id, 1, 3)
    takes.end(take.id, 1, 2)
    with pytest.raises(CorpusError, match="ended before part 1"):
        takes.put(take.id, 1, b"ab")
    assert takes.wav(take.id).read_bytes()[-4:] == b"abcd"
    assert (takes.wav(take.id).parent / "00000000.pcm").stat().st_mode & 0o077 == 0


def test_an_empty_take_and_a_long_reading_are_refused(takes):
    empty, long = new(), new(text="very slow")
    takes.begin(empty)
    with pytest.raises(CorpusError, match="nothing was recorded"):
        takes.end(empty.id)
    takes.begin(long)
    takes.end(long.id, send(takes, long, pcm(noise(6, 31)), sizes=(16_000,)))
    with pytest.raises(CorpusError, match="read for 31 s"):
        takes.keep(long.id)
    assert takes.state(long.id).whole


def test_silence_cannot_be_kept(takes):
    take = new()
    takes.begin(take)
    takes.end(take.id, send(takes, take, bytes(32_000)))
    assert [one.fault for one in takes.listen(take.id).advice] == [Fault.SILENT]
    with pytest.raises(CorpusError, match="digital silence"):
        takes.keep(take.id)
    assert takes.state(take.id).whole


def test_nobody_is_recorded_without_consent(takes, store):
    with pytest.raises(CorpusError, match="bert has not agreed"):
        takes.begin(new(speaker="bert"))
    store.set_consent("bert", scope="all of it")
    take = new(speaker="bert")
    takes.begin(take)
    takes.end(take.id, send(takes, take, pcm(noise(7))))
    store.set_consent("bert", granted=False, scope="no more")
    with pytest.raises(CorpusError, match="withdrawn consent"):
        takes.begin(new(speaker="bert"))
    with pytest.raises(CorpusError, match="bert has withdrawn consent"):
        takes.keep(take.id)
    assert not any(recording.speaker == "bert" for recording in store.recordings())


def test_forgetting_removes_takes_and_what_sittings_left(takes, store):
    store.set_consent("carl")
    mine, other = new(speaker="carl"), new()
    for take in (mine, other):
        takes.begin(take)
        takes.put(take.id, 0, pcm(noise(8)))
    sitting = store.folder / "recordings" / "one"
    sitting.mkdir(parents=True)
    rows = [{"audio": f"{name}.wav", "speaker": name} for name in ("carl", "anna")]
    (sitting / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for row in rows:
        audio.write_wav(sitting / row["audio"], noise(9))
    assert store.forget("carl", dry_run=True).takes == 2
    assert (sitting / "carl.wav").exists()
    assert store.forget("carl").takes == 2
    assert [path.name for path in sorted(sitting.iterdir())] == ["anna.wav", "manifest.jsonl"]
    assert "carl" not in (sitting / "manifest.jsonl").read_text()
    assert not (store.folder / "takes" / mine.id).exists()
    assert (store.folder / "takes" / other.id).exists()


def test_an_id_belongs_to_one_take(takes):
    take = new(text="one")
    assert takes.begin(take) == takes.begin(take)
    with pytest.raises(CorpusError, match="there already"):
        takes.begin(NewTake(take.id, "anna", 16_000, text="two"))
    with pytest.raises(AudioError, match="no sample rate"):
        new(rate=100)


SENDER = """
import sys, itertools
from pathlib import Path
from idiolect.corpus import Corpus
from idiolect.corpus.takes import Takes
folder, take, data, first = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes(), int(sys.argv[4])
takes = Takes(Corpus.open(folder))
for number in itertools.count(first):
    part = data[2 * number * 100 : 2 * (number + 1) * 100]
    if not part:
        break
    takes.put(take, number, part)
    print(number, flush=True)
"""


def test_kill_9_while_parts_come_loses_none_that_was_confirmed(takes, store, tmp_path):
    samples = audio.round_to_16_bits(noise(10, 2.0))
    (tmp_path / "data").write_bytes((samples * 32768).astype("<i2").tobytes())
    take = new(text="through a kill")
    takes.begin(take)
    confirmed = -1
    for _ in range(2):
        command = [sys.executable, "-c", SENDER, str(store.folder), take.id, str(tmp_path / "data")]
        process = subprocess.Popen([*command, str(confirmed + 1)], stdout=subprocess.PIPE, text=True)
        until = time.monotonic() + 30
        for line in process.stdout:
            confirmed = int(line)
            if confirmed % 100 == 99 or time.monotonic() > until:
                os.kill(process.pid, signal.SIGKILL)
                break
        confirmed = max([confirmed, *(int(line) for line in process.stdout.read().split())])
        process.wait()
        process.stdout.close()
        assert set(range(confirmed + 1)).isdisjoint(takes.state(take.id).missing)
    while confirmed < 319:
        confirmed += 1
        takes.put(take.id, confirmed, (tmp_path / "data").read_bytes()[200 * confirmed : 200 * (confirmed + 1)])
    assert takes.end(take.id, 320, len(samples)).whole
    clip = store.clip(takes.keep(take.id).clips[0])
    assert np.array_equal(store.samples(clip), samples)


def spoken(seconds=2.0):
    """A buzz through changing formants, which the detector takes for speech, with half a second of quiet around it."""
    n = np.arange(int(16_000 * seconds))
    buzz = np.diff(np.floor(n * 120 * (1 + 0.1 * np.sin(n / 3000)) / 16_000), prepend=0)
    voice = np.zeros(len(n))
    for number, start in enumerate(range(0, len(n) - 3199, 3200)):
        ring = np.arange(400) / 16_000
        pair = ((700, 1200), (300, 2300))[number % 2]
        tract = np.exp(-300 * ring) * sum(np.sin(2 * np.pi * hz * ring) for hz in pair)
        voice[start : start + 3200] = np.convolve(buzz[start : start + 3200], tract)[:3200] * np.hanning(3200) ** 0.5
    quiet = np.zeros(8000)
    return np.concatenate([quiet, 0.5 * voice / np.abs(voice).max(), quiet]).astype(np.float32)


def test_a_good_take_is_good_and_each_fault_has_its_name():
    hiss = 0.0005 * np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    good = spoken() + hiss
    assert not listen(good).advice
    assert listen(good).good
    loud = np.clip(good * 4, -1, 1)
    assert [one.fault for one in listen(loud).advice if one.grave] == [Fault.CLIPPED]
    assert Fault.QUIET in [one.fault for one in listen(good * 0.05).advice]
    noisy = good + 0.05 * np.random.default_rng(1).standard_normal(48_000).astype(np.float32)
    assert Fault.NOISY in [one.fault for one in listen(noisy).advice]
    assert [one.fault for one in listen(hiss).advice] == [Fault.NOBODY]
    assert Fault.CUT_START in [one.fault for one in listen(good[10_000:]).advice]
    assert Fault.CUT_END in [one.fault for one in listen(good[:35_000]).advice]


def test_a_take_leaves_room_on_the_disk_and_fits_into_a_wav(takes, monkeypatch):
    take = new()
    takes.begin(take)
    with monkeypatch.context() as full:
        full.setattr(files, "SPARE", shutil.disk_usage(takes._folder).total + 1)
        with pytest.raises(UserError, match="almost full"):
            takes.put(take.id, 0, b"ab" * 100)
    assert takes.state(take.id).parts == 0
    takes.put(take.id, 0, b"ab" * 100)
    takes.end(take.id, 1, 100)
    monkeypatch.setattr(takes_room, "LARGEST_TAKE", 199)
    with pytest.raises(CorpusError, match="larger"):
        takes.wav(take.id)
