"""How quick and how large is the studio? The first page, each page, what they load, and the server's memory.

    python bench/studio.py [--project FOLDER] [--rounds 10]

Without a project: one of 2,000 made clips with labels of two engines. Chromium, headless; its cache is empty each time.
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

CLIPS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: no chromium on this machine; scripts/install-debian.sh brings it")
        return
    with tempfile.TemporaryDirectory() as folder:
        project = chosen.project or made(Path(folder))
        print(f"project: {chosen.project or f'{CLIPS} made clips'}; {chosen.rounds} rounds; Chromium headless")
        measure(project, chromium, chosen.rounds)


def made(folder: Path) -> Path:
    """Clips of noise, labelled by two engines."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(CLIPS // 20):
        path = folder / "sounds" / f"{number:03d}.wav"
        write_wav(path, (0.1 * rng.standard_normal(16000 * 20)).astype(np.float32))
        rows += [
            {"audio": path.name, "start": second, "end": second + 1, "speaker": f"voice{number % 12}"}
            for second in range(20)
        ]
    manifest = folder / "sounds" / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(folder / "voices") as project:
        project.import_audio(manifest, copy=False)
        for source in ("north", "south"):
            project.corpus.add_labels(
                [
                    NewLabel(
                        clip_id=clip.id, kind=SourceKind.ENGINE, source=source, text=f"word {place}", confidence=0.5
                    )
                    for place, clip in enumerate(project.corpus.clips())
                ]
            )
    return folder / "voices"


def measure(project: Path, chromium: str, rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    before = time.perf_counter()
    command = [sys.executable, "-m", "idiolect", "studio", "-p", str(project), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        try:
            address = json.loads(studio.stdout.readline())["url"]
            print(f"from the command to its address: {time.perf_counter() - before:.2f} s")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                walk(browser, address, rounds, studio.pid)
                browser.close()
        finally:
            studio.terminate()


def walk(browser: Any, address: str, rounds: int, pid: int) -> None:
    base = address.partition("/?")[0]
    context = browser.new_context()
    page = context.new_page()
    page.goto("about:blank")  # the browser's own start is not ours
    started = time.perf_counter()
    page.goto(address, wait_until="load")
    print(f"the very first page of a new server: {time.perf_counter() - started:.2f} s (target 1 s)")
    links = page.eval_on_selector_all(".side nav a", "all => all.map(one => one.getAttribute('href'))")
    cookies = context.cookies()
    context.close()
    print("\n| page | load, median | slowest | requests | kB | server after it, MB |\n|---|---|---|---|---|---|")
    for link in links:
        times, loads = [], []
        for _ in range(rounds):
            context = browser.new_context()
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto("about:blank")
            sizes: list[int] = []
            page.on("response", lambda answer, sizes=sizes: sizes.append(int(answer.headers.get("content-length", 0))))
            started = time.perf_counter()
            page.goto(base + link, wait_until="load")
            times.append(time.perf_counter() - started)
            page.wait_for_load_state("networkidle")
            loads.append((len(sizes), sum(sizes)))
            context.close()
        many, weight = loads[-1]
        print(
            f"| {link} | {statistics.median(times):.2f} s | {max(times):.2f} s | {many} | {weight / 1e3:.0f} | "
            f"{memory(pid):.0f} |"
        )


def memory(pid: int) -> float:
    """Resident megabytes of the server, with its children."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    status = [Path(f"/proc/{one}/status") for one in (pid, *children)]
    lines = [line for path in status if path.exists() for line in path.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
