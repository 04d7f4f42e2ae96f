"""Small files are read by one engine, each by a connection that sees its own file alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kg.store.files import FileReader


def test_files_that_are_read_at_once_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("a,b\n" + "1,2\n" * 5000)
    (tmp_path / "bad.csv").write_text("a,b\n1,2,3\n4,5\n")

    def read(name: str) -> tuple[bool, int]:
        with FileReader(tmp_path, small=True) as reader:
            reader.csv(tmp_path / name, 2, ",", "\n")
            return reader.rejected(), reader.count()

    names = ["good.csv", "bad.csv"] * 6
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(read, names))
    assert found == [(False, 5000), (True, 1)] * 6
    # What one file left behind is no part of the next one.
    assert read("good.csv") == (False, 5000)
