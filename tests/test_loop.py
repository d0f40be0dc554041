"""The whole loop by the command line, small: speech, labels, dataset, training, evaluation, export, transcription."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engine,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed: scripts/install-debian.sh"),
]


def _idiolect(*words: str, **also: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "idiolect", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **also}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


WORDS = ("--sentences", "40", "--minutes", "0.3", "--json")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("loop") / "demo"
    done = _idiolect("demo", str(folder), *WORDS)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_the_demo_runs_the_loop(demo) -> None:
    folder, result = demo
    assert result["synthetic"] is True
    names = [system["name"] for system in result["evaluation"]["systems"]]
    assert names[0] == "sphinx"
    assert names[1] == "starter"
    assert names[2].startswith("adapt-")
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert all(name in page for name in names)
    assert _idiolect("check", "-p", str(folder)).returncode == 0


def test_the_demo_again_adds_nothing(demo) -> None:
    folder, _ = demo
    before = json.loads(_idiolect("status", "-p", str(folder), "--json").stdout)
    again = _idiolect("demo", str(folder), *WORDS)
    assert again.returncode == 0, again.stderr
    after = json.loads(_idiolect("status", "-p", str(folder), "--json").stdout)
    for name in ("recordings", "clips", "labels", "datasets", "models", "bundles"):
        assert after[name] == before[name]


def test_the_bundle_needs_no_torch(demo, tmp_path: Path) -> None:
    """A bundle is heard by a process in which torch cannot be imported."""
    folder, _ = demo
    (bundle,) = (folder / "models").glob("*-onnx-int8")
    clip = next((folder / "speech").rglob("*.wav"))
    (tmp_path / "torch.py").write_text("raise ImportError('torch is not here')\n", encoding="utf-8")
    heard = _idiolect("transcribe", "--model", str(bundle), "--json", str(clip), PYTHONPATH=str(tmp_path))
    assert heard.returncode == 0, heard.stderr
    row = json.loads(heard.stdout)
    assert row["file"] == str(clip)
    assert row["text"]
