"""What the import says of each mistake (of the demo itself: `test_demo_questions`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.errors import SourceError
from kg.ingest import ImportOptions, ImportReport, run_import
from kg.store import Store

DATA = Path(__file__).resolve().parents[2] / "data"
MISTAKES = DATA / "demo-mistakes"
EXPECTED: list[dict[str, Any]] = yaml.safe_load((MISTAKES / "expected.yml").read_text("utf-8"))
WITHOUT_SHAPES = [
    entry for entry in EXPECTED if entry["outcome"] != "note" and "shape" not in entry
]
WITH_SHAPES = [entry for entry in EXPECTED if entry not in WITHOUT_SHAPES]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


def dry_run(store: Store, path: Path) -> ImportReport:
    return run_import(store, [path], ImportOptions(dry_run=True, as_of=date(2026, 11, 1)))


def check(store: Store, entry: dict[str, Any]) -> None:
    if entry["outcome"] == "unreadable":
        check_unreadable(store, entry)
        return
    report = dry_run(store, MISTAKES / entry["folder"])
    assert (report.violations > 0) == (entry["outcome"] == "violation")
    if entry["outcome"] == "note":
        assert [file.columns_left_out for file in report.files] == [[entry["column"]]]
        return
    found = [
        finding
        for finding in report.findings
        if finding.severity == entry["outcome"]
        and finding.file == entry["file"]
        and finding.row in entry["rows"]
        and finding.column == entry.get("column", finding.column)
        and (finding.shape or "").split("-")[0] == entry.get("shape", "")
    ]
    assert found, report.findings
    assert set(found[0].message) == {"en", "fr"}


def check_unreadable(store: Store, entry: dict[str, Any]) -> None:
    with pytest.raises(SourceError) as caught:
        dry_run(store, MISTAKES / entry["folder"])
    assert caught.value.file == entry["file"]
    if "rows" in entry:
        assert caught.value.row in entry["rows"]
    if "column" in entry:
        assert caught.value.column == entry["column"]


@pytest.mark.parametrize("entry", WITHOUT_SHAPES, ids=lambda entry: str(entry["folder"]))
def test_wrong_files_and_cells_are_answered_with_their_place(
    store: Store, entry: dict[str, Any]
) -> None:
    check(store, entry)


@pytest.mark.parametrize(
    "entry",
    [
        # What the shapes say is held by their own examples; here it is where they say it.
        pytest.param(entry, id=str(entry["folder"]), marks=[pytest.mark.slow] if number % 2 else [])
        for number, entry in enumerate(WITH_SHAPES)
    ],
)
def test_broken_rules_are_answered_with_the_row_and_the_shape(
    store: Store, entry: dict[str, Any]
) -> None:
    check(store, entry)


def write_name(folder: Path, length: int) -> Path:
    text = f"key,kind,name\nP1,person,{'n' * length}\n"
    (folder / "parties.csv").write_text(text, encoding="utf-8")
    return folder


def test_cell_of_a_megabyte_is_read_whole(store: Store, tmp_path: Path) -> None:
    report = dry_run(store, write_name(tmp_path, 2**20))
    assert (report.violations, report.files[0].rows) == (0, 1)


def test_cell_above_a_megabyte_is_refused_with_its_place(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        dry_run(store, write_name(tmp_path, 2**20 + 1))
    assert (caught.value.row, caught.value.column) == (2, "name")


def test_nothing_of_a_dry_run_or_a_refusal_is_kept(store: Store) -> None:
    assert store.head == 0
