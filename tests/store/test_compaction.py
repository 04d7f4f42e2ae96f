"""Compaction keeps everything that can be asked, and gives space back."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from kg.errors import StoreError, StoreLockedError
from kg.store import Store
from kg.store.compaction import _ORDERS, compact
from kg.store.doctor import examine
from kg.store.export import dump
from kg.store.history import changes, commits

ROWS = 800


_HOLDER = """
import sys
from pathlib import Path
from kg.store import Store

with Store.open(Path(sys.argv[1])):
    print("open", flush=True)
    input()
"""


def quads(start: int) -> list[tuple[str, str, str, None, None, str]]:
    return [(f"ex:s{n}", "ex:p", f"ex:o{n}", None, None, "ex:g") for n in range(start, start + 100)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of some commits, much of which was taken out again."""
    path = tmp_path_factory.mktemp("made") / "store.duckdb"
    with Store.open(path) as store:
        for start in range(0, ROWS, 100):
            with store.write(note=str(start)) as tx:
                tx.insert_few(quads(start))
            with store.write(note=f"not {start}") as tx:
                tx.delete_few(quads(start)[50:])
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "store.duckdb"
    copy.write_bytes(made.read_bytes())
    return copy


def everything(path: Path) -> list[object]:
    """Return what can be asked of a store: each commit, its changes, and the graph as of it."""
    with Store.open(path) as store:
        cursor = store.cursor()
        told: list[object] = [*commits(cursor), store.setting("iri_secret")]
        for number in (1, 2, 7, store.head):
            told.append(list(changes(store.cursor(), number)))
            written = io.BytesIO()
            dump(store.cursor(), written, "nquads", as_of_commit=number)
            told.append(sorted(written.getvalue().splitlines()))
        assert not [found for _, found in examine(cursor) if found]
    return told


def test_compaction_keeps_the_graph_and_its_history(path: Path) -> None:
    before = everything(path)
    done = compact(path)
    assert everything(path) == before
    assert done.after == path.stat().st_size
    assert [each.name for each in path.parent.iterdir()] == ["store.duckdb"]


def test_a_compacted_store_takes_writes(path: Path) -> None:
    compact(path)
    with Store.open(path) as store:
        with store.write() as tx:
            assert tx.insert_few([*quads(0), ("ex:new", "ex:p", "ex:o1", None, None, None)]) == 51
        assert not [found for _, found in examine(store.cursor()) if found]


def test_rows_lie_in_the_order_of_queries(path: Path) -> None:
    compact(path)
    with Store.open(path) as store:
        rows = store.cursor().execute("SELECT p, s FROM quad").fetchall()
    assert rows == sorted(rows)


def test_a_store_in_use_is_not_compacted(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreLockedError, match="in use"):
            compact(path)
        other.stdin.write(b"\n")


def test_a_place_without_room_leaves_the_store(path: Path) -> None:
    before = path.read_bytes()
    (path.parent / "store.duckdb.compact").mkdir()
    with pytest.raises(StoreError, match="as it was"):
        compact(path)
    assert path.read_bytes() == before


def test_what_a_stopped_compaction_left_is_swept_away(path: Path) -> None:
    (path.parent / "store.duckdb.compact").write_bytes(b"half")
    (path.parent / "store.duckdb.compact.wal").write_bytes(b"half")
    compact(path)
    assert [each.name for each in path.parent.iterdir()] == ["store.duckdb"]


def test_every_table_is_copied_or_built_anew() -> None:
    with Store.open() as store:
        rows = store.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert {row[0] for row in rows} == {*_ORDERS, "predicate", "graph", "word", "property_column"}
