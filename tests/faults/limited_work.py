"""What a process does whose files may not grow: one write, and another one when they may again."""

from __future__ import annotations

import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from killed_work import NO_SHAPES, digest

from kg.errors import ClientgraphError
from kg.ingest import ImportOptions, run_import
from kg.sparql import update
from kg.store import Store
from kg.store.compaction import compact

_GROW = 'INSERT { ?s ?p ?long } WHERE { ?s ?p ?o BIND (CONCAT(STR(?o), "%s") AS ?long) }' % (
    "x" * 500
)


def limited(path: str, table: str, kind: str, room: int, told: Connection) -> None:
    """Write with `room` bytes more than the store's file has; tell the error and what is then."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    file = Path(path)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = room if kind == "compact" else file.stat().st_size + room
    store = Store.open(file, memory_limit="300MB", threads=1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    error = ""
    try:
        if kind == "import":
            run_import(store, [Path(table)], ImportOptions(source="large", shapes=NO_SHAPES))
        elif kind == "update":
            update(store, _GROW)
        else:
            store.close()
            compact(file, memory_limit="300MB")
    except ClientgraphError as raised:
        error = f"{type(raised).__name__}: {raised}"
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    if kind == "compact":
        store = Store.open(file, memory_limit="300MB", threads=1)
    told.send((error, store.head, digest(store, store.head)))
    with store.write(note="later") as tx:
        tx.insert_few([("ex:later", "ex:p", "ex:o", None, None, None)])
    told.send(("", store.head, ""))
    store.close()
