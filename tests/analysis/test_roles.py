"""Roles at T: shown by events, computed, and of referrals (axes F and G)."""

from __future__ import annotations

from typing import Any

from kg.analysis.roles import roles
from kg.namespaces import scheme
from tests.lifecycle.world import World, context, iri


def played(world: World, as_of: str = "2025-06-30", **options: Any) -> dict[str, set[str]]:
    with world.store() as store:
        table = roles(store.cursor(), context(as_of, **options))
    found: dict[str, set[str]] = {}
    for row in table.records():
        found.setdefault(row["party_key"], set()).add(row["role"])
    return found


def people(*keys: str) -> World:
    world = World()
    for key in keys:
        world.party(key)
    return world


def test_events_show_who_acquired_acted_paid_and_received() -> None:
    world = people("C", "B", "P", "R")
    ends = {"actingBuyer": iri("party", "B"), "payer": iri("party", "P"),
            "recipient": iri("party", "R")}  # fmt: skip
    world.buys("C", "2025-01-10", purchasePurpose="personal", **ends)
    assert played(world) == {
        "B": {"BUYER"},
        "C": {"CLIENT", "EXTERNAL_CLIENT"},
        "P": {"PAYER"},
        "R": {"RECIPIENT", "CONSUMER"},
    }
    assert played(world, "2025-01-09") == {}


def test_a_client_pays_and_receives_unless_others_do() -> None:
    world = people("C")
    world.buys("C", "2025-01-10")
    assert played(world)["C"] == {"CLIENT", "PAYER", "RECIPIENT", "EXTERNAL_CLIENT"}


def test_a_voided_purchase_shows_nothing_any_more() -> None:
    world = people("C")
    world.refund(world.buys("C", "2025-01-10", 50), "2025-02-01", 50)
    assert played(world, "2025-01-31")["C"] >= {"CLIENT", "PAYER"}
    assert played(world) == {}


def test_consumers_are_persons_of_personal_use() -> None:
    world = people("C", "U")
    world.party("F", "LegalEntity")
    world.buys("F", "2025-01-10", purchasePurpose="personal")
    order = world.buys("C", "2025-01-10", purchasePurpose="personal")
    world.uses("U", "2025-01-20", acquiredThrough=iri("purchase", order))
    found = played(world)
    assert "CONSUMER" not in found["F"]
    assert found["U"] == {"USER", "CONSUMER"}


def requested(status: str | None = None, on: str = "2025-03-01") -> World:
    world = people("A", "S", "H")
    for key in ("A", "S", "H"):
        world.member(key, "ORG", "2024-01-01")
    world.add("request", "Q", "PurchaseRequest", requester=iri("party", "A"), date="2025-02-01",
              internalSpecifier=iri("party", "S"), handledBy=iri("party", "H"))  # fmt: skip
    if status:
        reached = str(scheme("request-status", status))
        world.add("change", "1", "StatusChange", request=iri("request", "Q"), date=on,
                  status=reached)  # fmt: skip
    return world


def test_requests_show_requester_specifier_and_handler() -> None:
    assert played(requested()) == {
        "A": {"REQUESTER", "INTERNAL_CLIENT"},
        "S": {"INTERNAL_SPECIFIER"},
        "H": {"PROCUREMENT_OFFICER"},
    }


def test_a_request_makes_an_internal_client_while_it_is_open() -> None:
    assert "INTERNAL_CLIENT" in played(requested("submitted"))["A"]
    assert "INTERNAL_CLIENT" not in played(requested("ordered"))["A"]
    assert "INTERNAL_CLIENT" in played(requested("ordered"), "2025-02-28")["A"]


def test_internal_clients_are_served_themselves_or_by_their_unit() -> None:
    world = people("M", "N", "X")
    for key in ("IT", "SALES"):
        world.party(key, "OrganizationalUnit", unitOf="ORG")
    world.member("M", "SALES", "2024-01-01")
    world.member("N", "IT", "2024-01-01")
    world.supplies("IT", "SALES", start="2024-01-01", end="2025-12-31")
    world.supplies("SALES", "X")
    found = played(world)
    assert found == {"M": {"INTERNAL_CLIENT"}, "SALES": {"INTERNAL_CLIENT"}}
    assert played(world, "2025-12-31") == {}
    everyone = played(world, employmentImpliesInternalClient=True)
    assert set(everyone) == {"M", "N", "IT", "SALES"}


def test_a_member_who_buys_is_a_staff_buyer() -> None:
    world = people("M")
    world.member("M", "ORG", "2024-01-01", "2025-06-01")
    world.buys("M", "2025-01-10")
    assert "STAFF_BUYER" in played(world, "2025-05-31")["M"]
    assert "EXTERNAL_CLIENT" in played(world, "2025-06-01")["M"]


def test_roles_in_referrals() -> None:
    world = people("A", "B", "C", "D")
    world.refers("A", "B", "2025-01-01")
    world.buys("B", "2025-01-10")
    world.refers("C", "D", "2025-01-01")
    world.refers("D", "B", "2025-02-01")
    found = played(world)
    assert found["A"] == {"RECOMMENDER", "REFERRER", "EFFECTIVE_REFERRER"}
    assert found["B"] >= {"REFERRED", "CLIENT"}
    assert found["C"] == {"RECOMMENDER", "REFERRER"}
    assert found["D"] == {"RECOMMENDER", "REFERRED"}


def test_roles_tell_since_when_and_can_be_asked_for_one() -> None:
    world = people("C", "D")
    for day in ("2025-01-10", "2025-03-10"):
        world.buys("C", day)
    world.buys("D", "2025-03-10")
    with world.store() as store:
        table = roles(store.cursor(), context("2025-06-30"), party="C", role="PAYER")
    (row,) = table.records()
    assert (row["axis"], str(row["since"]), str(row["until"]), row["events"]) == (
        "F", "2025-01-10", "2025-03-10", 2,
    )  # fmt: skip
