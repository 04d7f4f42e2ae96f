"""All referral figures of a crowd, beside networkx alone: `python -m benchmarks.networks`.

Options: `--parties 1000000`, `--store FILE` (a crowd that is there already), `--alone` (without
networkx). Both start from the same store: networkx reads its rows as plain lists, and finds first
acquisitions and values in them with Python. How long each takes until its figures begin, and how
long these take, stand apart. Each runs in a process of its own, and the figures have to be equal.
The store has its property table, as it has a while after a commit on a server.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.crowd import write
from benchmarks.drawing import LAST_DAY
from benchmarks.measuring import machine
from benchmarks.network_peer import Referral, figures
from benchmarks.processes import apart, peak_memory
from kg.analysis.names import names_of
from kg.analysis.referral_tables import MODELS
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.summary import NetworkFigures, network_figures
from kg.lifecycle import Context
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.namespaces import BASE, CG
from kg.store import Cursor, Store, lookup_nodes
from kg.store.upkeep import build

CONTEXT = Context(LAST_DAY, organization=f"{BASE}id/party/organization")


def ours(path: Path) -> dict[str, Any]:
    """Compute every figure with clientgraph."""
    with Store.open(path) as store:
        cursor = store.cursor()
        start, cpu = time.perf_counter(), time.process_time()
        with snapshot(cursor):
            evaluation = evaluate_referrals(cursor, CONTEXT, all_parties=True)
            read = time.process_time() - cpu
            found = network_figures(evaluation)
            taken = time.perf_counter() - start, time.process_time() - cpu
            memory = peak_memory()
            checked = _checked(evaluation, found)
    return {
        "seconds": taken[0],
        "cpu": taken[1],
        "figures": taken[1] - read,
        "memory": memory,
        "sums": checked,
    }


def _checked(evaluation: Evaluation, found: NetworkFigures) -> dict[str, str]:
    """Return checksums of the figures by name."""

    def by_name(sql: str, **values: Any) -> dict[Any, int]:
        named = f"SELECT t.lex, f.n FROM ({sql}) AS f(id, n) LEFT JOIN term AS t ON t.id = f.id"
        return {name: int(n) for name, n in evaluation.run(named, **values).fetchall()}

    names = names_of(evaluation, {member for ring in found.rings for member in ring})
    credited = "SELECT party, sum(cents) FROM credited WHERE model = $model GROUP BY party"
    return {
        "depth": _sum(by_name("SELECT party, depth FROM place")),
        "branching": _sum(by_name("SELECT giver, count(*) FROM primary_edge GROUP BY giver")),
        "descendants": _sum(by_name("SELECT party, n FROM descent")),
        "downstream": _sum(by_name("SELECT party, sum(cents) FROM downstream GROUP BY party")),
        "rings": _sum({min(names[m].iri for m in ring): len(ring) for ring in found.rings}),
        "removed": _sum({edge.key: 1 for edge in found.removed}),
        **{f"credit {model}": _sum(by_name(credited, model=model)) for model in MODELS},
    }


def theirs(path: Path) -> dict[str, Any]:
    """Compute the same with networkx alone, from plain lists."""
    with Store.open(path) as store:
        start, cpu = time.perf_counter(), time.process_time()
        referrals, first, value = _lists(store.cursor())
        read = time.process_time() - cpu
        found = figures(referrals, first, value, LAST_DAY)
        taken = time.perf_counter() - start, time.process_time() - cpu
    sums = {
        "depth": _sum(found.depth),
        "branching": _sum(found.branching),
        "descendants": _sum(found.descendants),
        "downstream": _sum(found.downstream),
        "rings": _sum({min(ring): len(ring) for ring in found.rings}),
        "removed": _sum(dict.fromkeys(found.removed, 1)),
        **{f"credit {model}": _sum(credit) for model, credit in found.credit.items()},
    }
    return {
        "seconds": taken[0],
        "cpu": taken[1],
        "figures": taken[1] - read,
        "memory": peak_memory(),
        "sums": sums,
    }


def _lists(cursor: Cursor) -> tuple[list[Referral], dict[str, date], dict[str, int]]:
    """Return what networkx reads: referrals, first acquisitions, values in cents."""
    nodes = [CG[name] for name in _READ]
    ids = dict(zip(_READ, lookup_nodes(cursor, nodes), strict=True))
    referrals: list[Referral] = cursor.execute(_REFERRALS, _named(_REFERRALS, ids)).fetchall()
    first: dict[str, date] = {}
    bought_by: dict[int, str] = {}
    for purchase, party, day in cursor.execute(_BOUGHT, _named(_BOUGHT, ids)).fetchall():
        bought_by[purchase] = party
        if party not in first or day < first[party]:
            first[party] = day
    value: dict[str, int] = defaultdict(int)
    for purchase, amount in cursor.execute(_PAID, _named(_PAID, ids)).fetchall():
        value[bought_by[purchase]] += int(amount * 100)
    return referrals, first, dict(value)


_READ = (
    "client", "date", "hasLine", "netAmount", "orderDate", "recommender", "referred", "sourceKey",
)  # fmt: skip
_REFERRALS = """
SELECT a.lex, b.lex, CAST(d.ts AS DATE), k.lex
FROM live AS r
JOIN live AS g ON g.s = r.s AND g.p = $recommender
JOIN live AS d ON d.s = r.s AND d.p = $date
JOIN live AS q ON q.s = r.s AND q.p = $sourceKey
JOIN term AS a ON a.id = g.o JOIN term AS b ON b.id = r.o JOIN term AS k ON k.id = q.o
WHERE r.p = $referred
"""
_BOUGHT = """
SELECT c.s, t.lex, CAST(d.ts AS DATE) FROM live AS c
JOIN live AS d ON d.s = c.s AND d.p = $orderDate JOIN term AS t ON t.id = c.o
WHERE c.p = $client
"""
_PAID = """
SELECT l.s, a.num FROM live AS l JOIN live AS a ON a.s = l.o AND a.p = $netAmount
WHERE l.p = $hasLine
"""


def _named(sql: str, ids: dict[str, int | None]) -> dict[str, int | None]:
    """Return the ids that a statement names."""
    return {name: number for name, number in ids.items() if f"${name}" in sql}


def _sum(values: dict[Any, int]) -> str:
    """Return a checksum of a mapping, zeros left out."""
    kept = sorted((str(key), n) for key, n in values.items() if n)
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:16]


def main() -> None:
    """Measure both on one crowd and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--alone", action="store_true")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = given.store or Path(folder) / "crowd.duckdb"
        if not path.exists():
            write(given.parties, path)
        with Store.open(path) as store:
            build(store)
        results = {"clientgraph": apart(ours, path)}
        if not given.alone:
            results["networkx"] = apart(theirs, path)
    print("| | seconds | of CPU | of these, figures | peak memory, MB |\n|---|---|---|---|---|")
    for name, one in results.items():
        times = " | ".join(f"{one[column]:.1f}" for column in ("seconds", "cpu", "figures"))
        print(f"| {name} | {times} | {one['memory'] / 1e6:,.0f} |")
    if not given.alone:
        mine, other = results["clientgraph"]["sums"], results["networkx"]["sums"]
        different = [name for name in mine if mine[name] != other[name]]
        print(f"different: {', '.join(different)}" if different else "all figures are equal")


if __name__ == "__main__":
    main()
