"""Roles at T: shown by events, computed, and of referrals (axes F and G)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

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


def test_roles_of_the_worked_examples() -> None:
    """Those that E14, E18, E19, E20 and E25 of the rules name."""
    world = people("A14", "Z14", "P1", "P2", "A19", "B19", "Z19", "A20", "Z20", "P25")
    world.refers("A14", "Z14", "2024-12-30")
    world.buys("Z14", "2025-03-31")
    world.merged("P2", "P1")
    world.refers("P1", "P2", "2025-01-01")
    world.refers("A19", "Z19", "2025-02-01")
    world.refers("B19", "Z19", "2025-02-20")
    for buyer in ("Z19", "Z20"):
        world.buys(buyer, "2025-03-01")
    world.refers("A20", "Z20", "2025-03-10")
    world.member("P25", "ORG", "2024-01-01", "2025-09-01")
    for day in ("2024-02-01", "2024-10-01", "2025-04-01"):
        world.buys("P25", day, staff=True)
    found = played(world, "2025-06-01")
    assert "REFERRED" in found["Z14"]
    assert "REFERRED" not in found.get("P1", set())
    for referrer in ("A19", "B19"):
        assert found[referrer] >= {"REFERRER", "EFFECTIVE_REFERRER"}
    assert found["A20"] == {"RECOMMENDER"}
    assert "REFERRED" not in found["Z20"]
    assert "STAFF_BUYER" in found["P25"]
    assert "EXTERNAL_CLIENT" not in found["P25"]
    later = played(world, "2025-09-01")["P25"]
    assert "EXTERNAL_CLIENT" in later
    assert "STAFF_BUYER" not in later


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


CROWD = [f"P{number:02}" for number in range(24)]
KNOWN = datetime(2025, 6, 1)


def _acts(world: World, chance: random.Random) -> None:
    """Let one thing happen between some of a crowd."""
    one, other, third = chance.sample(CROWD, 3)
    day = (date(2025, 1, 1) + timedelta(days=chance.randrange(200))).isoformat()
    late: dict[str, Any] = {}
    if chance.random() < 0.1:
        late["recordedAt"] = KNOWN + timedelta(days=1)
    kind = chance.choice(["PurchaseRequest", "ClientRequest"])
    named = {"requester": one, "internalSpecifier": other, "handledBy": third}
    acts: list[Callable[[], object]] = [
        *2 * [lambda: _buys(world, chance, (one, other, third), day, late)],
        *3 * [lambda: world.refers(one, other, day, **late)],
        lambda: world.member(one, chance.choice(["ORG", "UNIT", other]), day),
        lambda: world.contract(one, day),
        lambda: world.uses(one, day),
        lambda: world.buys(one, day, staff=True),
        lambda: world.supplies("UNIT", one),
        lambda: world.event(
            "BadExperience", one, day, affectedParty=iri("party", other), severity="minor"
        ),
        lambda: world.add(
            "request", world.number(), kind, date=day,
            **{name: iri("party", party) for name, party in named.items()},
        ),
    ]  # fmt: skip
    chance.choice(acts)()


def _buys(
    world: World,
    chance: random.Random,
    parties: tuple[str, str, str],
    day: str,
    late: dict[str, Any],
) -> None:
    """Let one party buy, another one act, and a third one perhaps use what was bought."""
    client, other, user = parties
    role = chance.choice(["payer", "recipient", "actingBuyer"])
    purpose = chance.choice(["personal", "resale"])
    ends: dict[str, Any] = {role: iri("party", other), "purchasePurpose": purpose}
    order = world.buys(client, day, **ends, **late)
    if chance.random() < 0.5:
        world.refund(order, "2025-05-01", 100)
    if chance.random() < 0.5:
        world.uses(user, day, acquiredThrough=iri("purchase", order))


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 40))]
)
def test_one_party_has_the_roles_that_it_has_among_all(seed: int) -> None:
    chance = random.Random(seed)
    world = people(*CROWD)
    world.party("UNIT", "OrganizationalUnit", unitOf="ORG")
    for _ in range(90):
        _acts(world, chance)
    world.merged("P01", "P00", recordedAt=chance.choice([KNOWN, datetime(2026, 1, 1)]))
    world.merged("P02", "P00")
    rules = {"employmentImpliesInternalClient": seed % 3, "countStaffPurchases": seed % 2}
    asked = context("2025-06-15", KNOWN, **{name: not given for name, given in rules.items()})
    with world.store() as store:
        rows = roles(store.cursor(), asked).rows
        assert len({row[3] for row in rows}) > 10
        for party in (*CROWD, "ORG", "UNIT"):
            iris = [iri("party", party)]
            alone = roles(store.cursor(), asked, party=iris[0]).rows
            if party in ("P01", "P02") and alone:
                iris = [alone[0][0]]
            assert alone == [row for row in rows if row[0] in iris], party
