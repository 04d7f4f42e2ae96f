"""REGEX and REPLACE for the evaluator, computed by the engine in linear time.

Python's regular expressions can take exponential time, in which nothing can stop them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.parserutils import Expr
from rdflib.plugins.sparql.sparql import SPARQLError

from kg.errors import QueryEvaluationError
from kg.sparql.literals import like, string_of, text_of
from kg.sparql.xpath import FLAGS, RefusedError, Regex, translated
from kg.store import Cursor, EngineError

_CACHED = 1000
_TOO_LARGE = ("repetition size", "too large")


def functions(cursor: Cursor) -> dict[str, Callable[[Expr, Any], Literal]]:
    """Return the functions by their names in the algebra; the cursor is theirs alone.

    An invalid expression fails its statement, which would abort a transaction of the query's.
    """

    @lru_cache(maxsize=_CACHED)
    def ask(call: str, *arguments: str) -> Any:
        try:
            row = cursor.execute(f"SELECT {call}", list(arguments)).fetchone()
        except EngineError as error:
            if any(reason in str(error) for reason in _TOO_LARGE):
                raise _refusal(arguments[1], "a repetition is too large") from error
            raise SPARQLError(f"not a regular expression: {arguments[1]}") from error
        return row[0] if row else None

    def regex(expr: Expr, _context: Any) -> Literal:
        pattern = _pattern(expr).text
        return Literal(ask("regexp_matches(?, ?)", str(string_of(expr.text)), pattern))

    def replace(expr: Expr, _context: Any) -> Literal:
        text, pattern = string_of(expr.arg), _pattern(expr)
        try:
            new = pattern.replacement(text_of(expr.replacement))
        except RefusedError as refused:
            raise _refusal(text_of(expr.pattern), str(refused)) from refused
        if new is None:
            raise SPARQLError("not a replacement")
        done = ask("regexp_replace(?, ?, ?, 'g')", str(text), pattern.text, new)
        return like(text, done)

    return {"Builtin_REGEX": regex, "Builtin_REPLACE": replace}


def _pattern(expr: Expr) -> Regex:
    """Return the pattern of a call with its flags, in the engine's syntax."""
    pattern = text_of(expr.pattern)
    flags = text_of(expr.flags) if expr.flags is not None else ""
    if set(flags) - FLAGS:
        raise SPARQLError(f"unknown flags of a regular expression: {flags}")
    try:
        return translated(pattern, flags)
    except RefusedError as refused:
        raise _refusal(pattern, str(refused)) from refused


def _refusal(pattern: str, reason: str) -> QueryEvaluationError:
    return QueryEvaluationError(
        f"The regular expression {pattern!r} is not offered here: {reason}. Write the characters"
        " that are meant, or test in several steps."
    )
