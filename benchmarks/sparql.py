"""The same questions to clientgraph and to pyoxigraph, side by side, in one run.

`python -m benchmarks.sparql [--size 1M|10M] [--runs 5] [--limit 120] [--keep]`

Both engines load the same N-Quads file into a store on disk, then each answers each question in a
process of its own: parsing, evaluation and reading all rows count. Answers are compared. The
default graph is the union of the named graphs on both sides.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import ENGINES, folder_for, load_all, store_path, write_graph
from benchmarks.measuring import Measure, measure
from benchmarks.queries import QUESTIONS

HEADER = """
| question | rows | clientgraph min | median | peak MB | pyoxigraph min | median | answers |
|---|---|---|---|---|---|---|---|"""


def _figures(found: Measure, limit: float) -> str:
    """Return the least and the median of the runs, in seconds."""
    if found.seconds is None:
        return f"> {limit:.0f} | -"
    return f"{min(found.seconds):.4f} | {statistics.median(found.seconds):.4f}"


def _compared(ours: Measure, theirs: Measure) -> str:
    """Say whether the answers to the queries that both engines ran are the same."""
    if ours.seconds is None or theirs.seconds is None:
        return "-"
    pairs = zip(ours.checksums, theirs.checksums, strict=False)
    return "same" if all(mine == other for mine, other in pairs) else "DIFFERENT"


def ask_all(folder: Path, runs: int, limit: float) -> None:
    """Ask both engines every question, and print the table."""
    print(HEADER)
    for question in QUESTIONS:
        texts = [question.text(run) for run in range(runs)]
        ours, theirs = (
            measure(engine, store_path(folder, engine), texts, limit) for engine in ENGINES
        )
        cells = (
            question.name,
            f"{ours.rows:,}",
            _figures(ours, limit),
            f"{ours.memory / 1e6:,.0f}",
            _figures(theirs, limit),
            _compared(ours, theirs),
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, ask and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1M")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds per query")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--keep", action="store_true", help="use and keep the loaded stores")
    given = parser.parse_args(arguments)
    folder = folder_for(given.folder, given.size, keep=given.keep)
    load_all(folder, write_graph(folder, given.size))
    ask_all(folder, given.runs, given.limit)
    if not given.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
