"""The place that a fact of a named graph comes from: cgf:file and cgf:row, in both engines.

A fact stated in several graphs comes from a place in each of them, so the graph is asked for too.
Who may not see the graph is told nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from rdflib import Literal
from rdflib.plugins.sparql.sparql import SPARQLError
from rdflib.term import Node
from sqlglot import exp, parse_one

from kg.namespaces import FUNCTION
from kg.sparql import sql
from kg.sparql.computed import Text, integer
from kg.sparql.relation import Scope
from kg.sparql.sql import Expr
from kg.sparql.values import NotCompiledError, Value
from kg.store.places import name_of, row_of
from kg.store.plugin import GraphStore

_POSITIONS = "spog"


def _place(of: Callable[[str], str], fact: tuple[Value, ...], scope: Scope) -> Expr:
    """Return the SQL of a part of the place that a fact comes from, NULL for none."""
    if not all(value.stored for value in fact):
        raise NotCompiledError("the place of a fact whose terms are computed")
    context = scope.context
    query = _parsed(of).copy()
    same = [
        sql.eq(sql.column("q", position), value.facet("id"))
        for position, value in zip(_POSITIONS, fact, strict=True)
    ]
    sql.add_where(query, sql.both(*same, context.visible("q"), context.in_named_graph("q")))
    return exp.Subquery(this=query)


@lru_cache(maxsize=2)
def _parsed(of: Callable[[str], str]) -> exp.Select:
    return parse_one(of("quad"), dialect="duckdb", into=exp.Select)


def _file(scope: Scope, subject: Value, predicate: Value, object_: Value, graph: Value) -> Value:
    return Text(_place(name_of, (subject, predicate, object_, graph), scope))


def _row(scope: Scope, subject: Value, predicate: Value, object_: Value, graph: Value) -> Value:
    return integer(_place(row_of, (subject, predicate, object_, graph), scope))


COMPILED = {str(FUNCTION.file): _file, str(FUNCTION.row): _row}
"""Functions of a fact and its graph, by IRI; they take the scope that they are called in before."""


def _evaluated(of: Callable[[str], str], fact: Sequence[Node], graphs: object) -> Literal:
    if len(fact) != len(_POSITIONS) or not isinstance(graphs, GraphStore):
        raise SPARQLError("not a fact and its graph")
    subject, predicate, object_, graph = fact
    found = graphs.about(of, (subject, predicate, object_), graph)
    if found is None:
        raise SPARQLError("a fact that comes from no such place")
    return Literal(found)


EVALUATED: dict[str, Callable[[Sequence[Node], object], Literal]] = {
    str(FUNCTION.file): partial(_evaluated, name_of),
    str(FUNCTION.row): partial(_evaluated, row_of),
}
"""The same for the evaluator, which says what its graphs are in; an error where nothing is told."""
