"""The pages speak both languages: each message has its translation, once, and nothing else stands in the catalogs."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from idiolect.studio import showing, words
from idiolect.training import about_recipe, recipes

STUDIO = Path(showing.__file__).parent
OTHERS = [code for code in words.LANGUAGES if code != "en"]
COUNTED = re.compile(r"(\d+-\d+|≥ \d+) words")
"""Names of slices, which `evaluation.slices` puts together from numbers."""
QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def messages():
    """Every text that templates, pages and scripts show."""
    environment = showing.environment("en")
    for path in sorted(STUDIO.glob("templates/**/*.html")):
        for _, _, said in environment.extract_translations(path.read_text(encoding="utf-8")):
            for one in said if isinstance(said, tuple) else (said,):
                if one is not None:
                    yield path.name, one
    spoken = re.compile(r'\b(?:desk\.)?t\(\s*("(?:[^"\\]|\\.)*")')
    for pattern in ("static/js/*.js", "pages/*.py"):
        for path in sorted(STUDIO.glob(pattern)):
            for found in spoken.findall(path.read_text(encoding="utf-8")):
                yield path.name, json.loads(found)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_has_its_translation(language):
    missing = sorted({f"{where}: {said}" for where, said in messages() if said not in words.catalog(language)})
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_what_the_message_does(language):
    holes = re.compile(r"%\(\w+\)s|\{\w+\}")
    wrong = [
        said for said, other in words.catalog(language).items() if set(holes.findall(said)) != set(holes.findall(other))
    ]
    assert not wrong, wrong


def texts_of_python(path):
    """Every text in the code: what a page translates may come from any room, such as the reason for a next step."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def anything_said():
    """Every text that could reach a screen: the messages, and each text in templates, scripts, recipes and code."""
    package = STUDIO.parent
    environment = showing.environment("en")
    yield from (said for _, said in messages())
    for path in [*package.glob("*/templates/**/*.html"), *package.glob("*/templates/**/*.j2")]:
        text = path.read_text(encoding="utf-8")
        yield from (found[1:-1] for found in QUOTED.findall(text))
        for _, _, said in environment.extract_translations(text):
            yield from said if isinstance(said, tuple) else (said,)
    for path in STUDIO.glob("static/js/*.js"):
        yield from (found[1:-1].replace('\\"', '"') for found in QUOTED.findall(path.read_text(encoding="utf-8")))
    for path in package.rglob("*.py"):
        yield from texts_of_python(path)
    yield from (about_recipe(name) for name in recipes())


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogs_hold_nothing_that_is_never_said(language):
    said = set(anything_said())
    dead = [row for row in words.catalog(language) if row not in said and not COUNTED.fullmatch(row)]
    assert not dead, "\n".join(dead)


@pytest.mark.parametrize("language", OTHERS)
def test_each_message_is_translated_in_one_place(language):
    """Two files with the same message would overrule each other: what several pages say stands in base.json."""
    files = sorted((words.FOLDER / language).glob("*.json"))
    rows = Counter(row for path in files for row in json.loads(path.read_text(encoding="utf-8")))
    assert not [row for row, count in rows.items() if count > 1]


def test_german_is_chosen_by_the_browser_or_the_person(client):
    assert "Lohnt sich als Nächstes" in client.get("/", headers={"accept-language": "de-AT,en;q=0.5"}).text
    client.post("/api/person", json={"language": "de"})
    assert "Lohnt sich als Nächstes" in client.get("/", headers={"accept-language": "en"}).text
