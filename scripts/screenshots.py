"""Pictures of every page of the studio, light and dark, wide and narrow, into docs/studio/.

    idiolect demo && python scripts/screenshots.py --project demo-project

Look at them before they are committed. Needs Chromium (scripts/install-debian.sh) and the dev group.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOOKS = (("light", 1440, 900), ("dark", 1440, 900), ("light", 390, 844), ("dark", 390, 844))
"""Theme, and the window in CSS pixels."""
COLORS = 128
"""A picture is stored with so many: a third of the bytes, and nobody sees it."""


def main() -> None:
    """Every page in every look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "studio")
    parser.add_argument("pages", nargs="*", help="their names; all where none is given")
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "idiolect", "studio", "-p", str(chosen.project), "--port", "0", "--json"]
    with subprocess.Popen([*command, "--person", "anna"], stdout=subprocess.PIPE, text=True) as studio:
        try:
            assert studio.stdout is not None  # noqa: S101 - it is a pipe
            address = json.loads(studio.stdout.readline())["url"]
            with sync_playwright() as playwright:
                path = shutil.which("chromium")
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
                take_all(browser, address, chosen.out, chosen.pages)
                browser.close()
        finally:
            studio.terminate()


def take_all(browser: Any, address: str, out: Path, pages: list[str]) -> None:
    """Every page that the navigation leads to."""
    base = address.partition("/?")[0]
    for scheme, width, height in LOOKS:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", locale="en-US"
        )
        page = context.new_page()
        page.goto(address)
        links = page.eval_on_selector_all(".side nav a", "all => all.map(one => one.getAttribute('href'))")
        for link in links:
            name = link.strip("/") or "home"
            if pages and name not in pages:
                continue
            page.goto(base + link, wait_until="networkidle")
            page.wait_for_timeout(600)
            keep(page.screenshot(full_page=True), out / f"{name}-{scheme}-{width}.png")
        context.close()


def keep(picture: bytes, path: Path) -> None:
    """Store it with fewer colors."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
