"""Help and ``import idiolect`` load nothing heavy: they answer at once, and in a core install."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from idiolect.cli.table import COMMANDS

HEAVY = {
    *("torch", "transformers", "peft", "accelerate", "safetensors", "onnx", "onnxscript", "tensorboard", "mlflow"),
    *(
        "numpy",
        "numba",
        "llvmlite",
        "scipy",
        "onnxruntime",
        "ctranslate2",
        "faster_whisper",
        "pocketsphinx",
        "hassil",
        "yaml",
        "jinja2",
    ),
    *("fastapi", "starlette", "uvicorn", "pydantic", "httpx", "sqlalchemy", "alembic", "fsspec", "rapidfuzz"),
    *("av", "soundfile", "soxr", "sounddevice", "espeakng_loader", "ray"),
}

WATCH = """
import sys
try:
    {code}
except SystemExit as stop:
    assert stop.code in (0, None), stop.code
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after `code`."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(code=code)], capture_output=True, text=True, check=True, env=environment
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_import_is_light() -> None:
    assert not loaded("import idiolect") & HEAVY


def test_help_is_light() -> None:
    assert not loaded("from idiolect.cli import main; main(['--help'])") & HEAVY


def test_every_commands_help_is_light() -> None:
    runs = "; ".join(f"app.main([{name!r}, '--help'], standalone_mode=False)" for name in COMMANDS)
    assert not loaded(f"from idiolect.cli.app import app; {runs}") & HEAVY


@pytest.mark.parametrize(
    "module", ["idiolect.project", "idiolect.settings", "idiolect.errors", "idiolect.engines.table"]
)
def test_roots_are_light(module: str) -> None:
    assert not loaded(f"import {module}") & (HEAVY - {"numpy"})
