"""A disk without room makes a write fail with an error, and leaves the graph as it was."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from killed_work import digest
from limited_work import limited

from kg.cli import main
from kg.store import Store
from kg.store.doctor import examine

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["killed_work", "limited_work"])
ROWS = 30_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table whose import takes more room than there will be."""
    table = tmp_path_factory.mktemp("large") / "parties.csv"
    rows = (f"P{n},person,Name {n * 7919}\n" for n in range(ROWS))
    table.write_text("key,kind,name\n" + "".join(rows), encoding="utf-8")
    return table


def made(path: Path, quads: int) -> None:
    """Make a store that holds something."""
    with Store.open(path) as store, store.write() as tx:
        tx.insert(
            "SELECT 'ex:s' || i AS s, 'ex:p' AS p, md5('' || i) AS o, NULL AS olang, NULL AS g,"
            f" 'http://www.w3.org/2001/XMLSchema#string' AS odt FROM range({quads}) AS t(i)"
        )


def state(path: Path) -> tuple[int, str]:
    with Store.open(path) as store:
        assert [found for _, found in examine(store.cursor()) if found] == []
        return store.head, digest(store, store.head)


@pytest.mark.parametrize(
    ("kind", "room"),
    [("import", 100_000), ("import", 2_000_000), ("update", 0), ("compact", 300_000)],
)
def test_a_write_without_room_is_an_error_and_changes_nothing(
    tmp_path: Path, large: Path, kind: str, room: int
) -> None:
    path = tmp_path / "store.duckdb"
    made(path, 10_000)
    before = state(path)
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=limited, args=(str(path), str(large), kind, room, theirs))
    process.start()
    theirs.close()
    error, head, text = ours.recv()
    assert error.startswith("StoreFullError" if kind != "compact" else "StoreError"), error
    assert "as it was" in error or "nothing of it was kept" in error
    assert (head, text) == before
    # The same process goes on when there is room again.
    assert ours.recv()[1] == head + 1
    process.join()
    assert process.exitcode == 0
    assert state(path)[0] == head + 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield the folder of a file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_an_import_onto_a_full_disk_is_told_and_leaves_the_graph(
    small_disk: Path, large: Path
) -> None:
    made(small_disk / "clientgraph.duckdb", 1000)
    before = state(small_disk / "clientgraph.duckdb")
    result = CliRunner().invoke(main, ["--data-dir", str(small_disk), "import", str(large)])
    assert result.exit_code == 1
    assert "did not fit on the disk" in result.stderr
    assert state(small_disk / "clientgraph.duckdb") == before
