"""An import whose process is killed at any moment left everything or nothing.

The child imports one file after the other, each with as many parties, and says when it is ready;
it is killed after a random time. Whoever opens the file afterwards must find whole imports only.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.ingest import list_imports
from kg.store import Store

PARTIES = 400
_CHILD = """
import sys
from pathlib import Path
from rdflib import Graph
from kg.ingest import ImportOptions, run_import
from kg.shacl import load_shapes
from kg.store import Store

path, table, name = sys.argv[1:]
options = {"shapes": load_shapes(Graph()), "agent": name}
with Store.open(Path(path), memory_limit="500MB", threads=1) as store:
    print("ready", flush=True)
    for number in range(1000):
        source = f"{name}-{number}"
        run_import(store, [Path(table)], ImportOptions(source=source, **options))
        print("done", flush=True)
"""


def _kill_once(store: Path, table: Path, name: str, after: float | None) -> float:
    """Start importing and kill the process after a time, or after its first import.

    Returns how long it was let run.
    """
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(store), str(table), name],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        begun = time.monotonic()
        if after is None:
            assert child.stdout.readline() == b"done\n"
        else:
            time.sleep(after)
        return time.monotonic() - begun
    finally:
        child.kill()
        child.communicate()


def _check_whole(path: Path) -> int:
    """Check that every import is there whole, with its record; return their number."""
    with Store.open(path) as store:
        runs = list_imports(store)
        keys = store.cursor().execute(
            "SELECT g.lex, count(*) FROM live JOIN term AS p ON p.id = live.p"
            " JOIN term AS g ON g.id = live.g WHERE p.lex LIKE '%#sourceKey' GROUP BY g.lex"
        )
        graphs = {run.report["facts_graph"] for run in runs}
        counts = {graph: n for graph, n in keys.fetchall() if graph in graphs}
        assert counts == dict.fromkeys(graphs, PARTIES)
        quads = store.cursor().execute("SELECT count(DISTINCT born), max(born) FROM quad")
        assert quads.fetchall() == [(len(runs), len(runs) or None)]
        assert store.head == len(runs)
        return len(runs)


def _run(folder: Path, kills: int) -> None:
    table = folder / "parties.csv"
    rows = "".join(f"P{number},person,Name {number}\n" for number in range(PARTIES))
    table.write_text("key,kind,name\n" + rows, encoding="utf-8")
    chance = random.Random(20240501)
    path = folder / "store.duckdb"
    usual = _kill_once(path, table, "first", None)
    committed = _check_whole(path)
    assert committed
    for number in range(kills):
        _kill_once(path, table, f"run{number}", chance.uniform(0, 2 * usual))
        found = _check_whole(path)
        assert found >= committed
        committed = found


def test_killed_imports_are_all_or_nothing(tmp_path: Path) -> None:
    _run(tmp_path, 3)


@pytest.mark.slow
def test_fifty_killed_imports_are_all_or_nothing(tmp_path: Path) -> None:
    _run(tmp_path, 50)
