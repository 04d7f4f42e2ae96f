"""Validity, outcome, value and breaks of referrals beyond the worked examples (section 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kg.analysis import referral_tables as referrals
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.values import party_values
from kg.lifecycle.evaluation import snapshot
from tests.lifecycle.world import World, context, iri

T = "2025-06-01"


def people(*keys: str) -> World:
    world = World()
    for key in keys:
        world.party(key)
    return world


def outcomes(world: World, as_of: str = T, **parameters: object) -> dict[str, tuple[str, str]]:
    with world.store() as store:
        table = referrals.outcomes(store.cursor(), context(as_of, **parameters))
    return {r["recommendation_key"]: (r["outcome"], r["reason"]) for r in table.records()}


def test_outcome_follows_time_statement_and_window() -> None:
    world = people("A", "NEW", "OLD", "DECLINED", "DECLINED_BOUGHT", "LATER")
    world.refers("A", "NEW", "2025-05-01", key="pending")
    world.refers("A", "OLD", "2025-03-02", key="expired")
    world.refers("A", "DECLINED", "2025-05-01", key="declined", statedOutcome="declined")
    world.refers("A", "DECLINED_BOUGHT", "2025-05-01", key="bought", statedOutcome="declined")
    world.buys("DECLINED_BOUGHT", "2025-05-02")
    world.refers("A", "LATER", "2025-06-02", key="later")
    assert {key: outcome for key, (outcome, _) in outcomes(world).items()} == {
        "pending": "pending", "expired": "expired", "declined": "declined", "bought": "converted",
    }  # fmt: skip
    assert outcomes(world, "2025-05-31")["expired"] == ("pending", "")


def test_a_voided_conversion_is_judged_again() -> None:
    world = people("A", "Z")
    world.refers("A", "Z", "2025-05-01", key="R")
    world.refund(world.buys("Z", "2025-05-02", 100), "2025-05-10", 100)
    assert outcomes(world, "2025-05-09")["R"][0] == "converted"
    assert outcomes(world, "2025-05-10")["R"][0] == "pending"


def test_reasons_of_invalid_referrals() -> None:
    world = people("A", "Z", "MEMBER", "FORMER_MEMBER")
    world.party("FIRM", "LegalEntity")
    world.party("TEAM", "OrganizationalUnit", unitOf="FIRM")
    world.member("MEMBER", "TEAM")
    world.member("FORMER_MEMBER", "FIRM", "2020-01-01", "2024-01-01")
    world.refers(None, "Z", "2025-05-01", key="nobody")
    world.refers("GONE", "Z", "2025-05-01", key="gone")
    world.refers("A", "GONE", "2025-05-01", key="to gone")
    world.refers("MEMBER", "FIRM", "2025-05-01", key="own firm")
    world.refers("FORMER_MEMBER", "FIRM", "2025-05-01", key="former firm")
    assert outcomes(world) == {
        "nobody": ("invalid", "no referrer"),
        "gone": ("invalid", "unknown referrer"),
        "to gone": ("invalid", "unknown referred party"),
        "own firm": ("invalid", "self-referral: the referrer acts for the referred organisation"),
        "former firm": ("pending", ""),
    }


def test_a_contract_is_an_acquisition_too() -> None:
    world = people("A", "Z", "LATE")
    world.refers("A", "Z", "2025-01-01", key="R")
    world.contract("Z", "2025-02-01")
    world.contract("LATE", "2025-01-01")
    world.refers("A", "LATE", "2025-02-01", key="late")
    assert {key: outcome for key, (outcome, _) in outcomes(world).items()} == {
        "R": "converted", "late": "invalid",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bought", "named", "outcome"),
    [("tea", "tea", "converted"), ("tea", "coffee", "pending"), ("tea", None, "pending")],
)
def test_conversion_may_ask_for_the_recommended_product(
    bought: str, named: str | None, outcome: str
) -> None:
    world = people("A", "Z")
    order = world.buys("Z", "2025-05-02")
    world.property(iri("line", f"{order}-0"), "item", iri("product", bought))
    item = iri("product", named) if named else None
    world.refers("A", "Z", "2025-05-01", key="R", recommendsItem=item)
    assert outcomes(world, matchProduct=True)["R"][0] == outcome
    assert outcomes(world)["R"][0] == "converted"


def test_referrals_follow_the_knowledge_time() -> None:
    world = people("A", "Z")
    world.refers("A", "Z", "2025-01-01", key="R", recordedAt=datetime(2025, 3, 1))
    with world.store() as store:
        for month, count in ((2, 0), (4, 1)):
            known = datetime(2025, month, 1, tzinfo=UTC)
            assert len(referrals.outcomes(store.cursor(), context(T, known))) == count


def test_breaks_of_chains() -> None:
    world = people("A", "NOBODY", "LATE", "SELF")
    world.party(
        "DECLARED",
        acquisitionSource="https://w3id.org/clientgraph/scheme/acquisition-source/recommendation",
    )
    world.refers(None, "NOBODY", "2025-01-01", key="R1")
    world.refers("A", "LATE", "2025-03-01", key="R2")
    world.buys("LATE", "2025-02-01")
    world.refers("SELF", "SELF", "2025-01-01", key="R3")
    with world.store() as store:
        rows = referrals.broken(store.cursor(), context(T)).records()
    assert [(r["party_key"], r["recommendation_key"], r["reason"]) for r in rows] == [
        ("DECLARED", None, "declared as acquired by recommendation"),
        ("LATE", "R2", "after the first acquisition"),
        ("NOBODY", "R1", "no referrer"),
    ]


def test_cold_links_have_a_referrer_who_left() -> None:
    world = people("A", "Z")
    world.buys("A", "2020-01-01")
    world.refers("A", "Z", "2025-01-01", key="R")
    world.buys("Z", "2025-01-02")
    with world.store() as store:
        assert referrals.cold(store.cursor(), context(T)).column("recommendation_key") == ["R"]


def test_rates_of_a_period_that_goes_on_count_the_clients_so_far() -> None:
    world = World()
    for key, day in {"A": "2025-01-10", "B": "2025-11-10"}.items():
        world.party(key)
        world.buys(key, day)
    period = {"start": date(2025, 1, 1), "end": date(2025, 12, 31)}
    with world.store() as store:
        table = referrals.rates(store.cursor(), context("2025-06-30"), **period)
    assert table.column("clients") == [1]


def test_rates_may_leave_open_windows_out() -> None:
    world = people("A", "OPEN", "CLOSED")
    world.buys("A", "2024-01-01")
    world.refers("A", "OPEN", "2025-05-01")
    world.refers("A", "CLOSED", "2025-01-01")
    period = {"start": date(2025, 1, 1), "end": date(2025, 5, 31)}
    with world.store() as store:
        for mature, referred in ((False, 2), (True, 1)):
            table = referrals.rates(store.cursor(), context(T, matureOnly=mature), **period)
            assert table.column("referred") == [referred]


def test_values_keep_currencies_apart_and_take_refunds_and_costs_away() -> None:
    world = people("P")
    order = world.buys("P", "2025-01-01", 1200)
    world.refund(order, "2025-02-01", 200)
    world.refund(order, "2025-07-01", 500)
    world.property(iri("purchase", order), "hasLine", iri("line", "foreign"))
    world.property(iri("line", "foreign"), "netAmount", Decimal("7.5"))
    world.property(iri("line", "foreign"), "currency", "USD")
    for amount in (480, 60, 40):
        world.event("CostAllocation", "P", "2025-03-01", amount=amount, currency="EUR")
    found = {}
    with world.store() as store:
        for measure in ("netRevenue", "netMargin"):
            cursor = store.cursor()
            with snapshot(cursor):
                evaluation = evaluate_referrals(
                    cursor, context(T, valueMeasure=measure), all_parties=True
                )
                found[measure] = [value[1:] for value in party_values(evaluation)]
    assert found == {
        "netRevenue": [("EUR", 100_000), ("USD", 750)],
        "netMargin": [("EUR", 42_000), ("USD", 750)],
    }


def test_chain_through_a_ring_ends_where_the_ring_is_broken() -> None:
    world = people("A", "B", "C", "D")
    for referrer, referred, day in (
        ("A", "B", "01"), ("B", "C", "02"), ("C", "A", "03"), ("C", "D", "04"),
    ):  # fmt: skip
        world.refers(referrer, referred, f"2025-01-{day}")
        world.buys(referred, "2025-02-01")
    with world.store() as store:
        cursor = store.cursor()
        assert referrals.chain(cursor, context(T), party="D").column("party_key") == list("DCBA")
        below = referrals.descendants(cursor, context(T), party="B")
        assert below.column("party_key") == ["C", "D"]
