r"""Mends the parser that the algebra comes from, where it reads a query wrongly.

Importing this module changes rdflib's SPARQL grammar for the process:

- a literal keeps its lexical form ("01" is not "1"), a sign included;
- a negative decimal is a number;
- an inverse in a negated property set keeps its predicate;
- a filter that is a constant, such as `FILTER(false)`, is kept;
- inline data keep their variables without any row, and their rows without any variable;
- a relative IRI is resolved as RFC 3986 says, whatever the scheme of the base;
- `\u00E9` and `\U0001F600` are read in that length, and in a string never end it;
- a tab in a string stays one;
- `SELECT *` selects what is in scope, which variables within a FILTER or MINUS are not.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import rdflib
from pyparsing import And, MatchFirst, ParserElement, ParseResults
from rdflib import Literal, URIRef, Variable
from rdflib.paths import InvPath
from rdflib.plugins.sparql import algebra, parser
from rdflib.plugins.sparql.parserutils import CompValue, Param
from rdflib.plugins.sparql.sparql import Prologue

from kg.sparql.extensions import AGGREGATES
from kg.sparql.iris import resolved
from kg.sparql.tokens import without_escapes

_PARSING = threading.Lock()


@contextlib.contextmanager
def parsing() -> Iterator[None]:
    """Let one thread at a time parse with rdflib, and literals keep their lexical form.

    The grammar learns at first use how to call its own actions, and two threads that do so at
    once spoil it for good. Other libraries set how literals are read for the whole process.
    """
    with _PARSING:
        rdflib.NORMALIZE_LITERALS = False
        yield


def _negative(literal: Literal) -> Literal:
    """Return a negative number as written."""
    return Literal(f"-{literal}", datatype=literal.datatype)


parser.neg = _negative


def _keep_inverse_predicates() -> None:
    """Let the grammar of an inverse in a negated property set remember what it inverts."""
    in_set = parser.PathOneInPropertySet
    assert isinstance(in_set, MatchFirst)  # noqa: S101
    inverse = in_set.exprs[-1]
    assert isinstance(inverse, ParserElement)  # noqa: S101
    inverse.expr = And(["^" + Param("part", parser.iri | parser.A)])  # type: ignore[attr-defined]
    inverse.expr.streamline()  # type: ignore[attr-defined]


_translate_path: Callable[[Any], Any] = algebra.translatePath


def _translated(node: Any) -> Any:
    """Return a path of the grammar as one of the algebra, inverses in negated sets included."""
    if isinstance(node, CompValue) and node.name == "InversePath":
        return InvPath(node.part)
    return _translate_path(node)


_conjunction: Callable[..., Any] = algebra.and_  # type: ignore[attr-defined]
_collect_filters: Callable[[Any], Any] = algebra.collectAndRemoveFilters


def _collected(parts: Any) -> Any:
    """Return the condition of the filters of a group; a constant is made one that is not empty."""
    condition = _collect_filters(parts)
    return _conjunction(condition, condition) if isinstance(condition, Literal) else condition


def _inline_data(clause: CompValue) -> CompValue:
    """Return the rows of a VALUES clause, and its variables."""
    names: list[Variable] = list(clause.var or ())
    rows = [row if isinstance(row, list) else [row] for row in map(_plain, clause.value or ())]
    return CompValue("values", var=names, res=[dict(zip(names, row, strict=True)) for row in rows])


def _plain(row: Any) -> Any:
    """Return a row of several values as a list; the grammar gives an empty one in another form."""
    return row.as_list() if isinstance(row, ParseResults) else row


_translate: Callable[[Any], tuple[Any, list[Variable]]] = algebra.translate


def _selected(query: CompValue) -> tuple[CompValue, list[Variable]]:
    """Return the algebra of a query with its variables, those in scope for `SELECT *`."""
    for clause in ("projection", "having", "orderby"):
        if clause in query:
            query[clause] = _own_aggregates(query[clause])
    translated, variables = _translate(query)
    if query.name in {"SelectQuery", "SubSelect"} and not query.projection:
        project = translated
        while project.name != "Project":
            project = project.p
        variables = list(dict.fromkeys(_in_scope(project.p)))
        project["PV"] = variables
    return translated, variables


def _own_aggregates(node: Any) -> Any:
    """Return a clause in which calls of our aggregates are aggregates."""
    return algebra.traverse(node, visitPost=_own_aggregate)


def _own_aggregate(node: Any) -> Any:
    if not isinstance(node, CompValue) or node.name != "Function":
        return None
    name = AGGREGATES.get(str(node.iri))
    if name is None:
        return None
    if len(node.expr) != 1:
        raise ValueError(f"the aggregate <{node.iri}> takes one argument")
    return CompValue(name, vars=node.expr[0], distinct=node.distinct)


def _in_scope(node: Any) -> Iterator[Variable]:
    """Yield the variables in scope of a pattern (SPARQL 1.1, section 18.2.1)."""
    if node.name == "BGP":
        yield from (term for triple in node.triples for term in triple if _is_variable(term))
    elif node.name == "values":
        yield from node.var
    elif node.name == "Project":
        yield from node.PV
    else:
        named = [node[key] for key in ("term", "var") if key in node]
        yield from filter(_is_variable, named)
        parts = ("p", "p1") if node.name == "Minus" else ("p", "p1", "p2")
        for part in parts:
            if part in node:
                yield from _in_scope(node[part])


def _is_variable(term: object) -> bool:
    return isinstance(term, Variable)


_absolutize: Callable[[Prologue, Any], Any] = Prologue.absolutize


def _absolute(prologue: Prologue, iri: Any) -> Any:
    """Return an IRI, or a term of the grammar, with nothing relative in it."""
    if isinstance(iri, URIRef):
        return URIRef(resolved(iri, prologue.base)) if prologue.base else iri
    return _absolutize(prologue, iri)


_keep_inverse_predicates()
for _unit in (parser.Query, parser.UpdateUnit):
    _unit.parse_with_tabs()
Prologue.absolutize = _absolute  # type: ignore[assignment, method-assign]
parser.expandUnicodeEscapes = without_escapes  # type: ignore[assignment]
algebra.translate = _selected  # type: ignore[assignment]
algebra.collectAndRemoveFilters = _collected
algebra.translateValues = _inline_data  # type: ignore[assignment]
algebra.translatePath = _translated  # type: ignore[assignment]
