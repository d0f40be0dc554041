from __future__ import annotations

import json

import pytest

from idiolect.cli.app import run
from idiolect.errors import TaskError
from idiolect.tasks.identifiers import code_lines, spoken_identifier
from idiolect.tasks.markup import html_text, markdown_text, rst_text
from idiolect.tasks.studying import study
from idiolect.tasks.terms import general_english, key_terms
from idiolect.tasks.texts import read_texts, sentences_of

MARKDOWN = """---
title: hidden
---
# The [task graph](https://example.org/x)

A `WordGraph` is *built* once
and kept. See https://example.org/page.

```python
secret = 1
```

- load_task reads
- ![picture](a.png) it

| engine | what |
|---|---|
| nano | small |
<!-- unsaid -->
"""
RST = """Title here
==========

Use :func:`load_task <mod.load_task>` and ``WordGraph``::

    secret code

.. note:: directive
   :maxdepth: 2

The end.
"""
CODE = '''"""Reads a task."""
import os  # the system
def loadTask(path_name: str) -> HTTPServer:
    # Opens the file.
    return "a string of 12 words"
'''


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("load_task", "load task"),
        ("loadTask", "load Task"),
        ("HTTPServer", "HTTP Server"),
        ("_private__name", "private name"),
        ("utf8", "utf 8"),
        ("b2b", "b2b"),
        ("MAX_SIZE", "MAX SIZE"),
    ],
)
def test_names_in_code_are_split(name: str, words: str) -> None:
    assert spoken_identifier(name) == words


def test_code_gives_its_comments_and_its_names() -> None:
    lines = list(code_lines(CODE))
    assert [line for line in lines if line in {"Reads a task.", "the system", "Opens the file."}] == [
        "Reads a task.",
        "the system",
        "Opens the file.",
    ]
    assert {"load Task", "path name", "HTTP Server", "os"} <= set(lines)
    assert not {"def", "return", "import", "string"} & set(lines)


def test_markdown_is_read_as_it_is_said() -> None:
    said = [" ".join(words) for words in sentences_of(markdown_text(MARKDOWN))]
    assert said == [
        "the task graph",
        "a word graph is built once and kept",
        "see",
        "load task reads",
        "it",
        "engine",
        "what",
        "nano",
        "small",
    ]


def test_rst_is_read_as_it_is_said() -> None:
    said = [" ".join(words) for words in sentences_of(rst_text(RST))]
    assert said == ["title here", "use load task and word graph", "the end"]


def test_html_is_read_as_it_is_shown() -> None:
    page = "<head><title>T</title></head><body><p>One&nbsp;<b>two</b></p><script>x()</script><li>three</li></body>"
    assert [" ".join(words) for words in sentences_of(html_text(page))] == ["one two", "three"]


def test_numbers_are_words_and_hashes_are_nothing() -> None:
    assert [
        " ".join(words) for words in sentences_of("It has 1,205 parts. Write to me@x.org, 9f8e7d6c5b4a! And 2.5 l")
    ] == [
        "it has one thousand two hundred five parts",
        "write to",
        "and two point five l",
    ]
    assert list(sentences_of("12 Teile", "de")) == [("zwölf", "teile")]


def test_folders_are_read_by_their_endings(tmp_path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# Alpha")
    (tmp_path / "b.py").write_text("betaGamma = 1")
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    (tmp_path / "d.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/e.txt").write_text("hidden")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/f.md").write_text("theirs")
    (tmp_path / "words").write_text("delta: a letter\n")
    found = read_texts([tmp_path, tmp_path / "words"])
    assert set(found.counts()) == {"alpha", "beta", "gamma", "delta", "a", "letter"}
    assert found.files == 3
    assert [(path.rpartition("/")[2], why) for path, why in found.skipped] == [("d.txt", "not UTF-8 text")]


def test_a_folder_without_text_is_refused(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("123 456\n\n--\n".replace("123 456", ""))
    with pytest.raises(TaskError, match="no text is in"):
        read_texts([tmp_path])


def test_key_terms_are_what_general_english_says_seldom() -> None:
    text = ("the kubernetes cluster and the espresso machine are in the room " * 5).split()
    terms = key_terms({word: text.count(word) for word in text})
    assert [term.word for term in terms][:2] == ["kubernetes", "espresso"]
    assert not {"the", "and", "are", "in"} & {term.word for term in terms}
    general = general_english({"the": 1, "espresso": 1, "kubernetes": 1})
    assert general["the"] > general["espresso"] > general["kubernetes"] == 0


def test_a_study_holds_all_that_a_text_teaches(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("brew a frobnitz\nbrew a latte\n日本 brew\n")
    found = study([tmp_path / "a.txt"])
    assert found.counts["brew"] == 3
    assert (found.guessed, found.unspeakable) == (("frobnitz",), ("日本",))
    assert found.lexicon.pronounce("latte")
    assert "日本" not in found.lexicon
    assert found.model.log_prob("a", ["<s>", "brew"]) > found.model.log_prob("latte", ["<s>", "brew"])
    assert study([tmp_path / "a.txt"], min_count=2).counts == {"brew": 3, "a": 2}
    assert study([tmp_path / "a.txt"], language="de").terms == ()


def test_the_command_writes_what_is_asked_for(tmp_path, capsys) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("The espresso machine. The espresso is ready.\n")
    names = ("arpa", "terms", "vocabulary", "lexicon")
    options = [text for name in names for text in (f"--{name}", str(tmp_path / name))]
    assert run(["task", "words", str(tmp_path / "docs"), *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"the": 2, "espresso": 2, "machine": 1, "is": 1, "ready": 1}
    assert [term["word"] for term in found["terms"]] == ["espresso"]
    assert (tmp_path / "terms").read_text() == "espresso\n"
    assert (tmp_path / "vocabulary").read_text().startswith("the\t2\n")
    assert (tmp_path / "arpa").read_text().startswith("\\data\\\nngram 1=8\n")
    assert "machine\tM AH SH IY N" in (tmp_path / "lexicon").read_text()
    assert run(["task", "words", str(tmp_path / "docs")]) == 0
    assert "espresso (2, " in capsys.readouterr().out
