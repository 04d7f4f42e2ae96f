"""The worked examples of the rules (section 10) about internal chains, each as a test."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.analysis import chain_tables as chains
from kg.analysis.satisfaction import rank_correlation
from kg.errors import UsageError
from kg.lifecycle import Table
from tests.lifecycle.world import World, context, iri

T = "2025-06-01"
EDGES = (
    ("IT", "Support", 0.4), ("IT", "Sales", 0.3), ("Training", "Support", 0.2),
    ("Support", "X", 0.6), ("Sales", "X", 0.4), ("Sales", "Y", 1.0),
)  # fmt: skip
SCORES = {"IT": 0.9, "Training": 0.5, "Support": 0.6, "Sales": 0.8}


def organisation(units: str, clients: str, edges: tuple[tuple[str, str, float], ...]) -> World:
    world = World()
    for unit in units.split():
        world.party(unit, "OrganizationalUnit", unitOf="ORG")
    for client in clients.split():
        world.party(client, "LegalEntity")
    for supplier, client, share in edges:
        world.supplies(supplier, client, share)
    return world


def example(*unmeasured: str) -> World:
    world = organisation("IT Support Sales Training", "X Y", EDGES)
    for unit, score in SCORES.items():
        if unit not in unmeasured:
            world.event("SatisfactionMeasurement", unit, "2025-01-01", score=score)
    return world


def asked(
    world: World, analysis: Callable[..., Table], *, options: dict[str, str] | None = None,
    **parameters: Any,
) -> Table:  # fmt: skip
    with world.store() as store:
        return analysis(store.cursor(), context(T, **parameters), **(options or {}))


def influence_of(world: World, **parameters: Any) -> dict[tuple[str, str], float]:
    rows = asked(world, chains.influence, **parameters).rows
    return {(unit, client): weight for unit, client, weight in rows}


def test_e22_reach() -> None:
    rows = asked(example(), chains.reach).rows
    assert [(c, d) for u, c, d in rows if u == "IT"] == [("X", 2), ("Y", 2)]
    assert [(c, d) for u, c, d in rows if u == "Training"] == [("X", 2)]


def test_e22_two_simple_paths_from_it_to_x() -> None:
    table = asked(example(), chains.path, options={"unit": "IT", "client": "X"})
    assert table.rows == [
        (1, 0, "IT"), (1, 1, "Sales"), (1, 2, "X"), (2, 0, "IT"), (2, 1, "Support"), (2, 2, "X"),
    ]  # fmt: skip


def test_e22_places_of_units() -> None:
    rows = asked(example(), chains.units).records()
    assert {row["unit_key"]: (row["place"], row["role"]) for row in rows} == {
        "IT": ("back office", "origin"), "Training": ("back office", "origin"),
        "Support": ("frontline", "dual"), "Sales": ("frontline", "dual"),
    }  # fmt: skip


def test_e22_single_points_of_failure() -> None:
    assert asked(example(), chains.spof).rows == [("Y", "IT"), ("Y", "Sales")]


def test_e22_influence() -> None:
    assert influence_of(example()) == pytest.approx(
        {
            ("IT", "X"): 0.36, ("Training", "X"): 0.12, ("Support", "X"): 0.6,
            ("Sales", "X"): 0.4, ("IT", "Y"): 0.3, ("Sales", "Y"): 1.0,
        }
    )  # fmt: skip
    found = influence_of(example(), alpha=0.85)
    expected = {"IT": 0.2601, "Training": 0.0867, "Support": 0.51, "Sales": 0.34}
    assert {unit: w for (unit, client), w in found.items() if client == "X"} == pytest.approx(
        expected
    )


def test_e22_contributions_to_an_exposure() -> None:
    rows = asked(example(), chains.contributions, options={"client": "X"}).records()
    told = {row["unit_key"]: (row["influence"], row["score"], row["exposure"]) for row in rows}
    expected = {"Support": (0.6, 0.6, 0.24), "Sales": (0.4, 0.8, 0.08),
                "Training": (0.12, 0.5, 0.06), "IT": (0.36, 0.9, 0.036)}  # fmt: skip
    assert list(told) == list(expected)
    for unit, figures in expected.items():
        assert told[unit] == pytest.approx(figures)
    rows = list(asked(example("Support"), chains.contributions, options={"client": "X"}).records())
    assert [r["unit_key"] for r in rows if r["score"] is None] == ["Support"]
    assert sum(r["exposure"] or 0 for r in rows) == pytest.approx(0.176)
    inside = asked(example(), chains.contributions, options={"client": "IT"})
    assert inside.rows == []
    assert inside.notes[0].en.startswith("IT is no external client")
    with pytest.raises(UsageError, match="NOBODY"):
        asked(example(), chains.contributions, options={"client": "NOBODY"})


def test_e22_exposure() -> None:
    x, y = asked(example(), chains.exposure).records()
    assert (x["client_key"], y["client_key"]) == ("X", "Y")
    assert (x["exposure"], x["exposure_norm"]) == pytest.approx((0.416, 0.281081), abs=1e-6)
    assert (y["exposure"], y["exposure_norm"]) == pytest.approx((0.23, 0.176923), abs=1e-6)


def test_units_and_the_clients_they_reach_are_satisfied_together() -> None:
    """By hand: ranks 1, 2, 3, 4 of the units beside 1.5, 1.5, 3.5, 3.5 of what they reach."""
    world = example()
    for client, score in (("X", 0.4), ("Y", 0.8)):
        world.event("SatisfactionMeasurement", client, "2025-01-01", score=score)
    table = asked(world, chains.correlation)
    assert table.rows == [(pytest.approx(4 / 20**0.5), 4)]
    assert "no proof of a cause" in table.notes[0].en


def test_nothing_is_correlated_where_no_client_is_measured() -> None:
    assert asked(example(), chains.correlation).rows == [(None, 0)]


@given(st.lists(st.tuples(*[st.integers(0, 4).map(lambda n: n / 4)] * 2), max_size=12))
def test_ranks_are_correlated_as_pandas_does(pairs: list[tuple[float, float]]) -> None:
    expected = pandas.DataFrame(pairs, columns=["u", "c"]).corr(method="spearman").loc["u", "c"]
    found = rank_correlation(pairs)
    assert math.isnan(expected) if found is None else found == pytest.approx(expected)


def test_e23_loop() -> None:
    world = organisation("A B", "X", (("A", "B", 0.5), ("B", "A", 0.2), ("B", "X", 1.0)))
    assert asked(world, chains.loops).rows == [("A", "A"), ("A", "B")]
    found = influence_of(world)
    assert (found["B", "X"], found["A", "X"]) == pytest.approx((0.916195, 0.389383), abs=1e-6)


def test_e24_missing_satisfaction() -> None:
    x = next(iter(asked(example("Support"), chains.exposure).records()))
    assert (x["exposure"], x["exposure_norm"], x["coverage"]) == pytest.approx(
        (0.176, 0.2, 0.594595), abs=1e-6
    )


def test_endless_loop_is_refused() -> None:
    world = organisation("A B", "X", (("A", "B", 1.0), ("B", "A", 1.0), ("B", "X", 1.0)))
    with pytest.raises(UsageError, match="not finite"):
        influence_of(world, alpha=1.0)


def test_shares_above_one_are_refused_for_influence_only() -> None:
    world = organisation("A B", "X", (("A", "X", 0.7), ("B", "X", 0.7)))
    assert len(asked(world, chains.reach)) == 2
    with pytest.raises(UsageError, match="more than 1"):
        influence_of(world)


def test_missing_shares_share_equally_what_is_left() -> None:
    world = organisation("A B C", "X", (("A", "X", 0.4),))
    world.supplies("B", "X")
    world.supplies("C", "X")
    assert [row[2:] for row in asked(world, chains.edges).rows] == [
        (0.4, ""), (pytest.approx(0.3), "missing share"), (pytest.approx(0.3), "missing share"),
    ]  # fmt: skip


def test_members_stand_for_their_units_unless_persons_are_asked_for() -> None:
    world = organisation("A B", "X", (("B", "X", 1.0),))
    world.party("P")
    world.member("P", "A")
    world.member("P", "B")
    world.supplies("P", "X", 0.4)
    world.supplies("A", "P", 0.5)
    assert asked(world, chains.edges).rows == [
        ("A", "B", 0.25, ""), ("A", "X", pytest.approx(0.2 / 1.4), "scaled"),
        ("B", "X", pytest.approx(1.2 / 1.4), "scaled"),
    ]  # fmt: skip
    people = asked(world, chains.edges, granularity="person").rows
    assert [(unit, client) for unit, client, _, _ in people] == [
        ("A", "P"), ("B", "X"), ("P", "X"),
    ]  # fmt: skip


def test_relations_count_from_their_start_to_before_their_end() -> None:
    world = organisation("A B C", "X", ())
    world.supplies("A", "X", 0.1, start="2025-06-01")
    world.supplies("B", "X", 0.1, start="2025-01-01", end="2025-06-01")
    world.supplies("C", "X", 0.1, start=None)
    assert [row[0] for row in asked(world, chains.reach).rows] == ["A", "C"]


def test_critical_service_with_one_supplier_is_scored_by_clients_that_depend_on_it() -> None:
    world = organisation("IT Sales", "X Y", (("Sales", "X", 0.5), ("Sales", "Y", 0.5)))
    world.supplies("IT", "Sales", 0.5, service="network", critical=True)
    assert asked(world, chains.critical).rows == [("Sales", iri("service", "network"), "IT", 2)]
