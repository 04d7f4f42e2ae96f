"""The worked examples of the rules (section 10) about the lifecycle, each as a test.

| examples | tests |
|---|---|
| E1 to E12, E25, E28 | here |
| E13 to E21 | `tests/analysis/test_referral_examples.py` |
| E22 to E24 | `tests/analysis/test_chain_examples.py` |
| E26, E27 | `tests/analysis/test_value.py` |
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg.lifecycle import explain
from tests.lifecycle.world import World, context, summary


def three_purchases() -> tuple[World, list[str]]:
    world = World()
    world.party("P")
    return world, [world.buys("P", day) for day in ("2024-01-10", "2024-09-15", "2025-03-01")]


def stage_of(world: World, as_of: str, **parameters: object) -> str:
    return summary(world.classified(as_of, **parameters)["P"])


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2023-12-31", "UNENGAGED T3"),
        ("2024-01-10", "CURRENT OCCASIONAL NEW"),
        ("2025-03-01", "CURRENT LOYAL"),
        ("2025-06-30", "CURRENT LOYAL"),
        ("2025-08-28", "CURRENT LOYAL"),
        ("2025-08-29", "CURRENT OCCASIONAL"),
        ("2026-03-01", "CURRENT OCCASIONAL"),
        ("2026-03-02", "DORMANT"),
        ("2027-03-01", "DORMANT"),
        ("2027-03-02", "FORMER LOST"),
    ],
)
def test_e1_lifecycle_over_time(as_of: str, expected: str) -> None:
    world, _ = three_purchases()
    assert stage_of(world, as_of) == expected


def measures_of(world: World, as_of: str) -> tuple[str, ...]:
    """Return n, span and r of the only party, as its explanation tells them."""
    with world.store() as store:
        found = explain(store.cursor(), context(as_of), party="P").records()
    measures = (row for row in found if row["kind"] == "measure")
    told = {row["name"]: row["en"].rpartition(": ")[2] for row in measures}
    return told["n"], told["span"], told["silence"]


@pytest.mark.parametrize(
    ("as_of", "silence"),
    [
        ("2025-03-01", "0"), ("2025-06-30", "121"), ("2025-08-28", "180"), ("2025-08-29", "181"),
        ("2026-03-01", "365"), ("2026-03-02", "366"), ("2027-03-01", "730"), ("2027-03-02", "731"),
    ],
)  # fmt: skip
def test_e1_measures(as_of: str, silence: str) -> None:
    world, _ = three_purchases()
    assert measures_of(world, as_of) == ("3", "416", silence)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2025-04-01", ("3", "416", "31")), ("2025-06-30", ("2", "249", "288")),
        ("2025-09-15", ("2", "249", "365")),
    ],
)  # fmt: skip
def test_e2_measures(as_of: str, expected: tuple[str, ...]) -> None:
    world, orders = three_purchases()
    world.refund(orders[2], "2025-04-10", 100)
    assert measures_of(world, as_of) == expected


@pytest.mark.parametrize(
    ("as_of", "expected", "n", "last"),
    [
        ("2025-04-01", "CURRENT LOYAL", 3, "2025-03-01"),
        ("2025-06-30", "CURRENT OCCASIONAL", 2, "2024-09-15"),
        ("2025-09-15", "CURRENT OCCASIONAL", 2, "2024-09-15"),
        ("2025-09-16", "DORMANT", 2, "2024-09-15"),
    ],
)
def test_e2_refund_takes_an_occasion_away(as_of: str, expected: str, n: int, last: str) -> None:
    world, orders = three_purchases()
    world.refund(orders[2], "2025-04-10", 100)
    row = world.classified(as_of)["P"]
    assert (summary(row), row["n"], str(row["last"])) == (expected, n, last)


@pytest.mark.parametrize(
    ("refunded", "as_of", "expected"),
    [
        (80, "2025-01-10", "CURRENT OCCASIONAL NEW"),
        (80, "2025-02-01", "POTENTIAL SUSPECT"),
        (40, "2025-02-01", "CURRENT OCCASIONAL NEW"),
    ],
)
def test_e3_only_purchase_voided(refunded: int, as_of: str, expected: str) -> None:
    world = World()
    world.party("P")
    world.refund(world.buys("P", "2025-01-05", 80), "2025-01-20", refunded)
    assert stage_of(world, as_of) == expected


def test_e4_user_only() -> None:
    world = World()
    world.party("P")
    world.uses("P", "2025-01-01")
    assert stage_of(world, "2025-02-01") == "USER_ONLY SUSPECT"
    assert stage_of(world, "2025-02-01", currentBasis="purchaseOrUse") == "CURRENT OCCASIONAL"


@pytest.mark.parametrize(
    ("resolved", "incident", "expected"),
    [
        (None, True, "FORMER DISLOYAL"),
        (None, False, "FORMER LOST"),
        ("2025-02-20", True, "FORMER LOST"),
    ],
)
def test_e5_disloyal_by_statement(resolved: str | None, incident: bool, expected: str) -> None:
    world = World()
    world.party("P")
    world.buys("P", "2025-01-15")
    if incident:
        world.event("BadExperience", "P", "2025-02-01", severity="major", resolvedOn=resolved)
    world.event("Refusal", "P", "2025-02-10")
    assert stage_of(world, "2025-03-01") == expected


def test_e6_disloyal_by_silence() -> None:
    world = World()
    world.party("P")
    world.buys("P", "2025-01-15")
    world.event("BadExperience", "P", "2025-02-01", severity="major")
    assert stage_of(world, "2025-07-31") == "CURRENT OCCASIONAL T1 AT_RISK"
    assert stage_of(world, "2025-08-01") == "FORMER DISLOYAL"


def test_e7_win_back() -> None:
    world = World()
    world.party("P")
    world.buys("P", "2024-02-01")
    world.event("Refusal", "P", "2024-05-01")
    world.buys("P", "2024-08-01")
    assert stage_of(world, "2024-07-01") == "FORMER LOST"
    row = world.classified("2024-09-01")["P"]
    assert (summary(row), row["n"]) == ("CURRENT OCCASIONAL WON_BACK", 2)


@pytest.mark.parametrize(
    ("notice", "as_of", "expected"),
    [
        ("2025-05-01", "2025-06-01", "CURRENT REGULAR T1 NOTICE_GIVEN"),
        ("2025-05-01", "2025-12-31", "FORMER LOST"),
        (None, "2025-12-31", "CURRENT OCCASIONAL"),
        (None, "2026-12-31", "CURRENT OCCASIONAL"),
        (None, "2027-01-01", "DORMANT"),
    ],
)
def test_e8_contract_with_notice(notice: str | None, as_of: str, expected: str) -> None:
    world = World()
    world.party("P")
    world.contract("P", "2024-01-01", "2025-12-31")
    if notice:
        world.event("Refusal", "P", notice)
    assert stage_of(world, as_of) == expected


def test_e9_same_day_orders() -> None:
    world = World()
    world.party("P")
    for day in ("2025-05-01", "2025-05-01", "2025-05-20"):
        world.buys("P", day)
    row = world.classified("2025-06-01")["P"]
    assert (row["n"], row["depth"]) == (2, "OCCASIONAL")
    row = world.classified("2025-06-01", occasionGranularity="order")["P"]
    assert (row["n"], row["depth"]) == (3, "REGULAR")


@pytest.mark.parametrize(
    ("first", "depth"), [("2024-09-01", "REGULAR"), ("2024-06-30", "OCCASIONAL")]
)
def test_e10_window_edges(first: str, depth: str) -> None:
    world = World()
    world.party("P")
    for day in (first, "2025-01-05", "2025-04-02"):
        world.buys("P", day)
    assert world.classified("2025-06-30")["P"]["depth"] == depth


def test_e11_undated_purchase_counts_for_nothing_but_is_flagged() -> None:
    world = World()
    world.party("P")
    world.buys("P", None)
    world.buys("P", "2025-05-01")
    row = world.classified("2025-06-01")["P"]
    assert (summary(row), row["n"]) == ("CURRENT OCCASIONAL NEW INCOMPLETE_EVIDENCE", 1)


@pytest.mark.parametrize(
    ("written", "expected"), [(None, "REFUSING T2"), ("2025-02-20", "POTENTIAL PROSPECT")]
)
def test_e12_refusing_and_reopened(written: str | None, expected: str) -> None:
    world = World()
    world.party("P")
    world.event("Interaction", "P", "2025-01-10", direction="out")
    world.event("Refusal", "P", "2025-02-01")
    if written:
        world.event("Interaction", "P", written, direction="in")
    assert stage_of(world, "2025-03-01") == expected


@pytest.mark.parametrize(
    ("as_of", "position", "expected"),
    [
        ("2025-06-01", "INTERNAL", "CURRENT LOYAL"),
        ("2025-09-01", "EXTERNAL", "CURRENT LOYAL"),
    ],
)
def test_e25_insider(as_of: str, position: str, expected: str) -> None:
    world = insider()
    row = world.classified(as_of)["P"]
    assert (row["position"], summary(row), row["n"]) == (position, expected, 3)


def test_e25_measures() -> None:
    assert measures_of(insider(), "2025-06-01") == ("3", "425", "61")
    assert measures_of(insider(), "2025-09-01") == ("3", "425", "153")


def test_e25_insider_without_staff_purchases() -> None:
    row = insider().classified("2025-06-01", countStaffPurchases=False)["P"]
    assert (row["stage"], row["n"]) == ("POTENTIAL", 0)


def insider() -> World:
    world = World()
    world.party("P")
    world.member("P", "ORG", "2024-01-01", "2025-09-01")
    for day in ("2024-02-01", "2024-10-01", "2025-04-01"):
        world.buys("P", day, staff=True)
    return world


@pytest.mark.parametrize(
    ("as_of", "q_min", "expected"),
    [
        ("2025-01-10", 3, "POTENTIAL DISQUALIFIED"),
        ("2025-01-10", 2, "POTENTIAL QUALIFIED"),
        ("2025-07-09", 2, "POTENTIAL QUALIFIED"),
        ("2025-07-10", 2, "POTENTIAL PROSPECT"),
    ],
)
def test_e28_qualification(as_of: str, q_min: int, expected: str) -> None:
    world = World()
    world.party("P")
    world.event("Interaction", "P", "2025-01-10", direction="both")
    world.event(
        "Qualification", "P", "2025-01-10", level="sales", budgetFit="yes", needFit="yes",
        timingFit="unknown",
    )  # fmt: skip
    assert stage_of(world, as_of, Q_min=q_min) == expected


def test_every_worked_example_has_tests_of_its_name_where_the_table_says() -> None:
    """The table is the one in the description of this module."""
    rows = re.findall(r"^\| (E\d.*) \| (.*) \|$", __doc__ or "", re.MULTILINE)
    root, found = Path(__file__).parents[2], set()
    for examples, place in rows:
        path = Path(__file__) if place == "here" else root / place.strip("`")
        text = path.read_text("utf-8")
        for first, last in re.findall(r"E(\d+)(?: to E(\d+))?", examples):
            for number in range(int(first), int(last or first) + 1):
                assert f"def test_e{number}_" in text, (number, path)
                found.add(number)
    assert found == set(range(1, 29))
