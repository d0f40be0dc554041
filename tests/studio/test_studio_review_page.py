"""The review page in a browser: by keys alone, with the sound that goes with it, through a killed server."""

from __future__ import annotations

import json

import pytest

from idiolect.corpus import Corpus, NewLabel, Purpose, SourceKind

pytestmark = pytest.mark.browser


AT = "[...document.querySelectorAll('#sounds audio')].find(one => !one.paused)?.currentTime ?? -1"
"""Seconds at which something plays; -1 where nothing does."""


@pytest.fixture
def review(page, studio):
    page.goto(studio.base + "/review")
    page.wait_for_selector("#review:not([hidden])")
    page.wait_for_function("() => document.querySelectorAll('#sounds audio').length >= 5")
    return page


def text_of(page):
    """The words as they are shown, without what is for screen readers."""
    return page.evaluate("[...document.querySelectorAll('#text button')].map(one => one.firstChild.data).join(' ')")


def clip_of(page):
    return page.evaluate("document.querySelector('#clip-title').textContent")


def saved(studio, person="tester", wanted=None):
    """The person's texts that stand; waits for so many."""
    import time

    until = time.monotonic() + 20
    while True:
        with Corpus.open(studio.folder) as corpus:
            texts = [one.text for one in corpus.labels(source=person)]
        if wanted is None or len(texts) >= wanted or time.monotonic() > until:
            return texts
        time.sleep(0.1)


def changed(page, before):
    page.wait_for_function("before => document.querySelector('#clip-title').textContent !== before", arg=before)


def test_ten_clips_by_keyboard(review, studio):
    """One key for a right one; another teacher's text, an edit, noise; undo; and the end."""
    shown = []
    for keys in (["Enter"], ["a"], ["n"], ["e", "typed by hand", "Control+Enter"], ["Enter"]):
        shown.append(text_of(review))
        before = clip_of(review)
        for key in keys:
            review.keyboard.type(key) if " " in key and len(key) > 5 else review.keyboard.press(key)
            if key == "e":
                review.wait_for_selector("#edit:not([hidden])")
                review.keyboard.press("Control+a")
        changed(review, before)
    wanted = [shown[0], shown[1], "", "typed by hand", shown[4]]
    assert saved(studio, wanted=5) == wanted
    before = clip_of(review)
    review.keyboard.press("u")
    changed(review, before)
    assert text_of(review) == shown[4]
    review.keyboard.press("Enter")
    review.wait_for_function("() => document.querySelector('#done').textContent === '5'")
    for _ in range(5):
        before = clip_of(review)
        review.keyboard.press("Enter")
        review.wait_for_function(
            "before => !document.querySelector('#finished').hidden"
            " || document.querySelector('#clip-title').textContent !== before",
            arg=before,
        )
    review.wait_for_selector("#finished:not([hidden])")
    assert len(saved(studio, wanted=10)) == 10
    with Corpus.open(studio.folder) as corpus:
        assert corpus.reviews.count_waiting() == 0
        assert len(corpus.labels(source="tester", withdrawn=True)) == 11


def test_the_next_sound_starts_at_once_and_stops_with_the_switch(review):
    playing = "[...document.querySelectorAll('#sounds audio')].filter(one => !one.paused).map(one => one.dataset.clip)"
    review.keyboard.press("Enter")
    review.wait_for_function(f"() => {playing}.length === 1")
    review.keyboard.press("Space")
    review.wait_for_function(f"() => {playing}.length === 0")
    review.keyboard.press("o")
    assert not review.is_checked("#autoplay")
    review.keyboard.press("Enter")
    review.wait_for_timeout(300)
    assert review.evaluate(playing) == []


def test_a_word_is_heard_alone_and_in_a_loop_and_slower(review):
    review.keyboard.press("Space")
    review.wait_for_timeout(100)
    review.keyboard.press("Escape")
    review.click("#text button >> nth=1")
    at = review.evaluate(AT)
    assert 0.6 <= at <= 1.3
    review.wait_for_function("() => [...document.querySelectorAll('#sounds audio')].every(one => one.paused)")
    ended = review.evaluate("Math.max(...[...document.querySelectorAll('#sounds audio')].map(one => one.currentTime))")
    assert 1.1 <= ended <= 1.45, "it did not stop at the end of the word"
    review.keyboard.press("l")
    review.keyboard.press("ArrowRight")
    review.wait_for_selector("#looped:not([hidden])")
    review.wait_for_timeout(1500)
    again = review.evaluate(
        "[...document.querySelectorAll('#sounds audio')].find(one => !one.paused)?.currentTime ?? -1"
    )
    assert 1.0 <= again <= 1.75, "a loop goes on in the third word"
    review.keyboard.press("-")
    rate = "[...document.querySelectorAll('#sounds audio')].find(one => !one.paused)"
    assert review.evaluate(f"[{rate}.playbackRate, {rate}.preservesPitch]") == [0.9, True]


def test_another_teachers_text_is_a_difference_and_one_key(review, studio):
    for _ in range(10):
        if review.locator("#others .take").count():
            break
        before = clip_of(review)
        review.keyboard.press("s")
        changed(review, before)
    assert review.locator("#others .ins").inner_text() == "wrong"
    assert review.locator("#text .against").count() == 1
    assert "others heard something else" in review.locator("#text .against").inner_text()
    review.keyboard.press("1")
    assert text_of(review).endswith("wrong")
    assert review.get_attribute("#others .take", "aria-pressed") == "true"
    review.keyboard.press("Enter")
    (text,) = saved(studio, wanted=1)
    assert text.endswith("wrong")


def test_a_killed_server_loses_no_decision(review, studio):
    studio.kill()
    shown = []
    for _ in range(3):
        shown.append(text_of(review))
        before = clip_of(review)
        review.keyboard.press("Enter")
        changed(review, before)
    review.wait_for_selector("#unsent:not([hidden])")
    assert "3 not saved yet" in review.inner_text("#unsent")
    studio.start_again()
    review.wait_for_selector("#unsent", state="hidden")
    assert saved(studio, wanted=3) == shown
    review.faults.clear()  # the browser tells of each request that found nobody


def test_a_closed_page_sends_what_it_had_when_it_is_opened_again(review, studio):
    studio.kill()
    shown = text_of(review)
    review.keyboard.press("Enter")
    review.wait_for_selector("#unsent:not([hidden])")
    context = review.context
    review.close()
    studio.start_again()
    again = context.new_page()
    again.goto(studio.base + "/review")
    again.wait_for_selector("#review:not([hidden])")
    assert saved(studio, wanted=1) == [shown]
    assert again.evaluate("Object.keys(localStorage).filter(name => /review\\.[0-9a-f]{32}/.test(name))") == []
    review.faults.clear()


def test_private_and_a_suggestion(review, studio):
    with Corpus.open(studio.folder) as corpus:
        clip = review.evaluate("document.querySelector('#sounds audio').dataset.clip")
        corpus.set_sensitivity("internal", ids=[clip])
        wish = NewLabel(clip, SourceKind.ENGINE, "chat", text="now this", purpose=Purpose.SUGGESTION)
        corpus.add_labels([wish])
    review.reload()
    review.wait_for_selector("#review:not([hidden])")
    review.keyboard.press("p")
    review.wait_for_selector("#private[aria-pressed=true]")
    review.wait_for_selector("text=The whole recording is private now")
    row = review.locator("#others li", has_text="suggestion")
    if row.count():
        row.locator(".leave").click()
        assert review.locator("#others li", has_text="suggestion").count() == 0
    review.wait_for_timeout(300)
    with Corpus.open(studio.folder) as corpus:
        assert len(corpus.reviews.marked("private")) == 1


def test_two_windows_never_hold_the_same_clip(review, studio):
    other = review.context.new_page()
    other.goto(studio.base + "/review")
    other.wait_for_selector("#review:not([hidden])")
    other.wait_for_timeout(500)
    held = [
        set(one.evaluate("[...document.querySelectorAll('#sounds audio')].map(audio => audio.dataset.clip)"))
        for one in (review, other)
    ]
    assert held[0]
    assert held[1]
    assert not held[0] & held[1]


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1440)])
def test_axe_finds_nothing_in_a_clip_an_edit_and_the_keys(review, axe, scheme, width):
    review.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    review.set_viewport_size({"width": width, "height": 850})
    axe(review)
    review.keyboard.press("e")
    axe(review)
    review.keyboard.press("Escape")
    review.keyboard.press("?")
    review.wait_for_selector("dialog[open]")
    assert "Take the last decision back" in review.inner_text("dialog")
    axe(review)
    assert review.evaluate("document.documentElement.scrollWidth") <= width
    assert json.loads(review.inner_text("#data") or "{}") is not None


def test_the_page_in_german(page, studio):
    page.context.add_cookies([{"name": "idiolect_language", "value": "de", "url": studio.base}])
    page.goto(studio.base + "/review")
    page.wait_for_selector("#review:not([hidden])")
    assert "Stimmt, weiter" in page.inner_text("#accept")
    assert "Lehrer" in page.inner_text("#why")


def test_a_long_meaning_does_not_widen_a_narrow_page(page, studio, project):
    slots = {f"slot{number}": "a bit of brown sugar" for number in range(8)}
    for clip in project.corpus.clips():
        label = NewLabel(clip.id, SourceKind.ENGINE, "vote", text="brew it", intent="orderDrink", slots=slots)
        project.corpus.add_labels([label])
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(studio.base + "/review")
    page.wait_for_selector("#review .meaning")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
