"""The real shop: its mapping document says the same as the same rules written with pandas.

The rules are those at the head of `data/mappings/online-retail.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kg.ingest import ImportOptions, ImportReport, run_import
from kg.store import Store

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "../shared/data/online-retail.csv.gz"
MAPPING = ROOT / "data/mappings/online-retail.yml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="the data set is not beside the project"),
]


@dataclass
class Expected:
    """What the rules give, computed row by row."""

    net: dict[str, Decimal] = field(default_factory=dict)
    refunds: int = 0
    nobody: int = 0
    unmatched: int = 0
    exceeding: int = 0


@cache
def expected() -> Expected:
    frame = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    found = Expected(nobody=int((frame.CustomerID == "").sum()))
    frame = frame[frame.CustomerID != ""].assign(row=lambda rows: range(len(rows)))
    frame["customer"] = frame.CustomerID.str.removesuffix(".0")
    frame["product"] = frame.StockCode.str.strip().str.upper()
    quantity, price = frame.Quantity.map(Decimal), frame.UnitPrice.map(Decimal)
    frame["amount"] = quantity * price
    cancelled = frame.InvoiceNo.str.startswith("C")
    sales = frame[~cancelled & (quantity > 0) & (price >= 0)]
    gross = sales.groupby("InvoiceNo").amount.sum()
    found.net = sales.groupby("customer").amount.sum().to_dict()
    refunds = _refunds(sales, frame[cancelled], found)
    totals: dict[str, Decimal] = {}
    for (_, purchase), refund in sorted(refunds.items(), key=lambda item: item[1][:2]):
        _, _, amount, customer, lines = refund
        totals[purchase] = totals.get(purchase, Decimal(0)) + amount
        if totals[purchase] > gross[purchase]:
            found.exceeding += lines
        else:
            found.refunds += 1
            found.net[customer] -= amount
    return found


Refund = tuple[str, int, Decimal, str, int]


def _refunds(
    sales: pd.DataFrame, cancelled: pd.DataFrame, found: Expected
) -> dict[tuple[str, str], Refund]:
    """Return moment, row, amount, customer and lines by cancellation and purchase."""
    events = [(row.InvoiceDate, 0, row.row, row) for row in sales.itertuples()]
    events += [(row.InvoiceDate, 1, row.row, row) for row in cancelled.itertuples()]
    latest: dict[tuple[str, str], str] = {}
    refunds: dict[tuple[str, str], Refund] = {}
    for moment, is_refund, number, row in sorted(events, key=lambda event: event[:3]):
        bought = (row.customer, row.product)
        if not is_refund:
            latest[bought] = row.InvoiceNo
        elif bought not in latest:
            found.unmatched += 1
        else:
            key = (row.InvoiceNo, latest[bought])
            begun = refunds.get(key, (moment, number, Decimal(0), row.customer, 0))
            refunds[key] = (
                min(begun[0], moment), min(begun[1], number), begun[2] - row.amount,
                row.customer, begun[4] + 1,
            )  # fmt: skip
    return refunds


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, ImportReport]]:
    path = tmp_path_factory.mktemp("shop") / "store.duckdb"
    with Store.open(path) as store:
        options = ImportOptions(source="online-retail", mapping=MAPPING)
        yield store, run_import(store, [FILE], options)


def _predicate(name: str) -> str:
    return f"(SELECT id FROM term WHERE lex = 'https://w3id.org/clientgraph/ns#{name}')"


def test_every_row_is_accounted_for(imported: tuple[Store, ImportReport]) -> None:
    _, report = imported
    rules = expected()
    (file,) = report.files
    assert (report.status, report.violations) == ("committed", 0)
    assert (file.rows, file.unused) == (541_909, 0)
    assert [item.rows for item in file.set_aside] == [
        rules.nobody, rules.unmatched, rules.exceeding,
    ]  # fmt: skip


def test_net_value_of_every_customer_equals_the_rules(
    imported: tuple[Store, ImportReport],
) -> None:
    store, _ = imported
    rows = store.cursor().execute(
        f"""
        WITH moved AS (
            SELECT bought.o AS client, amount.num AS amount
            FROM live AS bought
            JOIN live AS line ON line.s = bought.s AND line.p = {_predicate("hasLine")}
            JOIN live AS amount ON amount.s = line.o AND amount.p = {_predicate("netAmount")}
            WHERE bought.p = {_predicate("client")}
            UNION ALL
            SELECT bought.o, -amount.num
            FROM live AS refund
            JOIN live AS bought ON bought.s = refund.o AND bought.p = {_predicate("client")}
            JOIN live AS amount ON amount.s = refund.s AND amount.p = {_predicate("amount")}
            WHERE refund.p = {_predicate("refunds")}
        )
        SELECT term.lex, sum(amount) FROM moved
        JOIN live AS key ON key.s = moved.client AND key.p = {_predicate("sourceKey")}
        JOIN term ON term.id = key.o GROUP BY term.lex
        """
    )
    assert dict(rows.fetchall()) == expected().net
