"""The past on the command line: commits, changes, why, and imports taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PARTIES = "key,kind,name\nP1,legal,Ada\nP2,legal,Bob\n"


@pytest.fixture
def imported(run, tmp_path: Path) -> tuple[Path, str]:
    """Return a data folder with one import, and the import's name."""
    file = tmp_path / "parties.csv"
    file.write_text(PARTIES)
    folder = tmp_path / "store"
    report = json.loads(run("import", file, "--format", "json", data_dir=folder).stdout)
    return folder, report["id"]


def test_commits_and_their_changes(run, imported: tuple[Path, str]) -> None:
    folder, _ = imported
    (commit,) = json.loads(run("commits", "--format", "json", data_dir=folder).stdout)
    assert (commit["number"], commit["activity"], commit["removed"]) == (1, "import", 0)
    rows = json.loads(run("changes", 1, "--format", "json", data_dir=folder).stdout)
    assert len(rows) == commit["added"]
    assert {"+"} == {row["change"] for row in rows}
    beyond = run("changes", 9, data_dir=folder)
    assert (beyond.exit_code, "no commit 9" in beyond.stderr) == (2, True)


def test_why_names_file_and_row(run, imported: tuple[Path, str]) -> None:
    folder, name = imported
    rows = json.loads(run("changes", 1, "--format", "json", data_dir=folder).stdout)
    subject = next(row["subject"] for row in rows if row["object"] == "Bob")
    told = run("why", f"<{subject}>", "foaf:name", '"Bob"', "--format", "json", data_dir=folder)
    (row,) = json.loads(told.stdout)
    assert (row["file"], row["row"], row["import_id"]) == ("parties.csv", 3, name)
    assert run("why", "<urn:nothing>", data_dir=folder).exit_code == 1
    assert run("why", "not a term", data_dir=folder).exit_code == 2


def test_an_import_is_taken_back(run, imported: tuple[Path, str]) -> None:
    folder, name = imported
    assert "Dry run" in run("undo", name, "--dry-run", data_dir=folder).stdout
    done = run("undo", name, data_dir=folder)
    assert (done.exit_code, done.stdout.startswith("Commit 2: ")) == (0, True)
    assert run("undo", name, data_dir=folder).exit_code == 2
    assert run("why", '"x"', data_dir=folder).exit_code == 1
