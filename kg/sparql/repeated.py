"""Sub-selects that stand more than once in a query, which are made once.

The engine plans each on its own, and finds only by luck that two of them are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace

from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.relation import Relation, columns_of, layer

_GROUPING = ("AggregateJoin", "Distinct")
_CHANGING = {f"Builtin_{call}" for call in ("RAND", "UUID", "STRUUID", "BNODE")}
"""Calls that give another value each time: a sub-select with one is another one each time."""


def repeated_selects(algebra: object) -> frozenset[Hashable]:
    """Return what tells the sub-selects that stand more than once, and group what they find."""
    times: Counter[Hashable] = Counter()
    _count(algebra, times)
    return frozenset(key for key, count in times.items() if count > 1)


def key_of(node: object) -> Hashable:
    """Return the same for parts of a query that are written alike."""
    if isinstance(node, CompValue):
        return (node.name, *((key, key_of(node[key])) for key in node if key != "_vars"))
    if isinstance(node, dict):
        return tuple((key, key_of(one)) for key, one in node.items())
    if isinstance(node, list | tuple):
        return tuple(map(key_of, node))
    if isinstance(node, Relation):
        return id(node)
    return node if isinstance(node, Hashable) else repr(node)


def made_once(context: Context, relation: Relation) -> Relation:
    """Return a relation read from a table that is made beforehand.

    Stored terms are held by their ids: whoever needs more of a term looks it up.
    """
    side = layer(context, relation)
    shapes = {
        name: replace(shape, facets=frozenset({"id"})) if shape.stored else shape
        for name, shape in relation.shapes.items()
    }
    columns = [
        column
        for name, shape in shapes.items()
        for column in columns_of(context, name, side.value(name), shape)
    ]
    query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source())
    table = context.stage("once", query)
    names = [column.alias_or_name for column in query.expressions]
    return Relation(
        sql.select([sql.column(table, name) for name in names], sql.table(table, table)),
        shapes,
        keys=relation.keys,
    )


def _count(node: object, times: Counter[Hashable]) -> None:
    """Count the sub-selects within a part of a query; those within a repeated one count once."""
    if isinstance(node, CompValue):
        if node.name == "ToMultiSet" and _groups(node.p) and not _changes(node.p):
            key = key_of(node.p)
            times[key] += 1
            if times[key] > 1:
                return
        for key in node:
            if key != "_vars":
                _count(node[key], times)
    elif isinstance(node, list | tuple):
        for one in node:
            _count(one, times)


def _changes(node: object) -> bool:
    """Return whether a part of a query calls what gives another value each time."""
    if isinstance(node, CompValue):
        return node.name in _CHANGING or any(_changes(node[key]) for key in node if key != "_vars")
    return isinstance(node, list | tuple) and any(map(_changes, node))


def _groups(node: CompValue) -> bool:
    """Return whether a sub-select is more than a projection, which the engine sees through."""
    while isinstance(node, CompValue):
        if node.name in _GROUPING:
            return True
        if "p" not in node:
            return False
        node = node.p
    return False
