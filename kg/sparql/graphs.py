"""GRAPH: solutions with the named graph they are found in (SPARQL 1.1, sections 13.3 and 18.6).

Where the active graph is a variable, every relation of the group has a column for it, under a
name of its own that no query can write.
"""

from __future__ import annotations

from kg.sparql import joins, sql
from kg.sparql.comparison import identical
from kg.sparql.context import Context, graph_traits
from kg.sparql.relation import Relation, columns_of, copied_columns, layer, unit
from kg.sparql.scans import Graph
from kg.sparql.values import Shape


def empty_group(context: Context, graph: Graph) -> Relation:
    """Return one solution for the default graph, and for each named graph that there is."""
    if graph is None:
        return unit()
    if isinstance(graph, str):
        return graph_names(context, graph)
    alias = context.fresh("q")
    there = sql.both(
        context.visible(alias),
        context.in_named_graph(alias),
        sql.eq(sql.column(alias, "g"), sql.number(graph.id)),
    )
    some = sql.select([sql.number(1)], sql.table("quad", alias), there)
    return Relation(sql.select([sql.alias(sql.number(1), "one")], where=sql.exists(some)), {})


def graph_names(context: Context, variable: str) -> Relation:
    """Return the named graphs, for `GRAPH ?g {}`."""
    alias = context.fresh("q")
    column = sql.alias(sql.column(alias, "g"), context.name(variable, "id"))
    where = sql.both(context.visible(alias), context.in_named_graph(alias))
    query = sql.select([column], sql.table("quad", alias), where, distinct=True)
    shape = Shape(frozenset({"id"}), graph_traits(), certain=True)
    return Relation(query, {variable: shape}, keys=(frozenset([variable]),))


def in_each_graph(context: Context, relation: Relation, graph: Graph) -> Relation:
    """Return solutions that do not depend on the active graph, once for each that it may be."""
    if not isinstance(graph, str):
        return relation
    return joins.join(context, graph_names(context, graph), relation)


def named(context: Context, inner: Relation, hidden: str, name: str) -> Relation:
    """Return solutions in which a variable is the graph they were found in."""
    side = layer(context, inner)
    graph = side.value(hidden)
    kept = {key: shape for key, shape in inner.shapes.items() if key not in {hidden, name}}
    columns = copied_columns(context, Relation(inner.query, kept), side.alias)
    shape = Shape(frozenset({"id"}), graph_traits(), certain=True)
    columns += columns_of(context, name, graph, shape)
    condition = sql.boolean(True)
    if name in inner.shapes:
        bound = side.value(name)
        condition = sql.either(identical(bound, graph), sql.negation(bound.present()))
    query = sql.select(columns, side.source(), condition)
    return Relation(query, {**kept, name: shape})
