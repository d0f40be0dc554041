from __future__ import annotations

import json
import shutil
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


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Twelve transcribed files by four speakers, and a project with them; copied for each test that changes it."""
    from idiolect.project import Project

    folder = tmp_path_factory.mktemp("made")
    lines = []
    for number in range(12):
        rng = np.random.default_rng(number)
        name = f"{number:02d}.wav"
        write_wav(folder / "data" / name, (0.1 * rng.standard_normal(9600)).astype(np.float32))
        row = {"audio": name, "text": f"make me a latte {number}", "speaker": f"voice{number % 4}"}
        lines.append(json.dumps(row | {"start": 0.0, "end": 0.6}))
    (folder / "data" / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    with Project.create(folder / "voice") as project:
        assert project.import_audio(folder / "data" / "manifest.jsonl").clips == 12
    return folder


@pytest.fixture
def manifest(made):
    """The list of the twelve files."""
    return made / "data" / "manifest.jsonl"


@pytest.fixture
def project(made, tmp_path):
    """A project with the twelve clips imported."""
    return shutil.copytree(made / "voice", tmp_path / "voice")
