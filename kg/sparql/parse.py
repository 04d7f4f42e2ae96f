"""Query texts to algebra, with the place of a syntax error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from rdflib.plugins.sparql.algebra import (
    translateGroupGraphPattern,
    translatePath,
    translateQuery,
    traverse,
)
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query

from kg.errors import QueryEvaluationError
from kg.sparql.grammar import parsing
from kg.sparql.syntax import check_query
from kg.sparql.tokens import plain


@lru_cache(maxsize=512)
def parse(text: str, base: str | None = None) -> Query:
    """Return the algebra of a query.

    Two parsers read the text: a strict one that knows where an error is, and the one whose
    algebra is compiled.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query; tells line and column.
        QueryEvaluationError: the query is valid but has a form that is not offered.
    """
    text = plain(text)
    check_query(text, base)
    with offered_forms():
        with parsing():
            tree = parseQuery(text)
        return translated(tree[0], tree[1], base)


def translated(prologue: Any, query: CompValue, base: str | None = None) -> Query:
    """Return the algebra of a query that was parsed after a prologue."""
    translation = translateQuery([prologue, query], base=base)  # type: ignore[arg-type]
    _translate_exists(translation.algebra)
    return translation


@contextlib.contextmanager
def offered_forms() -> Iterator[None]:
    """Raise QueryEvaluationError where a text that is valid SPARQL fails to be translated."""
    try:
        yield
    except RecursionError:
        raise QueryEvaluationError("The query is nested too deeply. Split it.") from None
    except Exception as error:
        raise QueryEvaluationError(
            f"The query is valid SPARQL of a form that is not offered here: {_first_line(error)}."
            " Write it in SPARQL 1.1 without extensions."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _translate_exists(node: object) -> None:
    """Turn the patterns inside EXISTS that the parser left as syntax into algebra, in place."""
    if isinstance(node, CompValue):
        if node.name in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
            pattern = node.graph
            if isinstance(pattern, CompValue) and pattern.name == "GroupGraphPatternSub":
                # Outside WHERE the parser leaves even the paths as syntax.
                pattern = translateGroupGraphPattern(traverse(pattern, visitPost=translatePath))
            # rdflib leaves its translation in the attribute and the syntax, robbed of its
            # filters, in the item: whoever copies items would lose the filters.
            node["graph"] = pattern
        for key in list(node):
            if key != "_vars":
                _translate_exists(node[key])
    elif isinstance(node, list | tuple):
        for item in node:
            _translate_exists(item)
