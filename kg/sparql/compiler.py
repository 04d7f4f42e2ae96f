"""The compiler: a parsed query becomes one SQL relation (SPARQL 1.1, section 18)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import partial

from rdflib import URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node
from sqlglot import exp

from kg.sparql import joins, modifiers, sql
from kg.sparql.aggregates import aggregated
from kg.sparql.context import Context
from kg.sparql.expressions import Expression, filter_condition, value_of
from kg.sparql.foremost import Keys, before_optionals, earliest, foremost
from kg.sparql.graphs import empty_group, graph_names, in_each_graph, named
from kg.sparql.inline import inline_data
from kg.sparql.mentions import mentioned_variables, narrowed_variables, variables
from kg.sparql.once import separated
from kg.sparql.patterns import basic_graph_pattern, read_beside
from kg.sparql.relation import (
    Layer,
    Relation,
    Scope,
    columns_of,
    copied_columns,
    layer,
    shape_of,
)
from kg.sparql.repeated import key_of, made_once
from kg.sparql.scans import Graph
from kg.sparql.seeds import related, substituted, without_optionals
from kg.sparql.told import NOTHING_TOLD, Told, told_values
from kg.sparql.values import (
    NotCompiledError,
    Shape,
    Value,
)


class Compiler:
    """The compilation of the patterns of one query."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._renamed: dict[str, str] = {}
        self._told: dict[int, tuple[CompValue, Told]] = {}
        """What is told of the variables of each pattern, which is kept: no other gets its id."""
        self._first: dict[int, tuple[CompValue, int]] = {}
        """How many of the solutions of an order are asked for, where that is known."""
        self._made: dict[Hashable, Relation] = {}
        """Sub-selects that were made beforehand."""

    def relation(self, node: CompValue, graph: Graph = None) -> Relation:
        """Return the solutions of an algebra expression in the active graph.

        Raises:
            NotCompiledError: a part of it is not compiled.
        """
        method: Callable[[CompValue, Graph], Relation] | None = self._methods().get(node.name)
        if method is None:
            raise NotCompiledError(f"the algebra operator {node.name}")
        return method(node, graph)

    def _methods(self) -> dict[str, Callable[[CompValue, Graph], Relation]]:
        return {
            "BGP": self._bgp,
            "Given": self._given,
            "Join": self._join,
            "LeftJoin": self._left_join,
            "Union": self._union,
            "Minus": self._minus,
            "Filter": self._filter,
            "Extend": self._extend,
            "Graph": self._graph,
            "ToMultiSet": self._to_multiset,
            "AggregateJoin": self._aggregate_join,
            "Project": self._project,
            "Distinct": self._distinct,
            "Reduced": self._distinct,
            "OrderBy": self._order_by,
            "Foremost": self._foremost,
            "Slice": self._slice,
        }

    def scope(self, *layers: Layer, graph: Graph, outer: Scope | None = None) -> Scope:
        """Return the scope of an expression over some layers."""
        scope = Scope(self.context, *layers, outer=outer)
        scope.aliases = self._renamed
        scope.exists = partial(self._exists, graph)
        return scope

    def _bgp(self, node: CompValue, graph: Graph) -> Relation:
        if not node.triples:
            return empty_group(self.context, graph)
        given = node.given if "given" in node else None
        optional = node.optional if "optional" in node else ()
        _, told = self._told.get(id(node), (node, NOTHING_TOLD))
        return basic_graph_pattern(self.context, node.triples, graph, given, told, optional)

    def _join(self, node: CompValue, graph: Graph) -> Relation:
        told, groups = told_values(node)
        for group in groups:
            _, before = self._told.get(id(group), (group, NOTHING_TOLD))
            self._told[id(group)] = group, {**told, **before}
        left, right = self.relation(node.p1, graph), self.relation(node.p2, graph)
        return joins.join(self.context, left, right)

    def _left_join(self, node: CompValue, graph: Graph) -> Relation:
        if (others := self._read_beside(node, graph)) is not None:
            return self.relation(others, graph)
        left, right = self.relation(node.p1, graph), self.relation(node.p2, graph)
        condition = None
        if not (isinstance(node.expr, CompValue) and node.expr.name == "TrueFilter"):
            condition = partial(filter_condition, node.expr)
            left = self._with_prebound(left, node.expr)
        make_scope = partial(self.scope, graph=graph)
        return joins.left_join(self.context, left, right, condition, make_scope)

    def _read_beside(self, node: CompValue, graph: Graph) -> CompValue | None:
        """Return OPTIONALs without those that are read beside their triple patterns, if any are."""
        links: list[CompValue] = []
        while node.name == "LeftJoin":
            links.insert(0, node)
            node = node.p1
        if node.name != "BGP" or "given" in node or "optional" in node:
            return None
        found = read_beside(self.context, node.triples, links, graph)
        if not found:
            return None
        pattern = CompValue("BGP", triples=node.triples, optional=[one.p2.triples for one in found])
        if id(node) in self._told:
            self._told[id(pattern)] = pattern, self._told[id(node)][1]
        for link in links:
            if not any(link is one for one in found):
                pattern = CompValue("LeftJoin", **{**link, "p1": pattern})
        return pattern

    def _union(self, node: CompValue, graph: Graph) -> Relation:
        left, right = self.relation(node.p1, graph), self.relation(node.p2, graph)
        return joins.union(self.context, left, right)

    def _minus(self, node: CompValue, graph: Graph) -> Relation:
        left, right = self.relation(node.p1, graph), self.relation(node.p2, graph)
        # The graph's name is bound around the group, not within it.
        implicit = {graph} if isinstance(graph, str) else set()
        return joins.minus(self.context, left, right, implicit)

    def _filter(self, node: CompValue, graph: Graph) -> Relation:
        self.context.narrowed |= narrowed_variables(node.expr)
        inner, [expression] = self._prepared(node.p, [node.expr], graph)
        inner = self._with_prebound(inner, expression)
        side = layer(self.context, inner)
        condition = filter_condition(expression, self.scope(side, graph=graph))
        columns = copied_columns(self.context, inner, side.alias)
        query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source(), condition)
        return Relation(query, _visible(inner.shapes), inner.order, inner.keys)

    def _prepared(
        self, node: CompValue, expressions: list[Expression], graph: Graph
    ) -> tuple[Relation, list[Expression]]:
        """Return a pattern's solutions with the calls that expressions make once a solution."""
        parts = separated(list(expressions), self.context.fresh)
        relation = self.relation(node, graph)
        if parts.calls:
            relation = self._extended(relation, list(parts.calls.items()), graph)
        return relation, parts.expressions  # type: ignore[return-value]

    def _extend(self, node: CompValue, graph: Graph) -> Relation:
        """Return BIND and SELECT expressions, as many of a row of them as can share a query."""
        chain: list[CompValue] = []
        while node.name == "Extend":
            chain.insert(0, node)
            node = node.p
        relation, expressions = self._prepared(node, [link.expr for link in chain], graph)
        links = list(zip((str(link.var) for link in chain), expressions, strict=True))
        result = self._extended(relation, links, graph)
        return replace(result, shapes=_visible(result.shapes))

    def _extended(
        self, relation: Relation, links: list[tuple[str, Expression]], graph: Graph
    ) -> Relation:
        """Add variables with the values of expressions, from first to last."""
        while links:
            relation = self._extend_once(relation, links, graph)
        return relation

    def _extend_once(
        self, inner: Relation, links: list[tuple[str, Expression]], graph: Graph
    ) -> Relation:
        """Add the variables at the head of a chain that do not follow from one another."""
        inner = self._with_prebound(inner, [expression for _, expression in links])
        side = layer(self.context, inner)
        scope = self.scope(side, graph=graph)
        shapes: dict[str, Shape] = {}
        columns: list[sql.Expr] = []
        new: set[str] = set()
        while links and not new & self._mentioned(links[0][1]):
            name, expression = links.pop(0)
            if name in inner.shapes:
                # The parser samples a grouping variable under its own name.
                continue
            value = value_of(expression, scope)
            new.add(name)
            if value.kinds:
                shapes[name] = self._shape(value)
                columns += columns_of(self.context, name, value, shapes[name])
        columns += copied_columns(self.context, inner, side.alias)
        query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source())
        return Relation(query, {**inner.shapes, **shapes}, inner.order, inner.keys)

    def _mentioned(self, expression: object) -> set[str]:
        names = {str(variable) for variable in variables(expression)}
        return names | {self._renamed[name] for name in names if name in self._renamed}

    def _shape(self, value: Value) -> Shape:
        shape = shape_of(value, certain=True)
        certain = shape.certain and value.stored and value.present() == sql.boolean(True)
        return replace(shape, certain=certain)

    def _with_prebound(self, relation: Relation, expression: object) -> Relation:
        """Return a relation joined with values from outside that only an expression mentions."""
        mentioned = {str(v) for v in variables(expression)}
        for name in sorted(mentioned & self.context.prebound.keys()):
            if name not in relation.shapes:
                relation = joins.join(self.context, self._outside(name), relation)
        return relation

    def _outside(self, name: str) -> Relation:
        """Return the values of a variable given from outside, with those bound together with it."""
        alias = self.context.fresh("f")
        names = self.context.bound_together(name)
        columns = [
            sql.alias(sql.column(alias, each), self.context.name(each, "id")) for each in names
        ]
        source = sql.subquery(self.context.prebound[name].copy(), alias)
        shape = Shape(frozenset({"id"}), self.context.object_statistics(None).traits, certain=True)
        return Relation(sql.select(columns, source), dict.fromkeys(names, shape))

    def _graph(self, node: CompValue, graph: Graph) -> Relation:
        return in_each_graph(self.context, self._in_graph(node), graph)

    def _in_graph(self, node: CompValue) -> Relation:
        term = node.term
        if isinstance(term, URIRef):
            return self.relation(node.p, self.context.constant(term))
        name = str(term)
        if name in self.context.bindings:
            return self.relation(node.p, self.context.bindings[name])
        # Within the group the variable is one like any other: the graph has a name of its own.
        hidden = self.context.fresh("_graph")
        return named(self.context, self.relation(node.p, hidden), hidden, name)

    def _to_multiset(self, node: CompValue, graph: Graph) -> Relation:
        if node.p.name != "values":
            return self._subselect(node.p, graph)
        rows: list[dict[Variable, Node | str]] = node.p.res
        names = [str(name) for name in node.p.var]
        if set(names) & self.context.bindings.keys():
            raise NotCompiledError("VALUES of a variable that is a parameter")
        table = inline_data(self.context, names, rows)
        return in_each_graph(self.context, table, graph)

    def _subselect(self, node: CompValue, graph: Graph) -> Relation:
        key = key_of(node)
        if key not in self.context.repeated:
            return self._selected(node, graph)
        made = self._made.get((key, graph))
        if made is None:
            made = self._made[key, graph] = made_once(self.context, self._selected(node, graph))
        return replace(made, query=made.query.copy())

    def _selected(self, node: CompValue, graph: Graph) -> Relation:
        # The parser numbers the results of aggregates anew in each SELECT.
        around, self._renamed = self._renamed, {}
        try:
            return self.relation(node, graph)
        finally:
            self._renamed = around

    def _aggregate_join(self, node: CompValue, graph: Graph) -> Relation:
        group = node.p
        inner = self.relation(group.p, graph)
        side = layer(self.context, inner)
        scope = self.scope(side, graph=graph)
        keys = list(group.expr or [])
        every = graph_names(self.context, graph) if isinstance(graph, str) else None
        relation, renamed = aggregated(side, scope, keys, list(node.A), every)
        self._renamed.update(renamed)
        return relation

    def _project(self, node: CompValue, graph: Graph) -> Relation:
        inner = self.relation(node.p, graph)
        for name in (str(v) for v in node.PV if isinstance(v, Variable)):
            if name in self.context.prebound and name not in inner.shapes:
                inner = joins.join(self.context, self._outside(name), inner)
        names = [str(v) for v in node.PV]
        # The active graph is no variable of the sub-select, but belongs to each solution.
        names += [graph] if isinstance(graph, str) else []
        return modifiers.project(self.context, inner, names)

    def _distinct(self, node: CompValue, graph: Graph) -> Relation:
        ordered = _ordered_afterwards(node)
        if ordered is not None:
            return self.relation(ordered, graph)
        return modifiers.distinct(self.context, self.relation(node.p, graph))

    def _order_by(self, node: CompValue, graph: Graph) -> Relation:
        _, first = self._first.get(id(node), (node, 0))
        pattern = before_optionals(node.p, node.expr[0], first) if first else node.p
        inner, expressions = self._prepared(pattern, [key.expr for key in node.expr], graph)
        keys = self._keys(node.expr, expressions, graph)
        if first:
            inner = foremost(self.context, inner, keys, first)
        side = layer(self.context, inner)
        ordered = modifiers.order_by(self.context, side, keys(side))
        return replace(ordered, shapes=_visible(ordered.shapes))

    def _foremost(self, node: CompValue, graph: Graph) -> Relation:
        keys = self._keys([node.key], [node.key.expr], graph)
        return earliest(self.context, self.relation(node.p, graph), keys, node.first)

    def _keys(
        self, conditions: list[CompValue], expressions: list[Expression], graph: Graph
    ) -> Keys:
        """Return what finds the values of the conditions of an order."""

        def keys(side: Layer) -> list[tuple[Value, bool]]:
            scope = self.scope(side, graph=graph)
            return [
                (value_of(expression, scope), condition.order == "DESC")
                for expression, condition in zip(expressions, conditions, strict=True)
            ]

        return keys

    def _slice(self, node: CompValue, graph: Graph) -> Relation:
        each = graph if isinstance(graph, str) else None
        if each is None and node.length and node.p.name == "Project":
            self._first[id(node.p.p)] = node.p.p, (node.start or 0) + node.length
        inner = self.relation(node.p, graph)
        return modifiers.slice_(self.context, inner, node.start, node.length, each)

    def _exists(self, graph: Graph, pattern: object, outer: Scope) -> sql.Expr:
        """Return the SQL condition of EXISTS: top-level filters may mention outer variables."""
        if not isinstance(pattern, CompValue):
            raise NotCompiledError("EXISTS of this form")
        filters: list[Expression] = []
        group: CompValue = pattern
        while group.name == "Filter":
            filters.append(group.expr)
            group = group.p
        group = without_optionals(group, filters)
        with self.context.within_exists():
            inner = self.relation(_with_outer_values(group, outer), graph)

        def condition(scope: Scope) -> sql.Expr:
            scope.aliases, scope.exists = self._renamed, partial(self._exists, graph)
            return sql.both(*(filter_condition(expression, scope) for expression in filters))

        return joins.exists(self.context, outer, inner, condition if filters else None)

    def _given(self, node: CompValue, graph: Graph) -> Relation:
        return in_each_graph(self.context, node.relation, graph)


def _ordered_afterwards(node: CompValue) -> CompValue | None:
    """Return DISTINCT over an order as an order of what is distinct, None where they differ.

    They are the same where solutions are ordered by what they show; then fewer are sorted, and
    fewer terms are looked up to sort them.
    """
    project = node.p
    if project.name != "Project" or project.p.name != "OrderBy":
        return None
    keys = [key.expr for key in project.p.expr]
    if not all(isinstance(key, Variable) and key in project.PV for key in keys):
        return None
    unordered = CompValue("Project", p=project.p.p, PV=project.PV)
    return CompValue("OrderBy", p=CompValue(node.name, p=unordered), expr=project.p.expr)


def _with_outer_values(pattern: CompValue, outer: Scope) -> CompValue:
    """Return the pattern of an EXISTS with the outer values that it needs."""
    mentioned = {str(name) for name in mentioned_variables(pattern)}
    known = {name for name in mentioned if outer.value(name).kinds}
    certain = {name for name in known if isinstance(outer.value(name).present(), exp.Boolean)}
    pattern = substituted(pattern, known, certain, outer.given)
    return related(pattern, certain, outer.given)


def _visible(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shapes of variables without those that stand for calls."""
    return {name: shape for name, shape in shapes.items() if not name.startswith("_once")}
