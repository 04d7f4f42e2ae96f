"""What tests of every area share."""

from __future__ import annotations

import gc
import subprocess
from collections import Counter
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from tests.drawing import draw_many
from tests.sharing import sharing

ROOT = Path(__file__).resolve().parent.parent
_GENERATED = {"var", "dist", "build", "__pycache__"}
_LONGEST = (
    *("test_accessible.py", "test_steward.py", "test_demo_journeys.py", "test_browser.py"),
    *("test_query_page.py", "test_readme.py", "test_w3c.py", "test_segments.py"),
    *("test_demo_questions.py", "test_quarantine.py", "test_api_analyses.py"),
    *("test_api_imports.py", "test_importing.py", "test_project_shapes.py", "test_templates.py"),
    *("test_ontology_rules.py", "test_import.py", "test_gate.py", "test_staged_pages.py"),
    *("test_remote.py", "test_api_personal.py", "test_derived.py", "test_property_table.py"),
    *("test_w3c_suite.py", "test_worked_examples.py", "test_undoing_dependents.py"),
    *("test_renewal.py", "test_benchmarks.py", "test_plans.py", "test_serve.py"),
    *("test_merging.py", "test_network.py", "test_graph_store.py", "test_told_at_once.py"),
    *("test_edge_cases.py", "test_imagined_chains.py", "test_random_queries.py"),
    *("test_w3c_updates.py", "test_undoing.py", "test_properties.py"),
)
"""Files that take longest, the longest first but for the browser's, which wait for it."""

_NEW_OBJECTS = 20_000
"""Objects after which Python searches for garbage: statements in the making are no garbage yet."""


def pytest_configure(config: pytest.Config) -> None:
    """Time no example, as others may use the machine; draw many where the slow tests run too."""
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
    if not config.getoption("markexpr"):
        draw_many()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep Python from searching for garbage among the thousands of tests, which all stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first: those who share the work then end together."""
    sizes = Counter(item.path for item in items)
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: (places.get(item.path.name, len(places)), -sizes[item.path]))


def pytest_unconfigure() -> None:
    """Let what lives as long as the tests be taken down with them."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Return the project's own files: what git keeps or would keep."""
    return _project_files()


@pytest.fixture(scope="session", autouse=True)
def shared_by_applications(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the applications of the tests share what is the same in each."""
    with sharing(tmp_path_factory.mktemp("templates")):
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("DATA_DIR", "ORGANIZATION", "CURRENCY", "TIMEZONE", "TIMEOUT"):
        monkeypatch.delenv(f"CLIENTGRAPH_{name}", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@cache
def _project_files() -> list[Path]:
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _generated(path.relative_to(ROOT))]
    return sorted(path for path in paths if path.is_file())


def _generated(path: Path) -> bool:
    """Whether a path of a copy without git is made by tools."""
    hidden = any(part.startswith(".") and part != ".ci" for part in path.parts[:-1])
    return hidden or bool(_GENERATED & set(path.parts)) or path.suffix == ".egg-info"
