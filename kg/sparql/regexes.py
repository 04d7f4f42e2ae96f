"""REGEX and REPLACE with a pattern known at compile time (SPARQL 1.1, 17.4.3.14 and 17.4.3.15)."""

from __future__ import annotations

from kg.sparql import sql
from kg.sparql.computed import Truth
from kg.sparql.strings import string_of, string_result
from kg.sparql.values import PLAIN, Constant, NotCompiledError, Unbound, Value
from kg.sparql.xpath import FLAGS, RefusedError, Regex, translated


def regex(value: Value, pattern: Value, flags: Value | None = None) -> Value:
    """REGEX with a constant pattern."""
    expression = _constant(pattern, flags).text
    return Truth(sql.call("regexp_matches", string_of(value), sql.string(expression)))


def replace(value: Value, pattern: Value, new: Value, flags: Value | None = None) -> Value:
    """REPLACE with a constant pattern and replacement."""
    expression = _constant(pattern, flags)
    if not isinstance(new, Constant) or not new.kinds <= PLAIN:
        raise NotCompiledError("REPLACE by a text that is not constant")
    try:
        template = expression.replacement(new.term.lex)
    except RefusedError as refused:
        raise NotCompiledError(f"a replacement in which {refused}") from refused
    if template is None:
        return Unbound()
    text, found = string_of(value), sql.string(expression.text)
    done = sql.call("regexp_replace", text, found, sql.string(template), sql.string("g"))
    return string_result(value, done)


def _constant(pattern: Value, flags: Value | None) -> Regex:
    """Return a pattern of the query's text in the engine's syntax.

    Raises:
        NotCompiledError: it is none, or has no form there.
    """
    if not isinstance(pattern, Constant) or not pattern.kinds <= PLAIN:
        raise NotCompiledError("a regular expression that is not constant")
    if flags is not None and not isinstance(flags, Constant):
        raise NotCompiledError("flags of a regular expression that are not constant")
    letters = flags.term.lex if isinstance(flags, Constant) else ""
    if set(letters) - FLAGS:
        raise NotCompiledError("unknown flags of a regular expression")
    try:
        return translated(pattern.term.lex, letters)
    except RefusedError as refused:
        raise NotCompiledError(f"a regular expression in which {refused}") from refused
