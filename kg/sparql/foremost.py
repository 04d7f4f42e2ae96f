"""ORDER BY with LIMIT: of solutions that the first key puts behind enough others, none is kept.

What further keys sort by is often a text, such as an IRI, that is looked up in the dictionary for
every solution. The first key mostly stands beside it, as a day or a sum. So the solutions that it
puts behind the last one asked for go first; those that are level with that one stay.

OPTIONAL leaves out no solution: where it does not tell the first key, it extends only those that
stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.binding import is_bound
from kg.sparql.comparison import sort_keys
from kg.sparql.context import Context
from kg.sparql.mentions import mentioned_variables, variables
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


def before_optionals(node: CompValue, key: CompValue, first: int) -> CompValue:
    """Return a pattern whose foremost solutions are told before OPTIONAL extends them.

    `key` is the first condition of the order of the pattern; where it is no plain variable, or no
    OPTIONAL can wait, the pattern stays as it is.
    """
    if not isinstance(key.expr, Variable):
        return node
    links: list[CompValue] = []
    base = node
    while base.name in ("Extend", "LeftJoin"):
        links.append(base)
        base = base.p if base.name == "Extend" else base.p1
    needed, late = {str(key.expr)}, set[int]()
    for index, link in enumerate(links):
        mentioned = _told(link)
        inner = link.p if link.name == "Extend" else link.p1
        # What both mention has one value already, whichever of them comes first.
        if all(is_bound(inner, Variable(name)) for name in mentioned & needed):
            late.add(index)
        else:
            needed |= mentioned
    if not any(links[index].name == "LeftJoin" for index in late):
        return node
    for index in sorted(set(range(len(links))) - late, reverse=True):
        base = _over(links[index], base)
    base = CompValue("Foremost", p=base, key=key, first=first)
    for index in sorted(late, reverse=True):
        base = _over(links[index], base)
    return base


def _told(link: CompValue) -> set[str]:
    """Return the variables that BIND, or OPTIONAL, binds or takes into account."""
    mentioned = {str(name) for name in variables(link.expr)}
    if link.name == "Extend":
        return mentioned | {str(link.var)}
    return mentioned | mentioned_variables(link.p2)


def _over(link: CompValue, inner: CompValue) -> CompValue:
    """Return BIND, or OPTIONAL, of other solutions."""
    return CompValue(link.name, **{**link, "p" if link.name == "Extend" else "p1": inner})


def earliest(context: Context, relation: Relation, keys: Keys, first: int) -> Relation:
    """Return solutions among which are the first ones by one key, all where that takes a lookup."""
    probe = layer(context, relation)
    [(value, descending)] = keys(probe)
    if isinstance(value, Unbound):
        return relation
    key, *further = sort_keys(value)
    if further or probe.needs:
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
