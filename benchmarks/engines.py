"""Loading one engine in a process of its own: `python -m benchmarks.engines ENGINE PATH FILE...`.

A process of its own shows the engine's own memory.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from benchmarks import virtuoso
from benchmarks.processes import peak_memory
from benchmarks.servers import serving


def size_of(path: Path) -> int:
    """Return the bytes of a file or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def load_clientgraph(path: Path, files: list[Path]) -> int:
    """Load files into a store of ours, and derive what follows; return the peak memory in bytes."""
    from kg.derivation import complete
    from kg.store import Store
    from kg.store.rdf import load_file
    from kg.store.upkeep import build

    with Store.open(path) as store:
        for file in files:
            with store.write(activity="load") as tx:
                load_file(tx, file)
        complete(store)
        build(store)
        store.checkpoint()
    return peak_memory()


def load_pyoxigraph(path: Path, files: list[Path]) -> int:
    """Load files into pyoxigraph's store on disk, by its bulk loader."""
    from pyoxigraph import RdfFormat, Store

    store = Store(str(path))
    for file in files:
        store.bulk_load(path=str(file), format=RdfFormat.N_QUADS)
    store.optimize()
    return peak_memory()


def load_virtuoso(path: Path, files: list[Path]) -> int:
    """Load files into an instance of Virtuoso in a folder."""
    path.mkdir()
    with serving("virtuoso", path.parent) as server:
        virtuoso.load(server.port, files)
        return server.memory()


LOADERS = {
    "clientgraph": load_clientgraph,
    "pyoxigraph": load_pyoxigraph,
    "virtuoso": load_virtuoso,
}


def main() -> None:
    """Load, and print what it took as a line of JSON."""
    engine, path, *files = sys.argv[1:]
    start = time.perf_counter()
    memory = LOADERS[engine](Path(path), [Path(file).resolve() for file in files])
    seconds = time.perf_counter() - start
    used = {"seconds": seconds, "cpu": sum(os.times()[:4])}
    print(json.dumps({**used, "bytes": size_of(Path(path)), "memory": memory}))


if __name__ == "__main__":
    main()
