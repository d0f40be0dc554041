"""What an install brings, and that what is said of it is so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements() -> list[Requirement]:
    table = PROJECT["project"]
    extras = [text for texts in table["optional-dependencies"].values() for text in texts]
    return [Requirement(text) for text in [*table["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_each_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\|(?: `[\w-]+` \|)? `([\w-]+)` \|", page, flags=re.MULTILINE))
    assert listed == {requirement.name for requirement in requirements()}


def test_each_dependency_is_pinned_within_its_bounds() -> None:
    pinned = pins()
    for requirement in requirements():
        if requirement.name in {"idiolect", "mlflow"}:  # itself; and the extra that `all` leaves out
            continue
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_all_is_every_extra_but_those_for_whom_they_are_there_already() -> None:
    # mlflow: where the user has it; ray: where a cluster is (240 MB, and 0.7 GB while it runs).
    extras = PROJECT["project"]["optional-dependencies"]
    (everything,) = [Requirement(text) for text in extras["all"]]
    assert everything.extras == set(extras) - {"all", "mlflow", "ray"}


def test_missing_extras_are_real() -> None:
    """A message that says ``pip install 'idiolect[x]'`` names an extra there is."""
    from idiolect.engines.table import ENGINES

    extras = set(PROJECT["project"]["optional-dependencies"])
    said = {row.extra for row in ENGINES.values() if row.extra}
    for path in (ROOT / "src").rglob("*.py"):
        said |= set(
            re.findall(r"""MissingExtraError\([^)]*?,\s*["']([\w-]+)["']\s*\)""", path.read_text(encoding="utf-8"))
        )
    assert said <= extras


def test_scripts_are_whole() -> None:
    for name in ("scripts/install-debian.sh", ".ci/run"):
        path = ROOT / name
        assert path.stat().st_mode & 0o111, f"{name} is not executable"
        subprocess.run(["bash", "-n", path], check=True)


def test_make_knows_its_targets() -> None:
    for target in ("setup", "demo", "test", "check", "bench", "docs"):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_version_is_one() -> None:
    import idiolect

    assert PROJECT["project"]["version"] == idiolect.__version__
    done = subprocess.run([sys.executable, "-m", "idiolect", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"idiolect {idiolect.__version__}"


@pytest.mark.slow
def test_the_wheel_works_without_the_source(tmp_path: Path) -> None:
    """Data files (migrations, recipes, templates) are in the wheel, and help runs from it."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, str(ROOT)]
    if subprocess.run(build, capture_output=True, check=False).returncode:
        pytest.skip("no build backend can be fetched here")
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, target], check=True)
    installed = {path.relative_to(target / "idiolect") for path in (target / "idiolect").rglob("*") if path.is_file()}
    source = ROOT / "src" / "idiolect"
    wanted = {
        path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= installed
    look = "from idiolect import cli; print(cli.__file__); cli.main(['--help'])"
    code = f"import sys; sys.path.insert(0, {str(target)!r}); {look}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert str(target) in done.stdout
