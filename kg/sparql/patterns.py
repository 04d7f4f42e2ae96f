"""Basic graph patterns: each triple a scan of the table `quad`, shared variables equi-joins.

Alternatives between predicates are one scan, too: its rows are those of each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import URIRef
from rdflib.paths import AlternativePath, InvPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, Variable

from kg.sparql import sql
from kg.sparql.context import (
    Context,
    is_variable,
    variable_name,
)
from kg.sparql.equalities import Place
from kg.sparql.mentions import mentioned_variables, variables
from kg.sparql.pathforms import between_predicates, has_closure
from kg.sparql.pathjoins import with_paths
from kg.sparql.relation import Relation
from kg.sparql.scans import Graph, Scanned, Triple, add_scan, ids_told, is_first
from kg.sparql.sources import Sources, relation_of
from kg.sparql.starrows import add_star
from kg.sparql.stars import beside, stars_of, with_beside
from kg.sparql.told import NOTHING_TOLD, Told
from kg.sparql.values import NotCompiledError

_MOST = 64
"""Triple patterns of a group that are joined. The engine takes a second to plan so many joins, the
square of it for more, and cannot be stopped meanwhile."""


def basic_graph_pattern(
    context: Context,
    triples: Sequence[Triple],
    graph: Graph,
    given: Relation | None = None,
    told: Told = NOTHING_TOLD,
    optional: Sequence[Sequence[Triple]] = (),
) -> Relation:
    """Return the solutions of triple patterns in the active graph, joined with given ones.

    Where `told` has the values of a variable, solutions with others may be left out. They are
    extended by the patterns of OPTIONALs in `optional`, which `read_beside` has found.

    Raises:
        NotCompiledError: they are too many.
    """
    plain, paths = _split(context, triples)
    if len(plain) > _MOST:
        raise NotCompiledError(f"more than {_MOST} triple patterns side by side")
    sources = Sources(each_once=given is None and not paths and _each_once(context, plain))
    stars, single = stars_of(context, plain)
    stars = with_beside(context, stars, optional)
    for star in sorted(stars, key=lambda star: not any(is_first(context, t) for t in star.triples)):
        add_star(context, sources, star, graph, told)
    for triple in sorted(single, key=lambda triple: not is_first(context, triple)):
        add_scan(context, sources, triple, graph, told)
    if any(_finds_nothing(context, predicate) for _, predicate, _ in plain):
        # The engine takes a scan of what is not there for one of many rows.
        sources.conditions.append(sql.boolean(False))
    _add_prebound(context, sources, plain)
    if given is not None:
        _add_given(context, sources, given)
    if not paths:
        return relation_of(context, sources)
    _add_told(context, sources, paths, told)
    return with_paths(context, sources, plain, paths, graph)


def read_beside(
    context: Context, triples: Sequence[Triple], patterns: Sequence[CompValue], graph: Graph
) -> list[CompValue]:
    """Return those OPTIONALs of triple patterns that tell what stands in the same row with them.

    `patterns` are all of them, from first to last. What one binds nothing before may bind.
    """
    plain, paths = _split(context, triples)
    if context.properties is None or paths or isinstance(graph, str):
        return []
    stars, _ = stars_of(context, plain)
    known = {node for triple in plain for node in triple}
    known.update(map(Variable, [*context.bindings, *context.prebound]))
    found = []
    for pattern in patterns:
        mentioned = {*map(Variable, mentioned_variables(pattern.p2)), *variables(pattern.expr)}
        if _is_plain(pattern):
            told = beside(context, stars, pattern.p2.triples)
            nodes = {node for triple in pattern.p2.triples for node in (triple[0], triple[2])}
            mentioned |= nodes
            if told is not None and not known & (nodes - {told[0]}):
                stars = with_beside(context, stars, [pattern.p2.triples])
                found.append(pattern)
        known |= mentioned
    return found


def _is_plain(optional: CompValue) -> bool:
    """Return whether an OPTIONAL is of triple patterns alone, without a filter."""
    bare = isinstance(optional.expr, CompValue) and optional.expr.name == "TrueFilter"
    return bare and optional.p2.name == "BGP" and "given" not in optional.p2 and optional.p2.triples


def _finds_nothing(context: Context, predicate: Node | Path) -> bool:
    """Return whether no triple has a predicate."""
    return isinstance(predicate, URIRef) and context.is_unused(context.constant(predicate).id)


def _each_once(context: Context, triples: Sequence[Scanned]) -> bool:
    """Return whether each triple pattern finds a solution once, as one without alternatives does.

    Values from outside may come several times.
    """
    nodes = {node for triple in triples for node in triple}
    outside = any(
        variable_name(node) in context.prebound
        for node in nodes
        if not isinstance(node, Path) and is_variable(node)
    )
    return not outside and not any(isinstance(node, Path) for node in nodes)


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
        name, ids = variable_name(node), ids_told(context, node, told)
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
