"""The page that records, in a real browser with a microphone that plays a file; the tab and the server are killed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import decode, find_speech, write_wav
from idiolect.corpus import Corpus
from idiolect.corpus.takes import Takes
from idiolect.errors import EngineError
from idiolect.labeling.prompts import speak_prompts
from idiolect.tasks import load_task
from studio_browsing import CHROMIUM, SAFE, microphone, until, watched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

REAL = Path(__file__).parents[3] / "shared" / "data" / "librispeech-251"
COFFEE = Path(__file__).resolve().parents[2] / "examples" / "coffee.yaml"
MOST = 0.3
"""Share of half seconds that must be the file: where the machine is busy, the fake microphone itself has gaps."""
PATIENCE = 60_000
"""Milliseconds; these tests share two cores with whatever else runs."""


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    """What the microphone hears, over and over: a real clip where the data is, else a machine; without its pauses.

    The loop begins anywhere: a take of a second that falls into a pause would have nobody in it.
    """
    folder = tmp_path_factory.mktemp("voice")
    if (REAL / "manifest.jsonl").exists():
        row = json.loads((REAL / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[0])
        samples = decode(REAL / row["audio"], end=12.0)
    else:
        try:
            speak_prompts(load_task(COFFEE), folder / "spoken", count=4)
        except EngineError as error:
            pytest.skip(str(error))
        samples = np.concatenate([decode(path) for path in sorted((folder / "spoken").rglob("*.wav"))])
    spans = find_speech(samples, padding=0.02)
    joined = np.concatenate([samples[round(16_000 * one.start) : round(16_000 * one.end)] for one in spans])
    path = folder / "voice.wav"
    write_wav(path, joined * np.float32(0.7 / np.abs(joined).max()))
    return path


@pytest.fixture(scope="module")
def listening(chromium, voice):
    """A browser whose microphone plays the file; from an arbitrary offset, and in a loop."""
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*SAFE, *microphone(voice)])
    yield browser
    browser.close()


@pytest.fixture
def context(listening, studio):
    made = listening.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", permissions=["microphone"])
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


def come(context, studio):
    """A page at /record, signed in; what the browser complains of goes to `page.faults`."""
    page = watched(context, studio.base)
    page.goto(studio.url.replace("/?", "/record?"))
    return page


@pytest.fixture
def recorder(context, studio):
    """The same, with a speaker who has agreed, and the microphone on."""
    page = come(context, studio)
    page.fill("#speaker", "dora")
    page.check("#consent")
    page.keyboard.press("Enter")
    phase(page, "ready")
    yield page
    assert not page.faults, page.faults


def phase(page, wanted):
    page.wait_for_selector(f"#stage[data-phase={wanted}]")


def recorded(project, count=1, within=60):
    """The recordings of dora, once there are `count`, with their samples; the oldest first."""
    until = time.monotonic() + within
    while True:
        with Corpus.open(project.folder) as corpus:
            found = [clip for clip in corpus.clips() if clip.recording.speaker == "dora"]
            if len({clip.recording.id for clip in found}) >= count:
                found.sort(key=lambda clip: clip.recording.imported_at)
                whole = {clip.recording.id: clip.recording for clip in found}.values()
                return [(one, decode(project.folder / one.path), _label(corpus, found, one)) for one in whole]
        assert time.monotonic() < until, f"{len(found)} clips of dora after {within} s"
        time.sleep(0.5)


def _label(corpus, clips, recording):
    mine = next(clip for clip in clips if clip.recording.id == recording.id)
    return corpus.reference(mine.id)


def sounds_like(heard, voice):
    """How much of `heard` (0 to 1, pieces of half a second) is the file, somewhere in its loop."""
    played = np.tile(decode(voice), 2)
    pieces = [heard[at : at + 8000] for at in range(0, len(heard) - 8000, 8000)]
    loud = [piece for piece in pieces if np.abs(piece).max() > 0.05]
    assert loud, "nothing but silence was recorded"
    found = []
    for piece in loud:
        size = 1 << (len(played) + len(piece)).bit_length()
        product = np.fft.rfft(played, size) * np.conj(np.fft.rfft(piece, size))
        match = np.fft.irfft(product)[: len(played) - len(piece)]
        power = np.concatenate([[0], np.cumsum(played.astype(float) ** 2)])
        around = power[len(piece) : len(played)] - power[: len(played) - len(piece)]
        found.append(np.max(match / np.sqrt(np.maximum(around, 1e-9) * np.sum(piece.astype(float) ** 2))))
    return np.mean(np.array(found) > 0.85)


def stored(page, parts):
    """Wait until the server has that many parts of a take."""
    until(page, f"fetch('/api/record/takes').then((a) => a.json()).then((all) => all.some((a) => a.parts >= {parts}))")


def test_a_prompt_is_read_heard_and_kept_by_keys_alone(recorder, project, voice, axe):
    page = recorder
    text = page.inner_text("#prompt")
    axe(page)
    page.keyboard.press("Space")
    phase(page, "recording")
    page.wait_for_timeout(2500)
    page.keyboard.press("Space")
    phase(page, "taken")
    page.wait_for_selector("#verdict .note")
    axe(page)
    until(page, "document.querySelector('#sound').duration > 2.5")
    page.keyboard.press("p")
    until(page, "!document.querySelector('#sound').paused && document.querySelector('#sound').currentTime > 0.2")
    page.keyboard.press("Enter")
    phase(page, "ready")
    assert page.inner_text("#prompt") != text
    ((recording, samples, label),) = recorded(project)
    assert (label.text, label.source) == (text, "tester")
    assert (recording.prompted, recording.speaker, recording.sample_rate > 16_000) == (True, "dora", True)
    assert recording.device
    # Two and a half seconds between the keys, half a second before the first and 0.3 behind the second.
    assert recording.duration > 3.0
    assert sounds_like(samples, voice) > MOST
    until(page, "document.querySelector('#read').textContent.startsWith('1 ')")
    assert page.inner_text("#minutes").endswith(" s")


def test_once_more_throws_the_take_away_and_skipping_asks_another(recorder, project):
    page = recorder
    text = page.inner_text("#prompt")
    page.keyboard.press("Space")
    phase(page, "recording")
    page.wait_for_timeout(600)
    page.keyboard.press("r")
    page.wait_for_timeout(600)
    phase(page, "recording")
    assert page.inner_text("#prompt") == text
    page.keyboard.press("Space")
    phase(page, "taken")
    page.wait_for_selector("#verdict .note")
    page.keyboard.press("s")
    phase(page, "ready")
    assert page.inner_text("#prompt") != text
    until(page, "fetch('/api/record/takes').then((a) => a.json()).then((all) => all.length === 0)")
    with Corpus.open(project.folder) as corpus:
        assert not [one for one in corpus.recordings() if one.speaker == "dora"]


def test_a_tab_that_is_closed_in_the_middle_loses_nothing(context, studio, recorder, project, voice):
    page = recorder
    text = page.inner_text("#prompt")
    page.keyboard.press("Space")
    phase(page, "recording")
    stored(page, 4)
    page.close()
    again = come(context, studio)
    again.wait_for_selector("#takes li")
    assert again.inner_text("#takes .clip-text") == text
    again.click("#takes button:has-text('Keep')")
    ((recording, samples, label),) = recorded(project)
    assert label.text == text
    assert recording.duration >= 2.0
    assert sounds_like(samples, voice) > MOST
    assert not again.faults


def test_free_speech_goes_on_where_a_closed_tab_ended(context, studio, recorder, project):
    page = recorder
    page.select_option("#source", "free")
    until(page, "document.querySelector('#prompt').classList.contains('plain')")
    page.keyboard.press("Space")
    phase(page, "recording")
    stored(page, 2)
    page.close()
    again = come(context, studio)
    again.wait_for_selector("#takes li")
    with Corpus.open(project.folder) as corpus:
        before = Takes(corpus).unfinished("dora")[0].duration
    again.click("#takes button:has-text('Go on')")
    phase(again, "recording")
    again.wait_for_timeout(1500)
    again.keyboard.press("Space")
    phase(again, "taken")
    again.wait_for_selector("#verdict .note")
    again.keyboard.press("Enter")
    ((recording, _, label),) = recorded(project)
    assert label is None
    assert not recording.prompted
    assert recording.duration > before + 1.5
    assert not again.faults


def test_kill_9_of_the_server_in_the_middle_loses_nothing(studio, recorder, project, voice):
    page = recorder
    text = page.inner_text("#prompt")
    page.keyboard.press("Space")
    phase(page, "recording")
    stored(page, 2)
    studio.kill()
    page.wait_for_selector("#offline:not([hidden])")
    page.wait_for_timeout(1000)
    page.keyboard.press("Space")
    phase(page, "taken")
    length = float(page.inner_text("#time").split()[0])
    page.keyboard.press("Enter")  # kept while nobody answers
    phase(page, "ready")
    page.keyboard.press("Space")  # and another one
    phase(page, "recording")
    page.wait_for_timeout(1200)
    page.keyboard.press("Space")
    phase(page, "taken")
    page.keyboard.press("Enter")
    studio.start_again()
    found = recorded(project, 2)
    page.wait_for_selector("#offline", state="hidden")
    recording, samples, label = found[0]
    assert label.text == text
    assert recording.duration == pytest.approx(length, abs=0.06)
    assert sounds_like(samples, voice) > MOST
    assert found[1][2].text != text
    page.faults.clear()  # the browser complains of a server that is not there


def test_parts_hold_each_sample_once(recorder):
    """The ring and the parts, with blocks of any length: what comes out is what went in, in 16 bits."""
    address = recorder.evaluate(
        "document.querySelector('script[src*=\"js/record.js\"]').src.replace('record.js', 'samples.js')"
    )
    wrong = recorder.evaluate(
        """async (address) => {
          const { Parts, Ring, toPcm } = await import(address);
          let wrong = 0;
          for (let round = 0; round < 50; round++) {
            const all = Float32Array.from({ length: 1 + Math.random() * 9000 }, () => 2.2 * Math.random() - 1.1);
            const out = [];
            const parts = new Parts(1 + Math.floor(Math.random() * 1500), (part) => out.push(...part));
            const ring = new Ring(700);
            let at = 0;
            const early = Math.floor(Math.random() * all.length);
            const next = () => all.subarray(at, (at = Math.min(all.length, at + 1 + Math.floor(Math.random() * 400))));
            while (at < early) ring.push(next());
            const before = at;
            const held = ring.take();
            for (const block of held) parts.push(block);
            const first = before - held.reduce((sum, block) => sum + block.length, 0);
            if (before - first < Math.min(700, before)) wrong++;
            while (at < all.length) parts.push(next());
            parts.rest();
            const wanted = toPcm(all.subarray(first));
            if (parts.samples !== out.length) wrong++;
            if (out.some((one, place) => one !== wanted.at(place - out.length))) wrong++;
          }
          return wrong;
        }""",
        address,
    )
    assert wrong == 0


def test_the_meter_says_what_is_wrong(recorder):
    address = recorder.evaluate(
        "document.querySelector('script[src*=\"js/record.js\"]').src.replace('record.js', 'meter.js')"
    )
    found = recorder.evaluate(
        """async (address) => {
          const { LevelWatch } = await import(address);
          const after = (recording, ...levels) => {
            const watch = new LevelWatch();
            if (recording) watch.begin();
            for (const [peak, rms] of levels)
              for (let at = 0; at < 150; at++) watch.feed({ peak, rms, seconds: 0.021 });
            return watch.trouble;
          };
          const spoken = new LevelWatch();
          spoken.begin();
          for (let at = 0; at < 100; at++) spoken.feed({ peak: 0.02, rms: 0.005, seconds: 0.021 });
          spoken.end();
          for (let at = 0; at < 100; at++) spoken.feed({ peak: 0.002, rms: 0.001, seconds: 0.021 });
          return [
            after(false, [0.001, 0.0003]), after(false, [0.1, 0.03]), after(false, [0, 0]), after(true, [0.3, 0.1]),
            after(true, [0.01, 0.003]), after(true, [0.3, 0.1], [1, 0.5]), spoken.trouble,
          ];
        }""",
        address,
    )
    assert found == ["", "noisy", "silent", "", "quiet", "clipping", "noisy"]


def test_consent_is_asked_once_and_german_speaks_german(context, studio, recorder):
    recorder.close()
    again = come(context, studio)
    again.wait_for_selector("#booth:not([hidden])")
    assert not again.is_visible("#setup")
    assert again.inner_text("#who-name") == "dora"
    again.context.add_cookies([{"name": "idiolect_language", "value": "de", "url": studio.base}])
    again.reload()
    again.wait_for_selector("#toggle:has-text('Mikrofon einschalten')")
    again.keyboard.press("Space")
    phase(again, "ready")
    assert "Alltägliche Sätze" in again.inner_text("#source")
    assert not again.faults
