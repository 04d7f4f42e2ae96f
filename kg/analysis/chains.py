"""Structure of the supply graph: reach, loops, single points of failure (section 8.1 to 8.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx

from kg.analysis.supply import SupplyGraph

_ROOT = -1
"""Virtual node before every origin; no term has this id."""


def reach(supply: SupplyGraph) -> Iterator[tuple[int, int, int]]:
    """Yield (unit, external client, fewest edges) of every reachable pair."""
    for unit in supply.units:
        distances = nx.single_source_shortest_path_length(supply.graph, unit)
        for node, distance in distances.items():
            if node in supply.external:
                yield unit, node, distance


def reached(supply: SupplyGraph) -> dict[int, int]:
    """Return how many external clients each unit reaches."""
    found = _counted(supply.graph, supply.external)
    return {unit: found[unit] for unit in supply.units}


def suppliers(supply: SupplyGraph) -> dict[int, int]:
    """Return how many units reach each external client."""
    found = _counted(supply.graph.reverse(copy=False), supply.units)
    return {client: found[client] for client in supply.external}


def _counted(graph: nx.DiGraph[int], marked: Iterable[int]) -> dict[int, int]:
    """Return how many marked nodes are reached from each node: sets are bits of a number."""
    bit = {node: 1 << place for place, node in enumerate(marked)}
    seen: dict[int, int] = {}
    # What a component reaches comes before it.
    for members in nx.strongly_connected_components(graph):
        after = 0
        for node in {one for member in members for one in graph.successors(member)}:
            after |= bit.get(node, 0) | seen.get(node, 0)
        seen.update(dict.fromkeys(members, after))
    return {node: after.bit_count() for node, after in seen.items()}


def loops(supply: SupplyGraph) -> list[set[int]]:
    """Return the strongly connected components of two or more units."""
    components = nx.strongly_connected_components(supply.graph)
    return [members for members in components if len(members) > 1]


def points_of_failure(supply: SupplyGraph) -> Iterator[tuple[int, int]]:
    """Yield (external client, unit) where every chain to the client passes by the unit.

    These are the strict dominators of the client from a virtual root before all origins and all
    units of source cycles. What does not reach a client lies on no path to it, so that one tree
    of dominators serves all clients.
    """
    rooted: nx.DiGraph[int] = nx.DiGraph(supply.graph)
    rooted.add_edges_from((_ROOT, unit) for unit in _sources(supply))
    if _ROOT not in rooted:
        return
    dominator = nx.immediate_dominators(rooted, _ROOT)
    for client in supply.external:
        unit = dominator.get(client)
        while unit is not None and unit != _ROOT:
            yield client, unit
            unit = dominator.get(unit)


def _sources(supply: SupplyGraph) -> Iterator[int]:
    """Yield origins, and the units of each loop that has no supplier outside it."""
    for members in nx.strongly_connected_components(supply.graph):
        suppliers = {s for member in members for s in supply.graph.predecessors(member)}
        if suppliers <= members:
            yield from members


def place_of(supply: SupplyGraph, unit: int, reached: int) -> tuple[str, str]:
    """Return whether a unit is frontline, back office or disconnected, and whether it is dual."""
    clients = supply.graph.successors(unit)
    if any(client in supply.external for client in clients):
        office = "frontline"
    else:
        office = "back office" if reached else "disconnected"
    supplied, supplying = supply.graph.in_degree(unit) > 0, supply.graph.out_degree(unit) > 0
    if supplied and supplying:
        return office, "dual"
    if supplying:
        return office, "origin"
    return office, "terminal" if supplied else "isolated"
