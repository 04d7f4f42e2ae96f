"""REGEX and REPLACE for the evaluator, computed by the engine in linear time.

Python's regular expressions can take exponential time, in which nothing can stop them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.parserutils import Expr
from rdflib.plugins.sparql.sparql import SPARQLError

from kg.errors import QueryEvaluationError
from kg.sparql.literals import like, string_of, text_of
from kg.sparql.regexes import replacement
from kg.store import Cursor, EngineError

_BEYOND = re.compile(r"\\[1-9]|\(\?")
_CACHED = 1000


def functions(cursor: Cursor) -> dict[str, Callable[[Expr, Any], Literal]]:
    """Return the functions by their names in the algebra; the cursor is theirs alone.

    An invalid expression fails its statement, which would abort a transaction of the query's.
    """

    @lru_cache(maxsize=_CACHED)
    def ask(call: str, *arguments: str) -> Any:
        try:
            row = cursor.execute(f"SELECT {call}", list(arguments)).fetchone()
        except EngineError as error:
            raise SPARQLError(f"not a regular expression: {arguments[1]}") from error
        return row[0] if row else None

    def regex(expr: Expr, _context: Any) -> Literal:
        pattern = _pattern(expr)
        return Literal(ask("regexp_matches(?, ?)", str(string_of(expr.text)), pattern))

    def replace(expr: Expr, _context: Any) -> Literal:
        text, pattern = string_of(expr.arg), _pattern(expr)
        if ask("regexp_matches(?, ?)", "", pattern):
            raise SPARQLError("REPLACE of a pattern that matches the empty string")
        new = replacement(text_of(expr.replacement))
        if new is None:
            raise SPARQLError("not a replacement")
        done = ask("regexp_replace(?, ?, ?, 'g')", str(text), pattern, new)
        return like(text, done)

    return {"Builtin_REGEX": regex, "Builtin_REPLACE": replace}


def _pattern(expr: Expr) -> str:
    """Return the pattern of a call with its flags, in the engine's syntax."""
    pattern = text_of(expr.pattern)
    flags = text_of(expr.flags) if expr.flags is not None else ""
    if set(flags) - set("imsxq"):
        raise SPARQLError(f"unknown flags of a regular expression: {flags}")
    if "q" in flags:
        pattern = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", pattern)
    elif "x" in flags:
        pattern = _without_space(pattern)
    flags = "".join(flag for flag in "ims" if flag in flags)
    if _BEYOND.search(pattern):
        raise QueryEvaluationError(
            f"The regular expression {pattern!r} refers back or looks around, which is not offered"
            " here. Write it without, or test in several steps."
        )
    return f"(?{flags}){pattern}" if flags else pattern


def _without_space(pattern: str) -> str:
    """Return a pattern without white space, but for that within character classes (flag `x`)."""
    parts = re.split(r"(\\.|\[(?:\\.|[^\]\\])*\])", pattern, flags=re.DOTALL)
    return "".join(
        re.sub(r"[ \t\r\n]", "", part) if i % 2 == 0 else part for i, part in enumerate(parts)
    )
