"""The tables that the benchmark of imports draws are good data."""

from __future__ import annotations

from pathlib import Path

from benchmarks import ingest


def test_the_tables_of_the_benchmark_are_imported_without_violations(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    rows = ingest.write(40, tmp_path / "tables")
    assert rows == 40 + 500 + 140 + 20
    told = ingest.ours(tmp_path)
    assert told["quads"] > 40 * ingest.PURCHASES * 10
