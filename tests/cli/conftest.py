from __future__ import annotations

import json
from dataclasses import dataclass

import click.testing
import numpy as np
import pytest

from idiolect.audio import write_wav

TASK = """
language: en
intents:
  order:
    data:
      - sentences:
          - "[please] make me a {drink}"
lists:
  drink:
    values: [mocha, latte]
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        """The last line of stdout, as JSON."""
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture
def idiolect(tmp_path, monkeypatch):
    """Run one command line in process, as `main` does; gives exit code, stdout and stderr."""
    from idiolect.cli import main

    for name in ("IDIOLECT_DEBUG", "IDIOLECT_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words, stdin=None):
        runner = click.testing.CliRunner()

        @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
        @click.argument("words", nargs=-1, type=click.UNPROCESSED)
        def outer(words):
            main(words)

        result = runner.invoke(outer, [str(word) for word in words], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def wav(tmp_path):
    """Write a WAV of noise; the seed makes its samples its own."""

    def make(name="a.wav", seconds=0.5, seed=0):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        write_wav(path, (0.1 * rng.standard_normal(round(16_000 * seconds))).astype(np.float32))
        return path

    return make


@pytest.fixture
def task_file(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(TASK)
    return path


@pytest.fixture
def manifest(tmp_path, wav):
    """A list of twelve transcribed files, by four speakers."""
    lines = []
    for number in range(12):
        path = wav(f"data/{number:02d}.wav", 0.6, seed=number)
        row = {"audio": path.name, "text": f"make me a latte {number}", "speaker": f"voice{number % 4}"}
        lines.append(json.dumps(row | {"start": 0.0, "end": 0.6}))
    path = tmp_path / "data" / "manifest.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def project(idiolect, manifest, tmp_path):
    """A project with the twelve clips imported."""
    assert idiolect("init", "voice").code == 0
    done = idiolect("import", manifest, "-p", "voice", "--json")
    assert done.code == 0, done.err
    assert done.json["clips"] == 12
    return tmp_path / "voice"
