"""Strongly connected components: the nodes that lead to one another along links.

Which nodes lie on a ring is found in time linear in the links (Tarjan, Depth-first search and
linear graph algorithms, 1972), while the pairs of nodes that reach one another grow with the square
of the ring.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from kg.sparql.deadline import guarding
from kg.store import Cursor

_CHUNK = 65_536
"""Links that are read at once, and steps of the search between two looks at the deadline."""

_CLOSED = 2**62
"""When a node was met whose component is known: after all others, so that it takes part no more."""


def find_components(cursor: Cursor, table: str, links: str) -> None:
    """Leave in a table the nodes that lie on a ring of links, and tell its component of each.

    The table has the columns node, number (from 0, without gaps) and component, the links a and b;
    both have g where each graph is looked at apart.

    Raises:
        QueryTimeoutError: the deadline that guards the cursor passed.
        QueryStoppedError: somebody stopped it.
    """
    (count,) = cursor.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    first, follows = _read(cursor, table, links, count)
    components = array("q", bytes(8 * count))
    _search(cursor, first, follows, components)
    members = [0] * count
    for component in components:
        members[component] += 1
    ringed = [
        node
        for node, component in enumerate(components)
        if members[component] > 1 or node in follows[first[node] : first[node + 1]]
    ]
    for start in range(0, len(ringed), _CHUNK):
        some = ringed[start : start + _CHUNK]
        cursor.execute(
            f"UPDATE {table} SET component = found.component FROM (SELECT"
            " unnest(?::BIGINT[]) AS number, unnest(?::BIGINT[]) AS component) AS found"
            f" WHERE {table}.number = found.number",
            [some, [components[node] for node in some]],
        )
    cursor.execute(f"DELETE FROM {table} WHERE component IS NULL")


def _read(cursor: Cursor, table: str, links: str, count: int) -> tuple[array[int], array[int]]:
    """Return the nodes that follow on each, those of node n from place first[n] to first[n + 1]."""
    columns = [row[0] for row in cursor.execute(f"DESCRIBE {table}").fetchall()]
    graph = " AND {0}.g = l.g" if "g" in columns else ""
    cursor.execute(
        f"SELECT f.number, t.number FROM {links} AS l"
        f" JOIN {table} AS f ON f.node = l.a{graph.format('f')}"
        f" JOIN {table} AS t ON t.node = l.b{graph.format('t')} ORDER BY f.number"
    )
    first, follows = array("q", bytes(8 * (count + 1))), array("q")
    while rows := cursor.fetchmany(_CHUNK):
        for node, follower in rows:
            first[node + 1] += 1
            follows.append(follower)
    for node in range(count):
        first[node + 1] += first[node]
    return first, follows


def _search(
    cursor: Cursor, first: Sequence[int], follows: Sequence[int], components: array[int]
) -> None:
    """Give each node the number of its component, one of its nodes."""
    deadline, count = guarding(cursor), len(components)
    met, low = array("q", bytes(8 * count)), array("q", bytes(8 * count))
    place = array("q", first)
    kept: list[int] = []
    order = steps = 0
    for root in range(count):
        way = [] if met[root] else [root]
        while way:
            steps += 1
            if steps % _CHUNK == 0:
                deadline.check()
            node = way[-1]
            if not met[node]:
                order += 1
                met[node] = low[node] = order
                kept.append(node)
            if place[node] < first[node + 1]:
                follower = follows[place[node]]
                place[node] += 1
                if not met[follower]:
                    way.append(follower)
                low[node] = min(low[node], met[follower] or low[node])
                continue
            way.pop()
            if low[node] == met[node]:
                _close(node, kept, components, met)
            if way:
                low[way[-1]] = min(low[way[-1]], low[node])


def _close(node: int, kept: list[int], components: array[int], met: array[int]) -> None:
    """Take a component, the last nodes that were kept, out of the search."""
    member = -1
    while member != node:
        member = kept.pop()
        components[member] = node
        met[member] = _CLOSED
