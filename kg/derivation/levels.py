"""The two levels of what is derived: from what every reader sees, and from personal data as well.

What follows from facts alone is in the graph of the first level. What follows only with the help of
personal data is in the graph of the second one, whose name hides it with these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kg.namespaces import (
    DERIVED_GRAPHS,
    PERSONAL_GRAPHS,
    PERSONAL_RULES_GRAPH,
    PROVENANCE_GRAPH,
    RULES_GRAPH,
)
from kg.store import Cursor, hidden_ids
from kg.store.graphs import graph_id

_NEVER = (str(PROVENANCE_GRAPH), DERIVED_GRAPHS)
"""Graphs that are no premises: commits, and results of analyses."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level, in the state that a cursor sees: SQL conditions on the graph of a quad."""

    graph: str
    own: int | None
    """Id of the graph of what is derived, None where it has none yet."""
    seen: str
    """Met by the graphs of premises, what is derived included."""
    stated: str
    """Met by the graphs of premises but for the level's own."""


def open_level(cursor: Cursor) -> Level:
    """Return the level of what every reader sees."""
    own = graph_id(cursor, RULES_GRAPH)
    hidden = set(hidden_ids(cursor, (*_NEVER, PERSONAL_GRAPHS)))
    return _level(RULES_GRAPH, own, hidden - {own})


def personal_level(cursor: Cursor) -> Level:
    """Return the level of what needs personal data."""
    own = graph_id(cursor, PERSONAL_RULES_GRAPH)
    hidden = set(hidden_ids(cursor, _NEVER)) - {graph_id(cursor, RULES_GRAPH)}
    return _level(PERSONAL_RULES_GRAPH, own, hidden)


def _level(graph: str, own: int | None, hidden: set[int]) -> Level:
    return Level(graph, own, _without(hidden), _without(hidden | ({own} if own else set())))


def _without(graphs: set[int]) -> str:
    return f"g NOT IN ({', '.join(map(str, sorted(graphs)))})" if graphs else "true"


def reads_personal(cursor: Cursor, predicates: Collection[int]) -> bool:
    """Tell whether a graph of personal data holds, or held before this commit, some predicates."""
    graphs = hidden_ids(cursor, (PERSONAL_GRAPHS,))
    if not graphs:
        return False
    places, named = (", ".join(map(str, sorted(ids))) for ids in (graphs, predicates))
    asked = f"SELECT 1 FROM quad WHERE g IN ({places}) AND p IN ({named}) LIMIT 1"
    return cursor.execute(asked).fetchone() is not None
