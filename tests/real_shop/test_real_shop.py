"""A year of a real shop gives the same figures as pandas does from its CSV file, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from shop_oracle import (
    Shop,
    best_customers,
    habits,
    net_values,
    read,
    revenue_by_month,
    standings,
)

from benchmarks import real_shop
from kg.catalog import load_catalog
from kg.sparql import query
from kg.store import Store

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail.csv.gz"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.is_file(), reason=f"the file {FILE.name} of the shop is absent"),
]
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return read(FILE)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, real_shop.Imported]:
    path = tmp_path_factory.mktemp("shop") / "clientgraph.duckdb"
    return path, real_shop.import_shop(FILE, path)


@pytest.fixture(scope="module")
def store(imported: tuple[Path, real_shop.Imported]) -> Iterator[Store]:
    with Store.open(imported[0]) as opened:
        yield opened


def test_rows_set_aside_are_those_that_the_rules_say(
    shop: Shop, imported: tuple[Path, real_shop.Imported]
) -> None:
    report = imported[1].report
    assert (report.status, report.violations) == ("committed", 0)
    (file,) = report.files
    assert file.rows == shop.rows == 541_909
    counts = {aside.reason["en"]: aside.rows for aside in file.set_aside}
    expected = {
        "the row names no customer": shop.set_aside["no customer"],
        "a cancellation of something that the customer had not bought before in this file":
            shop.set_aside["not bought before"],
        "a cancellation that would refund more than the amount of its invoice":
            shop.set_aside["more than the invoice"],
    }  # fmt: skip
    assert counts == expected
    # A cancellation that is set aside still names its customer, so its row is mapped too.
    assert file.mapped == shop.rows - shop.set_aside["no customer"]
    assert file.unused == 0


def test_every_line_and_refund_is_in_the_graph(store: Store, shop: Shop) -> None:
    text = real_shop.PREFIX + "SELECT (COUNT(*) AS ?n) WHERE { ?it a cg:%s }"
    counts = {
        name: int(next(query(store, text % name).rows())[0][1])  # type: ignore[index]
        for name in ("PurchaseLine", "Purchase", "Refund")
    }
    expected = {"Purchase": len(shop.sales), "Refund": len(shop.refunds)}
    assert counts == {"PurchaseLine": shop.lines, **expected}


def test_revenue_by_month_is_that_of_the_file(store: Store, shop: Shop) -> None:
    assert real_shop.revenue_by_month(store) == revenue_by_month(shop)


def test_best_customers_are_those_of_the_file(store: Store, shop: Shop) -> None:
    assert real_shop.best_customers(store) == best_customers(shop, 10)


def test_total_is_that_of_the_file_to_the_cent(store: Store, shop: Shop) -> None:
    total = sum(real_shop.revenue_by_month(store).values(), Decimal(0))
    refunds = sum(shop.refunds.amount) / Decimal(1000)
    assert (total - refunds).quantize(CENT) == sum(net_values(shop).values()).quantize(CENT)


@pytest.mark.parametrize("as_of", [date(2011, 6, 30), date(2011, 12, 9), date(2013, 5, 1)])
def test_every_customer_stands_where_the_rules_put_it(
    store: Store, shop: Shop, as_of: date
) -> None:
    expected = standings(shop, as_of)
    found = {
        row["party_key"]: (row["stage"], row["depth"], row["n"], row["first"], row["last"])
        for row in real_shop.stages(store, as_of).records()
        if row["party_key"] in expected
    }
    assert found == {
        customer: (it.stage, it.depth, it.n, it.first, it.last) for customer, it in expected.items()
    }
    counts = Counter(stage for stage, *_ in found.values())
    assert counts == Counter(it.stage for it in expected.values())
    assert len(counts) >= 2


def test_habits_of_customers_are_those_of_the_file(store: Store, shop: Shop) -> None:
    at = date(2011, 12, 9)
    question = load_catalog()["purchase-habits"]
    bound = question.bind({"at": at.isoformat(), "seller": "ORG"})
    found = {
        key[1]: (int(times[1]), int(recency[1]), int(age[1]), float(mean[1]))
        for _, key, _, times, recency, age, mean in query(
            store, question.text, bindings=bound, timeout=600
        ).rows()
    }  # type: ignore[index]
    expected = habits(shop, at)
    assert found.keys() == expected.keys()
    for customer, figures in expected.items():
        assert found[customer] == pytest.approx(figures), customer
