"""The figures of referrals with networkx alone: a second opinion, and what we are measured against.

It reads plain lists and follows sections 7.3 to 7.6 of the rules literally, under the default
parameters; nothing of clientgraph's analyses takes part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import networkx as nx

WINDOW = 90
HALF_LIFE = 30
SHARED = Fraction(1, 2)
Referral = tuple[str, str, date, str]
"""Referrer, referred, day, key."""


@dataclass
class Figures:
    """Figures by the names of parties; amounts are cents, None stands for nobody."""

    converted: int
    depth: dict[str, int]
    branching: dict[str, int]
    descendants: dict[str, int]
    downstream: dict[str, int]
    credit: dict[str, dict[str | None, int]]
    rings: set[frozenset[str]]
    removed: set[str]


def figures(
    referrals: Iterable[Referral], first: Mapping[str, date], value: Mapping[str, int], at: date
) -> Figures:
    """Return the figures of referrals as of a day; `first` are first acquisitions."""
    valid = [
        one for one in referrals
        if one[0] != one[1] and one[2] <= at and not (one[1] in first and one[2] > first[one[1]])
    ]  # fmt: skip
    touches: dict[str, list[Referral]] = defaultdict(list)
    for one in sorted(valid, key=lambda one: (one[2], one[3])):
        if one[1] in first and (first[one[1]] - one[2]).days <= WINDOW:
            touches[one[1]].append(one)
    forest, removed = _forest(touches)
    depth = _depths(forest)
    descendants = {node: nx.descendants(forest, node) for node in forest}
    credit = {
        model: _credited(touches, first, value, model)
        for model in ("first", "last", "linear", "decay")
    }
    credit["upstream"] = _upstream(forest, value)
    graph = nx.DiGraph((giver, receiver) for giver, receiver, _, _ in valid)
    return Figures(
        converted=sum(map(len, touches.values())),
        depth=depth,
        branching={node: n for node, n in forest.out_degree() if n},
        descendants={node: len(found) for node, found in descendants.items() if found},
        downstream={
            node: sum(value.get(one, 0) for one in found)
            for node, found in descendants.items() if found
        },
        credit=credit,
        rings={frozenset(c) for c in nx.strongly_connected_components(graph) if len(c) > 1},
        removed=removed,
    )  # fmt: skip


def _forest(touches: Mapping[str, list[Referral]]) -> tuple[nx.DiGraph[str], set[str]]:
    """Return the primary forest and the keys of the edges removed from rings."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for receiver, found in touches.items():
        giver, _, day, key = found[0]
        graph.add_edge(giver, receiver, order=(day, key))
    removed = set()
    for members in [c for c in nx.strongly_connected_components(graph) if len(c) > 1]:
        ring = graph.subgraph(members).edges(data="order")
        giver, receiver, order = max(ring, key=lambda edge: edge[2])
        removed.add(order[1])
        graph.remove_edge(giver, receiver)
    return graph, removed


def _depths(forest: nx.DiGraph[str]) -> dict[str, int]:
    depth: dict[str, int] = {}
    for node in nx.topological_sort(forest):
        above = list(forest.predecessors(node))
        depth[node] = depth[above[0]] + 1 if above else 0
    return depth


def _credited(
    touches: Mapping[str, list[Referral]],
    first: Mapping[str, date],
    value: Mapping[str, int],
    model: str,
) -> dict[str | None, int]:
    credited: dict[str | None, int] = Counter()
    for party, cents in value.items():
        found = touches.get(party, [])
        if not found:
            credited[None] += cents
            continue
        ages = [(first[party] - day).days for _, _, day, _ in found]
        for one, part in zip(found, _split(cents, _weights(ages, model)), strict=True):
            credited[one[0]] += part
    return credited


def _weights(ages: list[int], model: str) -> list[Fraction]:
    last = len(ages) - 1
    if model in ("first", "last"):
        chosen = 0 if model == "first" else last
        return [Fraction(place == chosen) for place in range(len(ages))]
    if model == "linear":
        return [Fraction(1)] * len(ages)
    return [Fraction(2.0 ** ((min(ages) - age) / HALF_LIFE)) for age in ages]


def _upstream(forest: nx.DiGraph[str], value: Mapping[str, int]) -> dict[str | None, int]:
    credited: dict[str | None, int] = Counter()
    for party, cents in value.items():
        above, node = [], party
        while node in forest and (parents := list(forest.predecessors(node))):
            node = parents[0]
            above.append(node)
        if not above:
            credited[None] += cents
            continue
        shares = _split(cents, [SHARED**step for step in range(len(above))])
        for ancestor, part in zip(above, shares, strict=True):
            credited[ancestor] += part
    return credited


def _split(cents: int, weights: list[Fraction]) -> list[int]:
    """Return whole cents by largest remainder, ties to the earlier weight."""
    exact = [abs(cents) * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: abs(cents) - sum(parts)]:
        parts[place] += 1
    return [part if cents >= 0 else -part for part in parts]
