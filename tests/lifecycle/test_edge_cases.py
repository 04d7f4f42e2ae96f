"""The edge cases of the rules (section 6), and the ends of intervals and windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kg.errors import UsageError
from kg.lifecycle import classify
from tests.lifecycle.world import World, context, iri, summary

EARLY = datetime(2025, 1, 1, tzinfo=UTC)
LATE = datetime(2025, 6, 1, tzinfo=UTC)


def people(*keys: str) -> World:
    world = World()
    for key in keys:
        world.party(key)
    return world


def stages(world: World, as_of: str, **options: object) -> dict[str, str]:
    return {key: row["stage"] for key, row in world.classified(as_of, **options).items()}


def test_partial_dates_count_from_their_latest_day_and_flag_what_they_leave_out() -> None:
    world = people("MONTH", "YEAR", "FUTURE")
    world.buys("MONTH", "2025-02")
    world.buys("YEAR", "2025")
    world.buys("FUTURE", "2027")
    before = world.classified("2025-02-27")
    assert summary(before["MONTH"]) == "UNENGAGED T3 INCOMPLETE_EVIDENCE"
    assert summary(before["YEAR"]) == "UNENGAGED T3 INCOMPLETE_EVIDENCE"
    assert summary(before["FUTURE"]) == "UNENGAGED T3"
    after = world.classified("2025-02-28")
    assert summary(after["MONTH"]) == "CURRENT OCCASIONAL NEW"
    assert str(world.classified("2025-12-31")["YEAR"]["first"]) == "2025-12-31"


def test_undated_purchases_alone_make_a_lost_client_when_assumed_earliest() -> None:
    world = people("P")
    world.buys("P", None)
    world.event("Refusal", "P", "2025-01-01")
    world.event("BadExperience", "P", "2024-12-01", severity="major")
    row = world.classified("2025-06-01", undatedPolicy="assumeEarliest")["P"]
    assert (summary(row), row["n"], row["last"]) == ("FORMER LOST INCOMPLETE_EVIDENCE", 0, None)


def test_another_date_field_does_not_fall_back_on_the_order_date() -> None:
    world = people("PAID", "UNPAID")
    world.buys("PAID", "2025-01-01", paymentDate="2025-02-01")
    world.buys("UNPAID", "2025-01-01")
    rows = world.classified("2025-03-01", purchaseDateField="paymentDate")
    assert str(rows["PAID"]["first"]) == "2025-02-01"
    assert summary(rows["UNPAID"]) == "UNENGAGED T3 INCOMPLETE_EVIDENCE"


def test_facts_recorded_after_the_knowledge_time_are_not_read() -> None:
    world = people("P")
    world.buys("P", "2024-12-01", recordedAt=datetime(2025, 3, 1, 12))
    for moment, stage in ((EARLY, "UNENGAGED"), (LATE, "CURRENT")):
        assert stages(world, "2025-06-01", knowledge=moment)["P"] == stage
    # In Paris, noon is an hour earlier in universal time.
    noon = datetime(2025, 3, 1, 11, tzinfo=UTC)
    assert stages(world, "2025-06-01", knowledge=noon)["P"] == "CURRENT"


def test_merged_records_pool_their_events_and_count_a_repeated_order_once() -> None:
    world = people("P1", "P2")
    world.merged("P2", "P1")
    order = {"orderNumber": "SAME", "orderDate": "2025-01-01"}
    for key in ("P1", "P2"):
        world.buys(key, "2025-01-01", key=f"order of {key}")
        world.triples = [
            (s, p, "SAME" if o == f"order of {key}" else o, d) for s, p, o, d in world.triples
        ]
    world.buys("P2", "2025-02-01")
    rows = world.classified("2025-03-01", occasionGranularity="order")
    assert set(rows) == {"P1"}
    assert (rows["P1"]["n"], str(rows["P1"]["last"])) == (
        2,
        order["orderDate"].replace("01-", "02-", 1),
    )


def test_a_merge_recorded_later_is_not_known_yet() -> None:
    world = people("P1", "P2")
    world.merged("P2", "P1", date="2025-03-01", recordedAt=datetime(2025, 3, 1))
    world.buys("P2", "2024-12-01")
    assert stages(world, "2025-06-01", knowledge=EARLY) == {"P1": "UNENGAGED", "P2": "CURRENT"}
    assert stages(world, "2025-06-01", knowledge=LATE) == {"P1": "CURRENT"}


def test_purchases_count_from_the_organisation_and_its_units_only() -> None:
    world = people("P", "Q", "SHOP2")
    world.party("SHOP", "OrganizationalUnit", unitOf="ORG")
    world.party("DESK", "OrganizationalUnit", unitOf="SHOP")
    world.buys("P", "2025-01-01", seller="DESK")
    world.buys("Q", "2025-01-01", seller="SHOP2")
    rows = world.classified("2025-02-01")
    assert (rows["P"]["stage"], rows["Q"]["stage"]) == ("CURRENT", "UNENGAGED")
    assert (rows["DESK"]["position"], rows["SHOP2"]["position"]) == ("INTERNAL", "EXTERNAL")
    assert "ORG" not in rows


def test_a_purchase_is_of_staff_only_when_all_its_lines_are() -> None:
    world = people("ALL", "SOME")
    world.buys("ALL", "2025-01-01", lines=[(10, "staff"), (5, "staff")])
    world.buys("SOME", "2025-01-01", lines=[(10, "staff"), (5, "public")])
    found = stages(world, "2025-02-01", countStaffPurchases=False)
    assert (found["ALL"], found["SOME"]) == ("POTENTIAL", "CURRENT")


def test_free_samples_are_evidence_of_use() -> None:
    world = people("P")
    world.buys("P", "2025-01-01", lines=[(0, "public"), (0, "public")])
    assert stages(world, "2025-02-01")["P"] == "USER_ONLY"


@pytest.mark.parametrize(("threshold", "stage"), [(0.8, "POTENTIAL"), (0.81, "CURRENT")])
def test_a_purchase_is_void_when_refunds_reach_the_threshold(threshold: float, stage: str) -> None:
    world = people("P")
    order = world.buys("P", "2025-01-01", 100)
    world.refund(order, "2025-01-10", 50)
    world.refund(order, "2025-01-20", 30)
    assert stages(world, "2025-02-01", voidThreshold=threshold)["P"] == stage


def test_currencies_are_compared_apart() -> None:
    world = people("P")
    order = world.buys("P", "2025-01-01", 100)
    world.refund(order, "2025-01-10", 100, currency="USD")
    assert stages(world, "2025-02-01")["P"] == "CURRENT"


def test_a_closed_party_keeps_the_columns_of_its_closing_date() -> None:
    world = people()
    world.party("P", closedOn="2025-03-01")
    world.buys("P", "2025-01-01")
    assert summary(world.classified("2025-02-28")["P"]) == "CURRENT OCCASIONAL NEW"
    row = world.classified("2027-01-01")["P"]
    assert (summary(row), str(row["as_of"])) == ("CURRENT OCCASIONAL NEW CLOSED", "2027-01-01")


def test_a_refusal_ends_a_contract_without_end() -> None:
    world = people("P", "FIRST_DAY")
    world.contract("P", "2024-01-01")
    world.event("Refusal", "P", "2025-01-01")
    world.contract("FIRST_DAY", "2025-01-01")
    world.event("Refusal", "FIRST_DAY", "2025-01-01")
    assert stages(world, "2024-12-31")["P"] == "CURRENT"
    row = world.classified("2025-01-02")["P"]
    assert (summary(row), str(row["last"])) == ("FORMER LOST", "2025-01-01")
    assert stages(world, "2025-01-02")["FIRST_DAY"] == "FORMER"


def test_a_withdrawn_contract_was_never_one() -> None:
    world = people("P")
    world.contract("P", "2025-01-01", "2025-01-01")
    assert stages(world, "2025-06-01")["P"] == "UNENGAGED"


@pytest.mark.parametrize(
    ("role", "parameters", "position"),
    [
        ("employee", {}, "INTERNAL"),
        ("contractor", {}, "EXTERNAL"),
        ("contractor", {"contractorIsInternal": True}, "INTERNAL"),
    ],
)
def test_contractors_are_internal_on_request(
    role: str, parameters: dict[str, bool], position: str
) -> None:
    world = people("P")
    world.member("P", "ORG", role=role)
    assert world.classified("2025-01-01", **parameters)["P"]["position"] == position


def test_signals_of_engagement_make_a_potential_client_but_self_referrals_do_not() -> None:
    world = people("GIVER", "RECEIVER", "CONTACTED", "WRITTEN", "MEMBER", "SELF", "REQUEST")
    world.party("FIRM", "LegalEntity")
    world.member("MEMBER", "FIRM")
    world.refers("GIVER", "RECEIVER", "2025-01-01")
    world.refers("MEMBER", "FIRM", "2025-01-01")
    world.refers("SELF", "SELF", "2025-01-01")
    world.property(iri("party", "CONTACTED"), "firstContactDate", "2025-01-01")
    world.event("Interaction", "WRITTEN", "2025-01-01", direction="out")
    world.add("request", "R", "ClientRequest", requester=iri("party", "REQUEST"), date="2025-01-01")
    found = {key: summary(row) for key, row in world.classified("2025-02-01").items()}
    assert found == {
        "GIVER": "POTENTIAL SUSPECT", "RECEIVER": "POTENTIAL SUSPECT",
        "CONTACTED": "POTENTIAL PROSPECT", "WRITTEN": "POTENTIAL SUSPECT",
        "MEMBER": "UNENGAGED T3", "FIRM": "UNENGAGED T3", "SELF": "UNENGAGED T3",
        "REQUEST": "POTENTIAL SUSPECT",
    }  # fmt: skip


def test_key_accounts_are_designated_or_of_high_potential() -> None:
    world = people("DESIGNATED", "ENDED")
    world.party("RICH", "LegalEntity", annualPotential=100000)
    kind = "https://w3id.org/clientgraph/scheme/role/key-account"
    for key, end in (("DESIGNATED", None), ("ENDED", "2025-01-01")):
        world.add("designation", key, "RoleAssignment", party=iri("party", key), roleType=kind,
                  startDate="2024-01-01", endDate=end)  # fmt: skip
    flags = {key: row["flags"] for key, row in world.classified("2025-01-01").items()}
    assert flags == {"DESIGNATED": "KEY_ACCOUNT", "RICH": "KEY_ACCOUNT", "ENDED": ""}


def test_loyalty_may_ask_for_satisfaction() -> None:
    world = people("HAPPY", "UNHAPPY", "SILENT")
    for key in ("HAPPY", "UNHAPPY", "SILENT"):
        for day in ("2024-01-10", "2024-09-15", "2025-03-01"):
            world.buys(key, day)
    world.event("SatisfactionMeasurement", "HAPPY", "2025-01-01", score=0.8)
    world.event("SatisfactionMeasurement", "UNHAPPY", "2025-01-01", score=0.6)
    rows = world.classified("2025-03-01", loyaltyMinSatisfaction=0.7)
    assert {key: row["depth"] for key, row in rows.items()} == {
        "HAPPY": "LOYAL", "UNHAPPY": "OCCASIONAL", "SILENT": "OCCASIONAL",
    }  # fmt: skip


def test_a_later_better_score_resolves_a_low_one() -> None:
    world = people("P")
    world.buys("P", "2025-01-01")
    world.event("SatisfactionMeasurement", "P", "2025-01-10", score=0.4)
    world.event("SatisfactionMeasurement", "P", "2025-02-10", score=0.41)
    assert world.classified("2025-02-09")["P"]["tier"] == "T1"
    assert world.classified("2025-02-10")["P"]["tier"] is None


def test_times_of_day_become_days_where_the_organisation_is() -> None:
    world = people("P")
    order = world.buys("P", None)
    world.triple(
        iri("purchase", order), "https://w3id.org/clientgraph/ns#orderDate",
        "2024-12-31T23:30:00Z", "http://www.w3.org/2001/XMLSchema#dateTime",
    )  # fmt: skip
    assert str(world.classified("2025-06-01")["P"]["first"]) == "2025-01-01"


def test_one_party_is_classified_like_among_all() -> None:
    world = people("P1", "P2", "Q")
    world.merged("P2", "P1")
    world.buys("P2", "2025-01-01")
    world.buys("Q", "2025-01-01")
    with world.store() as store:
        everyone = classify(store.cursor(), context("2025-02-01"))
        (row,) = classify(store.cursor(), context("2025-02-01"), party="P2").rows
        named = classify(store.cursor(), context("2025-02-01"), party=iri("party", "P1"))
        with pytest.raises(UsageError, match="No party"):
            classify(store.cursor(), context("2025-02-01"), party="NOBODY")
    knowledge = everyone.columns.index("knowledge")
    alone, among = list(row), list(everyone.rows[0])
    alone[knowledge] = among[knowledge] = None
    assert alone == among
    assert len(named) == 1


def test_a_result_says_what_it_was_computed_under() -> None:
    world = people("P")
    row = world.classified("2025-02-01", knowledge=LATE)["P"]
    assert (str(row["as_of"]), row["knowledge"]) == ("2025-02-01", "2025-06-01T00:00:00Z")
    other = world.classified("2025-02-01", D_new=30)["P"]
    assert row["params"] != other["params"]


def test_an_unknown_organisation_is_refused_rather_than_answered_about() -> None:
    world = people("P")
    world.buys("P", "2025-01-01")
    stranger = replace(context("2025-02-01"), organization="STRANGER")
    with world.store() as store, pytest.raises(UsageError, match="CLIENTGRAPH_ORGANIZATION"):
        classify(store.cursor(), stranger)
    with World().store() as store:
        assert len(classify(store.cursor(), stranger)) == 1


def test_the_organisation_is_named_by_key_or_iri() -> None:
    world = people("P")
    world.buys("P", "2025-01-01")
    with world.store() as store:
        for name in ("ORG", iri("party", "ORG")):
            named = replace(context("2025-02-01"), organization=name)
            assert classify(store.cursor(), named).column("stage") == ["CURRENT"]
