"""How long from the key that takes a clip to the sound of the next one? In headless Chromium, on a real server.

    python bench/review_keys.py [--project FOLDER] [--clips 40] [--listen 1.0]

Without a project: one of 60 made clips, 4 s each. A person listens for `--listen` seconds, then presses Enter. The time
runs from the browser's own stamp of the key until the position of the next clip has been seen to move (its `playing`
event is stamped when it is asked for, not when it sounds). With a project, its clips are reviewed: give it a copy.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.audio import write_wav
from idiolect.corpus import NewLabel, SourceKind
from idiolect.project import Project

CLIPS = 60
TARGET = 100.0
"""Milliseconds, the 95th of 100 keys."""
WATCH = """() => {
  window.keyed = []; window.sounded = []; window.shown = [];
  addEventListener('keydown', event => { if (event.key === 'Enter') window.keyed.push(event.timeStamp); }, true);
  document.addEventListener('playing', event => {
    const audio = event.target, from = audio.currentTime;
    const timer = setInterval(() => {
      if (audio.currentTime <= from) return;
      clearInterval(timer);
      window.sounded.push(performance.now());
    }, 1);
  }, true);
  new MutationObserver(() => window.shown.push(performance.now()))
    .observe(document.querySelector('#clip-title'), { childList: true, characterData: true, subtree: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--listen", type=float, default=1.0)
    chosen = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: no chromium on this machine; scripts/install-debian.sh brings it")
        return
    with tempfile.TemporaryDirectory() as folder:
        project = chosen.project or made(Path(folder))
        print(f"project: {chosen.project or f'{CLIPS} made clips of 4 s'}; {chosen.listen} s of listening to each")
        measure(project, chromium, chosen.clips, chosen.listen)


def made(folder: Path) -> Path:
    """Clips of noise in one recording each, heard by two engines."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(CLIPS):
        path = folder / "sounds" / f"{number:03d}.wav"
        path.parent.mkdir(exist_ok=True)
        write_wav(path, (0.1 * rng.standard_normal(16000 * 4)).astype(np.float32))
        rows.append({"audio": path.name, "start": 0.0, "end": 4.0, "speaker": f"voice{number % 5}"})
    manifest = folder / "sounds" / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(folder / "voices") as project:
        project.import_audio(manifest, copy=False)
        for place, source in enumerate(("north", "south")):
            labels = [
                NewLabel(clip.id, SourceKind.ENGINE, source, text=f"the words of clip number {number}", confidence=0.5)
                for number, clip in enumerate(project.corpus.clips())
                if place == 0 or number % 3 == 0
            ]
            project.corpus.add_labels(labels)
    return folder / "voices"


def measure(project: Path, chromium: str, clips: int, listen: float) -> None:
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "idiolect", "studio", "-p", str(project), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        try:
            assert studio.stdout is not None
            address = json.loads(studio.stdout.readline())["url"]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                walk(browser, address, clips, listen)
                browser.close()
        finally:
            studio.terminate()


def walk(browser: Any, address: str, clips: int, listen: float) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    started = time.perf_counter()
    page.goto(address.partition("/?")[0] + "/review")
    page.wait_for_selector("#review:not([hidden])")
    print(f"the page with its first clip: {time.perf_counter() - started:.2f} s")
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    for _ in range(clips):
        page.keyboard.press("Enter")
        page.wait_for_timeout(1000 * listen)
    keyed, sounded, shown = page.evaluate("() => [window.keyed, window.sounded, window.shown]")
    table("the next clip is shown", keyed, shown)
    table("the next clip sounds", keyed, sounded)


def table(what: str, keyed: list[float], events: list[float]) -> None:
    """Of each key, the milliseconds to the first event after it and before the next key."""
    found = []
    for place, key in enumerate(keyed):
        until = keyed[place + 1] if place + 1 < len(keyed) else float("inf")
        first = next((one for one in events if key <= one < until), None)
        if first is not None:
            found.append(first - key)
    if not found:
        print(f"{what}: never")
        return
    p95 = sorted(found)[max(0, round(0.95 * len(found)) - 1)]
    verdict = "met" if p95 <= TARGET else "missed"
    print(
        f"key to {what}: median {statistics.median(found):.0f} ms, p95 {p95:.0f} ms, slowest {max(found):.0f} ms, "
        f"{len(found)} of {len(keyed)} keys (target {TARGET:.0f} ms: {verdict})"
    )


if __name__ == "__main__":
    main()
