"""In a network namespace of its own, with no route to anywhere: the loop on embedded engines works, and sends nothing.

The kernel counts: packets of every interface (``/proc/net/dev``), and what was tried and had no route (``OutNoRoutes``
in ``/proc/net/snmp``), so that an attempt that failed is seen as well. It found ONNX Runtime's telemetry: 24 tries to
reach its maker in one small loop.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import write_wav

INSIDE = """
import json, socket, sys, time
from idiolect.cli.app import run

def counted():
    lines = open("/proc/net/dev").read().splitlines()[2:]
    packets = sum(int(line.partition(":")[2].split()[column]) for line in lines for column in (1, 9))
    names, values = (line.split() for line in open("/proc/net/snmp").read().splitlines()[:2])
    ip = dict(zip(names, values))
    return {"packets": packets, "tried": int(ip["OutNoRoutes"]), "sent": int(ip["OutRequests"])}

codes = []
for words in json.loads(sys.argv[1]):
    codes.append(run(words))
    if codes[-1]:
        break
time.sleep(3)  # what reports in the background waits a moment first
after = counted()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
print(json.dumps({"codes": codes, "after": after, "control": counted()}))
"""


def alone(*words: str) -> list[str] | None:
    """A command line that runs the words in a network namespace; None where this machine allows none."""
    if shutil.which("unshare") is None:
        return None
    command = ["unshare", "--map-root-user", "--net", *words]
    tried = subprocess.run([*command[:3], "true"], capture_output=True, check=False)
    return None if tried.returncode else command


def counts(*commands: list[str]) -> dict:
    """Run command lines of idiolect in a namespace; what the kernel counted."""
    command = alone(sys.executable, "-c", INSIDE, json.dumps(commands))
    if command is None:
        pytest.skip("no network namespace can be made here (unshare)")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # The project's own switches are what is tested, not the hub's.
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["codes"] == [0] * len(commands), done.stderr
    # The counter counts: one connection that has no way out.
    assert found["control"]["tried"] == found["after"]["tried"] + 1
    return found["after"]


@pytest.mark.engine
def test_labels_scores_and_transcripts_leave_no_packet(tmp_path: Path) -> None:
    rows = []
    for number in range(12):
        noise = (0.1 * np.random.default_rng(number).standard_normal(9600)).astype(np.float32)
        write_wav(tmp_path / f"{number}.wav", noise)
        rows.append({"audio": f"{number}.wav", "text": f"make me a latte {number}", "speaker": f"voice{number % 4}"})
        rows[-1] |= {"start": 0.0, "end": 0.6}
    (tmp_path / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    project = str(tmp_path / "voice")
    at = ["-p", project]
    counted = counts(
        ["init", project],
        ["import", str(tmp_path / "manifest.jsonl"), *at],
        ["label", "--engine", "sphinx", "--jobs", "1", *at],
        ["label", "--engine", "starter", "--jobs", "2", *at],
        ["freeze", "first", *at],
        ["transcribe", "--engine", "starter", "--json", str(tmp_path / "1.wav")],
        ["ledger", *at],
        ["check", *at],
    )
    assert counted == {"packets": 0, "tried": 0, "sent": 0}


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.timeout(900)
@pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed: scripts/install-debian.sh")
def test_the_whole_loop_leaves_no_packet(tmp_path: Path) -> None:
    """Speech, labels, dataset, training, evaluation, export, transcription."""
    folder = str(tmp_path / "demo")
    words = ["demo", folder, "--sentences", "40", "--minutes", "0.3", "--json"]
    assert counts(words, ["status", "-p", folder]) == {"packets": 0, "tried": 0, "sent": 0}
