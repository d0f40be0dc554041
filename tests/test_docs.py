"""Documentation that cannot go stale."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_error_setting_and_engine_is_documented() -> None:
    import dataclasses

    from idiolect import errors
    from idiolect.cli.table import COMMANDS
    from idiolect.engines.table import ENGINES
    from idiolect.settings import Settings

    def page(name: str) -> str:
        return (ROOT / "docs" / name).read_text(encoding="utf-8")

    assert all(f"## idiolect {name}\n" in page("cli.md") for name in COMMANDS)
    assert all(f"`{field.name}`" in page("settings.md") for field in dataclasses.fields(Settings))
    assert all(f"`{name}`" in page("engines.md") for name in ENGINES)
    assert all(f"`{name}`" in page("errors.md") for name in vars(errors) if name.endswith(("Error", "Work")))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (path.parent / link).exists(), f"{path.name} links to {link}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_in_the_docs_exist(path: Path) -> None:
    from idiolect.cli.table import COMMANDS

    for block in re.findall(r"```(?:sh|bash|console)?\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL):
        for name in re.findall(r"^(?:\$ )?(?:\.venv/bin/)?idiolect ([a-z]+)", block, flags=re.MULTILINE):
            assert name in COMMANDS, f"{path.name}: idiolect {name}"


def test_changelog_fragments_are_short() -> None:
    for path in (ROOT / "changelog.d").glob("*"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert path.suffix == ".md", path
        assert 1 <= len(lines) <= 12, f"{path.name}: a fragment is one to a few lines"
        assert not any(line.startswith("#") for line in lines), f"{path.name}: no headings"
