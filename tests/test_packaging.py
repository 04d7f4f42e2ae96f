"""What a release holds: the lock files and the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import kg

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize("folder", ["ontology", "queries"])
def test_wheel_carries_the_shared_folders(
    folder: str, wheel: zipfile.ZipFile, project_files: list[Path], root: Path
) -> None:
    expected = {
        f"kg/_shared/{path.relative_to(root).as_posix()}"
        for path in project_files
        if path.is_relative_to(root / folder)
    }
    assert expected
    assert expected <= set(wheel.namelist())


@pytest.mark.parametrize("package", ["kg", "api"])
def test_wheel_carries_every_file_of_a_package(
    package: str, wheel: zipfile.ZipFile, project_files: list[Path], root: Path
) -> None:
    expected = {
        path.relative_to(root).as_posix()
        for path in project_files
        if path.is_relative_to(root / package)
    }
    assert expected <= set(wheel.namelist())


def test_wheel_offers_the_command_and_its_plugins(wheel: zipfile.ZipFile) -> None:
    name = next(one for one in wheel.namelist() if one.endswith("entry_points.txt"))
    text = wheel.read(name).decode()
    assert "clientgraph = kg.cli:main" in text
    assert "serve = api.serve:serve" in text


def test_wheel_carries_the_licence(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_version_is_the_same_everywhere(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == kg.__version__
    assert f"## [{kg.__version__}]" in (root / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_package_with_hashes_and_names_no_index(lock: str, root: Path) -> None:
    text = (root / lock).read_text("utf-8")
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+ (; .+ )?\\$", entry), entry
    assert "--index" not in text
    assert "://" not in text


def test_locks_agree_with_each_other(root: Path) -> None:
    development = _pins(root / "requirements-dev.txt")
    assert _pins(root / "requirements.txt") <= development
    assert _pins(root / "requirements-build.txt") <= development


def test_locks_hold_every_declared_dependency(root: Path) -> None:
    document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    for declared, lock in [
        (document["project"]["dependencies"], "requirements.txt"),
        (document["dependency-groups"]["build"], "requirements-build.txt"),
        (document["dependency-groups"]["dev"], "requirements-dev.txt"),
    ]:
        names = {_name(one) for one in declared if isinstance(one, str)}
        assert names <= {pin[0] for pin in _pins(root / lock)}


def _pins(lock: Path) -> set[tuple[str, str]]:
    return set(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", lock.read_text("utf-8"), re.MULTILINE))


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0] if match else "").lower()


def test_libraries_of_others_come_with_their_licences(root):
    built = {path.stem: path for path in (root / "api/static/vendor").glob("*.js")}
    entries = {path.stem for path in (root / "api/vendor/entries").glob("*.mjs")}
    assert built.keys() == entries
    for name, path in built.items():
        licences = path.with_name(f"{name}.LICENCES.txt").read_text("utf-8")
        assert "sourceMappingURL" not in path.read_text("utf-8")
        assert all("\n\n" in one for one in licences.split("\n\n----\n\n")), name
