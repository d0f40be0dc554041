"""Does a list of a million clips scroll without a hitch? From a scroll to the rows shown, in Chromium.

python bench/scroll.py [--project FOLDER] [--clips 1000000] [--steps 60]

Without a project: one that `made_store.py` makes (minutes, 1.3 GiB) in a folder that goes away. The studio runs in a
process of its own. ``wheel``: 120 px further; ``page``: a whole view further; ``jump``: the scroll bar dragged to a
random place. The time is that from setting the place to the first frame in which each row in view has its content.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from made_store import make

MEASURE = """async ({kind, steps, seed}) => {
  const box = document.querySelector("#list");
  let state = seed;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const shown = () => {
    const view = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll("[role=row]")].filter((row) => {
      const at = row.getBoundingClientRect();
      return at.bottom > view.top + 1 && at.top < view.bottom - 1;
    });
    const filled = rows.reduce((sum, row) => sum + row.getBoundingClientRect().height, 0) > view.height - 2;
    return filled && rows.every((row) => !row.classList.contains("waiting"));
  };
  const times = [];
  for (let step = 0; step < steps; step += 1) {
    await new Promise((resolve) => setTimeout(resolve, kind === "wheel" ? 30 : 260));
    const begin = performance.now();
    const places = document.querySelector("#list [role=row]").dataset.place;
    if (kind === "jump") box.scrollTop = random() * (box.scrollHeight - box.clientHeight);
    else box.scrollTop += kind === "wheel" ? 120 : box.clientHeight;
    const moved = () => document.querySelector("#list [role=row]").dataset.place !== places;
    do await frame(); while (!shown() || (kind === "jump" && !moved()));
    times.push(performance.now() - begin);
  }
  return times;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=60)
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: no chromium on this machine; scripts/install-debian.sh brings it")
        return
    with tempfile.TemporaryDirectory() as folder:
        project = given.project or Path(folder) / "many"
        make(project, given.clips).close()
        command = [sys.executable, "-m", "idiolect", "studio", "-p", str(project), "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
            try:
                assert studio.stdout is not None
                scroll(json.loads(studio.stdout.readline())["url"], chromium, given.steps, studio.pid)
            finally:
                studio.terminate()


def scroll(address: str, chromium: str, steps: int, server: int) -> None:
    from playwright.sync_api import sync_playwright

    everything: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        base, _, token = address.partition("/?")
        page.goto(f"{base}/find?{token}")
        for query in ("", "reviewed:no sort:-confidence"):
            page.goto(f"{base}/find?q={query}")
            page.wait_for_selector("#list .said span")
            while page.inner_text("#count") == "…":
                page.wait_for_timeout(200)
            print(f"{query or '(everything)'}: {page.inner_text('#count')} clips")
            for kind in ("wheel", "page", "jump"):
                before = cpu(server)
                times = page.evaluate(MEASURE, {"kind": kind, "steps": steps, "seed": 7})
                print(f"  {kind:6} {described(times)}; CPU of the server {(cpu(server) - before) / steps:.0f} ms each")
                everything += times
        browser.close()
    print(f"any scroll: {described(everything)}")
    print(f"memory of the server {memory(server):.0f} MiB; load of the machine {os.getloadavg()[0]:.1f}")


def cpu(process: int) -> float:
    """Milliseconds that the process has run."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def described(times: Any) -> str:
    middle, high = np.percentile(times, [50, 95])
    return f"p50 {middle:.0f} ms, p95 {high:.0f} ms, most {max(times):.0f} ms of {len(times)}"


def memory(process: int) -> float:
    """MiB in use by the process now."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
