"""Every page in a real browser: no fault, no request elsewhere, nothing for axe to find; by keyboard; after a kill."""

from __future__ import annotations

import pytest

from idiolect.studio.app import PAGES
from idiolect.studio.showing import NAVIGATION

pytestmark = pytest.mark.browser

THERE = [(name, address) for name, address, _ in NAVIGATION if name in PAGES]
LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 2560)]


@pytest.mark.parametrize("address", [address for _, address in THERE], ids=[name for name, _ in THERE])
def test_axe_finds_nothing(page, studio, axe, address):
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(studio.base + address, wait_until="networkidle")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{address} is {wide} px wide in a window of {width}, {scheme}"


def test_the_keys_are_shown_and_put_away_by_keys(page):
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert "Show the keys" in page.inner_text("dialog")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_a_keyboard_reaches_the_page(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_an_open_page_goes_on_after_the_studio_was_killed(page, studio):
    page.forgiven.append("CONNECTION_REFUSED")  # asked while nobody was there
    studio.kill()
    studio.start_again()
    page.goto(studio.base)  # without the new token
    assert page.is_visible("text=Worth doing next")
