"""One engine at work in a process of its own: `python -m benchmarks.engines ENGINE ACTION PATH`.

`load PATH FILE` loads an N-Quads file; `query PATH` reads queries as lines of JSON and answers each
with a line of JSON. A process of its own shows the engine's own memory, and can be ended when an
engine offers no way to stop a query.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = tuple[str, ...]
Answer = dict[str, Any]
_NUMBERS = ("integer", "decimal", "double", "float")


def canonical(lexical: str, datatype: str | None) -> str:
    """Return a term's text, numbers without their spelling, so that engines can be compared."""
    if datatype is not None and datatype.rpartition("#")[2] in _NUMBERS:
        return format(Decimal(lexical).normalize(), "f")
    return lexical


def checksum(rows: Iterable[Row]) -> str:
    """Return a checksum of rows in any order."""
    digest = hashlib.sha256()
    for row in sorted(rows):
        digest.update("\x1f".join(row).encode() + b"\n")
    return digest.hexdigest()[:12]


def size_of(path: Path) -> int:
    """Return the bytes of a file or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def peak_memory() -> int:
    """Return the peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def load_clientgraph(path: Path, file: Path) -> None:
    """Load a file into a store of ours, as it is."""
    from kg.store import Store
    from kg.store.rdf import load_file

    with Store.open(path) as store:
        with store.write(activity="load") as tx:
            load_file(tx, file)
        store.checkpoint()


def load_pyoxigraph(path: Path, file: Path) -> None:
    """Load a file into pyoxigraph's store on disk, by its bulk loader."""
    from pyoxigraph import RdfFormat, Store

    store = Store(str(path))
    store.bulk_load(path=str(file), format=RdfFormat.N_QUADS)
    store.optimize()


def clientgraph(path: Path) -> Callable[[str], list[Row]]:
    """Return a function that answers queries on a store of ours, without its own provenance."""
    from kg.namespaces import PROVENANCE_GRAPH
    from kg.sparql import query
    from kg.store import Store

    store = Store.open(path)

    def answer(text: str) -> list[Row]:
        result = query(store, text, timeout=3600, hidden_graphs=[str(PROVENANCE_GRAPH)])
        if result.engine != "sql":
            raise RuntimeError(f"not compiled: {result.reason}")
        return [
            tuple("" if term is None else canonical(term[1], term[2]) for term in row)
            for row in result.rows()
        ]

    return answer


def pyoxigraph(path: Path) -> Callable[[str], list[Row]]:
    """Return a function that answers queries on pyoxigraph's store, opened for reading only."""
    from pyoxigraph import Literal, QuerySolutions, Store

    store = Store.read_only(str(path))

    def text_of(term: Any) -> str:
        if term is None:
            return ""
        datatype = term.datatype.value if isinstance(term, Literal) else None
        return canonical(term.value, datatype)

    def answer(text: str) -> list[Row]:
        solutions = store.query(text, use_default_graph_as_union=True)
        if not isinstance(solutions, QuerySolutions):
            raise TypeError("only SELECT queries are measured")
        return [tuple(text_of(term) for term in solution) for solution in solutions]

    return answer


LOADERS = {"clientgraph": load_clientgraph, "pyoxigraph": load_pyoxigraph}
ANSWERERS = {"clientgraph": clientgraph, "pyoxigraph": pyoxigraph}


def _load(engine: str, path: Path, file: Path) -> None:
    start = time.perf_counter()
    LOADERS[engine](path, file)
    seconds = time.perf_counter() - start
    used = {"seconds": seconds, "cpu": time.process_time()}
    print(json.dumps({**used, "bytes": size_of(path), "memory": peak_memory()}))


def _query(engine: str, path: Path) -> None:
    answer = ANSWERERS[engine](path)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        rows = answer(json.loads(line))
        seconds = time.perf_counter() - start
        found = {"seconds": seconds, "rows": len(rows), "checksum": checksum(rows)}
        print(json.dumps({**found, "memory": peak_memory()}), flush=True)


def main() -> None:
    """Do what the command line asks of one engine."""
    engine, action, *paths = sys.argv[1:]
    if action == "load":
        _load(engine, Path(paths[0]), Path(paths[1]))
    else:
        _query(engine, Path(paths[0]))


if __name__ == "__main__":
    main()
