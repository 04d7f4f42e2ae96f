"""Queries that ask for a path of any length and nothing else.

Whatever they do beside is little: count the pairs, group them, or keep the first ones. So they are
one statement, which recurs and is not interrupted: no table holds all pairs, and a LIMIT ends them.
"""

from __future__ import annotations

from rdflib.paths import InvPath, MulPath
from rdflib.plugins.sparql.parserutils import CompValue

_ON_PAIRS = frozenset({"Project", "Slice", "Distinct", "Reduced", "ToMultiSet"})
_ON_GROUPS = _ON_PAIRS | {"OrderBy", "Extend"}


def is_path_alone(query: CompValue) -> bool:
    """Return whether a parsed SELECT or ASK is one path with a bounded amount of work on top."""
    if query.name != "AskQuery" and (query.name != "SelectQuery" or not query.PV):
        return False
    node = query.p
    bound: set[object] = set()
    while node.name in _ON_GROUPS:
        if node.name not in _ON_PAIRS and not _has_groups(node):
            return False
        if node.name == "Extend":
            bound.add(node.var)
        node = node.p
    if node.name == "AggregateJoin":
        if any(aggregate.name not in _PLAIN_AGGREGATES for aggregate in node.A):
            return False
        node = node.p.p
    if node.name != "BGP" or len(node.triples) != 1:
        return False
    start, path, end = node.triples[0]
    if start == end or not _is_closure(path):
        # What leads back to itself is found without all pairs.
        return False
    return set(query.PV or ()) <= bound.union(node.triples[0])


_PLAIN_AGGREGATES = frozenset({"Aggregate_Count", "Aggregate_Sample"})


def _has_groups(node: CompValue) -> bool:
    """Return whether what an operator works on are groups of solutions."""
    while node.name in _ON_GROUPS:
        node = node.p
    return node.name == "AggregateJoin"


def _is_closure(path: object) -> bool:
    while isinstance(path, InvPath):
        path = path.arg
    return isinstance(path, MulPath) and path.mod != "?"
