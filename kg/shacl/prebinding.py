"""Queries of SPARQL constraints: what they may hold, and what the run itself answers in them.

SHACL binds `$this` before a query is evaluated, which forbids some forms (sections 5.2.1, 5.3.1
and appendix A of the Recommendation). The pattern `cg:currentRun cg:asOf ?today` is answered by
the run, not by the data: it becomes inline data with the date of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from pyparsing import ParseResults
from rdflib import Literal, Variable
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.errors import QueryError, ShapesError, UnsupportedShapeError
from kg.namespaces import CG, XSD
from kg.sparql import parse

_FORBIDDEN = {
    "MinusGraphPattern": "MINUS",
    "ServiceGraphPattern": "SERVICE",
    "InlineData": "VALUES",
    "ValuesClause": "VALUES",
}
_NOT_BOUND = {"currentShape", "shapesGraph", "PATH", "failure"}
_THIS = Variable("this")


def check_query(text: str, shape: str) -> None:
    """Raise an error unless a query may stand in a SPARQL constraint of a shape.

    Raises:
        ShapesError: it is not a SELECT query with `$this`.
        UnsupportedShapeError: it holds something that pre-binding forbids or that is not offered.
    """
    try:
        algebra = parse(text).algebra
    except QueryError as error:
        raise ShapesError(f"sh:select of the shape {shape} cannot be read: {error}") from error
    if algebra.name != "SelectQuery" or _THIS not in algebra.PV:
        raise ShapesError(
            f"sh:select of the shape {shape} is not a SELECT query whose result has $this."
        )
    for node in _nodes(list(parseQuery(text))):
        reason = _refusal(node)
        if reason:
            raise UnsupportedShapeError(f"sh:select of the shape {shape} {reason}.")


def _refusal(node: CompValue | Variable) -> str | None:
    """Return why a part of a query's syntax cannot stand in a constraint, None if it can."""
    if isinstance(node, Variable):
        return f"uses ${node}, which is not offered here" if str(node) in _NOT_BOUND else None
    if node.name in _FORBIDDEN:
        return f"uses {_FORBIDDEN[node.name]}, which pre-binding forbids: write FILTER instead"
    if (node.var if node.name in {"Bind", "GroupAs"} else node.evar) == _THIS:
        return "gives $this a value with AS, which is bound before the query begins"
    if node.name == "SubSelect" and _THIS not in [each.var for each in node.projection or ()]:
        return "has a subquery without $this in its SELECT, where $this would not be bound"
    return None


def _nodes(node: object) -> Iterator[CompValue | Variable]:
    """Yield the parts of a query's syntax and its variables."""
    if isinstance(node, Variable):
        yield node
    elif isinstance(node, CompValue):
        yield node
        for key in node:
            yield from _nodes(node[key])
    elif isinstance(node, list | ParseResults):
        for item in node:
            yield from _nodes(item)


@lru_cache(maxsize=512)
def query_of_run(text: str, as_of: date) -> Query:
    """Return the parsed query of a constraint with the date of the run filled in."""
    # The tree is changed in place, which the shared one of the parser's cache must not be.
    query = parse.__wrapped__(text)
    _answer(query.algebra, Literal(as_of.isoformat(), datatype=XSD.date))
    return query


def _answer(node: object, today: Literal) -> None:
    """Turn the patterns about the run below a node of an algebra into inline data."""
    if isinstance(node, CompValue):
        for key in node:
            if isinstance(node[key], CompValue) and node[key].name == "BGP":
                node[key] = _split(node[key], today)
            elif key != "_vars":
                _answer(node[key], today)
    elif isinstance(node, list):
        for item in node:
            _answer(item, today)


def _split(node: CompValue, today: Literal) -> CompValue:
    """Return a basic graph pattern joined with inline data for its patterns about the run."""
    about = [triple for triple in node.triples if triple[:2] == (CG.currentRun, CG.asOf)]
    rest = [triple for triple in node.triples if triple not in about]
    if not about:
        return node
    seen = node["_vars"] if "_vars" in node else set()  # noqa: SIM401 - its get() differs
    joined = CompValue("BGP", triples=rest, _vars=seen)
    for _, _, asked in about:
        joined = CompValue("Join", p1=joined, p2=_inline(asked, today), _vars=seen)
    return joined


def _inline(asked: Node, today: Literal) -> CompValue:
    """Return inline data: one solution, or none where another date is asked for."""
    rows = [{asked: today}] if isinstance(asked, Variable) else [{}] if asked == today else []
    return CompValue("ToMultiSet", p=CompValue("values", res=rows), _vars=set())
