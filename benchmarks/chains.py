"""The analyses of internal chains at scale: `python -m benchmarks.chains`.

10,000 units in four levels, two suppliers each, and 100,000 external clients of one unit each:
120,000 supply relations. Options: `--units 10000 --clients 100000`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rdflib import URIRef

from benchmarks.crowd import FOCAL, fill
from benchmarks.drawing import (
    LAST_DAY,
    Value,
    dated,
    day,
    draw,
    flag,
    node,
    numbers,
    quads,
    text,
    thing,
    where,
)
from benchmarks.measuring import machine
from benchmarks.processes import apart, peak_memory
from kg.analysis import ANALYSES
from kg.lifecycle import Context
from kg.namespaces import CG, ORG, RDF, RDFS, XSD
from kg.store import Store

_TYPE, _STRING, _DATE, _DECIMAL = str(RDF.type), str(XSD.string), str(XSD.date), str(XSD.decimal)
_SERVICES = 100
_LEVELS = (0.05, 0.2, 0.5, 1.0)
"""Share of the units up to the end of each level, origins first."""
NAMES = (
    "chains edges", "chains units", "chains reach", "chains spof", "chains critical",
    "chains loops", "chains influence", "chains exposure", "chains priority",
)  # fmt: skip


def statements(units: int, clients: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of a network."""
    ends = [round(units * share) for share in _LEVELS]
    party, relation = node("unit", "n"), node("supply", "n, i")
    yield quads(
        f"SELECT range AS n FROM range({units})",
        (party, _TYPE, f"'{CG.OrganizationalUnit}'", None),
        (party, str(CG.sourceKey), "'U' || n", _STRING),
        (party, str(ORG.unitOf), f"'{FOCAL}'", None),
    )
    yield quads(
        f"SELECT range AS n FROM range({units}) WHERE {draw('n', 'asked', 2)} = 0",
        (node("score", "n"), _TYPE, f"'{CG.SatisfactionMeasurement}'", None),
        (node("score", "n"), str(CG.party), party, None),
        (node("score", "n"), str(CG.date), f"'{LAST_DAY}'", _DATE),
        (node("score", "n"), str(CG.score), f"'0.' || {draw('n', 'score', 9)}", _DECIMAL),
    )
    for start, above, end in zip((0, *ends), ends, ends[1:], strict=False):
        supplier = node("unit", f"{start} + {draw('n * 2 + i', 'supplier', above - start)}")
        yield quads(
            f"SELECT n, i FROM range({above}, {end}) AS u(n), range(2) AS turn(i)",
            *_relation(relation, supplier, party),
        )
    client, front = node("company", "n"), ends[-2]
    supplier = node("unit", f"{front} + {draw('n', 'front', units - front)}")
    yield quads(
        f"SELECT range AS n, 2 AS i FROM range({clients})",
        (client, _TYPE, f"'{CG.LegalEntity}'", None),
        (client, str(CG.sourceKey), "'C' || n", _STRING),
        *_relation(relation, supplier, client),
        (node("order", "n"), _TYPE, f"'{CG.Purchase}'", None),
        (node("order", "n"), str(CG.client), client, None),
        (node("order", "n"), str(CG.orderDate), f"'{LAST_DAY}'", _DATE),
        (node("order", "n"), str(CG.hasLine), node("line", "n"), None),
        (node("line", "n"), str(CG.netAmount), f"'1' || {draw('n', 'amount', 90)}", _DECIMAL),
        (node("line", "n"), str(CG.currency), "'EUR'", _STRING),
    )


def agreements(units: int, clients: int) -> Iterator[str]:
    """Yield the SELECTs of the quads that complete a network: services, shares, dates, loops."""
    first, front = round(units * _LEVELS[0]), round(units * _LEVELS[-2])
    yield quads(
        numbers(0, _SERVICES),
        *thing(node("service", "n"), CG.ProductOrService, {RDFS.label: text("'Service ' || n")}),
    )
    relation = node("supply", "n, i")
    agreed = _agreed("n * 4 + i")
    inside = {**agreed, CG.dependencyShare: (f"'0.' || (1 + {draw('n', 'share', 4)})", _DECIMAL)}
    yield quads(
        f"SELECT n, i FROM ({numbers(first, units)}), range(2) AS turn(i)",
        *thing(relation, None, inside),
    )
    yield quads(f"SELECT n, 2 AS i FROM ({numbers(0, clients)})", *thing(relation, None, agreed))
    # One of ten units in front supplies one of its own suppliers: a loop of two.
    behind = round(units * _LEVELS[-3])
    supplier = node("unit", f"{behind} + {draw('n * 2', 'supplier', front - behind)}")
    yield quads(
        f"SELECT n, 3 AS i FROM ({numbers(front, units, 'n % 10 = 0')})",
        *_relation(relation, node("unit", "n"), supplier),
        *thing(relation, None, agreed),
    )


def _agreed(number: str) -> dict[URIRef, Value]:
    """Return what a relation says of its service; one of six has ended."""
    start, lasting = draw(number, "supplied from", 700), draw(number, "supplied for", 700)
    return {
        CG.service: node("service", draw(number, "service", _SERVICES)),
        CG.startDate: dated(start),
        CG.endDate: (where(f"{draw(number, 'ended', 6)} = 0", day(f"{start} + {lasting}")), _DATE),
        CG.critical: flag(f"{draw(number, 'critical', 10)} = 0"),
    }


def _relation(relation: str, supplier: str, client: str) -> Iterator[tuple[str, str, str, None]]:
    """Yield the patterns of a supply relation."""
    yield relation, _TYPE, f"'{CG.SupplyRelation}'", None
    yield relation, str(CG.supplierUnit), supplier, None
    yield relation, str(CG.clientUnit), client, None


def measured(path: Path) -> int:
    """Ask every analysis of the store of a network; return the peak memory in bytes."""
    context = Context(LAST_DAY, organization=FOCAL)
    with Store.open(path) as store:
        for name in NAMES:
            start, cpu = time.perf_counter(), time.process_time()
            rows = len(ANALYSES[name].run(store.cursor(), context))
            taken = time.perf_counter() - start, time.process_time() - cpu
            print(f"| {name} | {taken[0]:.1f} | {taken[1]:.1f} | {rows:,} |", flush=True)
    return peak_memory()


def main() -> None:
    """Measure every analysis on one network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=100_000)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chains.duckdb"
        fill(path, statements(given.units, given.clients))
        print("| | seconds | of CPU | rows |\n|---|---|---|---|", flush=True)
        memory = apart(measured, path)
    print(f"peak memory {memory / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
