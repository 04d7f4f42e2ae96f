"""The tables that the benchmark of imports draws are good data."""

from __future__ import annotations

from pathlib import Path

from benchmarks import ingest
from benchmarks.processes import apart, peak_memory


def own_memory(_: Path) -> int:
    return peak_memory()


def test_the_memory_of_a_process_is_not_that_of_the_one_that_started_it(tmp_path: Path) -> None:
    held = b"x" * 400_000_000
    assert peak_memory() > len(held)
    assert 0 < apart(own_memory, tmp_path) < len(held)


def test_the_tables_of_the_benchmark_are_imported_without_violations(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    rows = ingest.write(40, tmp_path / "tables")
    assert rows == 40 + 500 + 140 + 20
    told = ingest.ours(tmp_path)
    assert told["quads"] > 40 * ingest.PURCHASES * 10
