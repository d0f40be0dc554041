from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from idiolect.cli import app as root
from idiolect.cli.table import COMMANDS
from idiolect.errors import InternalError, InterruptedWork, MissingExtraError, UserError

LISTED = (
    "init import task record label relabel vote teachers correct synthesize queue find review voices freeze datasets "
    "train improve evaluate export transcribe serve jobs studio account alias engines status cost ledger allow "
    "sensitivity budget check demo forget"
)


def test_the_table_is_the_contract():
    assert list(COMMANDS) == LISTED.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_help_json_and_examples(idiolect, name):
    done = idiolect(name, "--help")
    assert done.code == 0, done.err
    assert "--json" in done.out
    assert "Examples:" in done.out
    assert f"idiolect {name}" in done.out.partition("Examples:")[2] or name == "serve"
    assert root.app.get_command(click.Context(root.app), name).name == name


def test_help_lists_every_command(idiolect):
    done = idiolect("--help")
    assert done.code == 0
    assert all(f"\n  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("words", [["nonsense"], ["init", "--nonsense"], ["transcribe"], ["serve", "--port", "99999"]])
def test_a_wrong_command_line_is_2(idiolect, words):
    done = idiolect(*words)
    assert (done.code, done.out) == (2, "")
    assert "Usage:" in done.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("it is so", hint="do this"), 1, "error: it is so\n  do this\n"),
        (MissingExtraError("the server", "serve"), 1, "pip install 'idiolect[serve]'"),
        (InternalError("broken"), 70, "broken"),
        (ZeroDivisionError("division"), 70, "ZeroDivisionError: division"),
        (InterruptedWork("stopped after 3"), 130, "stopped after 3"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "idiolect.db"), 1, "idiolect.db: No space left on device"),
    ],
)
def test_errors_are_messages_and_exit_codes(idiolect, monkeypatch, error, code, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("idiolect.project.Project.find", fail)
    done = idiolect("status")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_debug_shows_where(idiolect, monkeypatch):
    monkeypatch.setenv("IDIOLECT_DEBUG", "1")
    done = idiolect("status")
    assert done.code == 1
    assert "Traceback" in done.err
    assert "no idiolect project" in done.err


def test_a_closed_pipe_is_no_error(tmp_path):
    script = f"{sys.executable} -m idiolect engines --json | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode in (0, 1), done.stderr) == (True, "")


def test_the_installed_program_runs(tmp_path):
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "idiolect", "status"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: no idiolect project in")
