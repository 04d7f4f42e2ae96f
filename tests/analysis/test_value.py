"""Value, lifetime value, price and information gaps (worked examples E26 and E27)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kg.analysis import ANALYSES
from kg.analysis.value import (
    information_gaps,
    lifetime_value,
    lifetime_values,
    price_gaps,
    values,
)
from kg.errors import UsageError
from kg.namespaces import CG, scheme
from tests.lifecycle.world import World, context, iri


def client() -> World:
    world = World()
    world.party("P")
    order = world.buys("P", "2025-01-10", 1200)
    world.refund(order, "2025-02-01", 200)
    for kind, amount in (("goods", 480), ("marketing", 60), ("service", 40)):
        world.event("CostAllocation", "P", "2025-02-10", amount=amount, currency="EUR",
                    costKind=str(scheme("cost", kind)))  # fmt: skip
    return world


def value_of(world: World, **period: date) -> list[dict[str, Any]]:
    with world.store() as store:
        return list(values(store.cursor(), context("2025-06-30"), **period).records())


def test_e26_value() -> None:
    (row,) = value_of(client())
    assert [row[name] for name in ("revenue", "refunds", "goods", "marketing", "service")] == [
        1200, 200, 480, 60, 40,
    ]  # fmt: skip
    assert row["value"] == 420


def test_e25_staff_prices_are_no_revenue_of_the_external_clientele() -> None:
    world = World()
    world.party("P")
    for day in ("2024-02-01", "2024-10-01", "2025-04-01"):
        world.buys("P", day, staff=True)
    (row,) = value_of(world)
    assert (row["revenue"], row["public_revenue"], row["value"]) == (300, 0, 300)
    world.buys("P", "2025-05-01", lines=[(30, "public"), (5, "staff")])
    world.refund("000004", "2025-05-02", 10)
    (row,) = value_of(world)
    assert (row["revenue"], row["public_revenue"], row["value"]) == (335, 30, 325)


def test_value_counts_what_the_period_holds() -> None:
    (row,) = value_of(client(), start=date(2025, 2, 1), end=date(2025, 2, 5))
    assert (row["revenue"], row["refunds"], row["goods"], row["value"]) == (0, 200, 0, -200)
    (first,) = value_of(client(), end=date(2025, 1, 31))
    assert first["value"] == 1200


def test_currencies_stay_apart_and_what_has_no_date_is_counted() -> None:
    world = client()
    line = iri("line", world.buys("P", None, 50) + "-0")
    world.triples = [t for t in world.triples if (t[0], t[2]) != (line, "EUR")]
    world.property(line, "currency", "USD")
    rows = {row["currency"]: (row["value"], row["undated"]) for row in value_of(world)}
    assert rows == {"EUR": (420, 0), "USD": (0, 1)}


@pytest.mark.parametrize(
    "name", ["value parties", "referrals credit", "referrals downstream", "referrals summary"]
)
def test_values_tell_what_they_leave_out_and_take_for_granted(name: str) -> None:
    world = client()
    for day in (None, "2025-03-01"):
        world.buys("P", day, 50)
    for currency in (None, "USD"):
        world.buys("P", "2025-03-02", 10, currency=currency)
    without = iri("line", world.buys("P", "2025-03-03") + "-0")
    amount = str(CG.netAmount)
    world.triples = [t for t in world.triples if t[:2] != (without, amount)]
    world.refers("Q", "P", "2025-01-01")
    world.party("Q")
    with world.store() as store:
        table = ANALYSES[name].run(store.cursor(), context("2025-06-30"))
    told = [note.en.rpartition(": ") for note in table.notes]
    assert [(text.split()[-1], count) for text, _, count in told] == [
        ("value", "1."), ("line", "1."), ("EUR", "1."),
    ]  # fmt: skip
    assert {code for code in table.column("currency") if code} == {"EUR", "USD"}


@pytest.mark.parametrize(
    ("years", "expected"), [(5, "292.06"), (None, "366.67"), (1, "100.00"), (2, "172.73")]
)
def test_e26_lifetime_value(years: int | None, expected: str) -> None:
    found = lifetime_value(Decimal(100), Decimal("0.8"), Decimal("0.10"), years)
    assert round(found, 2) == Decimal(expected)


def test_lifetime_value_of_a_client_is_that_of_its_last_year() -> None:
    with client().store() as store:
        cursor = store.cursor()
        (row,) = lifetime_values(
            cursor, context("2025-06-30"), retention="0.8", discount="0.1", years="5"
        ).records()
        assert (row["margin"], row["clv"]) == (420, Decimal("1226.67"))
        assert len(lifetime_values(cursor, context("2026-06-30"), retention="0",
                                   discount="1")) == 0  # fmt: skip
        for wrong in ({"retention": "2", "discount": "1"}, {"retention": "x", "discount": "1"},
                      {"retention": "1", "discount": "0"}):  # fmt: skip
            with pytest.raises(UsageError):
                lifetime_values(cursor, context("2025-06-30"), **wrong)


def priced(*lines: tuple[str, Any, Any, str]) -> World:
    """Return sales of products as (product, amount, quantity, price basis)."""
    world = World()
    world.party("P")
    for product, amount, quantity, basis in lines:
        world.add("product", product, "ProductOrService", sourceKey=product)
        order = world.buys("P", "2025-01-10", lines=[(amount, basis)])
        line = iri("line", f"{order}-0")
        world.property(line, "item", iri("product", product))
        if quantity is not None:
            world.property(line, "quantity", quantity)
    return world


def test_e27_price_gap() -> None:
    world = priced(("X", 180, 2, "public"), ("X", 90, 1, "public"), ("X", 72, 1, "staff"),
                   ("Y", 10, 1, "public"), ("X", 5, None, "staff"))  # fmt: skip
    with world.store() as store:
        found = price_gaps(store.cursor(), context("2025-06-30")).records()
        rows = {row["product_key"]: row for row in found}
    assert (rows["X"]["public_price"], rows["X"]["staff_price"]) == (90, 72)
    assert rows["X"]["gap"] == pytest.approx(0.20)
    assert rows["X"]["without_quantity"] == 1
    assert rows["Y"]["gap"] is None


def test_information_gap_is_what_only_insiders_see() -> None:
    world = World()
    product = world.add("product", "X", "ProductOrService", sourceKey="X")
    for topic, level in (("price", "public"), ("origin", "client"), ("cost", "internal"),
                         ("recipe", "confidential")):  # fmt: skip
        world.add("information", topic, "ProductInformation", item=product,
                  topic=str(scheme("topic", topic)),
                  accessLevel=str(scheme("access", level)))  # fmt: skip
    with world.store() as store:
        (row,) = information_gaps(store.cursor(), context("2025-06-30")).rows
    assert row[2:] == (4, 3, 2, 0.25)
