"""A year of a real shop, from its CSV file to answers: `python -m benchmarks.real_shop FILE`.

FILE is the data set "Online Retail" (UCI Machine Learning Repository, D. Chen, CC BY 4.0) as
`online-retail.csv.gz`. It is imported through `data/mappings/online-retail.yml` and the shapes,
into a store on disk; then revenue by month, the best customers and the stages are asked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from benchmarks.measuring import machine
from benchmarks.processes import peak_memory
from kg.ingest import ImportOptions, ImportReport, run_import
from kg.lifecycle import Context, Table, classify
from kg.sparql import query
from kg.store import Store

MAPPING = Path(__file__).resolve().parents[1] / "data" / "mappings" / "online-retail.yml"
LAST_DAY = date(2011, 12, 9)
PREFIX = "PREFIX cg: <https://w3id.org/clientgraph/ns#>\n"
REVENUE = """
SELECT ?month (SUM(?amount) AS ?revenue) WHERE {
  ?purchase cg:orderDate ?day ; cg:hasLine/cg:netAmount ?amount .
  BIND(SUBSTR(STR(?day), 1, 7) AS ?month)
} GROUP BY ?month ORDER BY ?month
"""
BEST = """
SELECT ?key (SUM(?value) AS ?net) WHERE {
  { ?purchase cg:client ?client ; cg:hasLine/cg:netAmount ?value }
  UNION
  { ?refund cg:refunds/cg:client ?client ; cg:amount ?amount BIND(-?amount AS ?value) }
  ?client cg:sourceKey ?key .
} GROUP BY ?key ORDER BY DESC(?net) ?key LIMIT 10
"""
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Imported:
    """What an import of the shop took and gave."""

    report: ImportReport
    seconds: float
    cpu: float
    memory: int
    size: int


def import_shop(file: Path, path: Path) -> Imported:
    """Import the shop's file into a new store."""
    start, cpu = time.perf_counter(), time.process_time()
    with Store.open(path) as store:
        report = run_import(
            store, [file], ImportOptions(source="online-retail", mapping=MAPPING, as_of=LAST_DAY)
        )
        store.checkpoint()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return Imported(report, seconds, cpu, peak_memory(), path.stat().st_size)


def revenue_by_month(store: Store) -> dict[str, Decimal]:
    """Return the amounts of the purchases of each month."""
    return dict(_amounts(store, REVENUE))


def best_customers(store: Store) -> list[tuple[str, Decimal]]:
    """Return the ten customers of the greatest net value."""
    return _amounts(store, BEST)


def stages(store: Store, as_of: date = LAST_DAY) -> Table:
    """Return the classification of every party as of a day, by default the file's last one."""
    return classify(store.cursor(), Context(as_of=as_of, currency="GBP"))


def _amounts(store: Store, text: str) -> list[tuple[str, Decimal]]:
    """Return the rows of a query for texts and amounts."""
    rows = query(store, PREFIX + text, timeout=600).rows()
    return [(key[1], Decimal(value[1])) for key, value in rows if key and value]


def _timed(name: str, ask: Callable[[Store], Answer], store: Store) -> Answer:
    start = time.perf_counter()
    answer = ask(store)
    print(f"\n{name}: {time.perf_counter() - start:.2f} s")
    return answer


def _print_import(done: Imported) -> None:
    report = done.report
    print(f"{report.status}: {report.violations} violations, {report.warnings} warnings")
    for file in report.files:
        print(f"{file.name}: {file.rows:,} rows read, {file.mapped:,} mapped")
        for aside in file.set_aside:
            print(f"  {aside.rows:,} set aside: {aside.reason['en']}")
    print(
        f"{report.quads_written:,} quads in {done.seconds:.1f} s ({done.cpu:.1f} s of CPU), "
        f"{done.size / 1e6:,.0f} MB on disk, peak memory {done.memory / 1e6:,.0f} MB"
    )


def main() -> None:
    """Import the file of the command line and print what comes out."""
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clientgraph.duckdb"
        _print_import(import_shop(Path(sys.argv[1]), path))
        with Store.open(path) as store:
            for month, amount in _timed("revenue by month", revenue_by_month, store).items():
                print(f"  {month} {amount:>14,.2f}")
            for key, amount in _timed("best customers, net", best_customers, store):
                print(f"  {key} {amount:>14,.2f}")
            table = _timed(f"customers per stage on {LAST_DAY}", stages, store)
            counts = Counter(zip(table.column("stage"), table.column("depth"), strict=True))
            for (stage, depth), number in counts.most_common():
                print(f"  {stage} {depth or ''} {number:,}")


if __name__ == "__main__":
    main()
