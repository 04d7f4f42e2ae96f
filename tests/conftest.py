"""What tests of every area share."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_GENERATED = {"var", "dist", "build", "__pycache__"}


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Return the project's own files: what git keeps or would keep."""
    return _project_files()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("DATA_DIR", "ORGANIZATION", "CURRENCY", "TIMEZONE", "TIMEOUT"):
        monkeypatch.delenv(f"CLIENTGRAPH_{name}", raising=False)


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
