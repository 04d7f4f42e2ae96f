"""What would change: the same measures as when the facts themselves were other ones."""

from __future__ import annotations

from typing import Any

import pytest

from kg.analysis.what_if import what_if
from kg.errors import UsageError
from tests.lifecycle.world import World, context

EDGES = {
    ("IT", "SUPPORT"): 0.4, ("IT", "SALES"): 0.3, ("TRAINING", "SUPPORT"): 0.2,
    ("SUPPORT", "X"): 0.6, ("SALES", "X"): 0.4, ("SALES", "Y"): 1.0,
}  # fmt: skip
SCORES = {"IT": 0.9, "TRAINING": 0.5, "SUPPORT": 0.6, "SALES": 0.8}


def supplied(edges: dict[Any, float | None] = EDGES, scores: dict[str, float] = SCORES) -> World:
    world = World()
    for key in ("IT", "TRAINING", "SUPPORT", "SALES"):
        world.party(key, "OrganizationalUnit", unitOf="ORG")
    for key in ("X", "Y"):
        world.party(key)
    for (supplier, client), share in edges.items():
        world.supplies(supplier, client, share)
    for key, score in scores.items():
        world.event("SatisfactionMeasurement", key, "2025-01-01", score=score)
    return world


def asked(world: World, **change: str) -> dict[tuple[str, str], tuple[Any, Any]]:
    with world.store() as store:
        head = store.head
        table = what_if(store.cursor(), context("2025-06-01"), **change)
        assert store.head == head
    return {(r["party_key"], r["measure"]): (r["before"], r["after"]) for r in table.records()}


def assert_imagined(found: dict[tuple[str, str], tuple[Any, Any]], other: World) -> None:
    """Check what was imagined against a world where it is so, by an idle change of both."""
    idle = {"satisfaction": "IT=0"}
    real = asked(other, **idle)
    for (party, measure), (_, after) in found.items():
        if (party, measure) in real:
            assert after == pytest.approx(real[party, measure][0]), (party, measure)


def test_a_satisfaction_moves_exposure_by_influence() -> None:
    found = asked(supplied(), satisfaction="IT=0.5")
    assert set(found) == {(c, m) for c in "XY" for m in ("exposure", "exposure_norm")}
    before, after = found["X", "exposure"]
    assert after - before == pytest.approx(0.36 * 0.4)
    assert found["Y", "exposure"][1] - found["Y", "exposure"][0] == pytest.approx(0.30 * 0.4)


def test_a_removed_unit_is_gone_with_its_relations() -> None:
    found = asked(supplied(), remove="SUPPORT")
    assert found["X", "suppliers"] == (4, 2)
    assert found["TRAINING", "reached"] == (1, None)
    assert found["X", "exposure"][1] == pytest.approx(0.12 * 0.1 + 0.40 * 0.2)
    assert found["X", "points_of_failure"] == (None, 2)
    rest = {pair: share for pair, share in EDGES.items() if "SUPPORT" not in pair}
    assert_imagined(found, supplied(rest))


def test_a_cut_relation_leaves_its_units() -> None:
    found = asked(supplied(), cut="SALES>X")
    rest = {pair: share for pair, share in EDGES.items() if pair != ("SALES", "X")}
    assert found["X", "exposure"][1] == pytest.approx(0.24 * 0.1 + 0.12 * 0.5 + 0.6 * 0.4)
    assert_imagined(found, supplied(rest))


def test_a_share_moves_what_hangs_on_it() -> None:
    found = asked(supplied(), share="IT>SALES=0.9")
    assert_imagined(found, supplied(EDGES | {("IT", "SALES"): 0.9}))
    assert found["Y", "exposure"][1] == pytest.approx(0.9 * 0.1 + 0.2)


def test_missing_shares_share_what_a_cut_leaves() -> None:
    edges = {("IT", "X"): 0.4, ("SALES", "X"): None, ("SUPPORT", "X"): None}
    found = asked(supplied(edges), cut="SUPPORT>X")
    rest = {pair: share for pair, share in edges.items() if pair[0] != "SUPPORT"}
    assert found["X", "exposure"][1] == pytest.approx(0.4 * 0.1 + 0.6 * 0.2)
    assert_imagined(found, supplied(rest))


def test_several_changes_come_together() -> None:
    both = asked(supplied(), cut="SALES>X, IT>SUPPORT", satisfaction="SALES=1")
    assert both["X", "suppliers"] == (4, 2)
    assert both["Y", "exposure"][1] == pytest.approx(0.3 * 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "Say what to change"),
        ({"cut": "IT"}, "no relation"),
        ({"cut": "IT>TRAINING"}, "not active"),
        ({"share": "IT>SALES=2"}, "from 0 to 1"),
        ({"satisfaction": "IT"}, "not understood"),
        ({"remove": "NOBODY"}, "No party"),
        ({"share": "TRAINING>SUPPORT=0.7"}, "more than 1"),
    ],
)
def test_what_cannot_be_imagined_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        asked(supplied(), **change)
