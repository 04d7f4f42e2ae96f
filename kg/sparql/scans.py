"""Scans of the table `quad`: the triples that one triple pattern matches."""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import RDF, URIRef
from rdflib.paths import AlternativePath, Path
from rdflib.term import Node

from kg.sparql import sql
from kg.sparql.context import (
    Context,
    graph_traits,
    is_variable,
    predicate_traits,
    resource_traits,
    variable_name,
)
from kg.sparql.equalities import Place
from kg.sparql.sources import OBJECT_FACETS, Sources, constant_of
from kg.sparql.told import Told
from kg.sparql.values import Constant

Graph = Constant | str | None
"""Active graph of a pattern: a named one, a variable over named ones, or the default graph."""

Triple = tuple[Node, Node | Path, Node]
Scanned = tuple[Node, Node | AlternativePath, Node]
"""A triple pattern that one scan finds."""


def is_first(context: Context, triple: Scanned) -> bool:
    """Return whether the scan of a triple pattern should stand before others.

    Where scans look equally large to the engine, it begins with the first, and of two with a
    constant object it keeps the second in memory. A FILTER may leave few objects; a class has many
    instances.
    """
    _, predicate, object_ = triple
    if is_variable(object_):
        return variable_name(object_) in context.narrowed
    return predicate == RDF.type


def add_scan(context: Context, sources: Sources, triple: Scanned, graph: Graph, told: Told) -> None:
    """Add the scan of one triple pattern."""
    alias = context.fresh("q")
    predicates = _predicates(context, triple[1])
    predicate = predicates[0] if len(predicates) == 1 else None
    statistics = context.statistics_of(predicates)
    conditions = [context.visible(alias), graph_condition(context, alias, graph)]
    known = (resource_traits(), predicate_traits(), statistics.traits)
    bound: list[tuple[str, Place]] = []
    for node, column, traits in zip(triple, "spo", known, strict=True):
        if isinstance(node, AlternativePath):
            conditions.append(sql.in_numbers(sql.column(alias, column), predicates))
            continue
        constant = constant_of(context, node)
        if constant is not None:
            conditions.append(sql.eq(sql.column(alias, column), constant.facet("id")))
        else:
            if ids := ids_told(context, node, told):
                among = (sql.eq(sql.column(alias, column), one) for one in ids)
                conditions.append(sql.either(*among))
            objects_of = predicate if column == "o" else None
            place = Place(alias, column, traits, typed=column == "o", predicate=objects_of)
            bound.append((variable_name(node), place))
            if column != "p":
                sources.nodes.add(variable_name(node))
    if isinstance(graph, str):
        bound.append((graph, Place(alias, "g", graph_traits(), typed=False)))
    if is_repeated(context, predicates, graph):
        sources.tables.append(distinct_scan(alias, conditions))
    else:
        sources.tables.append(sql.table("quad", alias))
        sources.conditions += conditions
    for variable, place in bound:
        sources.bind(variable, place)


def _predicates(context: Context, node: Node | AlternativePath) -> list[int]:
    """Return the ids that the predicate of a scan may have, none where it may have any."""
    if isinstance(node, AlternativePath):
        arguments = (argument for argument in node.args if isinstance(argument, URIRef))
        return [context.constant(argument).id for argument in arguments]
    predicate = constant_of(context, node)
    return [] if predicate is None else [predicate.id]


def ids_told(context: Context, node: Node, told: Told) -> list[sql.Expr]:
    """Return the ids that a variable may have by what is told of it, none where nothing is."""
    values = dict.fromkeys(told.get(variable_name(node), ()))
    return [context.constant(value).facet("id") for value in values]


def distinct_scan(alias: str, conditions: list[sql.Expr]) -> sql.Expr:
    """Return the triples of the union of graphs, each once."""
    columns = [sql.column(alias, name) for name in ("s", "p", "o", *OBJECT_FACETS)]
    query = sql.select(columns, sql.table("quad", alias), sql.both(*conditions), distinct=True)
    return sql.subquery(query, alias)


def is_repeated(context: Context, predicates: Sequence[int], graph: Graph) -> bool:
    """Return whether a triple of some predicates may be in two graphs of those asked for."""
    several = graph is None and not context.default_is_one_graph
    return several and context.statistics_of(predicates).dup


def graph_condition(context: Context, alias: str, graph: Graph, column: str = "g") -> sql.Expr:
    """Return the condition that a quad is in the active graph, by the column with its graph."""
    if graph is None:
        return context.in_default_graph(alias, column)
    named = context.in_named_graph(alias, column)
    if isinstance(graph, Constant):
        return sql.both(named, sql.eq(sql.column(alias, column), sql.number(graph.id)))
    return named
