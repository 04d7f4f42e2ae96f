"""ORDER BY with LIMIT: of solutions that the first key puts behind enough others, none is kept.

What further keys sort by is often a text, such as an IRI, that is looked up in the dictionary for
every solution. The first key mostly stands beside it, as a day or a sum. So the solutions that it
puts behind the last one asked for go first; those that are level with that one stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.comparison import sort_keys
from kg.sparql.context import Context
from kg.sparql.relation import Layer, Relation, copied_columns, layer
from kg.sparql.values import Unbound, Value

Keys = Callable[[Layer], Sequence[tuple[Value, bool]]]
"""Returns the values to sort by, and whether descending, over a layer of the solutions."""


def foremost(context: Context, relation: Relation, keys: Keys, first: int) -> Relation:
    """Return solutions among which are the first ones by some keys, all where nothing is saved."""
    probe = layer(context, relation)
    (value, descending), *others = keys(probe)
    if isinstance(value, Unbound) or not others:
        return relation
    key, *further = sort_keys(value)
    if further or probe.needs:
        return relation
    for other, _ in others:
        if not isinstance(other, Unbound):
            sort_keys(other)
    if not probe.needs:
        return relation
    return _cut(context, Layer(context, relation, probe.alias), (key, descending), first)


def _cut(context: Context, side: Layer, by: tuple[sql.Expr, bool], first: int) -> Relation:
    """Return the solutions that a key does not put behind the one at the place `first`."""
    (key, descending), relation = by, side.relation
    name, name_of_key = context.fresh("w"), context.fresh("o")
    columns = copied_columns(context, relation, side.alias)
    held = sql.select([*columns, sql.alias(key, name_of_key)], side.source())
    last, alias = context.fresh("r"), context.fresh("r")
    place = sql.column(last, name_of_key)
    bound = sql.select([place], sql.table(name, last))
    sorting = exp.Ordered(this=place.copy(), desc=descending, nulls_first=not descending)
    bound.set("order", exp.Order(expressions=[sorting]))
    bound.set("limit", exp.Limit(expression=sql.number(1)))
    bound.set("offset", exp.Offset(expression=sql.number(first - 1)))
    final = exp.Subquery(this=bound)
    # Where either has no value, or there is no such place, all are kept: more than is needed.
    behind = sql.compare("<" if descending else ">", sql.column(alias, name_of_key), final)
    kept = sql.negation(sql.call("coalesce", behind, sql.boolean(False)))
    query = sql.select(copied_columns(context, relation, alias), sql.table(name, alias), kept)
    sql.with_query(query, name, held, materialized=True)
    return Relation(query, relation.shapes, relation.order, relation.keys)
