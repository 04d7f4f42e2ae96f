"""CSV to a committed, validated graph: `python -m benchmarks.ingest [--clients 100k] [--peers]`.

Tables of clients, products, purchases (3.5 for each client) and recommendations (one for two
clients) are drawn by the engine itself, a hash of a number each, so that the same size gives the
same bytes. They are imported by the templates, all shapes included. Beside it, with `--peers`, the
graph that came of it, as ready-made N-Quads: pyoxigraph's bulk loader, which checks nothing, and at
100 clients at most rdflib and pySHACL with the same shapes. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.engines import size_of
from benchmarks.measuring import machine
from benchmarks.processes import peak_memory

PURCHASES, RECOMMENDATIONS = 3.5, 0.5
"""Rows for each client."""
MEMORY = "5GB"
"""What the engine may use before it spills: the process then stays below 6 GiB."""
SLOW_CLIENTS = 100
"""Clients up to which rdflib and pySHACL are asked."""
AS_OF = date(2026, 6, 30)
_DAYS = 1200


def _draw(what: str, below: int, number: str = "n") -> str:
    """Return the SQL of a whole number in [0, below) that `number` always gets for `what`."""
    return f"CAST(hash({number}, '{what}') % {below} AS INTEGER)"


def _day(what: str) -> str:
    return f"CAST(DATE '2023-01-01' + {_draw(what, _DAYS)} AS VARCHAR)"


def _name(what: str) -> str:
    """Return the SQL of a name: a letter, a syllable, and a number that keeps persons apart."""
    return (
        f"upper(chr(97 + {_draw(what, 26)})) || ['ane', 'oberin', 'ulmann', 'erlot', 'isard']"
        f"[1 + {_draw(f'{what} end', 5)}] || {_draw(f'{what} number', 9000)}"
    )


def tables(clients: int) -> dict[str, str]:
    """Return the SELECT of each table for so many clients."""
    purchases, recommendations = int(clients * PURCHASES), int(clients * RECOMMENDATIONS)
    return {
        "parties": f"SELECT 'C' || n AS key, 'person' AS kind, {_name('given')} || ' '"
        f" || {_name('family')} AS name, 'c' || n || '@example.org' AS email,"
        f" CAST(DATE '1940-01-01' + {_draw('birth', 20000)} AS VARCHAR)"
        f" AS birth_date, '2022-12-01' AS first_contact_date FROM range({clients}) AS t(n)",
        "products": "SELECT 'A' || n AS key, 'Article ' || n AS name FROM range(500) AS t(n)",
        "purchases": f"SELECT 'O' || n AS \"order\", 'C' || {_draw('client', clients)} AS client,"
        f" {_day('order')} AS date, 'A' || {_draw('product', 500)} AS product,"
        f" printf('%.2f', (100 + {_draw('amount', 40000)}) / 100) AS amount, 'EUR' AS currency"
        f" FROM range({purchases}) AS t(n)",
        # Referrers come before whom they refer: a forest, and nobody refers themselves.
        "recommendations": f"SELECT 'R' || n AS key, 'C' || {_draw('referrer', 1000)} % (n + 1)"
        f" AS recommender, 'C' || (n + 1) AS referred, {_day('referral')} AS date"
        f" FROM range({min(recommendations, clients - 1)}) AS t(n)",
    }


def write(clients: int, folder: Path) -> int:
    """Write the tables of so many clients; return their rows."""
    rows = 0
    with duckdb.connect() as connection:
        for name, select in tables(clients).items():
            done = connection.execute(f"COPY ({select}) TO '{folder / name}.csv' (HEADER)")
            rows += done.fetchall()[0][0]
    return rows


# --- What is measured -----------------------------------------------------------------------------


def ours(folder: Path) -> dict[str, Any]:
    """Import the tables into a store on disk, in one commit, with all shapes."""
    from kg.ingest import ImportOptions, run_import
    from kg.store import Store

    path = folder / "store.duckdb"
    start = time.perf_counter()
    with Store.open(path, memory_limit=MEMORY) as store:
        report = run_import(store, [folder / "tables"], ImportOptions(source="bench", as_of=AS_OF))
        store.checkpoint()
    seconds = time.perf_counter() - start
    if report.commit is None or not report.shapes_checked:
        raise SystemExit(f"The import was {report.status}: {report.findings[:3]}")
    return {"seconds": seconds, "quads": report.quads_written, "bytes": size_of(path)}


def pyoxigraph(folder: Path) -> dict[str, Any]:
    """Load the ready-made N-Quads in bulk, unchecked."""
    from pyoxigraph import RdfFormat, Store

    start = time.perf_counter()
    store = Store(str(folder / "oxigraph"))
    store.bulk_load(path=str(folder / "graph.nq"), format=RdfFormat.N_QUADS)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "quads": len(store), "bytes": size_of(folder / "oxigraph")}


def rdflib(folder: Path) -> dict[str, Any]:
    """Parse the ready-made N-Quads and validate them with the project's shapes."""
    from pyshacl import validate
    from rdflib import Dataset, Graph

    from kg.resources import folder as shared

    shapes = Graph()
    for file in sorted((shared("ontology") / "shapes").glob("*.ttl")):
        shapes.parse(file)
    classes = Graph()
    for file in sorted((shared("ontology") / "vocabulary").glob("*.ttl")):
        classes.parse(file)
    start = time.perf_counter()
    data = Dataset(default_union=True)
    data.parse(folder / "graph.nq", format="nquads")
    validate(data, shacl_graph=shapes, ont_graph=classes, advanced=True)
    return {"seconds": time.perf_counter() - start, "quads": len(data), "bytes": 0}


ENGINES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours": ours,
    "pyoxigraph": pyoxigraph,
    "rdflib": rdflib,
}
_SHOWN = {
    "ours": "clientgraph, CSV to committed, shapes included",
    "pyoxigraph": "pyoxigraph, N-Quads in bulk, unchecked",
    "rdflib": "rdflib and pySHACL, N-Quads and shapes",
}


def measure(engine: str, folder: Path) -> dict[str, Any]:
    """Return what an engine tells of itself in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--engine", engine, str(folder)]
    given = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(given.splitlines()[-1])
    return told


def run(clients: int, *, peers: bool) -> None:
    """Write the tables of a size, import them, and print a row for each engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tables").mkdir()
        rows = write(clients, folder / "tables")
        _print("ours", clients, rows, measure("ours", folder))
        if not peers:
            return
        _export(folder)
        _print("pyoxigraph", clients, rows, measure("pyoxigraph", folder))
        if clients <= SLOW_CLIENTS:
            _print("rdflib", clients, rows, measure("rdflib", folder))


def _export(folder: Path) -> None:
    """Write the graph that came of the import as N-Quads."""
    from kg.store import Store
    from kg.store.export import dump

    with Store.open(folder / "store.duckdb") as store, (folder / "graph.nq").open("wb") as file:
        dump(store.cursor(), file, "nquads")


def _print(engine: str, clients: int, rows: int, told: dict[str, Any]) -> None:
    seconds = told["seconds"]
    rates = f"{rows / seconds:,.0f} | {told['quads'] / seconds:,.0f}"
    sizes = f"{told['memory'] / 2**20:,.0f} | {told['bytes'] / 1e6:,.0f}"
    print(
        f"| {clients:,} | {_SHOWN[engine]} | {told['quads']:,} | {seconds:.1f} | {told['cpu']:.1f}"
        f" | {rates} | {sizes} |",
        flush=True,
    )


def clients_of(size: str) -> int:
    """Return the number that a size such as `100k` or `1M` stands for."""
    factor = {"k": 1_000, "M": 1_000_000}.get(size[-1])
    return int(size[:-1]) * factor if factor else int(size)


def main() -> None:
    """Measure the sizes asked for, or the one engine that the command line names."""
    parser = argparse.ArgumentParser(description="From CSV to a committed, validated graph.")
    parser.add_argument("--clients", action="append", help="1k, 100k, 1M; repeatable")
    parser.add_argument("--peers", action="store_true", help="load the same graph elsewhere, too")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        told = ENGINES[asked.engine](asked.folder)
        used = resource.getrusage(resource.RUSAGE_SELF)
        told |= {"memory": peak_memory(), "cpu": used.ru_utime + used.ru_stime}
        print(json.dumps(told))
        return
    print(f"{machine()}\n")
    print("| clients | what | quads | s | CPU s | rows/s | quads/s | memory MB | disk MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size in asked.clients or ["1k", "10k", "100k"]:
        run(clients_of(size), peers=asked.peers)


if __name__ == "__main__":
    main()
