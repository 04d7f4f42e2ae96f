"""The primary forest of referrals: who brought whom, with rings broken (sections 7.3, 7.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import networkx as nx

from kg.lifecycle.evaluation import Evaluation


class PrimaryEdge(NamedTuple):
    """A converted referral that makes its referrer the primary one."""

    referrer: int
    referred: int
    day: date
    key: str


@dataclass(frozen=True)
class Forest:
    """Primary edges by referred party, acyclic; `removed` are the edges that closed a ring."""

    edges: Mapping[int, PrimaryEdge]
    removed: tuple[PrimaryEdge, ...]

    def parent(self, party: int) -> int | None:
        """Return the primary referrer of a party, None for a root."""
        edge = self.edges.get(party)
        return edge.referrer if edge else None

    def ancestors(self, party: int) -> Iterator[int]:
        """Yield the primary referrers of a party, nearest first."""
        parent = self.parent(party)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def children(self) -> dict[int, list[int]]:
        """Return the parties brought by each referrer, in the order of the edges."""
        brought: dict[int, list[int]] = defaultdict(list)
        for edge in self.edges.values():
            brought[edge.referrer].append(edge.referred)
        return brought

    @cached_property
    def places(self) -> Mapping[int, tuple[int, int]]:
        """(depth, root) of every party at an end of a primary edge, roots first."""
        brought = self.children()
        places = {party: (0, party) for party in brought if party not in self.edges}
        level = list(places)
        while level:
            below = [(child, parent) for parent in level for child in brought.get(parent, ())]
            for child, parent in below:
                depth, root = places[parent]
                places[child] = (depth + 1, root)
            level = [child for child, _ in below]
        return places


def primary_edges(evaluation: Evaluation) -> str:
    """Return the SELECT of the edges (giver, receiver, day, key), cycles among them."""
    order = "DESC" if evaluation.context.parameters.primary_policy == "last" else "ASC"
    return f"""
    SELECT giver, receiver, day, key FROM referral WHERE outcome = 'converted'
    QUALIFY row_number() OVER (PARTITION BY receiver ORDER BY day {order}, key {order}) = 1
    """


def primary_forest(evaluation: Evaluation) -> Forest:
    """Return the forest of the converted referrals in the table `referral`."""
    rows = evaluation.run(f"{primary_edges(evaluation)} ORDER BY day, key").fetchall()
    return broken_at_rings(map(PrimaryEdge._make, rows))


def broken_at_rings(edges: Iterable[PrimaryEdge]) -> Forest:
    """Return the forest left when each cycle loses its latest edge (tie: greatest key).

    `edges` hold at most one edge per referred party.
    """
    by_referred = {edge.referred: edge for edge in edges}
    removed = [max(cycle, key=lambda edge: (edge.day, edge.key)) for cycle in _cycles(by_referred)]
    for edge in removed:
        del by_referred[edge.referred]
    return Forest(by_referred, tuple(removed))


def _cycles(edges: Mapping[int, PrimaryEdge]) -> Iterator[list[PrimaryEdge]]:
    """Yield the cycles met when walking from each party to its referrer, each cycle once."""
    walked: set[int] = set()
    for start in edges:
        path: dict[int, None] = {}
        party = start
        while party in edges and party not in walked and party not in path:
            path[party] = None
            party = edges[party].referrer
        if party in path:
            ring = list(path)
            yield [edges[member] for member in ring[ring.index(party) :]]
        walked.update(path)


def rings(evaluation: Evaluation) -> list[set[int]]:
    """Return the strongly connected components of two or more parties, over valid referrals."""
    edges = "SELECT giver, receiver FROM referral WHERE valid"
    graph: nx.DiGraph[int] = nx.DiGraph(inner_edges(evaluation, edges, "giver, receiver"))
    return [members for members in nx.strongly_connected_components(graph) if len(members) > 1]


def inner_edges(evaluation: Evaluation, edges: str, order: str) -> list[tuple[Any, ...]]:
    """Return the edges (giver, receiver, ...) of a query that may lie on a ring, sorted.

    A party that only refers, or is only referred, lies on none; nor does one that is left with such
    a party alone, and so on. The ends of long chains are left in: each round takes off one link.
    """
    left = evaluation.table("ring_edge", edges)
    for _ in range(_ROUNDS):
        before = left
        if left > _FEW:
            left = evaluation.table("inner_ring_edge", _INNER)
            evaluation.run("CREATE OR REPLACE TEMP TABLE ring_edge AS FROM inner_ring_edge")
        if left == before:
            break
    return evaluation.run(f"FROM ring_edge ORDER BY {order}").fetchall()


_FEW = 1000
"""Edges that are looked at one by one from the start."""
_ROUNDS = 64
_INNER = """
SELECT * FROM ring_edge
WHERE giver IN (SELECT receiver FROM ring_edge) AND receiver IN (SELECT giver FROM ring_edge)
"""
