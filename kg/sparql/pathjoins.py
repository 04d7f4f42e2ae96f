"""The paths of a basic graph pattern, joined with its triples one after the other.

A path is explored from what is known of its ends. Those that start at what the triples bind come
first; one of any length whose ends only other paths bind is explored from what these have found.
Triples that only paths connect are kept apart: side by side they would be as many as the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdflib.paths import MulPath, Path
from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context, graph_traits, variable_name
from kg.sparql.equalities import Place
from kg.sparql.pathforms import has_closure, is_open, leads_back, may_be_empty
from kg.sparql.paths import Ends, nodes_among, path_query
from kg.sparql.relation import Relation
from kg.sparql.rings import RingEnds, ring_query
from kg.sparql.scans import Graph, Scanned
from kg.sparql.sources import Sources, constant_of, parts_of, relation_of

PathTriple = tuple[Node, Path, Node]


def with_paths(
    context: Context,
    sources: Sources,
    plain: Sequence[Scanned],
    paths: list[PathTriple],
    graph: Graph,
) -> Relation:
    """Return plain triples, which the sources have, joined with paths."""
    joining = _Joining(context, sources, graph, paths, _rings_of(context, plain, paths))
    todo = sorted(paths, key=lambda triple: may_be_empty(triple[1]))
    while todo:
        triple = joining.next_of(todo)
        todo.remove(triple)
        joining.add(triple)
        todo = [other for other in todo if not joining.has_reverse_of(other)]
    return joining.relation()


@dataclass(slots=True)
class _Base:
    """A relation that paths start from, by the name it is given."""

    relation: Relation
    name: str
    starts: str = ""
    """The table of what it gives paths that are followed beforehand, once there is one."""


class _Joining:
    """Triples joined with some of the paths: bases, and the paths that start from them."""

    def __init__(
        self,
        context: Context,
        sources: Sources,
        graph: Graph,
        paths: list[PathTriple],
        rings: list[PathTriple],
    ) -> None:
        self._context = context
        self._graph = graph
        self._rings = rings
        self._joined_rings: list[PathTriple] = []
        self._paths = paths
        self._bases: list[_Base] = []
        self._joined = sources
        if sources.tables:
            bases = [relation_of(context, part) for part in parts_of(sources)]
            self._rest_on(bases, sources.nodes)

    def _rest_on(self, bases: Sequence[Relation], nodes: set[str]) -> None:
        """Let the paths to come start from relations that share no variable."""
        self._bases = [_Base(relation, self._context.fresh("b")) for relation in bases]
        self._joined = Sources(nodes=nodes)
        for base in self._bases:
            self._joined.tables.append(sql.table(base.name, base.name))
            for variable, shape in base.relation.shapes.items():
                column = self._context.name(variable, "id")
                self._joined.bind(variable, Place(base.name, column, shape.traits, typed=False))

    def _base_of(self, name: str) -> _Base | None:
        """Return the base that binds a variable."""
        return next((base for base in self._bases if name in base.relation.shapes), None)

    def next_of(self, todo: list[PathTriple]) -> PathTriple:
        """Return the path to join next; what is joined becomes the base where that helps it."""
        for triple in todo:
            if any(self._is_known(node, triple[1]) for node in _ends_of(triple)):
                return triple
        bound = (base.relation.shapes.keys() for base in self._bases)
        found = self._joined.places.keys() - set().union(*bound)
        for triple in todo:
            ends = {variable_name(node) for node in _ends_of(triple)}
            if is_open(triple[1]) and triple not in self._rings and ends & found:
                self._rest_on([self.relation()], self._joined.nodes)
                return triple
        return todo[0]

    def _is_known(self, node: Node, path: Path) -> bool:
        """Return whether a path may start from what is known without it."""
        if constant_of(self._context, node) is not None:
            return True
        name = variable_name(node)
        if name in self._context.prebound:
            return True
        surely = not may_be_empty(path) or name in self._joined.nodes
        return surely and self._base_of(name) is not None

    def add(self, triple: PathTriple) -> None:
        """Join a path."""
        subject, path, object_ = triple
        joined, context = self._joined, self._context
        alias = context.fresh("p")
        joined.tables.append(sql.subquery(self._pairs(triple), alias))
        for node, column in ((subject, "a"), (object_, "b")):
            constant = constant_of(context, node)
            if constant is not None:
                condition = sql.eq(sql.column(alias, column), constant.facet("id"))
                joined.conditions.append(condition)
            else:
                place = Place(alias, column, context.object_statistics(None).traits, typed=False)
                joined.bind(variable_name(node), place)
        if not may_be_empty(path) or not any(self._is_fixed(node) for node in _ends_of(triple)):
            joined.nodes |= {variable_name(node) for node in _ends_of(triple)}
        if isinstance(self._graph, str):
            joined.bind(self._graph, Place(alias, "g", graph_traits(), typed=False))

    def has_reverse_of(self, triple: PathTriple) -> bool:
        """Return whether the ring that a path lies on was joined from its other end."""
        reverse = triple[2], triple[1], triple[0]
        return triple in self._rings and triple[0] != triple[2] and reverse in self._joined_rings

    def _pairs(self, triple: PathTriple) -> exp.Query:
        """Return the pairs that a path connects, of what is known of its ends."""
        path = triple[1]
        if triple in self._rings and isinstance(path, MulPath):
            self._joined_rings.append(triple)
            return ring_query(self._context, path, self._graph, self._ring_ends(triple))
        return path_query(self._context, path, self._graph, self._known(triple))

    def _ring_ends(self, triple: PathTriple) -> RingEnds:
        """Return what is known of the ends of a path on a ring."""
        subject, path, object_ = triple
        names = [variable_name(node) for node in _ends_of(triple)]
        if subject == object_:
            return RingEnds(self._end(subject, path), same=True)
        base = self._base_of(names[0])
        if base is None or names[1] not in base.relation.shapes:
            return RingEnds(self._end(subject, path), self._end(object_, path))
        table = self._made_beforehand(base)
        columns = [
            sql.alias(sql.column(table, self._context.name(name, "id")), end)
            for name, end in zip(names, "ab", strict=True)
        ]
        return RingEnds(pairs=sql.select(columns, sql.table(table, table), distinct=True))

    def _is_fixed(self, node: Node) -> bool:
        """Return whether a path of no step may start at a term that is no node of the graph."""
        known = constant_of(self._context, node) is not None
        return known or variable_name(node) in self._context.prebound

    def _known(self, triple: PathTriple) -> Ends:
        """Return what is known of the ends of a path: of one end, where no more is of use."""
        subject, path, object_ = triple
        if not isinstance(path, MulPath):
            return Ends(self._end(subject, path), self._end(object_, path))
        if self._is_fixed(object_) and not self._is_fixed(subject):
            return Ends(None, self._end(object_, path))
        start = self._end(subject, path)
        return Ends(start, self._end(object_, path) if start is None else None)

    def _end(self, node: Node, path: Path) -> exp.Query | None:
        """Return a query of the ids that an end of a path may have, None when it may have any.

        Those of the base are read from it; from a table of their own, where the path is followed
        beforehand. That takes the base twice, which is less than to keep all of it.
        """
        context = self._context
        constant = constant_of(context, node)
        if constant is not None:
            return sql.select([sql.alias(constant.facet("id"), "x")])
        name = variable_name(node)
        if name in context.prebound:
            return _outside(context, name)
        base = self._base_of(name)
        if base is None:
            return None
        table = base.name
        if context.stages and has_closure(path):
            table = self._made_beforehand(base)
        column = sql.column(table, context.name(name, "id"))
        once = table != base.name and self._ends_in(base) == [name]
        ids: exp.Query = sql.select(
            [sql.alias(column, "x")], sql.table(table, table), distinct=not once
        )
        if once and not may_be_empty(path):
            return ids
        if may_be_empty(path) and name not in self._joined.nodes:
            # No path, not even one of no step, starts at what is only a predicate.
            ids = nodes_among(context, self._graph, ids)
        if table == base.name:
            return ids
        seeds = context.stage("seed", ids)
        return sql.select([sql.column(seeds, "x")], sql.table(seeds, seeds))

    def _ends_in(self, base: _Base) -> list[str]:
        """Return the variables of a base at which paths end."""
        names = {variable_name(node) for triple in self._paths for node in _ends_of(triple)}
        return sorted(names & base.relation.shapes.keys())

    def _made_beforehand(self, base: _Base) -> str:
        """Return a table of what a base gives paths to start from, made once."""
        if not base.starts:
            alias, relation = self._context.fresh("b"), base.relation
            columns: list[sql.Expr] = [
                sql.column(alias, self._context.name(name, "id")) for name in self._ends_in(base)
            ]
            starts = sql.select(columns, sql.subquery(relation.query.copy(), alias), distinct=True)
            base.starts = self._context.stage("starts", starts)
        return base.starts

    def relation(self) -> Relation:
        """Return all that is joined."""
        result = relation_of(self._context, self._joined)
        shapes = dict(result.shapes)
        assert isinstance(result.query, exp.Select)  # noqa: S101
        for base in self._bases:
            for variable, shape in base.relation.shapes.items():
                for facet in sorted(shape.facets - {"id"}):
                    name = self._context.name(variable, facet)
                    column = sql.alias(sql.column(base.name, name), name)
                    result.query.append("expressions", column)
            sql.with_query(result.query, base.name, base.relation.query, materialized=True)
            shapes |= base.relation.shapes
        return Relation(result.query, shapes)


def _ends_of(triple: PathTriple) -> tuple[Node, Node]:
    return triple[0], triple[2]


def _rings_of(
    context: Context, plain: Sequence[Scanned], paths: Sequence[PathTriple]
) -> list[PathTriple]:
    """Return the paths whose ends lead to one another wherever the pattern holds.

    From a constant the nodes that it leads to are no more than those of the graph: what starts or
    ends there is followed as any other path, as is all where no table may be made beforehand.
    """
    if not context.stages:
        return []
    pattern = [*plain, *paths]
    return [
        triple
        for triple in paths
        if leads_back(triple, pattern)
        and all(constant_of(context, node) is None for node in _ends_of(triple))
    ]


def _outside(context: Context, name: str) -> exp.Query:
    """Return the ids of a variable that are given from outside."""
    alias = context.fresh("f")
    return sql.select(
        [sql.alias(sql.column(alias, name), "x")],
        sql.subquery(context.prebound[name].copy(), alias),
        distinct=len(context.bound_together(name)) > 1,
    )
