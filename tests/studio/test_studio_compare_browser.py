"""The comparison, the arena and the settings in a browser: by keyboard, with sound, in both themes."""

from __future__ import annotations

import pytest

from studio_browsing import copy_of, until

pytestmark = pytest.mark.browser

LOOKS = [("light", 1280), ("dark", 360)]


@pytest.fixture
def project(made_comparison, tmp_path):
    with copy_of(made_comparison, tmp_path) as opened:
        yield opened


PLAYING = "[...document.querySelectorAll('audio')].filter((one) => !one.paused).length"
AT = "[...document.querySelectorAll('.clip')].findIndex((one) => one.ariaCurrent)"
HEARD = "document.querySelector('.clip[aria-current] audio').currentTime > 0"


def test_axe_finds_nothing_on_a_full_page(page, studio, axe):
    page.emulate_media(reduced_motion="reduce")
    for address in ("/compare", "/compare/arena", "/settings"):
        for scheme, width in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(studio.base + address, wait_until="networkidle")
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} at {width}"


def test_clips_are_walked_and_heard_by_keys(page, studio):
    page.goto(studio.base + "/compare", wait_until="networkidle")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(AT) == 1
    page.keyboard.press("Space")
    until(page, HEARD)
    page.keyboard.press("k")
    until(page, PLAYING, wanted=0)
    assert page.evaluate(AT) == 0


def test_choosing_and_swapping_ask_anew(page, studio):
    page.goto(studio.base + "/compare", wait_until="networkidle")
    page.select_option("#c-a", label="my-model-1a2b")
    page.wait_for_selector(".verdict .sentence:has-text('my-model-1a2b is better than starter.')")
    page.click("#swap")
    page.wait_for_selector(".verdict .sentence:has-text('starter is worse than my-model-1a2b.')")
    page.select_option("#c-measure", "cer")
    page.wait_for_selector("h2:has-text('CER by kind of clip')")


def test_votes_are_cast_by_keys_and_taken_back(page, studio, project):
    page.goto(studio.base + "/compare/arena", wait_until="networkidle")
    page.keyboard.press("1")
    page.wait_for_selector("text=Your votes: 1")
    page.keyboard.press("0")
    page.wait_for_selector("text=Your votes: 2")
    assert [one.choice for one in project.corpus.votes()] == ["first", "tie"]
    page.keyboard.press("u")
    page.wait_for_selector("text=Your votes: 1")
    assert [one.choice for one in project.corpus.votes()] == ["first"]
    page.click("#standings summary")
    page.wait_for_selector("#ranking table")
    assert page.inner_text("#ranking tbody").count("/") == 2 * page.locator("#ranking tbody tr").count()


def test_a_vote_outlives_the_server(page, studio, project):
    page.goto(studio.base + "/compare/arena", wait_until="networkidle")
    page.keyboard.press("2")
    page.wait_for_selector("text=Your votes: 1")
    studio.kill()
    studio.start_again()
    page.faults.clear()  # the next sound was on its way
    page.goto(studio.base + "/compare/arena", wait_until="networkidle")
    assert page.is_visible("text=Your votes: 1")


def test_settings_are_kept_and_a_speaker_is_forgotten_by_typing_the_name(page, studio, project):
    page.goto(studio.base + "/settings", wait_until="networkidle")
    page.fill("#p-name", "Orders")
    page.click("#project button[type=submit]")
    page.wait_for_selector("text=The settings are kept.")
    page.reload()
    assert page.input_value("#p-name") == "Orders"
    page.select_option("#s-language", "de")
    page.click("#studio button[type=submit]")
    page.wait_for_selector("h1:has-text('Einstellungen')")
    page.click("[data-speaker=grete] [data-forget]")
    page.wait_for_selector("dialog[open] li")
    assert page.is_disabled("dialog button[type=submit]")
    page.fill("#typed", "gret")
    assert page.is_disabled("dialog button[type=submit]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert len(project.corpus.clips()) == 48
    page.click("[data-speaker=grete] [data-forget]")
    page.fill("#typed", "grete")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-speaker=grete] .badge.bad")
    assert len(project.corpus.clips()) == 42
