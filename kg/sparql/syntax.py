"""Strict syntax checks by a parser that knows the place of an error, and that is kept from acting.

The parser can only be had together with an execution of what it read, which would call a SERVICE
or, for LOAD, open files and addresses. So both checks stop between the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyoxigraph

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.sparql.diagnosis import query_diagnosis, update_diagnosis
from kg.sparql.extensions import AGGREGATES
from kg.sparql.parsing import ReadingError
from kg.sparql.tokens import depth, plain_arguments, strict

_PLACE = re.compile(r"error at (\d+):(\d+): ")
_MOST_EXPECTED = 12

_FAILING = "DROP GRAPH <urn:x-none>"
"""An update operation that fails on an empty store: none that follows it is executed."""
_NO_END = "\n!"
"""What no update request ends with: a text with it is never one, and never executed."""


_AGGREGATES: dict[pyoxigraph.NamedNode, Any] = {
    pyoxigraph.NamedNode(iri): lambda: None for iri in AGGREGATES
}
"""Our aggregates, to be read as such; nothing is ever evaluated."""


class _ParsedError(Exception):
    """Raised between the parsing and the evaluation of a query."""


class _Stop:
    """Graphs that are asked for after the parsing and before the evaluation of a query."""

    def __iter__(self) -> Iterator[pyoxigraph.NamedNode]:
        raise _ParsedError


_DEEPEST = 100
"""Deepest nesting that is read. The strict parser ends the process at a thousand or so."""


def check_depth(text: str) -> None:
    """Raise QueryEvaluationError where a query or an update is nested too deeply to be read."""
    if sum(map(text.count, "({[<")) > _DEEPEST and depth(text) > _DEEPEST:
        raise too_deep()


def too_deep() -> QueryEvaluationError:
    """Return the error of a text that is nested too deeply."""
    return QueryEvaluationError("The query is nested too deeply. Split it.")


def check_query(text: str, base: str | None) -> None:
    """Raise QuerySyntaxError unless the strict parser accepts a query."""
    try:
        pyoxigraph.Store().query(
            strict(plain_arguments(text)),
            base_iri=base,
            named_graphs=_Stop(),  # type: ignore[arg-type]
            custom_aggregate_functions=_AGGREGATES,
        )
    except SyntaxError as error:
        raise _syntax_error(text, str(error), query_diagnosis(text, base)) from None
    except _ParsedError:
        return


def check_operation(text: str, start: int, operation: int, end: int, before: str) -> None:
    """Raise QuerySyntaxError unless the strict parser accepts a piece of an update request.

    The declarations of prefixes and of the base between `start` and `operation` must be nothing
    else; those that hold already are `before`. The operation ends at `end`. Together with an
    operation that fails they are parsed whole, and then fail at once.
    """
    own = f"{before}\n{_indent(text, start)}{text[start:operation]}"
    checked = f"{own}\n{_FAILING};\n{_indent(text, operation)}{text[operation:end]}"
    line = checked.count("\n") - text.count("\n", operation, end)
    try:
        pyoxigraph.Store().update(strict(checked))
    except SyntaxError as error:
        place = _PLACE.match(str(error))
        within = place is not None and int(place[1]) > line
        counted = line - _line(text, operation) if within else _before(text, start, before)
        diagnosis = _update_diagnosis(text, start, end, before)
        raise _syntax_error(text, str(error), diagnosis, counted) from None
    except RuntimeError:
        return


def declaration_error(text: str, start: int, before: str) -> QuerySyntaxError:
    """Return the error of a declaration of a prefix or of the base that is wrong."""
    checked = f"{before}\n{_indent(text, start)}{text[start:]}{_NO_END}"
    try:
        pyoxigraph.Store().update(strict(checked))
    except SyntaxError as error:
        diagnosis = _update_diagnosis(text, start, len(text), before)
        return _syntax_error(text, str(error), diagnosis, _before(text, start, before))
    return QuerySyntaxError("The update ends in a declaration that cannot be read.")


def missing_operation(text: str, place: int) -> QuerySyntaxError:
    """Return the error of a semicolon without an operation before it."""
    return _told_at(text, place, '";" stands where an operation such as INSERT DATA is expected')


def _update_diagnosis(text: str, start: int, end: int, before: str) -> ReadingError | None:
    """Return what is wrong with a piece of an update request, at its place in the whole."""
    found = update_diagnosis(f"{before}\n{text[start:end]}")
    if found is not None and found.place is not None:
        found.place += start - len(before) - 1
    return found


def _indent(text: str, place: int) -> str:
    """Return blanks as wide as what stands before a place in its line."""
    return " " * (place - text.rfind("\n", 0, place) - 1)


def _line(text: str, place: int) -> int:
    """Return the number of line ends before a place."""
    return text.count("\n", 0, place)


def _before(text: str, start: int, before: str) -> int:
    """Return how many lines more a text has that begins with the declarations before a place."""
    return before.count("\n") + 1 - _line(text, start)


def _syntax_error(
    text: str, refused: str, diagnosis: ReadingError | None, counted: int = 0
) -> QuerySyntaxError:
    """Return the error of a text that the strict parser, which counted lines more, refused.

    It tells the diagnosis; what the strict parser says is for what has none, and its place.
    """
    place = _PLACE.match(refused)
    if diagnosis is not None and diagnosis.place is not None:
        return error_at(text, diagnosis)
    if place is None:
        return QuerySyntaxError(f"The text is not valid SPARQL: {refused}.")
    line, column = int(place[1]) - counted, int(place[2])
    told = _shortened(refused[place.end() :]) if diagnosis is None else str(diagnosis)
    return _told(text, line, column, told)


def error_at(text: str, reason: ReadingError) -> QuerySyntaxError:
    """Return the error of a text that cannot be read for a reason whose place is known."""
    return _told_at(text, reason.place or 0, str(reason))


def _told_at(text: str, place: int, told: str) -> QuerySyntaxError:
    """Return the error of what stands at a place of a text."""
    return _told(text, _line(text, place) + 1, place - text.rfind("\n", 0, place), told)


def _told(text: str, line: int, column: int, told: str) -> QuerySyntaxError:
    """Return the error at a line and a column, with the line and a caret below the column."""
    lines = text.split("\n")
    shown = lines[min(line, len(lines)) - 1].rstrip("\r")
    caret = "".join("\t" if one == "\t" else " " for one in shown[: column - 1].ljust(column - 1))
    return QuerySyntaxError(
        f"Syntax error at line {line}, column {column}: {told}\n{shown}\n{caret}^", line, column
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
