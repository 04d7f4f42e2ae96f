"""Query texts to algebra, with the place of a syntax error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import pyoxigraph
from rdflib.plugins.sparql.algebra import (
    translateGroupGraphPattern,
    translatePath,
    translateQuery,
    traverse,
)
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.sparql.grammar import PARSING
from kg.sparql.tokens import plain_booleans, whole_iris

_PLACE = re.compile(r"error at (\d+):(\d+): ")
_MOST_EXPECTED = 12


@lru_cache(maxsize=512)
def parse(text: str, base: str | None = None) -> Query:
    """Return the algebra of a query.

    Two parsers read the text: a strict one that knows where an error is, and the one whose
    algebra is compiled.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query; tells line and column.
        QueryEvaluationError: the query is valid but has a form that is not offered.
    """
    text = plain_booleans(text)
    _check_syntax(text, base)
    try:
        with PARSING:
            tree = parseQuery(text)
        query = translateQuery(tree, base=base)
    except RecursionError:
        raise QueryEvaluationError("The query is nested too deeply. Split it.") from None
    except Exception as error:
        raise QueryEvaluationError(
            f"The query is valid SPARQL of a form that is not offered here: {_first_line(error)}."
            " Write it in SPARQL 1.1 without extensions."
        ) from error
    _translate_exists(query.algebra)
    return query


class _ParsedError(Exception):
    """Raised between the parsing and the evaluation of a query."""


class _Stop:
    """Graphs that are asked for after the parsing and before the evaluation of a query."""

    def __iter__(self) -> Iterator[pyoxigraph.NamedNode]:
        raise _ParsedError


def _check_syntax(text: str, base: str | None) -> None:
    """Raise QuerySyntaxError unless the strict parser accepts the text."""
    try:
        # Only the parser is of use here: the evaluation would call a SERVICE, without deadline.
        pyoxigraph.Store().query(
            whole_iris(text),
            base_iri=base,
            named_graphs=_Stop(),  # type: ignore[arg-type]
        )
    except SyntaxError as error:
        raise _syntax_error(text, str(error)) from None
    except _ParsedError:
        return


def _syntax_error(text: str, message: str) -> QuerySyntaxError:
    place = _PLACE.match(message)
    if place is None:
        return QuerySyntaxError(f"The query is not valid SPARQL: {message}.")
    line, column = int(place[1]), int(place[2])
    told = _shortened(message[place.end() :])
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    caret = " " * (column - 1) + "^"
    return QuerySyntaxError(
        f"Syntax error at line {line}, column {column}: {told}\n{shown}\n{caret}", line, column
    )


def _shortened(told: str) -> str:
    """Return what the parser expected, without ranges of characters and over-long lists."""
    if not told.startswith("expected one of "):
        return told
    one_line = " ".join(told.split())
    parts = re.sub(r"\[[^\]]*\](?: \| )?|\['.*", "", one_line.removeprefix("expected one of "))
    names = [name.strip() for name in parts.split(", ") if name.strip(" |")]
    if len(names) > _MOST_EXPECTED:
        names = [*names[:_MOST_EXPECTED], "..."]
    return "expected one of " + ", ".join(names)


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
