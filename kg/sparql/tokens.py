"""Tokens of a query that both parsers read wrongly, put into a form that they read rightly.

Lengths do not change but by escaped code points, so that the place of a syntax error stays what it
is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FORMS = r"""
      (?P<comment>\#[^\n\r]*)
    | (?P<string>\"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''
        |\"(?:[^\"\\\n\r]|\\.)*\"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
    | (?P<name>[?$@]\w+(?:-\w+)*|
        (?:[^\W\d][\w.-]{0,250}+)?:(?:(?:[\w.:%-]|\\.)*(?:[\w:%-]|\\.))?)
    | (?P<word>\w+)
    | (?P<sign>[{}.;])
    | (?P<every>!\s*\(\s*\))
    """
_TOKEN = re.compile(_FORMS, re.VERBOSE | re.DOTALL)
_NESTING = re.compile(
    _FORMS + r"| (?P<open><<|[(\[]) | (?P<close>>>|[)\]])", re.VERBOSE | re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|.)", re.DOTALL)
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_KEPT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
"""Characters that would end a short string or begin an escape in any, with their escapes."""
_OTHER = {'"': "'", "'": '"'}
"""Each quotation mark with the other one."""
_GROUPS = re.compile(r"\bGROUP\b", re.IGNORECASE)
_AS = re.compile(r"(?:[\s)]|\#[^\n\r]*)*+AS\b", re.IGNORECASE)
"""What follows an expression that is given a name."""
_MODIFIERS = ("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
"""The words that end a GROUP BY clause."""
_COMPARISON = re.compile(r"<[^:/#]*&&[^:/#]*>")


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """Yield the tokens between two places of a text, each a match whose `lastgroup` is its kind.

    The kinds are comment, string, iri, name, word, sign (a brace, a full stop or a semicolon), and
    every (a negated property set of nothing). White space and the signs within triples and
    expressions are no tokens here.
    """
    return _TOKEN.finditer(text, start, len(text) if end is None else end)


def depth(text: str) -> int:
    """Return how deep brackets, braces and parentheses stand within one another, or more.

    What looks like an IRI may be comparisons, so that what it leaves open counts, while what it
    closes beyond that does not.
    """
    level = deepest = 0
    for token in _NESTING.finditer(text):
        kind, found = token.lastgroup, token.group()
        if kind == "iri":
            opened = found.count("(") + found.count("[")
            deepest = max(deepest, level + opened)
            level += max(opened - found.count(")") - found.count("]"), 0)
        elif kind == "open" or found == "{":
            level += 1
        elif kind == "close" or found == "}":
            level = max(level - 1, 0)
        deepest = max(deepest, level)
    return deepest


def plain(text: str) -> str:
    """Return a query with `TRUE` and `False` in lower case, and no comment before a return.

    All keywords but `a` are in any case (section 19.8), and a carriage return ends a comment
    (section 19.4). Escaped code points are read before anything else (section 19.2).
    """
    return _TOKEN.sub(_plain, without_escapes(text))


def _plain(token: re.Match[str]) -> str:
    found, word = token.group(), token.group("word")
    if token.lastgroup == "comment" and token.string.startswith("\r", token.end()):
        return " " * len(found)
    return word.lower() if word and word.lower() in {"true", "false"} else found


def strict(text: str) -> str:
    """Return a query in a form that the strict parser accepts where the grammar accepts the text.

    The longest match is the token (section 19.8, note 1), so that `<?a&&?b>` is an IRI, also for
    a parser that sees comparisons there; `!()` is a path (rule 95); GROUP BY may name a variable
    alone anew (rule 20). The text returned is good for finding syntax errors only: these IRIs,
    paths and variables are others.
    """
    return _TOKEN.sub(_strict, _without_renamed(text))


def _without_renamed(text: str) -> str:
    """Return a text with a number for each variable that a GROUP BY clause gives another name."""
    if not _GROUPS.search(text):
        return text
    pieces: list[str] = []
    end, words, grouped = 0, "", False
    for token in _TOKEN.finditer(text):
        found, kind = token.group(), token.lastgroup
        pieces.append(text[end : token.start()])
        end = token.end()
        if kind == "word":
            words = f"{words} {found.upper()}"
            grouped = words.endswith(" GROUP BY") or (grouped and found.upper() not in _MODIFIERS)
        elif kind != "comment":
            words = ""
            grouped = grouped and found != "}"
        renamed = grouped and found[0] in "?$" and _AS.match(text, end)
        pieces.append("1".ljust(len(found)) if renamed else found)
    return "".join([*pieces, text[end:]])


def _strict(token: re.Match[str]) -> str:
    found, iri = token.group(), token.group("iri")
    if iri and _COMPARISON.fullmatch(iri):
        return "<x:" + "_" * (len(iri) - 4) + ">"
    return "!a" + " " * (len(found) - 2) if token.group("every") else found


def without_escapes(text: str) -> str:
    """Return a text in which each escaped code point is the character itself (section 19.2).

    Within a string, one that would end it becomes the escape that does not; the other quotation
    mark needs none, and has none.
    """
    if "\\" not in text:
        return text
    pieces: list[str] = []
    place = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup in ("string", "comment"):
            pieces.append(_unescaped(text[place : token.start()], ""))
            string = token.lastgroup == "string"
            pieces.append(_unescaped(token.group(), token.group()[0]) if string else token.group())
            place = token.end()
    pieces.append(_unescaped(text[place:], ""))
    return "".join(pieces)


def _unescaped(text: str, quote: str) -> str:
    """Return a text without escaped code points; within quotes, if any, without needless ones."""
    kept = {quote: f"\\{quote}", **_KEPT} if quote else {}

    def character(escape: re.Match[str]) -> str:
        digits = escape[1] or escape[2]
        if digits is None:
            return escape.group()[1] if quote and escape.group()[1] in _OTHER[quote] else escape[0]
        code = int(digits, 16)
        if code > _LAST_CODE_POINT or code in _SURROGATES:
            return escape[0]
        return kept.get(chr(code), chr(code))

    return _ESCAPE.sub(character, text)


def plain_arguments(text: str) -> str:
    """Return a query without DISTINCT in calls by IRI, which the strict parser does not know.

    The grammar has it in `ArgList` (rule 71), for aggregates of one's own.
    """
    pieces: list[str] = []
    end, named = 0, False
    for token in _TOKEN.finditer(text):
        word, between = token.group("word"), text[end : token.start()]
        called = named and between.strip() == "("
        pieces += [between, token.group()]
        if called and word and word.upper() == "DISTINCT":
            pieces[-1] = " " * len(word)
        if not token.group("comment"):
            named = bool(token.group("iri") or token.group("name"))
        end = token.end()
    return "".join([*pieces, text[end:]])
