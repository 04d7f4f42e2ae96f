"""Tokens of a query that both parsers read wrongly, put into a form that they read rightly.

Lengths do not change, so that the place of a syntax error stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n\r]*)
    | (?P<string>\"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''
        |\"(?:[^\"\\\n\r]|\\.)*\"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<name>[?$@]\w+(?:-\w+)*|
        (?:[^\W\d][\w.-]{0,250}+)?:(?:(?:[\w.:%-]|\\.)*(?:[\w:%-]|\\.))?)
    | (?P<word>\w+)
    | (?P<sign>[{}.;])
    """,
    re.VERBOSE | re.DOTALL,
)
_COMPARISON = re.compile(r"<[^:/#]*&&[^:/#]*>")


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """Yield the tokens between two places of a text, each a match whose `lastgroup` is its kind.

    The kinds are comment, string, iri, name, word, and sign: a brace, a full stop or a semicolon.
    White space and the signs within triples and expressions are no tokens here.
    """
    return _TOKEN.finditer(text, start, len(text) if end is None else end)


def plain_booleans(text: str) -> str:
    """Return a query with `TRUE` and `False` in lower case: all keywords but `a` are in any case.

    The grammar says so in the notes of section 19.8.
    """
    return _TOKEN.sub(_plain_boolean, text)


def _plain_boolean(token: re.Match[str]) -> str:
    word = token.group("word")
    return word.lower() if word and word.lower() in {"true", "false"} else token.group()


def whole_iris(text: str) -> str:
    """Return a query in which `<?a&&?b>` is an IRI also for a parser that sees comparisons there.

    The longest match is the token (section 19.8, note 1). The text returned is good for finding
    syntax errors only: these IRIs are others.
    """
    return _TOKEN.sub(_whole_iri, text)


def _whole_iri(token: re.Match[str]) -> str:
    iri = token.group("iri")
    if iri and _COMPARISON.fullmatch(iri):
        return "<x:" + "_" * (len(iri) - 4) + ">"
    return token.group()
