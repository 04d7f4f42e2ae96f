"""The shop's figures computed from its CSV file with pandas, by the rules that its mapping states.

Nothing of clientgraph takes part. Money is counted in whole thousandths of a pound, since a few
prices have three decimals.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd

THOUSANDTHS = Decimal(1000)


@dataclass(frozen=True)
class Shop:
    """Sales, refunds and customers after the rules, and the rows that the rules set aside."""

    rows: int
    set_aside: Counter[str]
    customers: list[str]
    sales: pd.DataFrame
    """One row per invoice: InvoiceNo, customer, day, gross."""
    refunds: pd.DataFrame
    """One row per refund: purchase, customer, day, amount."""
    lines: int


def read(path: Path) -> Shop:
    """Apply the rules of the mapping to the file."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    set_aside: Counter[str] = Counter()
    named = table[table.CustomerID != ""].copy()
    set_aside["no customer"] = len(table) - len(named)
    named["row"] = named.index
    named["customer"] = named.CustomerID.str.removesuffix(".0")
    named["product"] = named.StockCode.str.strip().str.upper()
    named["moment"] = pd.to_datetime(named.InvoiceDate, format="%Y-%m-%d %H:%M:%S")
    named["day"] = named.moment.dt.date
    named["quantity"] = named.Quantity.astype(int)
    named["price"] = [int(Decimal(price) * THOUSANDTHS) for price in named.UnitPrice]
    named["amount"] = named.quantity * named.price
    cancelled = named.InvoiceNo.str.startswith("C")
    sold = named[~cancelled & (named.quantity > 0) & (named.price >= 0)]
    sales = sold.groupby(["InvoiceNo", "customer"], as_index=False).agg(
        day=("day", "min"), gross=("amount", "sum")
    )
    refunds = _refunds(named[cancelled], sold, sales, set_aside)
    customers = sorted(named.customer.unique())
    return Shop(len(table), set_aside, customers, sales, refunds, len(sold))


def _refunds(
    cancelled: pd.DataFrame, sold: pd.DataFrame, sales: pd.DataFrame, set_aside: Counter[str]
) -> pd.DataFrame:
    """Return the cancellations as refunds of the latest fitting invoice (rule 5)."""
    back = cancelled.assign(amount=-cancelled.amount).sort_values(["moment", "row"])
    bought = sold.sort_values(["moment", "row"])[["customer", "product", "moment", "InvoiceNo"]]
    bought = bought.rename(columns={"InvoiceNo": "purchase"})
    found = pd.merge_asof(back, bought, on="moment", by=["customer", "product"])
    nothing = found.amount <= 0
    unbought = found.purchase.isna() & ~nothing
    set_aside["gives nothing back"] = int(nothing.sum())
    set_aside["not bought before"] = int(unbought.sum())
    fitting = found[~nothing & ~unbought]
    refunds = fitting.groupby(["InvoiceNo", "purchase", "customer"], as_index=False).agg(
        day=("day", "min"),
        moment=("moment", "min"),
        row=("row", "min"),
        amount=("amount", "sum"),
        lines=("row", "size"),
    )
    ordered = refunds.sort_values(["moment", "row"])
    total = ordered.groupby("purchase").amount.cumsum()
    fits = total <= ordered.purchase.map(sales.set_index("InvoiceNo").gross)
    set_aside["more than the invoice"] = int(ordered[~fits].lines.sum())
    return ordered[fits]


def pounds(thousandths: int) -> Decimal:
    """Return an amount in pounds."""
    return Decimal(int(thousandths)) / THOUSANDTHS


def revenue_by_month(shop: Shop) -> dict[str, Decimal]:
    """Return the amounts of the invoices of each month."""
    months = shop.sales.day.map(lambda day: day.isoformat()[:7])
    return {month: pounds(total) for month, total in shop.sales.groupby(months).gross.sum().items()}


def net_values(shop: Shop) -> dict[str, Decimal]:
    """Return invoices less refunds per customer with an invoice."""
    net = shop.sales.groupby("customer").gross.sum()
    net = net.sub(shop.refunds.groupby("customer").amount.sum(), fill_value=0)
    return {customer: pounds(total) for customer, total in net.items()}


def best_customers(shop: Shop, count: int) -> list[tuple[str, Decimal]]:
    """Return the customers of the greatest net value."""
    return sorted(net_values(shop).items(), key=lambda item: (-item[1], item[0]))[:count]


@dataclass(frozen=True)
class Standing:
    """Where a customer stands as of a date, under the default parameters."""

    stage: str
    depth: str | None
    n: int
    first: date | None
    last: date | None


def standings(shop: Shop, as_of: date) -> dict[str, Standing]:
    """Return the standing of every customer (rules-and-metrics, sections 3 and 4)."""
    refunded = shop.refunds[shop.refunds.day <= as_of].groupby("purchase").amount.sum()
    known = shop.sales[shop.sales.day <= as_of]
    void = known.InvoiceNo.map(refunded).fillna(0) >= known.gross
    counted = known[~void & (known.gross > 0)]
    days = counted.groupby("customer").day.unique()
    gifts = set(known[known.gross == 0].customer)
    undone = set(known[void & (known.gross > 0)].customer)
    found = {customer: _standing(sorted(bought), as_of) for customer, bought in days.items()}
    for customer in shop.customers:
        stage = "USER_ONLY" if customer in gifts else "POTENTIAL" if customer in undone else ""
        found.setdefault(customer, Standing(stage or "UNENGAGED", None, 0, None, None))
    return found


def _standing(days: list[date], as_of: date) -> Standing:
    first, last = days[0], days[-1]
    if as_of - last > timedelta(days=730):
        return Standing("FORMER", None, len(days), first, last)
    if as_of - last > timedelta(days=365):
        return Standing("DORMANT", None, len(days), first, last)
    recent = [day for day in days if as_of - timedelta(days=365) < day <= as_of]
    loyal = (last - first).days >= 365 and (as_of - last).days <= 180 and len(days) >= 3
    depth = "LOYAL" if loyal else "REGULAR" if len(recent) >= 3 else "OCCASIONAL"
    return Standing("CURRENT", depth, len(days), first, last)


def habits(shop: Shop, at: date) -> dict[str, tuple[int, int, int, float]]:
    """Return frequency, recency, age and monetary value of each customer, as lifetime models do."""
    known = shop.sales[shop.sales.day <= at]
    daily = known.groupby(["customer", "day"], as_index=False).gross.sum()
    found = {}
    for customer, days in daily.groupby("customer"):
        ordered = days.sort_values("day")
        first, last, repeated = ordered.day.iloc[0], ordered.day.iloc[-1], ordered.gross.iloc[1:]
        mean = float(repeated.mean()) / 1000 if len(repeated) else 0.0
        found[customer] = (len(repeated), (last - first).days, (at - first).days, mean)
    return found
