"""What the killed process does: writes of all kinds, one after the other, told before and after.

The module is loaded once by the server that forks the processes (see `test_killed_writes`).
"""

from __future__ import annotations

import hashlib
import io
import random
from multiprocessing.connection import Connection
from pathlib import Path

from rdflib import Graph

from kg.ingest import ImportOptions, run_import, undo_import
from kg.merging import list_merges, merge, unmerge
from kg.shacl import load_shapes, project_shapes
from kg.store import Store
from kg.store.compaction import compact
from kg.store.export import dump

PARTIES = 300
NO_SHAPES = load_shapes(Graph())
project_shapes()


def digest(store: Store, commit: int) -> str:
    """Return a digest of the graph as of a commit."""
    written = io.BytesIO()
    dump(store.cursor(), written, "nquads", as_of_commit=commit)
    return hashlib.sha256(b"".join(sorted(written.getvalue().splitlines()))).hexdigest()


def work(path: str, table: str, seed: int, told: Connection) -> None:
    """Write until killed; tell what begins, and the commit and the digest after what ended."""
    chance = random.Random(seed)
    store = Store.open(Path(path), memory_limit="300MB", threads=1)
    told.send(("ready", store.head, digest(store, store.head)))
    for number in range(1000):
        kind = chance.choice(["import", "import", "undo", "merge", "unmerge", "compact"])
        told.send((kind, store.head, ""))
        if kind == "compact":
            store.close()
            compact(Path(path), memory_limit="300MB")
            store = Store.open(Path(path), memory_limit="300MB", threads=1)
        else:
            _write(store, kind, table, f"{seed}-{number}", chance)
        told.send(("done", store.head, digest(store, store.head)))


def _write(store: Store, kind: str, table: str, source: str, chance: random.Random) -> None:
    """Make one commit, where there is something to make it of."""
    if kind == "import":
        run_import(store, [Path(table)], ImportOptions(source=source, shapes=NO_SHAPES))
    elif kind == "undo":
        last = "SELECT id FROM import_run WHERE undone IS NULL ORDER BY number DESC"
        runs = store.cursor().execute(last).fetchall()
        if len(runs) > 1:
            undo_import(store, runs[0][0], shapes=NO_SHAPES)
    elif kind == "merge":
        iris = _parties(store)
        if len(iris) > 1:
            merge(store, *chance.sample(iris, 2))
    elif merged := list_merges(store.cursor()):
        unmerge(store, merged[0].duplicate)


def _parties(store: Store) -> list[str]:
    """Return some parties that are not merged."""
    rows = store.cursor().execute(
        "SELECT t.lex FROM live AS q JOIN term AS p ON p.id = q.p JOIN term AS t ON t.id = q.s"
        " WHERE p.lex LIKE '%#sourceKey' AND q.s NOT IN (SELECT m.s FROM live AS m JOIN term AS n"
        " ON n.id = m.p WHERE n.lex LIKE '%#mergedInto') ORDER BY t.lex LIMIT 20"
    )
    return [row[0] for row in rows.fetchall()]
