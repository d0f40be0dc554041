"""Write constraints.txt: the version of all that ``idiolect[all,ray]`` and the dev group bring, as installed here.

Run it in an environment that was just resolved without constraints and whose tests pass.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

HEAD = """\
# Every version that idiolect[all] and its tests were run with. Used by each install command, so that installs are the
# same everywhere: pip install -c constraints.txt 'idiolect[all]'. Written by scripts/pin.py.
"""


def installed(name: str) -> Distribution | None:
    """What is installed under `name`, or None."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def closure(roots: list[Requirement]) -> dict[str, str]:
    """Name to version of everything that `roots` need in this environment, without the local part (``+cpu``)."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(root, "") for root in roots]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        package = installed(requirement.name)
        name = canonicalize_name(requirement.name)
        if package is None:
            sys.exit(f"{name} is not installed: make setup first")
        if name != "idiolect":
            found[name] = package.version.partition("+")[0]
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in package.requires or []]
    return found


def main() -> None:
    """Write the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ray = project["project"]["optional-dependencies"]["ray"]  # its tests run where it is; `all` leaves it out
    roots = [Requirement(text) for text in ["idiolect[all]", "pip", *ray, *project["dependency-groups"]["dev"]]]
    pins = closure(roots)
    text = HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8")
    print(f"{len(pins)} versions")


if __name__ == "__main__":
    main()
