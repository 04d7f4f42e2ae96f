"""Load the same N-Quads file into both engines: `python -m benchmarks.load [--size 10M]`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from benchmarks.generate import write
from benchmarks.measuring import load, machine

ENGINES = ("clientgraph", "pyoxigraph")


def folder_for(base: Path, size: str, *, keep: bool) -> Path:
    """Return the folder of a size, empty unless it is kept."""
    folder = base / size
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def store_path(folder: Path, engine: str) -> Path:
    """Return where an engine keeps its store."""
    return folder / ("clientgraph.duckdb" if engine == "clientgraph" else engine)


def write_graph(folder: Path, size: str) -> Path:
    """Write the graph of a size, say what it is measured on, and return its file."""
    file = folder / "graph.nq"
    quads = write(size, file)
    print(f"{quads:,} quads, {file.stat().st_size / 1e6:,.0f} MB of N-Quads\n{machine()}")
    return file


def load_all(folder: Path, file: Path) -> None:
    """Load the file into the engines that have no store yet, and print the table."""
    print("\n| load | seconds | of CPU | on disk, MB | peak memory, MB |\n|---|---|---|---|---|")
    for engine in ENGINES:
        path = store_path(folder, engine)
        if path.exists():
            continue
        done = load(engine, path, file)
        sizes = f"{done['bytes'] / 1e6:,.0f} | {done['memory'] / 1e6:,.0f}"
        print(f"| {engine} | {done['seconds']:.1f} | {done['cpu']:.1f} | {sizes} |", flush=True)


def main() -> None:
    """Write the graph, load it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1M")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    given = parser.parse_args()
    folder = folder_for(given.folder, given.size, keep=False)
    load_all(folder, write_graph(folder, given.size))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
