"""Check the studio's scripts: types by their JSDoc (TypeScript's compiler, which writes nothing), and their length.

TypeScript comes from npm once, by its hash, into .cache/typescript; the Node that runs it is the one in Playwright's
wheel, so that no other has to be installed. Nothing of either is in the package.
"""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "src" / "idiolect" / "studio" / "static" / "js"
CACHE = ROOT / ".cache" / "typescript"
VERSION = "5.9.3"
SHA512 = "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw=="
"""As npm's registry states it."""
LONGEST = 300
"""Lines of a module."""
CHECKS = (
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals", "--noUnusedParameters", "--skipLibCheck"),
    *("--typeRoots", str(SCRIPTS / "no-types")),
    *("--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"),
)


def main() -> int:
    """0 where there is nothing to say."""
    scripts = sorted(SCRIPTS.glob("*.js"))
    long = [path for path in scripts if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST]
    for path in long:
        print(f"{path.relative_to(ROOT)} has more than {LONGEST} lines")
    command = [node(), compiler(), *CHECKS, *scripts]
    checked = subprocess.run([str(part) for part in command], check=False, cwd=ROOT)
    return 1 if long or checked.returncode else 0


def node() -> Path:
    """The Node in Playwright's wheel."""
    import playwright

    return Path(playwright.__file__).parent / "driver" / "node"


def compiler() -> Path:
    """TypeScript's compiler, fetched where it is not here."""
    inside = CACHE / VERSION / "package" / "lib" / "tsc.js"
    if not inside.exists():
        address = f"https://registry.npmjs.org/typescript/-/typescript-{VERSION}.tgz"
        with urllib.request.urlopen(address, timeout=120) as answer:
            packed = answer.read()
        found = base64.b64encode(hashlib.sha512(packed).digest()).decode()
        if found != SHA512:
            raise SystemExit(f"{address} is not what it was: sha512 {found}")
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(CACHE / VERSION, filter="data")
    return inside


if __name__ == "__main__":
    sys.exit(main())
