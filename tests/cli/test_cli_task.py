from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from idiolect.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
COFFEE = ROOT / "examples/coffee.yaml"
BARISTA = ROOT / "../shared/data/barista"


def test_check_is_quiet_about_a_good_task_and_counts(capsys) -> None:
    assert run(["task", "check", str(COFFEE)]) == 0
    out = capsys.readouterr().out
    assert "1 intent, 1 template, 180,196,380 sentences of 55 words" in out
    assert out.endswith("0 errors, 0 warnings\n")


def test_check_fails_with_file_and_line(tmp_path, capsys) -> None:
    path = tmp_path / "task.yaml"
    path.write_text("intents:\n  go:\n    data:\n      - sentences: ['go {nowhere}', 'stop [frobnitz]']\n")
    assert run(["task", "check", str(path)]) == 1
    assert f"{path}:4: error: there is no list {{nowhere}}" in capsys.readouterr().out
    path.write_text(path.read_text().replace("go {nowhere}", "go"))
    assert run(["task", "check", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["warnings"], found["counts"]["sentences"]) == (0, 1, 3)
    assert found["findings"][0]["line"] == 4
    assert run(["task", "check", str(path), "--strict"]) == 1


def test_sample_and_expand_say_what_they_mean(capsys) -> None:
    assert run(["task", "sample", str(COFFEE), "-n", "5", "--seed", "3"]) == 0
    sentences = capsys.readouterr().out.splitlines()
    assert len(set(sentences)) == 5
    assert run(["task", "expand", str(COFFEE), "--limit", "2", "--json"]) == 0
    first, _ = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["text"] == "brew a small light roast single shot americano"
    assert first["slots"] == {
        "size": "small", "roast": "light roast", "numberOfShots": "single shot", "coffeeDrink": "americano",
    }  # fmt: skip


def test_expand_ends_quietly_when_nobody_reads_on() -> None:
    command = f"{sys.executable} -m idiolect task expand {COFFEE} | head -2"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_test_fails_where_a_sentence_means_something_else(tmp_path, capsys) -> None:
    path = tmp_path / "task.yaml"
    text = COFFEE.read_text(encoding="utf-8")
    path.write_text(text)
    assert run(["task", "test", str(path)]) == 1
    assert "has no tests" in capsys.readouterr().err
    path.write_text(
        text + "tests:\n  brew a tea: null\n  brew a latte: {intent: orderDrink, slots: {coffeeDrink: latte}}\n"
    )
    assert run(["task", "test", str(path)]) == 0
    assert capsys.readouterr().out == "tests: 2 of 2 as expected\n"
    (tmp_path / "orders.txt").write_text("brew a latte\n\nbrew a tea\n")
    assert run(["task", "test", str(path), "--sentences", str(tmp_path / "orders.txt"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["tests"]["passed"] == 2
    assert found["sentences"]["failures"] == [
        {"line": 3, "sentence": "brew a tea", "expected": "any intent", "found": "rejected"}
    ]


@pytest.mark.data
def test_the_coffee_shops_sentences_are_covered(capsys) -> None:
    if not BARISTA.exists():
        pytest.skip("../shared/data/barista is not there")
    assert run(["task", "test", str(COFFEE), "--sentences", str(BARISTA / "sentences.txt")]) == 0
    assert "432 of 432" in capsys.readouterr().out


def test_schema_is_json(capsys) -> None:
    assert run(["task", "schema", str(COFFEE)]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["oneOf"][1]["properties"]["slots"]["required"] == ["coffeeDrink"]


@pytest.mark.parametrize("name", ["check", "sample", "expand", "test", "schema", "import"])
def test_each_command_has_help_with_an_example(name: str, capsys) -> None:
    assert run(["task", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"idiolect task {name}" in out.partition("Examples:")[2]
    assert "--json" in out


def test_import_writes_a_task_and_says_what_was_left_out(tmp_path, capsys) -> None:
    (tmp_path / "go.jsgf").write_text("#JSGF V1.0;\npublic <go> = /2/ left | right;\n")
    out = tmp_path / "go.yaml"
    assert run(["task", "import", str(tmp_path / "go.jsgf"), "--from", "jsgf", "-o", str(out)]) == 0
    said = capsys.readouterr()
    assert "the weight /2/ is left out" in said.err
    assert "next: idiolect task check" in said.out
    assert run(["task", "expand", str(out)]) == 0
    assert capsys.readouterr().out == "left\nright\n"


def test_a_failed_import_leaves_what_was_there(tmp_path, capsys) -> None:
    (tmp_path / "go.jsgf").write_text("#JSGF V1.0;\npublic <go> = left+;\n")
    out = tmp_path / "go.yaml"
    out.write_text("mine")
    assert run(["task", "import", str(tmp_path / "go.jsgf"), "--from", "jsgf", "-o", str(out)]) == 1
    assert "go.jsgf:2: '+' repeats 'left' without end" in capsys.readouterr().err
    assert out.read_text() == "mine"
