"""The stages of a party over time (competency question B9)."""

from __future__ import annotations

from kg.lifecycle import periods
from tests.lifecycle.world import World, context


def test_history_of_the_first_worked_example() -> None:
    world = World()
    world.party("P")
    for day in ("2024-01-10", "2024-09-15", "2025-03-01"):
        world.buys("P", day)
    with world.store() as store:
        table = periods(store.cursor(), context("2027-03-02"), party="P")
    found = [
        (str(r["from"]), str(r["to"]), r["stage"], r["depth"] or r["former_kind"])
        for r in table.records()
    ]
    assert found == [
        ("2024-01-10", "2025-02-28", "CURRENT", "OCCASIONAL"),
        ("2025-03-01", "2025-08-28", "CURRENT", "LOYAL"),
        ("2025-08-29", "2026-03-01", "CURRENT", "OCCASIONAL"),
        ("2026-03-02", "2027-03-01", "DORMANT", None),
        ("2027-03-02", "2027-03-02", "FORMER", "LOST"),
    ]


def test_history_stops_when_the_party_closes() -> None:
    world = World()
    world.party("P", closedOn="2025-02-01")
    world.buys("P", "2025-01-01")
    with world.store() as store:
        (row,) = periods(store.cursor(), context("2027-01-01"), party="P").records()
    assert (str(row["from"]), str(row["to"])) == ("2025-01-01", "2025-02-01")


def test_history_without_event_is_the_day_asked_about() -> None:
    world = World()
    world.party("P")
    with world.store() as store:
        (row,) = periods(store.cursor(), context("2025-01-01"), party="P").records()
    assert (str(row["from"]), row["stage"]) == ("2025-01-01", "UNENGAGED")
