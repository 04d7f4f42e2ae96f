"""SHACL validation, side by side: `python -m benchmarks.shacl [--size 1M] [--limit SECONDS]`.

Twelve shapes of the usual kinds on persons and orders, one of a hundred of which is wrong. Each
engine runs in a process of its own, on the same files, and tells seconds, memory and results by
shape and constraint; those of the others are asked of the packages that are installed (`pyshacl`,
`shacl`, `pyshifty`). Their time without the reading of the data is the whole time less that of a
run without any target; so is the time that they compute. Ours is also the time of the rows of the
report, of data in the store: of the first validation of a process, and of another one by the same
shapes, whose SQL is kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine
from benchmarks.processes import peak_memory

SHAPES = Path(__file__).with_name("shacl_shapes.ttl")
NO_SHAPES = "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> a sh:NodeShape .\n"
TRIPLES_PER_PERSON = 19
EX = "https://example.org/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
PEERS = {"pyshacl": "pyshacl", "shacl": "shacl", "shifty": "pyshifty"}
"""Modules of the other engines, with the names of their packages."""


# --- Data -----------------------------------------------------------------------------------------


def lines(persons: int) -> Iterator[str]:
    """Yield the N-Triples of persons with two orders each and of the shops."""
    chance = random.Random(persons)

    def wrong() -> bool:
        return chance.random() < 0.01

    for number in range(50):
        yield from _triples(f"shop{number}", "Shop", {"label": f'"Shop {number}"@en'})
    for number in range(persons):
        me = f"p{number}"
        yield from _triples(me, "Person", _person(number, wrong))
        for order in range(2):
            yield from _triples(f"o{number}-{order}", "Order", _order(me, number, wrong))


def _person(number: int, wrong: Callable[[], bool]) -> dict[str, str]:
    found = {
        "name": '"x"@en' if wrong() else f'"Person {number}"',
        "born": _typed("2024-01-01" if wrong() else f"19{number % 90 + 10}-05-17", "date"),
        "sex": '"?"' if wrong() else '"f"',
        "referredBy": f"<{EX}p{number if wrong() else number // 2 + 1}>",
    }
    if not wrong():
        found["mail"] = '"nobody"' if wrong() else f'"p{number}@example.org"'
    return found


def _order(client: str, number: int, wrong: Callable[[], bool]) -> dict[str, str]:
    day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return {
        "client": f"<{EX}shop1>" if wrong() else f"<{EX}{client}>",
        "seller": f"<{EX}shop{number % 50}>",
        "amount": _typed("-1.00" if wrong() else f"{number % 500 + 1}.50", "decimal"),
        "ordered": _typed("2026-01-01" if wrong() else day, "date"),
        "paid": _typed(day, "date"),
    }


def _typed(text: str, datatype: str) -> str:
    return f'"{text}"^^<{_XSD}{datatype}>'


def _triples(name: str, kind: str, values: dict[str, str]) -> Iterator[str]:
    yield f"<{EX}{name}> {_TYPE} <{EX}{kind}> .\n"
    for predicate, value in values.items():
        yield f"<{EX}{name}> <{EX}{predicate}> {value} .\n"


# --- Engines --------------------------------------------------------------------------------------

Found = dict[str, int]
"""Number of results by constraint component."""


Moment = tuple[float, float]
"""Seconds by the clock, and those that the process computed."""


def _now() -> Moment:
    return time.perf_counter(), time.process_time()


def _counted(components: Iterable[object]) -> Found:
    """Return the number of results by the local name of their constraint component."""
    return Counter(re.split("[#:]", str(one))[-1] for one in components)


def ours(data: Path) -> dict[str, Any]:
    """Load a file into a store on disk, validate it there, and make the rows of the report."""
    from kg.shacl import load_shapes, validate
    from kg.shacl.rows import rows
    from kg.store import Store
    from kg.store.rdf import load_file

    shapes = load_shapes(SHAPES)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "store.duckdb", memory_limit="1500MB")
        start = _now()
        with store.write() as tx:
            load_file(tx, data)
        moments = [_now()]
        for _ in range(2):
            report = validate(store.cursor(), shapes, date(2026, 1, 1))
            listed = len(rows(report))
            moments.append(_now())
        store.close()
    found = _counted(one.component for one in report.results)
    assert listed == report.total
    loaded, done, again = moments
    return _told(start, loaded, done, found) | {"again": _told(start, done, again, found)}


def pyshacl(data: Path) -> dict[str, Any]:
    """Validate a file with pySHACL."""
    from pyshacl import validate
    from rdflib import SH, Graph

    start = _now()
    graph = Graph().parse(data, format="nt")
    loaded = _now()
    _, report, _ = validate(graph, shacl_graph=Graph().parse(SHAPES))
    done = _now()
    found = _counted(report.objects(None, SH.sourceConstraintComponent))
    return _told(start, loaded, done, found)


def shacl(data: Path) -> dict[str, Any]:
    """Validate a file with the package `shacl`."""
    import shacl as engine

    shapes, none = engine.Shapes.from_file(str(SHAPES)), engine.Shapes.from_turtle(NO_SHAPES)
    start = _now()
    none.validate_file(str(data))
    loaded = _now()
    report = shapes.validate_file(str(data))
    done = _now()
    found = _counted(one.component.strip("<>") for one in report.results)
    return _told(start, loaded, done, found, again=True)


def shifty(data: Path) -> dict[str, Any]:
    """Validate a file with the package `pyshifty`, whose module is `shifty`."""
    import shifty as engine
    from rdflib import SH

    start = _now()
    engine.validate(data, NO_SHAPES, infer=False)
    loaded = _now()
    _, report, _ = engine.validate(data, SHAPES, infer=False)
    done = _now()
    found = _counted(report.objects(None, SH.sourceConstraintComponent))
    return _told(start, loaded, done, found, again=True)


def _told(
    start: Moment, loaded: Moment, done: Moment, found: Found, *, again: bool = False
) -> dict[str, Any]:
    """Return what an engine took; it may have had to load the data again to validate them."""
    load, seconds, cpu = loaded[0] - start[0], done[0] - loaded[0], done[1] - loaded[1]
    if again:
        seconds, cpu = seconds - load, cpu - (loaded[1] - start[1])
    return {"load": load, "seconds": seconds, "cpu": cpu, "found": found}


ENGINES = {"ours": ours, "pyshacl": pyshacl, "shacl": shacl, "shifty": shifty}


# --- Side by side ---------------------------------------------------------------------------------


def measure(engine: str, data: Path, limit: float) -> dict[str, Any] | str:
    """Return what an engine tells in a process of its own, or why it tells nothing."""
    if engine in PEERS and importlib.util.find_spec(engine) is None:
        return f"not installed ({PEERS[engine]})"
    command = [sys.executable, "-m", "benchmarks.shacl", "--engine", engine, str(data)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return f"> {limit:g} s"
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(size: str, limit: float) -> None:
    """Print the table of one size."""
    factor = {"k": 1_000, "M": 1_000_000}[size[-1]]
    persons = int(size[:-1]) * factor // TRIPLES_PER_PERSON
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.nt"
        with data.open("w") as file:
            file.writelines(lines(persons))
        print(f"{size} triples; {machine()}\n")
        print(
            "| engine | load s | validate s | its CPU s | memory MB | results | results as ours |"
        )
        print("|---|---|---|---|---|---|---|")
        own: Found | None = None
        for engine in ENGINES:
            told = measure(engine, data, limit)
            if isinstance(told, str):
                print(f"| {engine} | {told} | | | | | |")
                continue
            own = own or told["found"]
            same = "yes" if told["found"] == own else f"no: {_difference(told['found'], own)}"
            times = f"{told['load']:.2f} | {told['seconds']:.2f} | {told['cpu']:.2f}"
            memory = told["memory"] / 2**20
            print(f"| {engine} | {times} | {memory:.0f} | {sum(told['found'].values())} | {same} |")
            if "again" in told:
                seconds, cpu = told["again"]["seconds"], told["again"]["cpu"]
                print(f"| {engine}, again | | {seconds:.2f} | {cpu:.2f} | | | |")
    print()


def _difference(found: Found, own: Found) -> str:
    names = sorted(name for name in {*found, *own} if found.get(name, 0) != own.get(name, 0))
    return ", ".join(f"{name} {found.get(name, 0)} for {own.get(name, 0)}" for name in names)


def main() -> None:
    """Compare the engines, or run the one that the command line names."""
    parser = argparse.ArgumentParser(description="SHACL validation, side by side.")
    parser.add_argument("--size", action="append", help="100k, 1M, 10M; repeatable")
    parser.add_argument("--limit", type=float, default=300, help="seconds for each engine")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("data", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        print(json.dumps(ENGINES[asked.engine](asked.data) | {"memory": peak_memory()}))
        return
    for size in asked.size or ["100k"]:
        compare(size, asked.limit)


if __name__ == "__main__":
    main()
