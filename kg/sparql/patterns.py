"""Basic graph patterns: each triple a scan of the table `quad`, shared variables equi-joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rdflib.paths import InvPath, Path, SequencePath
from rdflib.term import Node, Variable
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import (
    Context,
    is_variable,
    predicate_traits,
    resource_traits,
    variable_name,
)
from kg.sparql.equalities import Place, equalities
from kg.sparql.paths import Ends, has_closure, path_query
from kg.sparql.relation import Relation
from kg.sparql.values import Constant, Shape

Graph = Constant | str | None
"""Active graph of a pattern: a named one, a variable over named ones, or the default graph."""

Triple = tuple[Node, Node | Path, Node]

_OBJECT_FACETS = ("k", "num", "dbl", "ts", "tz")


@dataclass(slots=True)
class _Sources:
    """The sources of one basic graph pattern with their conditions and bindings."""

    tables: list[sql.Expr] = field(default_factory=list)
    conditions: list[sql.Expr] = field(default_factory=list)
    places: dict[str, list[Place]] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)
    """Variables that stand for a subject or an object, so for a node of the graph."""

    def bind(self, variable: str, place: Place) -> None:
        """Let a variable stand at a place, equal to where it stands already."""
        self.places.setdefault(variable, []).append(place)


def basic_graph_pattern(
    context: Context, triples: Sequence[Triple], graph: Graph, given: Relation | None = None
) -> Relation:
    """Return the solutions of triple patterns in the active graph, joined with given ones."""
    plain, paths = _split(context, triples)
    sources = _Sources()
    # Where all scans look equally large to the engine, it begins with the first.
    for triple in sorted(plain, key=lambda triple: not _is_narrowed(context, triple)):
        _add_scan(context, sources, triple, graph)
    _add_prebound(context, sources, plain)
    if given is not None:
        _add_given(context, sources, given)
    if not paths:
        return _relation(context, sources)
    return _with_paths(context, sources, paths, graph)


def _is_narrowed(context: Context, triple: tuple[Node, Node, Node]) -> bool:
    """Return whether a FILTER keeps few of the objects of a triple pattern."""
    return is_variable(triple[2]) and variable_name(triple[2]) in context.narrowed


def _split(
    context: Context, triples: Sequence[Triple]
) -> tuple[list[tuple[Node, Node, Node]], list[tuple[Node, Path, Node]]]:
    """Return triples without and with a path, sequences and inverses being taken apart."""
    plain: list[tuple[Node, Node, Node]] = []
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
        elif isinstance(predicate, Path):
            paths.append((subject, predicate, object_))
        else:
            plain.append((subject, predicate, object_))
    return plain, paths


def _add_scan(
    context: Context, sources: _Sources, triple: tuple[Node, Node, Node], graph: Graph
) -> None:
    """Add the scan of one triple pattern."""
    alias = context.fresh("q")
    predicate = _constant(context, triple[1])
    statistics = context.object_statistics(predicate.id if predicate else None)
    conditions = [context.visible(alias), _graph_condition(context, alias, graph)]
    known = (resource_traits(), predicate_traits(), statistics.traits)
    bound: list[tuple[str, Place]] = []
    for node, column, traits in zip(triple, "spo", known, strict=True):
        constant = _constant(context, node)
        if constant is not None:
            conditions.append(sql.eq(sql.column(alias, column), constant.facet("id")))
        else:
            objects_of = predicate.id if predicate and column == "o" else None
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


def _distinct_scan(alias: str, conditions: list[sql.Expr]) -> sql.Expr:
    """Return the triples of the union of graphs, each once."""
    columns = [sql.column(alias, name) for name in ("s", "p", "o", *_OBJECT_FACETS)]
    query = sql.select(columns, sql.table("quad", alias), sql.both(*conditions), distinct=True)
    return sql.subquery(query, alias)


def _constant(context: Context, node: Node) -> Constant | None:
    """Return the constant that a node of a pattern stands for, None for a variable."""
    if not is_variable(node):
        return context.constant(node)
    return context.bindings.get(variable_name(node))


def _graph_condition(context: Context, alias: str, graph: Graph) -> sql.Expr:
    if graph is None:
        return context.in_default_graph(alias)
    named = context.in_named_graph(alias)
    if isinstance(graph, Constant):
        return sql.both(named, sql.eq(sql.column(alias, "g"), sql.number(graph.id)))
    return named


def _add_prebound(
    context: Context, sources: _Sources, triples: Sequence[tuple[Node, Node, Node]]
) -> None:
    """Join the values given from outside for variables of these triples."""
    names = {variable_name(node) for triple in triples for node in triple if is_variable(node)}
    todo = sorted(names & context.prebound.keys())
    while todo:
        alias = context.fresh("f")
        together = context.bound_together(todo[0])
        sources.tables.append(sql.subquery(context.prebound[todo[0]].copy(), alias))
        for name in together:
            traits = context.object_statistics(None).traits
            sources.bind(name, Place(alias, name, traits, typed=False))
        todo = [name for name in todo if name not in together]


def _add_given(context: Context, sources: _Sources, given: Relation) -> None:
    """Join solutions of stored terms."""
    alias = context.fresh("f")
    sources.tables.append(sql.subquery(given.query.copy(), alias))
    for name, shape in given.shapes.items():
        place = Place(alias, context.name(name, "id"), shape.traits, typed=False)
        sources.bind(name, place)


def _relation(context: Context, sources: _Sources) -> Relation:
    """Return the relation of all sources joined."""
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for variable, places in sources.places.items():
        shapes[variable] = _add_columns(context, columns, variable, places)
    if not columns:
        columns.append(sql.alias(sql.number(1), "one"))
    first = sources.tables[0] if sources.tables else None
    equal = equalities(context, sources.places)
    query = sql.select(columns, first, sql.both(*sources.conditions, *equal))
    for table in sources.tables[1:]:
        query.append("joins", exp.Join(this=table))
    return Relation(query, shapes)


def _add_columns(
    context: Context, columns: list[sql.Expr], variable: str, places: list[Place]
) -> Shape:
    """Add the columns of a variable; return its shape."""
    traits = places[0].traits
    for place in places[1:]:
        traits = traits.meet(place.traits)
    first = places[0]
    columns.append(sql.alias(sql.column(first.source, first.column), context.name(variable, "id")))
    typed = next((place for place in places if place.typed), None)
    if typed is None:
        return Shape(frozenset({"id"}), traits, certain=True)
    columns += [
        sql.alias(sql.column(typed.source, facet), context.name(variable, facet))
        for facet in _OBJECT_FACETS
    ]
    return Shape(frozenset({"id", *_OBJECT_FACETS}), traits, certain=True)


def _with_paths(
    context: Context,
    sources: _Sources,
    paths: list[tuple[Node, Path, Node]],
    graph: Graph,
) -> Relation:
    """Return plain triples joined with paths, each explored from what the plain triples bind."""
    base_name: str | None = None
    joined = sources
    base: Relation | None = None
    if sources.tables:
        base = _relation(context, sources)
        base_name = context.fresh("b")
        joined = _Sources(tables=[sql.table(base_name, base_name)], nodes=sources.nodes)
        _rebind(context, joined, base, base_name, sources)
    for subject, path, object_ in paths:
        seeded = base if context.stages and has_closure(path) else None
        ends = tuple(_ends(context, joined, node, base_name, seeded) for node in (subject, object_))
        alias = context.fresh("p")
        per_graph = isinstance(graph, str)
        query = path_query(context, path, graph, Ends(*ends))
        joined.tables.append(sql.subquery(query, alias))
        for node, column in ((subject, "a"), (object_, "b")):
            constant = _constant(context, node)
            if constant is not None:
                condition = sql.eq(sql.column(alias, column), constant.facet("id"))
                joined.conditions.append(condition)
            else:
                place = Place(alias, column, context.object_statistics(None).traits, typed=False)
                joined.bind(variable_name(node), place)
        if per_graph:
            assert isinstance(graph, str)  # noqa: S101
            joined.bind(graph, Place(alias, "g", predicate_traits(), typed=False))
    result = _relation(context, joined)
    if base is not None and base_name is not None:
        assert isinstance(result.query, exp.Select)  # noqa: S101
        _keep_typed_columns(context, result, base, base_name)
        sql.with_query(result.query, base_name, base.query, materialized=True)
        shapes = {**result.shapes, **base.shapes}
        return Relation(result.query, shapes)
    return result


def _rebind(
    context: Context, joined: _Sources, base: Relation, base_name: str, sources: _Sources
) -> None:
    """Let the variables of the plain triples stand in the base."""
    for variable in sources.places:
        column = context.name(variable, "id")
        place = Place(base_name, column, base.shapes[variable].traits, typed=False)
        joined.bind(variable, place)


def _keep_typed_columns(context: Context, result: Relation, base: Relation, base_name: str) -> None:
    """Add the typed columns of the base to the result."""
    for variable, shape in base.shapes.items():
        for facet in sorted(shape.facets - {"id"}):
            name = context.name(variable, facet)
            result.query.append("expressions", sql.alias(sql.column(base_name, name), name))


def _ends(
    context: Context,
    joined: _Sources,
    node: Node,
    base_name: str | None,
    seeded: Relation | None,
) -> exp.Query | None:
    """Return a query of the ids that an end of a path may have, None when it may have any.

    Those that the plain triples give are read from the base; from a table of their own, where the
    path is followed beforehand. That takes the base twice, which is less than to keep all of it.
    """
    constant = _constant(context, node)
    if constant is not None:
        return sql.select([sql.alias(constant.facet("id"), "x")])
    name = variable_name(node)
    if name in context.prebound:
        outside = context.fresh("f")
        return sql.select(
            [sql.alias(sql.column(outside, name), "x")],
            sql.subquery(context.prebound[name].copy(), outside),
            distinct=len(context.bound_together(name)) > 1,
        )
    # A path may start anywhere but at what is only a predicate.
    if base_name is None or name not in joined.nodes or name not in joined.places:
        return None
    place = joined.places[name][0]
    if place.source != base_name:
        return None
    source: sql.Expr = sql.table(base_name, base_name)
    if seeded is not None:
        source = sql.subquery(seeded.query.copy(), base_name)
    column = sql.column(base_name, place.column)
    ids = sql.select([sql.alias(column, "x")], source, distinct=True)
    if seeded is None:
        return ids
    table = context.stage("seed", ids)
    return sql.select([sql.column(table, "x")], sql.table(table, table))
