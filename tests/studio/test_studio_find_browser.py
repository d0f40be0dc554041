"""Find, in a real browser: by keyboard, a list, a bar of deeds, a map."""

from __future__ import annotations

import pytest

from idiolect.corpus import make_map
from studio_browsing import until

pytestmark = pytest.mark.browser


@pytest.fixture
def find(page, studio):
    page.goto(studio.base + "/find", wait_until="networkidle")
    page.wait_for_selector("#list .said span")
    return page


def count_is(page, count):
    until(page, "document.querySelector('#count').textContent", wanted=str(count))


def texts(page):
    return page.eval_on_selector_all("#list .said", "all => all.map(one => one.textContent)")


def test_a_question_is_typed_understood_and_kept_in_the_address(find, axe):
    find.keyboard.press("/")
    find.keyboard.type("speaker:anna two")
    find.keyboard.press("Enter")
    count_is(find, 1)
    assert texts(find) == ["two large coffees please"]
    assert find.url.endswith("/find?q=speaker%3Aanna+two")
    find.click("button.chip:has-text('two')")
    count_is(find, 4)
    assert find.input_value("#q") == "speaker:anna"
    find.go_back()
    count_is(find, 1)
    find.reload(wait_until="networkidle")
    find.wait_for_selector("#list .said span")
    assert texts(find) == ["two large coffees please"]
    axe(find)


def test_what_has_no_sense_is_said_beside_the_field(find):
    find.fill("#q", "spaeker:anna")
    find.keyboard.press("Enter")
    find.wait_for_selector("#wrong:not([hidden])")
    assert "Did you mean speaker?" in find.inner_text("#wrong")
    assert find.get_attribute("#q", "aria-invalid") == "true"
    assert len(texts(find)) == 12  # what was there stays
    find.faults.clear()  # the browser notes the answer 400


def test_conditions_without_typing(find):
    find.click("#more")
    find.select_option("#by", "confidence")
    find.select_option("#how", "<")
    find.fill("#value", "70%")
    find.click("#builder button[type=submit]")
    find.wait_for_selector("button.chip:has-text('confidence<70%')")
    find.select_option("#sort", "confidence")
    until(find, "document.querySelector('#q').value", wanted="confidence<70% sort:confidence")


def test_clips_are_chosen_tagged_and_untagged_by_keys(find, project):
    find.keyboard.press("ArrowDown")
    find.keyboard.press("x")
    find.keyboard.press("ArrowDown")
    find.keyboard.press("x")
    until(find, "document.querySelector('#chosen').textContent", wanted="2")
    assert find.get_attribute("#row-1", "aria-selected") == "true"
    assert find.get_attribute("#list", "aria-activedescendant") == "row-2"
    find.click("#tag")
    find.fill("#tag-name", "noisy bar")
    find.keyboard.press("Enter")
    find.wait_for_selector("#told >> text=2 clips: tagged noisy bar")
    find.wait_for_selector("#row-2 .badge.tag")
    assert project.corpus.tags() == {"noisy bar": 2}
    find.click("#told button:has-text('Undo')")
    find.wait_for_selector("#told >> text=Taken back for 2 clips.")
    assert project.corpus.tags() == {}
    find.keyboard.press("Control+a")
    assert find.inner_text("#chosen") == "12"
    find.click("[data-what=queue]")
    find.wait_for_selector("#told >> text=12 clips: first in the review")
    assert [one.person for one in project.corpus.actions()] == ["tester"] * 3
    find.click("#history")
    find.wait_for_selector("dialog >> text=taken back")


def test_a_clip_is_seen_and_heard(find):
    find.keyboard.press("End")
    find.wait_for_selector("#panel h2:has-text('good morning everybody')")
    assert "north" in find.inner_text(".claims")
    contrast = """() => { const c = document.querySelector('.picture'); if (!c.width) return false;
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let low = 255, high = 0;
        for (let i = 0; i < d.length; i += 4) { low = Math.min(low, d[i]); high = Math.max(high, d[i]); }
        return high - low > 80; }"""
    until(find, contrast, wanted=True)
    find.keyboard.press("Space")
    find.wait_for_selector("#panel button:has-text('Stop')")
    find.keyboard.press("Space")
    find.wait_for_selector("#panel button:has-text('Play')")


def test_the_list_goes_on_after_the_studio_was_killed(find, studio):
    studio.kill()
    studio.start_again()
    find.click("#as-list")
    find.evaluate("document.querySelector('#list').dispatchEvent(new Event('scroll'))")
    find.keyboard.press("Control+a")
    find.click("[data-what=queue]")  # the listing went with the process that was killed
    find.wait_for_selector("#told >> text=restart")
    find.faults.clear()
    find.fill("#q", "speaker:ben")
    find.keyboard.press("Enter")
    count_is(find, 4)


def test_dots_are_chosen_with_a_lasso_and_listed_in_words(page, studio, project, axe):
    made = make_map(project.corpus, project.corpus.clip_ids())
    page.goto(studio.base + "/find", wait_until="networkidle")
    page.click("#as-map")
    page.wait_for_selector("#legend li")
    box = page.locator("#map").bounding_box()
    corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2)]
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    until(page, "document.querySelectorAll('#inside button').length", wanted=len(made.ids))
    assert page.inner_text("#chosen") == str(len(made.ids))
    axe(page)


def test_german(page, studio):
    page.context.add_cookies([{"name": "idiolect_language", "value": "de", "url": studio.base}])
    page.goto(studio.base + "/find", wait_until="networkidle")
    page.wait_for_selector("#list .said span")
    assert "Ungeprüft" in page.inner_text("nav.presets")
