"""Load the same N-Quads into the engines: `python -m benchmarks.load [--size 10M]`."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import virtuoso
from benchmarks.engines import LOADERS
from benchmarks.generate import write
from benchmarks.measuring import machine
from benchmarks.servers import store_path
from kg.namespaces import PROVENANCE_GRAPH, RULES_GRAPH
from kg.sparql import query
from kg.sparql.results import write_graph as triples_of
from kg.store import Store


def folder_for(base: Path, size: str, *, keep: bool) -> Path:
    """Return the folder of a size, empty unless it is kept."""
    folder = base / size
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_graph(folder: Path, size: str) -> Path:
    """Write the graph of a size unless it is there, say what it is, and return its file."""
    file = folder / "graph.nq"
    if not file.exists():
        write(size, file)
    with file.open("rb") as stream:
        quads = sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 24), b""))
    print(f"{quads:,} quads, {file.stat().st_size / 1e6:,.0f} MB of N-Quads\n{machine()}")
    return file


def load_all(folder: Path, file: Path, engines: Sequence[str]) -> None:
    """Load the file into the engines that have no store yet, and print the table.

    clientgraph describes each commit in a graph of its own: the others get these quads too.
    """
    print("\n| load | seconds | of CPU | on disk, MB | peak memory, MB |\n|---|---|---|---|---|")
    for engine in engines:
        path = store_path(folder, engine)
        if engine in LOADERS and not path.exists():
            files = [file] if engine == "clientgraph" else [file, _provenance(folder)]
            _load(engine, path, files)


def _load(engine: str, path: Path, files: list[Path]) -> None:
    command = [sys.executable, "-m", "benchmarks.engines", engine, str(path), *map(str, files)]
    given = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    done = json.loads(given.splitlines()[-1])
    sizes = f"{done['bytes'] / 1e6:,.0f} | {done['memory'] / 1e6:,.0f}"
    print(f"| {engine} | {done['seconds']:.1f} | {done['cpu']:.1f} | {sizes} |", flush=True)


def _provenance(folder: Path) -> Path:
    """Write the quads that clientgraph added by itself, all or none; return their file."""
    file = folder / "provenance.nq"
    part = file.with_suffix(".part")
    if not file.exists():
        with Store.open(store_path(folder, "clientgraph")) as store, part.open("w") as added:
            for graph in (str(PROVENANCE_GRAPH), RULES_GRAPH):
                text = "CONSTRUCT WHERE { ?s ?p ?o }"
                found = query(store, text, default_graphs=[graph], timeout=None)
                for line in b"".join(triples_of(found, "nt")).decode().splitlines():
                    added.write(f"{line[:-2]} <{graph}> .\n")
        part.rename(file)
    return file


def engines_for(given: str | None, size: str) -> list[str]:
    """Return the engines asked for, clientgraph first; by default those that bear the size."""
    if given is not None:
        return ["clientgraph", *(name for name in given.split(",") if name != "clientgraph")]
    found = ["clientgraph", "pyoxigraph"]
    if virtuoso.there():
        found.append("virtuoso")
    else:
        print("Virtuoso is left out: Debian's package virtuoso-opensource is not installed.")
    return [*found, "rdflib"] if size.endswith("k") else found


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that loading and asking share."""
    parser.add_argument("--size", default="1M", help="for example 100k, 1M, 10M or 50M")
    parser.add_argument("--engines", help="comma-separated; rdflib only up to some 100k quads")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--keep", action="store_true", help="use and keep the loaded stores")


def main() -> None:
    """Write the graph, load it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    given = parser.parse_args()
    folder = folder_for(given.folder, given.size, keep=given.keep)
    load_all(folder, write_graph(folder, given.size), engines_for(given.engines, given.size))
    if not given.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
