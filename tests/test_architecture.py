"""The rooms: which way imports run, how long files and functions are, what stands where."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "idiolect"
FILES = sorted(PACKAGE.rglob("*.py"))
CODE = [path for folder in ("src", "tests", "bench", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]

ROOTS = {"errors", "units", "progress", "files", "settings", "text", "english", "pools"}
ORDER = [
    "audio",
    "corpus",
    "gateway",
    "tasks",
    "engines",
    "labeling",
    "training",
    "evaluation",
    "improving",
    "export",
    "serving",
    "jobs",
]
SKINS = {"project", "overview", "cli", "studio", "__init__", "__main__"}

# One word per thing: clip, reference, hypothesis and engine are the words for these.
FORBIDDEN = {"segment", "segments", "chunk", "chunks", "prediction", "predictions", "backend", "backends"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager"}
SQL = {"sqlalchemy", "alembic", "sqlite3"}
NETWORK = {
    *("socket", "socketserver", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "httpcore", "aiohttp", "h11"),
    *("websockets", "websocket", "wsproto", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "xmlrpc"),
    *("openai", "anthropic", "litellm", "groq", "huggingface_hub", "datasets", "boto3", "paramiko", "grpc", "asyncio"),
}
"""What can open a connection. `fsspec` is not here: an audio folder in a bucket is the user's own choice of a place."""
MAY_CONNECT = {
    "gateway": "the door",
    "serving": "it listens; it connects to nobody",
    "studio": "it listens; it connects to nobody",
}
# Each with its reason: it opens nothing.
OPENS_NOTHING = {
    "urllib.parse": "takes addresses apart",
    "http.cookies": "reads a header",
}
LOADS_BY_NAME = {"from_pretrained", "snapshot_download", "hf_hub_download", "load_dataset", "cached_file"}
"""Calls that fetch what they do not find here, unless they are told not to."""
PICKLES = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[tuple[int, str]]:
    """(line, full module name) of each import, wherever it stands in the file."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides the room"
            module = node.module or ""
            found += [
                (node.lineno, f"{module}.{alias.name}" if module == "idiolect" else module) for alias in node.names
            ]
    return found


def allowed(here: str) -> set[str]:
    if here in SKINS:
        return {*ROOTS, *ORDER, *SKINS}
    if here in ROOTS:
        return ROOTS
    return ROOTS | set(ORDER[: ORDER.index(here) + 1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    here = room(path)
    assert here in {*ROOTS, *ORDER, *SKINS}, f"{here} is not a room of docs/rooms.md"
    wrong = []
    for line, module in imported(path):
        parts = module.split(".")
        if parts[0] == "idiolect" and len(parts) > 1 and parts[1] not in {*allowed(here), "__version__"}:
            wrong.append(f"{path}:{line}: {here} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_project_and_cli_are_imported_by_skins_only() -> None:
    wrong = [
        f"{path}:{line}"
        for path in FILES
        if room(path) not in SKINS
        for line, module in imported(path)
        if module.startswith(("idiolect.project", "idiolect.cli", "idiolect.overview", "idiolect.studio"))
    ]
    assert not wrong, wrong


def test_every_room_stands_in_the_page() -> None:
    page = (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8")
    missing = [name for name in [*ORDER, "cli", "studio"] if f"\n## {name}" not in page]
    assert not missing, missing


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= 500, f"{path} has {length} lines"
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [
        f"{path}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in functions
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > 60
    ]
    assert not long, "\n".join(long)


def names(path: Path) -> list[tuple[int, str]]:
    """Identifiers that this file makes: functions, classes, arguments, variables, attributes of self."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.attr))
    return found


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z][a-z]*", name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_words_that_are_not_used(path: Path) -> None:
    wrong = [f"{path}:{line}: {name}" for line, name in names(path) if words(name) & (FORBIDDEN | FORBIDDEN_NAMES)]
    wrong += [str(path) for part in path.relative_to(PACKAGE).parts if words(part) & (FORBIDDEN | FORBIDDEN_NAMES)]
    assert not wrong, "\n".join(wrong)


def imports_of(packages: set[str], *, except_in: set[str]) -> list[str]:
    return [
        f"{path}:{line}: {module}"
        for path in FILES
        if room(path) not in except_in
        for line, module in imported(path)
        if module.split(".")[0] in packages
    ]


def test_sql_stands_in_the_corpus_only() -> None:
    assert not imports_of(SQL, except_in={"corpus"})


def test_connections_stand_in_the_gateway_only() -> None:
    found = imports_of(NETWORK, except_in=set(MAY_CONNECT))
    wrong = [line for line in found if line.rpartition(": ")[2] not in OPENS_NOTHING]
    assert not wrong, "\n".join(wrong)


def test_serving_listens_and_connects_to_nobody() -> None:
    clients = NETWORK - {"asyncio", "http", "socket"}
    found = imports_of(clients, except_in=set(ORDER) - {"serving"} | SKINS | ROOTS)
    assert not [line for line in found if line.rpartition(": ")[2] not in OPENS_NOTHING], found
    connecting = {"create_connection", "open_connection", "connect", "connect_ex"}
    wrong = [
        f"{path}:{node.lineno}: {node.attr}"
        for path in FILES
        if room(path) == "serving"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in connecting
    ]
    assert not wrong, wrong


def test_models_are_loaded_from_this_machine_only() -> None:
    """Whatever fetches what it does not find is told not to, but in the gateway's own download."""
    wrong = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            local = any(word.arg == "local_files_only" and ast.unparse(word.value) == "True" for word in node.keywords)
            # peft is given a folder of weights, which is looked into first.
            known = local or room(path) == "gateway" or ast.unparse(node.func) == "peft.PeftModel.from_pretrained"
            if name in LOADS_BY_NAME and not known:
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node.func)}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_pickled() -> None:
    wrong = imports_of(PICKLES, except_in=set())
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {
                "torch.load",
                "torch.save",
                "np.load",
                "numpy.load",
            }:
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


def test_tests_have_names_of_their_own() -> None:
    tests = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(tests)) == sorted(tests)
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_setting_has_a_reader() -> None:
    """No setting is read from the file and then ignored."""
    import dataclasses

    from idiolect.settings import Settings

    readers = set()
    for path in FILES:
        owners = ("settings", "resolved", "self") if path.name == "settings.py" else ("settings", "resolved")
        for node in ast.walk(tree(path)):
            reads = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            if reads and ast.unparse(node.value).endswith(owners):
                readers.add(node.attr)
    ignored = [field.name for field in dataclasses.fields(Settings) if field.name not in readers]
    assert not ignored, f"no code reads {ignored}"


def test_no_path_of_a_machine_is_committed() -> None:
    wrong = [
        f"{path}"
        for path in CODE
        if re.search(r"[\"'/]work/(main|shared)|/root/|/home/\w+/", path.read_text(encoding="utf-8"))
        and path != Path(__file__)
    ]
    assert not wrong, wrong
