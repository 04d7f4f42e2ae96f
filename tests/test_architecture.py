"""The promises of the source tree: arrows between packages, sizes, declared dependencies."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGES = ("kg", "api")
MODULE_LINES = 400
FUNCTION_LINES = 50
TEXT = {".py", ".md", ".toml", ".ttl", ".rq", ".js", ".html", ".yaml", ".yml", ".css", ".csv"}
TEXT |= {".json", ".txt", ".cfg", ".sh", ".svg", ""}

# Written in parts, so that this file does not break its own rules.
FORBIDDEN = {
    "a folder of one machine": r"(?<![\w.])/(?:work|root|opt|home/\w+)/\w",
    "a package registry's address": r"index-"
    + r"url|https?://[^\s\"']*/simple\b|"
    + r"(?:pypi|pythonhosted|npmjs)\.(?:org|com)",
    "unfinished work": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|Not" + r"ImplementedError)\b",
    "a mock or a disabled test": r"unittest\.mo"
    + r"ck|Magic"
    + r"Mock|@pytest\.mark\.sk"
    + r"ip\b",
}
# What rdflib asks an evaluator to raise where it leaves an operator to it.
ALLOWED = {("unfinished work", "kg/sparql/evaluation.py")}


@pytest.fixture(scope="module")
def modules(root: Path) -> list[Path]:
    return sorted(path for name in PACKAGES for path in (root / name).rglob("*.py"))


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def test_arrows_between_packages_point_one_way(root: Path) -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint_imports], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_of_the_library_has_a_layer(root: Path) -> None:
    document = (root / "pyproject.toml").read_text("utf-8")
    contracts = tomllib.loads(document)["tool"]["importlinter"]["contracts"]
    layers = " ".join(next(one["layers"] for one in contracts if one["type"] == "layers"))
    names = {path.stem for path in (root / "kg").glob("*.py")} | {
        path.parent.name for path in (root / "kg").glob("*/__init__.py")
    }
    assert names - {"__init__"} == set(re.findall(r"kg\.(\w+)", layers))


def test_modules_are_short(modules: list[Path], root: Path) -> None:
    sizes = {str(path.relative_to(root)): _line_count(path) for path in modules}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_functions_are_short(modules: list[Path], root: Path) -> None:
    long = {
        f"{path.relative_to(root)}: {one.name}": size
        for path in modules
        for one in _functions(path)
        if (size := _length(one)) > FUNCTION_LINES
    }
    assert long == {}


def test_only_the_entry_points_read_the_environment(modules: list[Path], root: Path) -> None:
    readers = {
        str(path.relative_to(root))
        for path in modules
        if re.search(r"os\.environ|os\.getenv", path.read_text("utf-8"))
    }
    assert readers <= {"kg/cli/app.py", "api/factory.py"}


def test_every_imported_library_is_declared(
    modules: list[Path], pyproject: dict[str, dict]
) -> None:
    project = pyproject["project"]
    extras = project["optional-dependencies"].values()
    declared = {_normal(one) for some in (project["dependencies"], *extras) for one in some}
    owners = packages_distributions()
    missing = {
        name
        for path in modules
        for name in _imported(path)
        if name not in (*sys.stdlib_module_names, *PACKAGES, "_typeshed")
        and not {_normal(owner) for owner in owners.get(name, [])} & declared
    }
    assert missing == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str, project_files: list[Path], root: Path) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in project_files
        if path.suffix in TEXT and "vendor" not in path.parts
        if (what, path.relative_to(root).as_posix()) not in ALLOWED
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def _line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    text = ast.get_docstring(function, clean=False)
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    return lines - (text.count("\n") + 1 if text else 0)


def _imported(path: Path) -> Iterator[str]:
    """Yield the top-level name of everything that a module imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _normal(requirement: str) -> str:
    """Return the name of a requirement as registries compare them (PEP 503)."""
    name = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0] if name else "").lower()


def test_every_test_module_has_a_name_of_its_own(root: Path) -> None:
    """Folders of tests are no packages: two modules of one name could not both be imported."""
    names = [path.name for path in (root / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
