"""Transitions between dates, differences between parameter sets, and loyalty to something."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from kg.errors import UsageError
from kg.lifecycle import classify, differences, moves, parameters_from, scoped_loyalty, transitions
from tests.lifecycle.world import World, context, iri


def crowd() -> World:
    world = World()
    for key, days in {
        "A": ["2024-01-10", "2024-09-15", "2025-03-01"],
        "B": ["2024-01-10"],
        "C": [],
        "D": ["2025-05-01"],
        "E": ["2022-01-01"],
    }.items():
        world.party(key)
        for day in days:
            world.buys(key, day)
    world.event("Interaction", "C", "2025-02-01", direction="in")
    world.property(iri("party", "E"), "closedOn", "2023-01-01")
    return world


def test_transitions_count_each_pair_of_classifications_and_sum_to_the_open_parties() -> None:
    first, second = date(2024, 12, 31), date(2025, 6, 1)
    with crowd().store() as store:
        cursor = store.cursor()
        table = transitions(cursor, context(str(second)), start=first)
        before, after = (
            {row["party_key"]: (row["stage"], row["depth"]) for row in table.records()}
            for table in (classify(cursor, context(str(day))) for day in (first, second))
        )
    expected = Counter((*before[key], *after[key]) for key in "ABCD")
    assert {row[:4]: row[4] for row in table.rows} == expected
    assert expected["UNENGAGED", None, "POTENTIAL", None] == 1


def test_moves_are_the_parties_that_the_two_classifications_tell_apart() -> None:
    first, second = date(2024, 12, 31), date(2025, 6, 1)
    with crowd().store() as store:
        cursor = store.cursor()
        found = list(moves(cursor, context(str(second)), start=first).records())
        before, after = (
            {row["party_key"]: (row["stage"], row["depth"]) for row in table.records()}
            for table in (classify(cursor, context(str(day))) for day in (first, second))
        )
        nobody = moves(cursor, context(str(second)), start=second)
    told = {
        row["party_key"]: (row["from_stage"], row["from_depth"], row["to_stage"], row["to_depth"])
        for row in found
    }
    assert told == {key: (*before[key], *after[key]) for key in after if before[key] != after[key]}
    assert told
    assert {(row["from"], row["to"]) for row in found} == {(first, second)}
    assert nobody.rows == []


def test_transitions_refuse_dates_in_the_wrong_order() -> None:
    with crowd().store() as store, pytest.raises(UsageError, match="after the date"):
        transitions(store.cursor(), context("2025-01-01"), start=date(2025, 1, 2))


def test_the_same_date_twice_moves_nobody() -> None:
    with crowd().store() as store:
        table = transitions(store.cursor(), context("2025-06-01"), start=date(2025, 6, 1))
    assert all(row[:2] == row[2:4] for row in table.rows)
    assert sum(table.column("parties")) == 4


def test_differences_are_those_of_the_two_classifications() -> None:
    other = parameters_from({"D_act": 600, "D_lost": 2000, "N_loyal": 4})
    with crowd().store() as store:
        cursor, here = store.cursor(), context("2025-09-01")
        table = differences(cursor, here, against=other)
        there = context("2025-09-01", D_act=600, D_lost=2000, N_loyal=4)
        mine, yours = ({r["party_key"]: r for r in classify(cursor, c).records()}
                       for c in (here, there))  # fmt: skip
    names = ("stage", "depth", "former_kind", "pipeline", "tier")
    changed = {key for key in mine if any(mine[key][n] != yours[key][n] for n in names)}
    assert set(table.column("party_key")) == changed == {"B"}
    (row,) = table.records()
    assert (row["stage"], row["other_stage"]) == ("DORMANT", "CURRENT")
    assert row["other_params"] == other.iri


def shop() -> World:
    """A party that buys one brand's two products again and again, and another thing once."""
    world = World()
    world.party("P")
    brand = world.add("brand", "K", "Brand", sourceKey="K")
    for key in ("X", "Y", "Z"):
        world.add("product", key, "ProductOrService", sourceKey=key,
                  brand=brand if key != "Z" else None)  # fmt: skip
    for day, product in (("2024-01-10", "X"), ("2024-09-15", "Y"), ("2025-03-01", "X"),
                         ("2025-03-02", "Z")):  # fmt: skip
        order = world.buys("P", day, pointOfSale=iri("place", "S"))
        world.property(iri("line", f"{order}-0"), "item", iri("product", product))
    return world


def loyalty(world: World, scope: str, as_of: str = "2025-06-01", **rules: Any) -> list[Any]:
    with world.store() as store:
        table = scoped_loyalty(store.cursor(), context(as_of, **rules), scope=scope)
    return [(r["scope_key"], r["occasions"], r["span"], r["loyal"]) for r in table.records()]


def test_loyalty_is_counted_over_the_purchases_of_each_scope() -> None:
    world = shop()
    assert loyalty(world, "brand") == [("K", 3, 416, True)]
    assert loyalty(world, "product") == [("X", 2, 416, False)]
    assert loyalty(world, "point-of-sale") == [(None, 4, 417, True)]


def test_loyalty_to_something_ends_with_its_recency() -> None:
    assert loyalty(shop(), "brand", "2025-08-28") == [("K", 3, 416, True)]
    assert loyalty(shop(), "brand", "2025-08-29") == [("K", 3, 416, False)]


def test_loyalty_to_something_implies_the_conditions_at_the_house() -> None:
    world = shop()
    assert world.classified("2025-06-01")["P"]["depth"] == "LOYAL"


def test_an_unknown_scope_is_refused() -> None:
    with shop().store() as store, pytest.raises(UsageError, match="choose among"):
        scoped_loyalty(store.cursor(), context("2025-01-01"), scope="weather")
