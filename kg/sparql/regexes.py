"""REGEX and REPLACE: XPath's regular expressions in the engine's syntax (SPARQL 1.1, 17.4.3.14).

A pattern on which the two syntaxes may differ is not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.sparql import sql
from kg.sparql.computed import Truth
from kg.sparql.strings import string_of, string_result
from kg.sparql.values import PLAIN, Constant, NotCompiledError, Unbound, Value


def regex(value: Value, pattern: Value, flags: Value | None = None) -> Value:
    """REGEX with a pattern known at compile time."""
    translated = _pattern(pattern, flags)
    return Truth(sql.call("regexp_matches", string_of(value), sql.string(translated)))


def replace(value: Value, pattern: Value, new: Value, flags: Value | None = None) -> Value:
    """REPLACE with a pattern and a replacement known at compile time."""
    translated = _pattern(pattern, flags)
    if not isinstance(new, Constant) or not new.kinds <= PLAIN:
        raise NotCompiledError("REPLACE by a text that is not constant")
    template = replacement(new.term.lex)
    if template is None:
        return Unbound()
    text = string_of(value)
    done = sql.call(
        "regexp_replace", text, sql.string(translated), sql.string(template), sql.string("g")
    )
    return string_result(value, done)


def replacement(text: str) -> str | None:
    r"""Return a replacement of XPath (`$1`) in the engine's syntax (`\1`), None for an error."""
    parts = re.split(r"(\\[\\$]|\$[0-9])", text)
    if any("\\" in part or "$" in part for part in parts[::2]):
        return None
    special = {"\\\\": "\\\\", "\\$": "$"}
    return "".join(
        part if i % 2 == 0 else special.get(part, "\\" + part[1:]) for i, part in enumerate(parts)
    )


_UNTRANSLATABLE = re.compile(
    r"\\[icIC1-9]|\[(?:[^\]\\]|\\.)*-\[|&&|\(\?|\\[pP]\{Is|[*+?}]\+|\\[bBAzZ]"
)


def _pattern(pattern: Value, flags: Value | None) -> str:
    """Return an XPath regular expression in the engine's syntax (RE2).

    Raises:
        NotCompiledError: the two syntaxes may differ on this pattern.
    """
    if not isinstance(pattern, Constant) or not pattern.kinds <= PLAIN:
        raise NotCompiledError("a regular expression that is not constant")
    if flags is not None and not isinstance(flags, Constant):
        raise NotCompiledError("flags of a regular expression that are not constant")
    letters = flags.term.lex if isinstance(flags, Constant) else ""
    text = pattern.term.lex
    if set(letters) - set("imsxq"):
        raise NotCompiledError("unknown flags of a regular expression")
    if "q" in letters:
        text = re.sub(r"([^\w\s])", r"\\\1", text)
    else:
        if "x" in letters:
            text = "".join(_without_spaces(text))
        text = _unicode_classes(text)
    engine_letters = "".join(letter for letter in "ims" if letter in letters)
    return f"(?{engine_letters}){text}" if engine_letters else text


def _without_spaces(pattern: str) -> Iterator[str]:
    """Yield a pattern without the white space outside its character classes."""
    depth = 0
    escaped = False
    for character in pattern:
        if not escaped:
            depth += {"[": 1, "]": -1}.get(character, 0)
        escaped = character == "\\" and not escaped
        if depth > 0 or character not in " \t\n\r":
            yield character


def _unicode_classes(pattern: str) -> str:
    """Return a pattern whose classes mean all of Unicode, as in XPath."""
    if _UNTRANSLATABLE.search(pattern) or re.search(r"\\[wWsS]", pattern):
        raise NotCompiledError("a regular expression beyond the engine's syntax")
    return pattern.replace(r"\d", r"\p{Nd}").replace(r"\D", r"\P{Nd}")
