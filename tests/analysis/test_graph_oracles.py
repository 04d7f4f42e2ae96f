"""Graph analyses on random graphs, against networkx or against a slower way to the same answer."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kg.analysis.chains import points_of_failure, reach, reached, suppliers
from kg.analysis.credit import Touch, attributed, downstream, split, upstream_shared
from kg.analysis.elimination import Eliminated
from kg.analysis.forest import Forest, PrimaryEdge, broken_at_rings
from kg.analysis.influence import at_stake, influences, spread
from kg.analysis.supply import SupplyGraph
from kg.analysis.values import Value
from kg.errors import UsageError

DAY = date(2025, 1, 1)
PARTIES = range(12)


def primary_edges() -> st.SearchStrategy[list[PrimaryEdge]]:
    """At most one edge per referred party, on few days so that ties occur."""
    ends = st.tuples(st.sampled_from(PARTIES), st.integers(0, 3))
    return st.dictionaries(st.sampled_from(PARTIES), ends).map(
        lambda found: [
            PrimaryEdge(referrer, referred, DAY + timedelta(day), f"R{referred:02}")
            for referred, (referrer, day) in found.items()
            if referrer != referred
        ]
    )


def values() -> st.SearchStrategy[list[Value]]:
    cents = st.integers(-10_000, 1_000_000)
    return st.dictionaries(
        st.tuples(st.sampled_from(PARTIES), st.sampled_from(["EUR", "USD"])), cents
    ).map(lambda found: [Value(party, code, cents) for (party, code), cents in found.items()])


def digraph(edges: list[PrimaryEdge]) -> nx.DiGraph:
    return nx.DiGraph((edge.referrer, edge.referred) for edge in edges)


def total(found: list[Value], currency: str) -> int:
    return sum(value.cents for value in found if value.currency == currency)


@given(primary_edges())
def test_each_cycle_loses_its_latest_edge(edges: list[PrimaryEdge]) -> None:
    forest = broken_at_rings(edges)
    by_ends = {(edge.referrer, edge.referred): edge for edge in edges}
    expected = set()
    for cycle in nx.simple_cycles(digraph(edges)):
        on_it = [by_ends[pair] for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        expected.add(max(on_it, key=lambda edge: (edge.day, edge.key)))
    assert set(forest.removed) == expected
    left = digraph(list(forest.edges.values()))
    assert nx.is_empty(left) or nx.is_forest(left)


@given(primary_edges())
def test_depths_are_distances_from_roots(edges: list[PrimaryEdge]) -> None:
    forest = broken_at_rings(edges)
    graph = digraph(list(forest.edges.values()))
    places = forest.places
    assert set(places) == set(graph)
    for party, (depth, root) in places.items():
        assert graph.in_degree(root) == 0
        assert nx.shortest_path_length(graph, root, party) == depth


@given(st.integers(-100_000, 100_000), st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8))
def test_parts_sum_to_the_whole_and_differ_by_less_than_a_cent(
    cents: int, shares: list[float]
) -> None:
    parts = split(cents, shares)
    assert sum(parts) == cents
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - cents * share / sum(shares)) < 1 + 1e-6


@given(
    values(),
    st.dictionaries(
        st.sampled_from(PARTIES),
        st.lists(st.tuples(st.sampled_from(PARTIES), st.integers(0, 90)), max_size=5),
    ),
    st.sampled_from(["first", "last", "linear", "decay"]),
    st.floats(0.01, 100),
)
def test_credit_and_unattributed_sum_to_the_value_under_each_model(
    found: list[Value], given_touches: dict[int, list[tuple[int, int]]], model: str, half: float
) -> None:
    by_client = {
        client: [Touch(who, client, age) for who, age in touched]
        for client, touched in given_touches.items()
    }
    credited = attributed(found, by_client, model, half)
    for currency in ("EUR", "USD"):
        kept = sum(cents for (_, code), cents in credited.items() if code == currency)
        assert kept == total(found, currency)


@given(values(), primary_edges(), st.floats(0.01, 1))
def test_upstream_credit_and_unattributed_sum_to_the_value(
    found: list[Value], edges: list[PrimaryEdge], factor: float
) -> None:
    credited = upstream_shared(found, broken_at_rings(edges), factor)
    for currency in ("EUR", "USD"):
        kept = sum(cents for (_, code), cents in credited.items() if code == currency)
        assert kept == total(found, currency)


@given(values(), primary_edges())
def test_downstream_is_the_value_of_the_descendants(
    found: list[Value], edges: list[PrimaryEdge]
) -> None:
    forest: Forest = broken_at_rings(edges)
    below, counts = downstream(found, forest)
    graph = digraph(list(forest.edges.values()))
    for party in graph:
        descendants = nx.descendants(graph, party)
        assert counts.get(party, 0) == len(descendants)
        for currency in ("EUR", "USD"):
            theirs = [value for value in found if value.party in descendants]
            assert below.get(currency, {}).get(party, 0) == total(theirs, currency)


UNITS = range(7)
CLIENTS = (100, 101)


def supply_graphs() -> st.SearchStrategy[SupplyGraph]:
    """Random graphs whose shares into each node sum to at most 1."""
    pairs = st.tuples(st.sampled_from(UNITS), st.sampled_from((*UNITS, *CLIENTS)))
    weighted = st.dictionaries(pairs, st.integers(1, 9), max_size=16)
    return weighted.map(_supply_graph)


def _supply_graph(found: dict[tuple[int, int], int]) -> SupplyGraph:
    pairs = {pair: weight for pair, weight in found.items() if pair[0] != pair[1]}
    into: dict[int, int] = defaultdict(int)
    for (_, client), weight in pairs.items():
        into[client] += weight
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(UNITS)
    for (supplier, client), weight in pairs.items():
        graph.add_edge(supplier, client, weight=weight / into[client])
    return SupplyGraph(graph, frozenset(CLIENTS) & set(graph), frozenset())


@given(supply_graphs())
def test_points_of_failure_cut_the_client_off_from_every_source(supply: SupplyGraph) -> None:
    graph = supply.graph
    condensed = nx.condensation(graph)
    sources = {
        unit
        for node, members in condensed.nodes(data="members")
        if condensed.in_degree(node) == 0
        for unit in members
    }
    expected = set()
    for client in supply.external:
        for unit in supply.units:
            reaches = nx.has_path(graph, unit, client)
            without = graph.subgraph(set(graph) - {unit})
            cut = not any(nx.has_path(without, one, client) for one in sources - {unit})
            if reaches and cut:
                expected.add((client, unit))
    assert set(points_of_failure(supply)) == expected


@given(supply_graphs(), st.sampled_from([0.3, 0.85, 1.0]))
def test_influence_is_the_sum_over_all_walks(supply: SupplyGraph, alpha: float) -> None:
    assume(alpha < 1 or nx.is_directed_acyclic_graph(supply.graph))
    found = influences(supply, alpha)
    for client in supply.external:
        walks: dict[int, float] = defaultdict(float)
        ending = {client: 1.0}
        for _ in range(400):
            ending = _one_edge_earlier(supply.graph, ending, alpha)
            for unit, weight in ending.items():
                walks[unit] += weight
        assert found[client] == pytest.approx(dict(walks), abs=1e-9)


@given(supply_graphs(), st.sampled_from([0.3, 0.85]), st.lists(st.floats(0, 9), min_size=9))
def test_sums_of_influence_are_those_over_the_pairs(
    supply: SupplyGraph, alpha: float, drawn: list[float]
) -> None:
    pairs = influences(supply, alpha)
    weight = dict(zip((*UNITS, *CLIENTS), drawn, strict=False))
    assert spread(supply, alpha, weight) == pytest.approx(
        {e: sum(found[u] * weight[u] for u in found) for e, found in pairs.items()}
    )
    assert at_stake(supply, alpha, weight) == pytest.approx(
        {u: sum(found.get(u, 0) * weight[e] for e, found in pairs.items()) for u in supply.units}
    )


@given(supply_graphs())
def test_counts_of_reach_are_those_of_the_pairs(supply: SupplyGraph) -> None:
    pairs = [(unit, client) for unit, client, _ in reach(supply)]
    assert reached(supply) == {u: sum(one == u for one, _ in pairs) for u in supply.units}
    assert suppliers(supply) == {e: sum(one == e for _, one in pairs) for e in supply.external}


def _one_edge_earlier(
    graph: nx.DiGraph, ending: dict[int, float], alpha: float
) -> dict[int, float]:
    earlier: dict[int, float] = defaultdict(float)
    for node, weight in ending.items():
        for supplier in graph.predecessors(node):
            earlier[supplier] += alpha * graph[supplier][node]["weight"] * weight
    return earlier


@given(supply_graphs(), st.sampled_from([0.5, 1.0]))
def test_origins_share_at_most_the_whole_of_a_client(supply: SupplyGraph, alpha: float) -> None:
    assume(nx.is_directed_acyclic_graph(supply.graph))
    origins = [unit for unit in supply.units if supply.graph.in_degree(unit) == 0]
    for weights in influences(supply, alpha).values():
        assert sum(weights.get(unit, 0) for unit in origins) <= 1 + 1e-9


def test_a_loop_that_passes_everything_on_is_refused() -> None:
    supply = _supply_graph({(0, 1): 1, (1, 0): 1, (1, 100): 1})
    with pytest.raises(UsageError, match="not finite"):
        influences(supply, 1.0)
    assert influences(supply, 0.9)[100][1] == pytest.approx(0.9 / (1 - 0.81))


@given(st.integers(2, 12), st.data())
def test_elimination_solves_as_dense_algebra_does(size: int, data: st.DataObject) -> None:
    places = st.integers(0, size - 1)
    pairs = st.tuples(places, places).filter(lambda pair: pair[0] != pair[1])
    drawn = data.draw(st.dictionaries(pairs, st.integers(1, 9)))
    received = [sum(n for (_, c), n in drawn.items() if c == column) for column in range(size)]
    entries = {pair: 0.9 * n / received[pair[1]] for pair, n in drawn.items()}
    matrix = np.eye(size)
    for pair, weight in entries.items():
        matrix[pair] -= weight
    wanted = data.draw(st.lists(st.floats(0, 9), min_size=size, max_size=size))
    found = Eliminated(size, entries)
    assert found.solved(wanted) == pytest.approx(np.linalg.solve(matrix, wanted), abs=1e-9)
    transposed = np.linalg.solve(matrix.T, wanted)
    assert found.solved_transposed(wanted) == pytest.approx(transposed, abs=1e-9)


def test_elimination_knows_what_never_fades() -> None:
    with pytest.raises(ZeroDivisionError):
        Eliminated(3, {(0, 1): 1.0, (1, 2): 1.0, (2, 0): 1.0})
    with pytest.raises(ZeroDivisionError):
        Eliminated(2, {(0, 1): 1.5, (1, 0): 0.9})
