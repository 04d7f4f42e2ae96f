"""Where the parties of a picture stand: each chain as rings around its origin, chains side by side.

The same parties and referrals always stand at the same places, so that nothing has to be simulated
and a link to a view shows that view.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

Point = tuple[float, float]

STEP = 1.0
"""Least distance between a party and those it brought."""
_ROOM = 0.42
"""Room that a party takes on its ring."""
_GAP = 0.9
"""Room between two chains."""


def spread(nodes: Sequence[int], links: Iterable[tuple[int, int]]) -> dict[int, Point]:
    """Return the place of each node, given the links that may hang one node below another.

    Of the links to a node the first that closes no circle is the one it hangs by. The order of
    the nodes decides who stands first among equals. Linear in nodes and links but for sorting.
    """
    below = _hanging(nodes, links)
    hung = {child for children in below.values() for child in children}
    chains = [_around(root, below) for root in nodes if root not in hung]
    chains.sort(key=lambda chain: (-chain[1], -len(chain[0])))
    centres = _side_by_side([radius for _, radius in chains])
    return {
        node: (centre[0] + x, centre[1] + y)
        for (places, _), centre in zip(chains, centres, strict=True)
        for node, (x, y) in places.items()
    }


def _hanging(nodes: Sequence[int], links: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Return the children of each node in a forest over the links."""
    head = {node: node for node in nodes}

    def origin(node: int) -> int:
        while head[node] != node:
            head[node] = head[head[node]]
            node = head[node]
        return node

    parent: dict[int, int] = {}
    for giver, receiver in links:
        if receiver in parent or giver == receiver or origin(giver) == origin(receiver):
            continue
        parent[receiver] = giver
        head[origin(receiver)] = origin(giver)
    below: dict[int, list[int]] = defaultdict(list)
    for node in nodes:
        if node in parent:
            below[parent[node]].append(node)
    return below


def _around(root: int, below: Mapping[int, Sequence[int]]) -> tuple[dict[int, Point], float]:
    """Return the places of a chain around its root at (0, 0), and its radius."""
    levels = [[root]]
    while below_last := [child for node in levels[-1] for child in below.get(node, ())]:
        levels.append(below_last)
    weight: dict[int, float] = {}
    for level in reversed(levels):
        for node in level:
            weight[node] = max(1.0, sum(weight[child] for child in below.get(node, ())))
    radii = [0.0]
    for level in levels[1:]:
        radii.append(max(radii[-1] + STEP, len(level) * _ROOM / math.tau))
    wedge = {root: (0.0, math.tau)}
    places: dict[int, Point] = {}
    for radius, level in zip(radii, levels, strict=True):
        for node in level:
            start, width = wedge[node]
            angle = start + width / 2
            places[node] = (radius * math.cos(angle), radius * math.sin(angle))
            for child in below.get(node, ()):
                share = width * weight[child] / weight[node]
                wedge[child] = (start, share)
                start += share
    return places, radii[-1] + STEP / 2


def _side_by_side(radii: Sequence[float]) -> list[Point]:
    """Return centres for circles, largest first: one in the middle, the others in rings around."""
    centres: list[Point] = []
    ring, outer, angle = 0.0, 0.0, math.tau
    for place, radius in enumerate(radii):
        if place == 0:
            centres.append((0.0, 0.0))
            outer = radius
            continue
        half = _half_angle(radius, ring)
        if angle + 2 * half > math.tau:
            ring = outer + _GAP + radius
            outer = ring + radius
            angle = 0.0
            half = _half_angle(radius, ring)
        centres.append((ring * math.cos(angle + half), ring * math.sin(angle + half)))
        angle += 2 * half
    return centres


def _half_angle(radius: float, ring: float) -> float:
    """Return half of the angle that a circle takes on a ring."""
    return math.pi if ring <= radius else math.asin(min(1.0, (radius + _GAP / 2) / ring))
