"""The tree of a query to algebra, by rdflib's translation, mended where it goes wrong.

Importing this module changes rdflib's translation for the process:

- a filter that is a constant, such as `FILTER(false)`, is kept;
- inline data keep their variables without any row, and their rows without any variable;
- a relative IRI is resolved as RFC 3986 says, whatever the scheme of the base;
- `SELECT *` selects what is in scope, which variables within a FILTER or MINUS are not, and
  `DESCRIBE *` describes it;
- a call of one of our aggregates is one;
- many triple patterns stay in their order, to change which takes the square of their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rdflib import Literal, URIRef, Variable
from rdflib.plugins.sparql import algebra
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Prologue, Query

from kg.sparql.extensions import AGGREGATES
from kg.sparql.iris import resolved

_conjunction: Callable[..., Any] = algebra.and_  # type: ignore[attr-defined]
_collect_filters: Callable[[Any], Any] = algebra.collectAndRemoveFilters


def _collected(parts: Any) -> Any:
    """Return the condition of the filters of a group; a constant is made one that is not empty."""
    condition = _collect_filters(parts)
    return _conjunction(condition, condition) if isinstance(condition, Literal) else condition


def _inline_data(clause: CompValue) -> CompValue:
    """Return the rows of a VALUES clause, and its variables."""
    names: list[Variable] = list(clause.var or ())
    # In rdflib's own trees a row of one variable is its value.
    rows = [row if isinstance(row, list) else [row] for row in clause.value or ()]
    return CompValue("values", var=names, res=[dict(zip(names, row, strict=True)) for row in rows])


_translate: Callable[[Any], tuple[Any, list[Variable]]] = algebra.translate


def _selected(query: CompValue) -> tuple[CompValue, list[Variable]]:
    """Return the algebra of a query with its variables, those in scope where it names none."""
    for clause in ("projection", "having", "orderby"):
        if clause in query:
            query[clause] = _own_aggregates(query[clause])
    translated, variables = _translate(query)
    selects = query.name in {"SelectQuery", "SubSelect"} and not query.projection
    describes = query.name == "DescribeQuery" and query.where is not None and not query.var
    if selects or describes:
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


_MANY = 64
"""Triple patterns of a group that are not put into another order."""

_reorder: Callable[[Any], list[Any]] = algebra.reorderTriples


def _reordered(patterns: Any) -> list[Any]:
    """Return triple patterns, those with most terms first unless there are many."""
    listed = list(patterns)
    return listed if len(listed) > _MANY else _reorder(listed)


_absolutize: Callable[[Prologue, Any], Any] = Prologue.absolutize


def _absolute(prologue: Prologue, iri: Any) -> Any:
    """Return an IRI, or a term of the grammar, with nothing relative in it."""
    if isinstance(iri, URIRef):
        return URIRef(resolved(iri, prologue.base)) if prologue.base else iri
    return _absolutize(prologue, iri)


Prologue.absolutize = _absolute  # type: ignore[assignment, method-assign]
algebra.translate = _selected  # type: ignore[assignment]
algebra.collectAndRemoveFilters = _collected
algebra.reorderTriples = _reordered  # type: ignore[assignment]
algebra.translateValues = _inline_data  # type: ignore[assignment]


def translated(declared: list[CompValue], query: CompValue, base: str | None = None) -> Query:
    """Return the algebra of a query that was read after declarations."""
    translation = algebra.translateQuery([declared, query], base=base)  # type: ignore[arg-type]
    if query.name == "ConstructQuery":
        # rdflib tells an empty template and the lack of one by the same.
        translation.algebra["template"] = translation.algebra.template or []
    _translate_exists(translation.algebra)
    return translation


def _translate_exists(node: object) -> None:
    """Turn the patterns inside EXISTS that the parser left as syntax into algebra, in place."""
    if isinstance(node, CompValue):
        if node.name in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
            pattern = node.graph
            if isinstance(pattern, CompValue) and pattern.name == "GroupGraphPatternSub":
                pattern = algebra.translateGroupGraphPattern(pattern)
            # rdflib leaves its translation in the attribute and the syntax, robbed of its
            # filters, in the item: whoever copies items would lose the filters.
            node["graph"] = pattern
        for key in list(node):
            if key != "_vars":
                _translate_exists(node[key])
    elif isinstance(node, list | tuple):
        for item in node:
            _translate_exists(item)
