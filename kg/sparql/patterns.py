"""Basic graph patterns: each triple a scan of the table `quad`, shared variables equi-joins.

Alternatives between predicates are one scan, too: its rows are those of each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import RDF, URIRef
from rdflib.paths import AlternativePath, InvPath, Path, SequencePath
from rdflib.term import Node, Variable

from kg.sparql import sql
from kg.sparql.context import (
    Context,
    is_variable,
    predicate_traits,
    resource_traits,
    variable_name,
)
from kg.sparql.equalities import Place
from kg.sparql.pathforms import between_predicates, has_closure
from kg.sparql.pathjoins import with_paths
from kg.sparql.relation import Relation
from kg.sparql.sources import OBJECT_FACETS, Sources, constant_of, relation_of
from kg.sparql.told import NOTHING_TOLD, Told
from kg.sparql.values import Constant, NotCompiledError

Graph = Constant | str | None
"""Active graph of a pattern: a named one, a variable over named ones, or the default graph."""

Triple = tuple[Node, Node | Path, Node]
Scanned = tuple[Node, Node | AlternativePath, Node]
"""A triple pattern that one scan finds."""


_MOST = 64
"""Triple patterns of a group that are joined. The engine takes a second to plan so many joins, the
square of it for more, and cannot be stopped meanwhile."""


def basic_graph_pattern(
    context: Context,
    triples: Sequence[Triple],
    graph: Graph,
    given: Relation | None = None,
    told: Told = NOTHING_TOLD,
) -> Relation:
    """Return the solutions of triple patterns in the active graph, joined with given ones.

    Where `told` has the values of a variable, solutions with others may be left out.

    Raises:
        NotCompiledError: they are too many.
    """
    plain, paths = _split(context, triples)
    if len(plain) > _MOST:
        raise NotCompiledError(f"more than {_MOST} triple patterns side by side")
    sources = Sources()
    for triple in sorted(plain, key=lambda triple: not _is_first(context, triple)):
        _add_scan(context, sources, triple, graph, told)
    _add_prebound(context, sources, plain)
    if given is not None:
        _add_given(context, sources, given)
    if not paths:
        return relation_of(context, sources)
    _add_told(context, sources, paths, told)
    return with_paths(context, sources, paths, graph)


def _is_first(context: Context, triple: Scanned) -> bool:
    """Return whether the scan of a triple pattern should stand before others.

    Where scans look equally large to the engine, it begins with the first, and of two with a
    constant object it keeps the second in memory. A FILTER may leave few objects; a class has many
    instances.
    """
    _, predicate, object_ = triple
    if is_variable(object_):
        return variable_name(object_) in context.narrowed
    return predicate == RDF.type


def _split(
    context: Context, triples: Sequence[Triple]
) -> tuple[list[Scanned], list[tuple[Node, Path, Node]]]:
    """Return triples without and with a path, sequences and inverses being taken apart."""
    plain: list[Scanned] = []
    paths: list[tuple[Node, Path, Node]] = []
    todo = list(reversed(triples))
    while todo:
        subject, predicate, object_ = todo.pop()
        if isinstance(predicate, SequencePath):
            ends = [Variable(context.fresh("_step")) for _ in predicate.args[1:]]
            nodes = [subject, *ends, object_]
            steps = zip(nodes, predicate.args, nodes[1:], strict=False)
            todo += reversed([(a, p, b) for a, p, b in steps])
        elif isinstance(predicate, InvPath):
            todo.append((object_, predicate.arg, subject))
        elif isinstance(predicate, AlternativePath) and between_predicates(predicate):
            plain.append((subject, predicate, object_))
        elif isinstance(predicate, Path):
            paths.append((subject, predicate, object_))
        else:
            plain.append((subject, predicate, object_))
    return plain, paths


def _add_scan(
    context: Context, sources: Sources, triple: Scanned, graph: Graph, told: Told
) -> None:
    """Add the scan of one triple pattern."""
    alias = context.fresh("q")
    predicates = _predicates(context, triple[1])
    predicate = predicates[0] if len(predicates) == 1 else None
    statistics = context.statistics_of(predicates)
    conditions = [context.visible(alias), _graph_condition(context, alias, graph)]
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
            if ids := _ids_told(context, node, told):
                among = (sql.eq(sql.column(alias, column), one) for one in ids)
                conditions.append(sql.either(*among))
            objects_of = predicate if column == "o" else None
            place = Place(alias, column, traits, typed=column == "o", predicate=objects_of)
            bound.append((variable_name(node), place))
            if column != "p":
                sources.nodes.add(variable_name(node))
    if isinstance(graph, str):
        bound.append((graph, Place(alias, "g", predicate_traits(), typed=False)))
    repeats = graph is None and statistics.dup and not context.default_is_one_graph
    if repeats:
        sources.tables.append(_distinct_scan(alias, conditions))
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


def _ids_told(context: Context, node: Node, told: Told) -> list[sql.Expr]:
    """Return the ids that a variable may have by what is told of it, none where nothing is."""
    values = dict.fromkeys(told.get(variable_name(node), ()))
    return [context.constant(value).facet("id") for value in values]


def _distinct_scan(alias: str, conditions: list[sql.Expr]) -> sql.Expr:
    """Return the triples of the union of graphs, each once."""
    columns = [sql.column(alias, name) for name in ("s", "p", "o", *OBJECT_FACETS)]
    query = sql.select(columns, sql.table("quad", alias), sql.both(*conditions), distinct=True)
    return sql.subquery(query, alias)


def _graph_condition(context: Context, alias: str, graph: Graph) -> sql.Expr:
    if graph is None:
        return context.in_default_graph(alias)
    named = context.in_named_graph(alias)
    if isinstance(graph, Constant):
        return sql.both(named, sql.eq(sql.column(alias, "g"), sql.number(graph.id)))
    return named


def _add_prebound(context: Context, sources: Sources, triples: Sequence[Scanned]) -> None:
    """Join the values given from outside for variables of these triples."""
    nodes = {node for triple in triples for node in triple if not isinstance(node, Path)}
    names = {variable_name(node) for node in nodes if is_variable(node)}
    todo = sorted(names & context.prebound.keys())
    while todo:
        alias = context.fresh("f")
        together = context.bound_together(todo[0])
        sources.tables.append(sql.subquery(context.prebound[todo[0]].copy(), alias))
        for name in together:
            traits = context.object_statistics(None).traits
            sources.bind(name, Place(alias, name, traits, typed=False))
        todo = [name for name in todo if name not in together]


def _add_told(
    context: Context, sources: Sources, paths: Sequence[tuple[Node, Path, Node]], told: Told
) -> None:
    """Let paths of any length start from the values that are told of their ends."""
    followed = [triple for triple in paths if has_closure(triple[1])]
    ends = dict.fromkeys(node for triple in followed for node in (triple[0], triple[2]))
    for node in filter(is_variable, ends):
        name, ids = variable_name(node), _ids_told(context, node, told)
        if ids and name not in sources.places:
            alias = context.fresh("f")
            values = sql.union([sql.select([sql.alias(one, "x")]) for one in ids])
            sources.tables.append(sql.subquery(values, alias))
            traits = context.object_statistics(None).traits
            sources.bind(name, Place(alias, "x", traits, typed=False))


def _add_given(context: Context, sources: Sources, given: Relation) -> None:
    """Join solutions of stored terms."""
    alias = context.fresh("f")
    sources.tables.append(sql.subquery(given.query.copy(), alias))
    for name, shape in given.shapes.items():
        place = Place(alias, context.name(name, "id"), shape.traits, typed=False)
        sources.bind(name, place)
