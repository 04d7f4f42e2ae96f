"""Queries of SPARQL constraints: what they may hold, and what the run itself answers in them.

SHACL binds `$this` before a query is evaluated, which forbids some forms (sections 5.2.1, 5.3.1
and appendix A of the Recommendation). The pattern `cg:currentRun cg:asOf ?today` is answered by
the run, not by the data: it becomes inline data with the date of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import date
from functools import lru_cache

from rdflib import Literal, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.errors import QueryError, ShapesError, UnsupportedShapeError
from kg.namespaces import CG, XSD
from kg.sparql import NotCompiledError, parse
from kg.sparql.parsing import QueryParser

_FORBIDDEN = {
    "MinusGraphPattern": "MINUS",
    "ServiceGraphPattern": "SERVICE",
    "InlineData": "VALUES",
    "ValuesClause": "VALUES",
}
_THIS = Variable("this")
_VARIABLE = re.compile(r"[?$](\w+)")
_OPTIONAL = frozenset({"shapesGraph", "currentShape"})
"""Variables that a query may use without returning them from its subqueries."""


def check_query(text: str, where: str, bound: Set[str], *, form: str = "SelectQuery") -> None:
    """Raise an error unless a query may be evaluated with variables bound before.

    `where` says in messages what the query is; `bound` are the names of the variables.

    Raises:
        ShapesError: it is not of the form, or a SELECT query whose result lacks $this.
        UnsupportedShapeError: it holds something that pre-binding forbids.
    """
    try:
        algebra = parse(text).algebra
    except QueryError as error:
        raise ShapesError(f"{where} cannot be read: {error}") from error
    if algebra.name != form or (form == "SelectQuery" and _THIS not in algebra.PV):
        if form == "SelectQuery":
            raise ShapesError(f"{where} is not a SELECT query whose result has $this.")
        raise ShapesError(f"{where} is not an ASK query.")
    for node in _nodes(QueryParser(text).query()[1]):
        reason = _refusal(node, bound)
        if reason:
            raise UnsupportedShapeError(f"{where} {reason}.")


def _refusal(node: CompValue | Variable, bound: Set[str]) -> str | None:
    """Return why a part of a query's syntax cannot stand in a constraint, None if it can."""
    if isinstance(node, Variable):
        wrong = node == Variable("PATH")
        return "uses $PATH, but its shape has no sh:path" if wrong else None
    if node.name in _FORBIDDEN and (bound or node.name == "ServiceGraphPattern"):
        return f"uses {_FORBIDDEN[node.name]}, which pre-binding forbids: write FILTER instead"
    given = node.var if node.name in {"Bind", "GroupAs"} else node.evar
    if given is not None and str(given) in bound | (_OPTIONAL if bound else set()):
        return f"gives ${given} a value with AS, which is bound before the query begins"
    if node.name == "SubSelect":
        return _subquery_refusal(node, bound)
    return None


def _subquery_refusal(node: CompValue, bound: Set[str]) -> str | None:
    """Return why a subquery hides variables that are bound before, None if it does not.

    `$this` has to be in its result in any case, the others where it mentions them.
    """
    returned = {str(each.var) for each in node.projection or ()}
    mentioned = {str(each) for each in _nodes(node) if isinstance(each, Variable)}
    hidden = sorted((bound & (mentioned | {"this"})) - returned)
    if not hidden:
        return None
    name = hidden[0]
    return f"has a subquery without ${name} in its SELECT, where ${name} would not be bound"


def _nodes(node: object) -> Iterator[CompValue | Variable]:
    """Yield the parts of a query's syntax and its variables."""
    if isinstance(node, Variable):
        yield node
    elif isinstance(node, CompValue):
        yield node
        for key in node:
            yield from _nodes(node[key])
    elif isinstance(node, list):
        for item in node:
            yield from _nodes(item)


def refuse_for_sets(algebra: CompValue, *, pairs: bool) -> None:
    """Raise NotCompiledError when a query means another thing for many nodes than for each.

    A limit counts the solutions of all of them; an aggregate counts those of a focus node once
    for each of its value nodes, where both are bound (`pairs`).
    """
    names = {node.name for node in _nodes(algebra) if isinstance(node, CompValue)}
    if "Slice" in names:
        raise NotCompiledError("LIMIT or OFFSET, which apply to each focus node")
    if pairs and "AggregateJoin" in names:
        raise NotCompiledError("an aggregate beside $this and $value")


def mentioned(text: str) -> frozenset[str]:
    """Return the names that stand in a query as variables, and perhaps others in its strings."""
    return frozenset(_VARIABLE.findall(text))


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
    names = [asked] if isinstance(asked, Variable) else []
    return CompValue("ToMultiSet", p=CompValue("values", var=names, res=rows), _vars=set())
