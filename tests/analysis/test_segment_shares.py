"""Segments of one party, how much of a target is client, and who matches a persona."""

from __future__ import annotations

from typing import Any

import pytest

from kg.analysis import segment_shares
from kg.errors import UsageError
from kg.namespaces import CG, scheme
from tests.analysis.test_segments import T, asked, people, segment, targeted


def told(rows: list[dict[str, Any]]) -> dict[tuple[str, str | None, str | None], bool | None]:
    """Return what is met, by segment, property (its name) and operator."""
    return {
        (row["segment_key"], (row["property"] or "").rpartition("#")[2], row["operator"]):
        row["met"]
        for row in rows
    }  # fmt: skip


def test_a_party_is_told_its_segments_and_the_criteria_that_it_meets() -> None:
    world = people()
    segment(world, "LYON", ("residence", "=", "Lyon"))
    segment(world, "RICH", ("residence", "=", "Lyon"), ("annualPotential", ">", 200))
    segment(world, "ASKED",
            selectQuery=f"SELECT ?party WHERE {{ ?party <{CG.residence}> 'Lyon' }}")  # fmt: skip
    assert told(asked(world, segment_shares.of_party, party="A")) == {
        ("LYON", "", None): True, ("LYON", "residence", "="): True,
        ("RICH", "", None): False, ("RICH", "residence", "="): True,
        ("RICH", "annualPotential", ">"): False,
        ("ASKED", "", None): True, ("ASKED", "", "query"): True,
    }  # fmt: skip
    # Of B no income is known, of D nothing; C lives elsewhere.
    found = told(asked(world, segment_shares.of_party, party="B"))
    assert found["RICH", "annualPotential", ">"] is None
    assert not found["RICH", "", None]
    assert set(told(asked(world, segment_shares.of_party, party="D")).values()) == {False, None}
    assert told(asked(world, segment_shares.of_party, party="C"))["ASKED", "", "query"] is False


def test_a_criterion_tells_what_it_compares_with() -> None:
    world = people()
    segment(world, "S", ("residence", "in", ["Lyon", "Nice"]))
    first, second = asked(world, segment_shares.of_party, party="C")
    assert (first["criterion"], first["value"]) == (None, None)
    assert second["value"] == "Lyon, Nice"
    assert second["family"] == str(scheme("criterion", "geographic"))
    assert (second["party_key"], str(second["as_of"])) == ("C", T)


def test_an_unknown_party_is_refused() -> None:
    with pytest.raises(UsageError, match="NOBODY"):
        asked(people(), segment_shares.of_party, party="NOBODY")


def test_the_share_of_a_target_counts_current_and_dormant_clients() -> None:
    def found(as_of: str) -> list[tuple[str, int, int, float | None]]:
        rows = asked(targeted(), segment_shares.shares, as_of)
        return [(r["segment_key"], r["members"], r["clients"], r["share"]) for r in rows]

    # A bought on 2025-01-10; the targeting is of June 2025 only.
    assert found("2025-06-15") == [("S", 2, 1, 0.5)]
    assert found("2025-07-01") == []
    world = targeted()
    world.buys("B", "2024-01-10")
    assert [r["share"] for r in asked(world, segment_shares.shares, "2025-06-15")] == [1.0]


def test_a_target_without_members_has_no_share() -> None:
    world = people()
    nobody = segment(world, "OSLO", ("residence", "=", "Oslo"))
    world.add("targeting", "G", "Targeting", segment=nobody, startDate="2025-06-01")
    (row,) = asked(world, segment_shares.shares)
    assert (row["members"], row["clients"], row["share"]) == (0, 0, None)


def test_a_persona_that_no_client_matches_is_listed_too() -> None:
    world = people()
    segment(world, "H", ("residence", "=", "Lyon"), ("annualPotential", ">", 200),
            type_name="BuyerPersona")  # fmt: skip
    segment(world, "LYON", ("residence", "=", "Lyon"), type_name="BuyerPersona")
    segment(world, "OSLO", ("residence", "=", "Oslo"), type_name="BuyerPersona")
    rows = {
        row["persona_key"]: (row["criteria"], row["parties"], row["clients"])
        for row in asked(world, segment_shares.reach)
    }
    # Of H, B meets the one criterion that is known of it; A and C fail one each.
    assert rows == {"H": (2, 1, 0), "LYON": (1, 2, 1), "OSLO": (1, 0, 0)}
