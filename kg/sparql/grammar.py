"""Mends the parser that the algebra comes from, where it reads a query wrongly.

Importing this module changes rdflib's SPARQL grammar for the process:

- a literal keeps its lexical form ("01" is not "1"), a sign included;
- a negative decimal is a number;
- an inverse in a negated property set keeps its predicate;
- a filter that is a constant, such as `FILTER(false)`, is kept;
- `SELECT *` selects what is in scope, which variables within a FILTER or MINUS are not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import rdflib
from pyparsing import And, MatchFirst, ParserElement
from rdflib import Literal, Variable
from rdflib.paths import InvPath
from rdflib.plugins.sparql import algebra, parser
from rdflib.plugins.sparql.parserutils import CompValue, Param

PARSING = threading.Lock()
"""Held while rdflib parses a text: its grammar learns at first use how to call its own actions,
and two threads that do so at once spoil it for good."""

rdflib.NORMALIZE_LITERALS = False


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


_collect_filters: Callable[[Any], Any] = algebra.collectAndRemoveFilters


def _collected(parts: Any) -> Any:
    """Return the condition of the filters of a group; a constant is made one that is not empty."""
    condition = _collect_filters(parts)
    return algebra.and_(condition, condition) if isinstance(condition, Literal) else condition


_keep_inverse_predicates()
algebra.collectAndRemoveFilters = _collected
algebra.translatePath = _translated  # type: ignore[assignment]
