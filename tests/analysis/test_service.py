"""Service levels along the chains, and purchase requests."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kg.analysis.service import purchase_requests, service_levels, service_paths
from kg.namespaces import scheme
from tests.lifecycle.world import World, context, iri


def measured(results: dict[tuple[str, str], list[tuple[str, bool]]]) -> World:
    """Return a chain IT > SALES > X, and IT > X, with measurements of pairs."""
    world = World()
    for key in ("IT", "SALES"):
        world.party(key, "OrganizationalUnit", unitOf="ORG")
    world.party("X")
    for supplier, client in (("IT", "SALES"), ("SALES", "X"), ("IT", "X")):
        relation = world.supplies(supplier, client, 0.5)
        agreement = world.add("sla", supplier + client, "ServiceLevelAgreement")
        world.property(relation, "hasSLA", agreement)
        for day, met in results.get((supplier, client), []):
            world.add("measurement", world.number(), "ServiceMeasurement", agreement=agreement,
                      date=day, met=met)  # fmt: skip
    return world


RESULTS = {
    ("IT", "SALES"): [("2025-01-31", True), ("2025-02-28", True), ("2025-03-31", False),
                      ("2025-04-30", True)],
    ("SALES", "X"): [("2025-01-31", True), ("2025-02-28", False)],
}  # fmt: skip


def test_compliance_is_met_over_measured() -> None:
    with measured(RESULTS).store() as store:
        rows = service_levels(store.cursor(), context("2025-06-01")).rows
        early = service_levels(store.cursor(), context("2025-06-01"), end=date(2025, 1, 31)).rows
        past = service_levels(store.cursor(), context("2025-03-15")).rows
    assert rows == [
        ("IT", "SALES", 4, 3, 0.75), ("IT", "X", 0, 0, None), ("SALES", "X", 2, 1, 0.5),
    ]  # fmt: skip
    assert early[0] == ("IT", "SALES", 1, 1, 1.0)
    assert past[0] == ("IT", "SALES", 2, 2, 1.0)


def test_a_path_complies_as_the_product_of_its_measured_links() -> None:
    with measured(RESULTS).store() as store:
        rows = service_paths(store.cursor(), context("2025-06-01"), unit="IT", client="X").rows
    assert rows == [(1, "IT > X", 1, 0, None), (2, "IT > SALES > X", 2, 2, pytest.approx(0.375))]


def requested(**values: Any) -> World:
    world = World()
    for key in ("A", "S", "H"):
        world.party(key)
    world.add("request", "Q", "PurchaseRequest", sourceKey="Q", requester=iri("party", "A"),
              date="2025-02-01", internalSpecifier=iri("party", "S"), **values)  # fmt: skip
    return world


def status(world: World, name: str, day: str) -> None:
    world.add("change", world.number(), "StatusChange", request=iri("request", "Q"), date=day,
              status=str(scheme("request-status", name)))  # fmt: skip


def request_at(world: World, as_of: str) -> dict[str, Any]:
    with world.store() as store:
        (row,) = purchase_requests(store.cursor(), context(as_of)).records()
    return row


def test_a_request_is_followed_from_requester_to_order() -> None:
    order = iri("purchase", "O1")
    world = requested(technicalReview="2025-02-10", dueDate="2025-02-20", resultedIn=order)
    status(world, "submitted", "2025-02-01")
    status(world, "ordered", "2025-03-01")
    before = request_at(world, "2025-02-25")
    assert (before["requester_key"], before["specifier_key"], before["handler_key"]) == (
        "A", "S", None,
    )  # fmt: skip
    assert (before["status"], before["open"], before["days"], before["late"]) == (
        "submitted", True, 24, True,
    )  # fmt: skip
    assert (str(before["technical_review"]), before["commercial_review"]) == ("2025-02-10", None)
    after = request_at(world, "2025-06-01")
    assert (after["status"], after["open"], after["days"], after["late"]) == (
        "ordered", False, 28, False,
    )  # fmt: skip
    assert after["order"] == order


def test_a_review_after_the_date_is_not_known_yet() -> None:
    assert request_at(requested(technicalReview="2025-02-10"), "2025-02-09")["open"] is True
    row = request_at(requested(technicalReview="2025-02-10"), "2025-02-09")
    assert row["technical_review"] is None


def test_requests_of_the_future_are_left_out() -> None:
    with requested().store() as store:
        assert len(purchase_requests(store.cursor(), context("2025-01-31"))) == 0
