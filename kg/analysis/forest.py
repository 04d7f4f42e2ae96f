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


def build_touches(evaluation: Evaluation) -> None:
    """Make the table `touch` of the converted referrals of each client, the earliest first.

    Columns: giver, receiver, age (days before the first acquisition), place (from 1 on), touches
    (how many the client has), day, key.
    """
    evaluation.table("touch", _TOUCH)


_TOUCH = """
SELECT giver, receiver, age, row_number() OVER earliest AS place,
    count(*) OVER (PARTITION BY receiver) AS touches, day, key
FROM referral WHERE outcome = 'converted'
WINDOW earliest AS (PARTITION BY receiver ORDER BY day, key)
"""


def primary_edges(evaluation: Evaluation) -> str:
    """Return the SELECT of the edges (giver, receiver, day, key), cycles among them.

    Call it after `build_touches`.
    """
    primary = "touches" if evaluation.context.parameters.primary_policy == "last" else "1"
    return f"SELECT giver, receiver, day, key FROM touch WHERE place = {primary}"


def primary_forest(evaluation: Evaluation) -> Forest:
    """Return the forest of the converted referrals in the table `referral`."""
    build_touches(evaluation)
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
    a party alone, and so on. Some edges that lie on no ring are left in: each round takes off one
    link of every chain, and the rounds end when they no longer take off much.
    """
    left = evaluation.table("ring_edge", edges)
    before = None
    while left > _FEW and (before is None or left < _MUCH * before):
        before, left = left, evaluation.table("inner_ring_edge", _INNER)
        evaluation.run("DROP TABLE ring_edge")
        evaluation.run("ALTER TABLE inner_ring_edge RENAME TO ring_edge")
    return evaluation.run(f"FROM ring_edge ORDER BY {order}").fetchall()


_FEW = 10_000
"""Edges that are looked at one by one from the start."""
_MUCH = 0.9
"""The share of edges that a round has to leave less of for another one to be worth it."""
_INNER = """
SELECT * FROM ring_edge
WHERE giver IN (SELECT receiver FROM ring_edge) AND receiver IN (SELECT giver FROM ring_edge)
"""
