"""The stages of a party over time (competency question B9)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.lifecycle import parameters_from, periods
from tests.lifecycle.reference import History, classification
from tests.lifecycle.test_properties import (
    FAST,
    MANY_RUNS,
    RUNS,
    SPAN,
    START,
    VARIANTS,
    histories,
    loose_days,
    world_of,
)
from tests.lifecycle.world import World, context

CLASSES = ("stage", "depth", "former_kind", "pipeline", "position", "tier")
LAST = START + timedelta(SPAN + 120)
# Each wait has a length of its own, so that none can stand in for another.
RULES: dict[str, Any] = FAST | {"V_qual": 23, "W_reg": 31, "D_loyal": 14}


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


def test_history_tells_when_a_qualification_ends() -> None:
    world = World()
    world.party("P")
    world.event("Interaction", "P", "2025-01-10", direction="both")
    fits = dict.fromkeys(("budgetFit", "needFit", "timingFit"), "yes")
    world.event("Qualification", "P", "2025-01-20", level="sales", **fits)
    with world.store() as store:
        table = periods(store.cursor(), context("2026-01-01"), party="P")
    assert [(str(r["from"]), r["pipeline"]) for r in table.records()] == [
        ("2025-01-10", "PROSPECT"),
        ("2025-01-20", "QUALIFIED"),
        ("2025-07-20", "PROSPECT"),
    ]


def test_history_stops_when_the_party_closes() -> None:
    world = World()
    world.party("P", closedOn="2025-02-01")
    world.buys("P", "2025-01-01")
    with world.store() as store:
        (row,) = periods(store.cursor(), context("2027-01-01"), party="P").records()
    assert (str(row["from"]), str(row["to"])) == ("2025-01-01", "2025-02-01")


def test_history_of_a_party_that_closed_before_any_event_is_its_last_day() -> None:
    world = World()
    world.party("P", closedOn="2025-02-01")
    world.buys("P", "2025-03-01")
    with world.store() as store:
        (row,) = periods(store.cursor(), context("2027-01-01"), party="P").records()
    assert (str(row["from"]), str(row["to"])) == ("2025-02-01", "2025-02-01")
    assert row["stage"] == "UNENGAGED"


def test_history_without_event_is_the_day_asked_about() -> None:
    world = World()
    world.party("P")
    with world.store() as store:
        (row,) = periods(store.cursor(), context("2025-01-01"), party="P").records()
    assert (str(row["from"]), row["stage"]) == ("2025-01-01", "UNENGAGED")


def test_history_up_to_the_end_of_time_is_as_long_as_what_happened() -> None:
    world = World()
    world.party("P")
    world.buys("P", "2024-01-10")
    world.contract("P", "2024-02-01", "9998-12-31")
    with world.store() as store:
        table = periods(store.cursor(), context("9999-12-31"), party="P")
    assert [(str(r["from"]), str(r["to"]), r["stage"]) for r in table.records()] == [
        ("2024-01-10", "2024-01-31", "CURRENT"),
        ("2024-02-01", "9998-12-30", "CURRENT"),
        ("9998-12-31", "9999-12-31", "CURRENT"),
    ]


def assert_each_day_is_told(found: list[History], rules: dict[str, Any]) -> None:
    """Compare each day of the periods of each party with what the plain rules say of it."""
    under = parameters_from(rules)
    with world_of(found).store() as store:
        for number, history in enumerate(found):
            asked = context(LAST.isoformat(), **rules)
            rows = list(periods(store.cursor(), asked, party=f"P{number:03}").records())
            expected: date = rows[0]["from"]
            for row in rows:
                assert row["from"] == expected <= row["to"]
                for n in range((row["to"] - row["from"]).days + 1):
                    day = row["from"] + timedelta(n)
                    told = classification(history, day, under, day)
                    assert {name: told[name] for name in CLASSES} == {c: row[c] for c in CLASSES}
                expected = row["to"] + timedelta(1)


SOME = st.lists(histories(loose_days()), min_size=8, max_size=8)


@RUNS
@given(SOME)
def test_periods_tell_each_day_as_the_plain_rules_do(found: list[History]) -> None:
    assert_each_day_is_told(found, RULES | VARIANTS["uses and undated"])


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_many_periods_tell_each_day_as_the_plain_rules_do(variant: str) -> None:
    @settings(MANY_RUNS, max_examples=60)
    @given(SOME)
    def check(found: list[History]) -> None:
        assert_each_day_is_told(found, RULES | VARIANTS[variant])

    check()
