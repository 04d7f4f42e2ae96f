"""Query texts to algebra, with the place of a syntax error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache

from rdflib.plugins.sparql.sparql import Query

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.sparql.algebra import translated
from kg.sparql.parsing import QueryParser
from kg.sparql.parsing.lexer import NestedAggregateError
from kg.sparql.syntax import check_depth, check_query, error_at, too_deep
from kg.sparql.tokens import plain


@lru_cache(maxsize=512)
def parse(text: str, base: str | None = None) -> Query:
    """Return the algebra of a query.

    Two parsers read the text: a strict one that knows where an error is, and the one whose
    tree is translated.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query; tells line and column.
        QueryEvaluationError: the query is valid but has a form that is not offered.
    """
    text = plain(text)
    check_depth(text)
    check_query(text, base)
    with offered_forms():
        try:
            read = QueryParser(text, base).query()
        except NestedAggregateError as error:
            raise error_at(text, error) from None
        return translated(*read, base)


@contextlib.contextmanager
def offered_forms() -> Iterator[None]:
    """Raise QueryEvaluationError where a text that is valid SPARQL fails to be translated."""
    try:
        yield
    except RecursionError:
        raise too_deep() from None
    except QuerySyntaxError:
        raise
    except Exception as error:
        raise QueryEvaluationError(
            f"The query is valid SPARQL of a form that is not offered here: {_first_line(error)}."
            " Write it in SPARQL 1.1 without extensions."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
