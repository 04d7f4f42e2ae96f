"""The worked examples of the rules (section 10) about referrals, each as a test."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kg.analysis import referral_tables as referrals
from kg.analysis.referrals import evaluate_referrals
from kg.lifecycle import Table
from kg.lifecycle.evaluation import snapshot
from kg.store import Store
from tests.lifecycle.world import World, context


def people(*keys: str) -> World:
    world = World()
    for key in keys:
        world.party(key)
    return world


def credit_of(world: World, as_of: str, model: str, **parameters: object) -> dict[str, Decimal]:
    """Return the credit of each referrer by key; `-` is the unattributed."""
    with world.store() as store:
        table = referrals.credit(store.cursor(), context(as_of, **parameters), model=model)
    return {row["referrer_key"] or "-": row["credit"] for row in table.records()}


def outcomes(world: World, as_of: str, **parameters: object) -> dict[str, str]:
    with world.store() as store:
        table = referrals.outcomes(store.cursor(), context(as_of, **parameters))
    return {row["recommendation_key"]: row["outcome"] for row in table.records()}


def ages(store: Store, as_of: str) -> dict[str, int]:
    """Return how many days each referral came before the first acquisition, by key."""
    with snapshot(cursor := store.cursor()):
        evaluation = evaluate_referrals(cursor, context(as_of))
        return dict(evaluation.run("SELECT key, age FROM referral").fetchall())


def depths(table: Table) -> dict[str, int]:
    return {row["party_key"]: row["depth"] for row in table.records()}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"A": "1000.00", "-": "0.00"}),
        ("last", {"D": "1000.00", "-": "0.00"}),
        ("linear", {"A": "333.34", "B": "333.33", "D": "333.33", "-": "0.00"}),
        ("decay", {"A": "142.86", "B": "285.71", "D": "571.43", "-": "0.00"}),
    ],
)
def test_e13_attribution(model: str, expected: dict[str, str]) -> None:
    world = people("A", "B", "D", "Z")
    world.buys("Z", "2025-03-31", 1000)
    world.refers("A", "Z", "2025-01-30")
    world.refers("B", "Z", "2025-03-01")
    world.refers("D", "Z", "2025-03-31")
    found = credit_of(world, "2025-06-01", model)
    assert {key: str(amount) for key, amount in found.items()} == expected


@pytest.mark.parametrize(
    ("day", "outcome", "unattributed"),
    [("2024-12-31", "converted", "0.00"), ("2024-12-30", "expired", "100.00")],
)
def test_e14_window(day: str, outcome: str, unattributed: str) -> None:
    world = people("A", "Z")
    world.buys("Z", "2025-03-31", 100)
    world.refers("A", "Z", day, key="R1")
    assert outcomes(world, "2025-06-01") == {"R1": outcome}
    assert str(credit_of(world, "2025-06-01", "linear")["-"]) == unattributed


def a_chain() -> World:
    world = people("A", "B", "C", "D")
    world.refers("A", "B", "2025-01-01")
    world.refers("B", "C", "2025-02-01")
    world.refers("A", "D", "2025-01-05")
    for key, day, amount in (
        ("A", "2024-01-01", 900), ("B", "2025-01-10", 100), ("C", "2025-02-10", 50),
        ("D", "2025-01-20", 200),
    ):  # fmt: skip
        world.buys(key, day, amount)
    return world


def test_e15_chain_depth_and_credit() -> None:
    world = a_chain()
    with world.store() as store:
        tree = referrals.tree(store.cursor(), context("2025-06-01"))
        below = referrals.downstream_values(store.cursor(), context("2025-06-01"))
    assert depths(tree) == {"A": 0, "B": 1, "D": 1, "C": 2}
    assert set(tree.column("root_key")) == {"A"}
    assert [
        (row["party_key"], row["downstream"], row["descendants"]) for row in below.records()
    ] == [
        ("A", Decimal(350), 3),
        ("B", Decimal(50), 1),
    ]
    assert sum(below.column("downstream")) == Decimal(400)
    credited = credit_of(world, "2025-06-01", "linear")
    assert credited == {"A": 300, "B": 50, "-": 900}
    assert sum(credited.values()) == Decimal(1250)
    shared = credit_of(world, "2025-06-01", "upstream")
    assert {key: str(amount) for key, amount in shared.items()} == {
        "A": "316.67",
        "B": "33.33",
        "-": "900.00",
    }
    assert shared["A"] + shared["B"] == Decimal("350.00")


def test_e15_chain_of_one_party_and_its_descendants() -> None:
    with a_chain().store() as store:
        up = referrals.chain(store.cursor(), context("2025-06-01"), party="C")
        down = referrals.descendants(store.cursor(), context("2025-06-01"), party="A")
    assert up.column("party_key") == ["C", "B", "A"]
    assert depths(down) == {"B": 1, "D": 1, "C": 2}


def test_e16_deep_sharing() -> None:
    world = people("A", "B", "C", "Z")
    for referrer, referred, day in (("A", "B", "01"), ("B", "C", "02"), ("C", "Z", "03")):
        world.refers(referrer, referred, f"2025-01-{day}")
    # A contract is an acquisition without a value of its own.
    world.contract("B", "2025-01-01")
    world.contract("C", "2025-01-02")
    world.buys("Z", "2025-01-03", 700)
    found = credit_of(world, "2025-06-01", "upstream")
    assert {key: str(amount) for key, amount in found.items() if amount} == {
        "C": "400.00", "B": "200.00", "A": "100.00",
    }  # fmt: skip


def a_ring() -> World:
    world = people("A", "B", "C")
    for referrer, referred, day in (
        ("A", "B", "2025-01-01"), ("B", "C", "2025-02-01"), ("C", "A", "2025-03-01"),
    ):  # fmt: skip
        world.refers(referrer, referred, day, key=f"{referrer}{referred}")
        world.buys(referred, "2025-03-25")
    return world


def test_e17_ring() -> None:
    world = a_ring()
    assert set(outcomes(world, "2025-06-01").values()) == {"converted"}
    with world.store() as store:
        assert ages(store, "2025-06-01") == {"AB": 83, "BC": 52, "CA": 24}
        rings = referrals.rings(store.cursor(), context("2025-06-01"))
        tree = referrals.tree(store.cursor(), context("2025-06-01"))
        removed = referrals.removed(store.cursor(), context("2025-06-01"))
    assert [(row["ring"], row["party_key"]) for row in rings.records()] == [
        ("A", "A"), ("A", "B"), ("A", "C"),
    ]  # fmt: skip
    assert removed.column("recommendation_key") == ["CA"]
    assert depths(tree) == {"A": 0, "B": 1, "C": 2}


def test_e17_no_ring_when_referrers_must_be_clients() -> None:
    world = a_ring()
    with world.store() as store:
        table = referrals.rings(store.cursor(), context("2025-06-01", referrerMustBeClient=True))
    assert table.rows == []
    assert set(outcomes(world, "2025-06-01", referrerMustBeClient=True).values()) == {"invalid"}


def test_e18_self_referral_by_merge() -> None:
    world = people("P1", "P2")
    world.merged("P2", "P1")
    world.refers("P1", "P2", "2025-01-01", key="R1")
    with world.store() as store:
        (row,) = referrals.outcomes(store.cursor(), context("2025-06-01")).records()
        broken = referrals.broken(store.cursor(), context("2025-06-01"))
    assert (row["outcome"], row["reason"]) == ("invalid", "self-referral")
    assert broken.rows == []
    assert world.classified("2025-06-01")["P1"]["stage"] == "UNENGAGED"


@pytest.mark.parametrize(("policy", "primary"), [("first", "A"), ("last", "B")])
def test_e19_two_referrers(policy: str, primary: str) -> None:
    world = people("A", "B", "Z")
    world.refers("A", "Z", "2025-02-01")
    world.refers("B", "Z", "2025-02-20")
    world.buys("Z", "2025-03-01", 90)
    with world.store() as store:
        tree = referrals.tree(store.cursor(), context("2025-06-01", primaryPolicy=policy))
    assert {row["primary_key"] for row in tree.records() if row["party_key"] == "Z"} == {primary}
    assert credit_of(world, "2025-06-01", "linear") == {"A": 45, "B": 45, "-": 0}


def test_e20_late_referral() -> None:
    world = people("A", "Z")
    world.buys("Z", "2025-03-01")
    world.refers("A", "Z", "2025-03-10", key="R1")
    assert outcomes(world, "2025-06-01") == {"R1": "invalid"}
    with world.store() as store:
        (row,) = referrals.broken(store.cursor(), context("2025-06-01")).records()
    assert (row["party_key"], row["reason"]) == ("Z", "after the first acquisition")


def rates(world: World) -> dict[str, object]:
    with world.store() as store:
        table = referrals.rates(
            store.cursor(), context("2025-12-31"), start=date(2025, 1, 1), end=date(2025, 6, 30)
        )
    (row,) = table.records()
    return row


def test_e21_rates() -> None:
    world = people("A", *(f"Z{i}" for i in range(15)), *(f"C{i}" for i in range(13)))
    for i in range(15):
        world.refers("A", f"Z{i}", "2025-02-01")
    for i in range(6):
        world.buys(f"Z{i}", "2025-03-01")
    for key in ("A", *(f"C{i}" for i in range(13))):
        world.buys(key, "2024-03-01")
    assert rates(world) == {
        "referred": 15, "converted": 6, "clients": 20, "invitations_per_client": 0.75,
        "conversion": 0.4, "k": 0.3,
    }  # fmt: skip


def test_e21_rates_without_referral() -> None:
    world = people("A")
    world.buys("A", "2024-03-01")
    row = rates(world)
    assert (row["conversion"], row["k"]) == (None, 0)
