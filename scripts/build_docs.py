"""Write the pages that the code knows best: commands, settings, errors, engines.

``--check`` writes nothing and fails where one is stale.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = "<!-- Written by scripts/build_docs.py (make docs). Change the code, then run it again. -->\n\n"


def cli_page() -> str:
    """Every help page as a user sees it, 100 columns wide."""
    import click

    from idiolect.cli.app import app

    width = {"max_content_width": 100, "terminal_width": 100}
    with click.Context(app, info_name="idiolect", **app.context_settings | width) as root:
        pages = [("idiolect", app.get_help(root))]
        waiting = [(root, app, name) for name in app.list_commands(root)]
        while waiting:
            parent, group, name = waiting.pop(0)
            command = group.get_command(parent, name)
            if command is None:
                continue
            with click.Context(command, info_name=name, parent=parent, **width) as context:
                pages.append((context.command_path, command.get_help(context)))
                if isinstance(command, click.Group):
                    waiting[:0] = [(context, command, inner) for inner in command.list_commands(context)]
    return "# Commands\n\n" + "\n".join(f"## {title}\n\n```\n{text}\n```\n" for title, text in pages)


def settings_page() -> str:
    """Each setting with its default, its variable and its meaning, from the docstring of `Settings`."""
    from idiolect.settings import FILE_NAME, PREFIX, Settings

    meaning = dict(re.findall(r"^ *(\w+): (.+)$", Settings.__doc__ or "", flags=re.MULTILINE))
    rows = "".join(
        f"| `{field.name}` | `{field.default!r}` | `{PREFIX}{field.name.upper()}` | {meaning[field.name]} |\n"
        for field in dataclasses.fields(Settings)
    )
    return (
        f"# Settings\n\nDefaults < `{FILE_NAME}` < environment < options of a command. An unknown name is an error.\n\n"
        f"| setting | default | variable | meaning |\n|---|---|---|---|\n{rows}\n"
        "`IDIOLECT_DEBUG=1` shows the traceback of an error.\n"
    )


def errors_page() -> str:
    """The error tree and what each one means."""
    from idiolect import errors

    tree = (errors.__doc__ or "").split("\n\n", 1)[1].strip()
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    rows = "".join(
        f"| `{kind.__name__}` | {kind.exit_code} | {(kind.__doc__ or '').splitlines()[0]} |\n" for kind in classes
    )
    return (
        "# Errors\n\nA message says what was found, a hint what to do next. Exit code 0: done; 1: an error of the "
        "user's; 2: a wrong command line; 70: an error of ours; 130: interrupted.\n\n"
        f"```\n{tree}\n```\n\n| error | exit code | meaning |\n|---|---|---|\n{rows}"
    )


def engines_page() -> str:
    """The table of engines."""
    from idiolect.engines.table import ENGINES

    rows = "".join(
        f"| `{name}` | {row.about} | {f'`{row.extra}`' if row.extra else ''} | {'yes' if row.needs_model else ''} "
        f"| {'yes' if row.reads_task else ''} |\n"
        for name, row in ENGINES.items()
    )
    return (
        f"# Engines\n\n| name | what | extra | needs `--model` | decodes over a task |\n|---|---|---|---|---|\n{rows}"
    )


PAGES = {"cli.md": cli_page, "settings.md": settings_page, "errors.md": errors_page, "engines.md": engines_page}


def main() -> int:
    """Write the pages, or with ``--check`` compare them."""
    stale = []
    for name, build in PAGES.items():
        text, path = HEAD + build().rstrip() + "\n", DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"stale: {', '.join(stale)}; make docs writes them again")
        return 1
    print(f"docs: {len(PAGES)} pages, {len(stale)} written" if stale else f"docs: {len(PAGES)} pages, fresh")
    return 0


if __name__ == "__main__":
    sys.exit(main())
