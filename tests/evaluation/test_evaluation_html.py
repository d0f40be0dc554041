from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from evaluation_cases import Scripted, make_items, make_label, samples_of

from idiolect.engines.protocol import Hypothesis
from idiolect.evaluation import System, evaluate

VOID = {"meta", "br"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def report():
    texts = [f"a large mocha number {n}" for n in range(8)]
    labels = [[make_label(n, text=text, intent="order", slots={"drink": "mocha"})] for n, text in enumerate(texts)]
    items = make_items(labels, quality=[{"snr": 5.0 + 10 * (n % 2)} for n in range(8)])
    bad = [Hypothesis("<script>alert(1)</script>")] * 8
    good = [Hypothesis(text, intent="order", slots={"drink": "mocha"}) for text in texts]
    return evaluate(items, [System("bad & old", Scripted(bad)), System("good", Scripted(good))], samples_of)


def test_the_page_is_whole_and_asks_nothing_of_anybody(report):
    page = Page(report.html())
    assert page.open == []
    assert not re.search(r"(src|href)=|url\(|@import|https?:", report.html())


def test_what_was_heard_is_shown_and_never_run(report):
    assert "<script" not in report.html()
    assert "bad &amp; old" in report.html()


def test_every_table_says_what_its_cells_are(report):
    page = Page(report.html())
    assert len(page.all("table")) == len(page.all("caption"))
    assert len(page.all("table")) >= 4
    assert {cell["scope"] for cell in page.all("th")} == {"col", "row"}


def test_every_chart_has_its_numbers_in_words(report):
    page = Page(report.html())
    labels = [str(chart["aria-label"]) for chart in page.all("svg") if chart.get("role") == "img"]
    assert "good: 100.0 %, 95 % interval [67.6, 100.0]" in labels
    assert "good: +100.0, 95 % interval [+100.0, +100.0] points" in labels
    assert any(label.startswith("0-10 dB; bad & old: 0.0 %") for label in labels)
    assert all(chart.get("role") == "img" or chart.get("aria-hidden") == "true" for chart in page.all("svg"))


def test_nothing_in_the_page_is_styled_in_place(report):
    """The studio shows the same under a policy that forbids it."""
    page = Page(report.html())
    assert not [attributes for _, attributes in page.tags if "style" in attributes]


def test_the_verdict_stands_first(report):
    assert re.search(r"<h1>.*</h1>\s*<div class=\"board\">\s*<section class=\"pane verdict better\"", report.html())
    assert "good is better than bad &amp; old." in report.html()


def test_sounds_are_there_only_if_asked(report):
    assert Page(report.html()).all("audio") == []
    found = Page(report.html(audio={"clip-000": "clips/0.flac"})).all("audio")
    assert {sound["src"] for sound in found} == {"clips/0.flac"}


def test_one_system_alone_has_a_page_too():
    items = make_items([[make_label(n, text="hello")] for n in range(3)])
    alone = evaluate(items, [System("only", Scripted([Hypothesis("hello")] * 3))], samples_of)
    page = Page(alone.html())
    assert page.open == []
    assert "better" not in [attributes.get("class") for attributes in page.all("section")]
