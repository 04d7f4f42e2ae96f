"""The tokens of SPARQL (SPARQL 1.1, section 19.8, rules 139 to 173), one after the other."""

from __future__ import annotations

import re
from difflib import get_close_matches

from kg.sparql.tokens import without_escapes

_WORDS = (
    "A ABS ADD ALL AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL CLEAR COALESCE CONCAT CONSTRUCT"
    " CONTAINS COPY COUNT CREATE DATA DATATYPE DAY DEFAULT DELETE DESC DESCRIBE DISTINCT DROP"
    " ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH GROUP GROUP_CONCAT HAVING HOURS IF IN"
    " INSERT INTO IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISURI LANG LANGMATCHES LCASE LIMIT LOAD MAX"
    " MD5 MIN MINUS MINUTES MONTH MOVE NAMED NOT NOW OFFSET OPTIONAL ORDER PREFIX RAND REDUCED"
    " REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SELECT SEPARATOR SERVICE SHA1 SHA256 SHA384"
    " SHA512 SILENT STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN STRSTARTS STRUUID SUBSTR"
    " SUM TIMEZONE TO TRUE TZ UCASE UNDEF UNION URI USING UUID VALUES WHERE WITH YEAR"
)
KEYWORDS = frozenset(_WORDS.split())
"""The words of the grammar, in capital letters."""
NEAR = 0.7
"""Least likeness of a word to the keyword that is perhaps meant."""
_SHOWN = 40
"""Characters of a token that are shown."""

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_FIRST = f"{_BASE}_"
_MORE = "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_CHARS = rf"{_FIRST}{_MORE}\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_EXPONENT = "[eE][+-]?[0-9]+"

_TOKEN = re.compile(
    rf"""(?:[ \t\r\n]|\#[^\r\n]*)*+(?:
      (?P<iri><[^<>"{{}}|^`\\\x00-\x20]*>)
    | (?P<variable>[?$][{_FIRST}0-9][{_FIRST}{_MORE}]*)
    | (?P<string>\"\"\"(?:\"{{0,2}}(?:[^\"\\]|\\[tbnrf\"'\\]))*\"\"\"
        |'''(?:'{{0,2}}(?:[^'\\]|\\[tbnrf\"'\\]))*'''
        |\"(?:[^\"\\\n\r]|\\[tbnrf\"'\\])*\"|'(?:[^'\\\n\r]|\\[tbnrf\"'\\])*')
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?!-))
    | (?P<blank>_:[{_FIRST}0-9](?:[{_CHARS}.]*[{_CHARS}])?)
    | (?P<name>(?:[{_BASE}](?:[{_CHARS}.]*[{_CHARS}])?)?:
        (?:(?:[{_FIRST}:0-9]|{_ESCAPED})(?:(?:[{_CHARS}.:]|{_ESCAPED})*(?:[{_CHARS}:]|{_ESCAPED}))?)?)
    | (?P<double>[0-9]+\.[0-9]*{_EXPONENT}|\.?[0-9]+{_EXPONENT})
    | (?P<decimal>[0-9]*\.[0-9]+)
    | (?P<integer>[0-9]+)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\^\^|&&|\|\||!=|<=|>=|[-{{}}()\[\];,.=<>!+*/|^?])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_NUMBERS = ("integer", "decimal", "double")
_BLANKS = re.compile(r"(?:[ \t\r\n]|\#[^\r\n]*)*+")
_ANY_STRING = re.compile(
    r"\"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"
    r"|\"(?:[^\"\\\n\r]|\\.)*\"|'(?:[^'\\\n\r]|\\.)*'",
    re.DOTALL,
)
"""A string with escapes of any kind."""
_NO_ESCAPE = re.compile(r"\\(?:[tbnrf\"'\\]|(?P<other>.))", re.DOTALL)
_OPENING = {"}": "{", ")": "(", "]": "["}


class ReadingError(ValueError):
    """What stands at a place of a text cannot be read; the place counts from 0, None if unknown."""

    def __init__(self, told: str, place: int | None = None) -> None:
        super().__init__(told)
        self.place = place


class NestedAggregateError(ReadingError):
    """An aggregate stands in another one, which only the strict parser takes."""


class Lexer:
    """A place in a text, and the token there: its `kind`, and its text as `written`.

    The kinds are the groups of the expression above; `keyword` is a word in capital letters, and
    "" for a token that is none. The token is from `start` to `end`, the one before ends at `past`.
    """

    def __init__(self, text: str) -> None:
        self.text = without_escapes(text)
        self._take("", 0, 0)
        self.advance()

    def advance(self) -> str:
        """Go to the next token; return the one before.

        Raises:
            ReadingError: no token begins there.
        """
        before, self.past = self.written, self.end
        found = _TOKEN.match(self.text, self.end)
        if found is None:
            raise self._no_token()
        kind = found.lastgroup
        assert kind is not None  # noqa: S101 - each alternative has a name
        self._take(kind, found.start(kind), found.end())
        return before

    def _take(self, kind: str, start: int, end: int) -> None:
        self.kind, self.start, self.end = kind, start, end
        self.written = self.text[start:end]
        self.keyword = self.written.upper() if kind == "word" else ""

    def see_operator(self) -> None:
        """Let what stands after an operand be an operator: `<` begins no IRI there."""
        if self.kind == "iri":
            width = 2 if self.written.startswith("<=") else 1
            self._take("sign", self.start, self.start + width)

    def join_sign(self) -> None:
        """Let a sign and the number right after it be one token, as where an operand stands."""
        after = _TOKEN.match(self.text, self.end)
        if after and after.lastgroup in _NUMBERS and after.start(after.lastgroup) == self.end:
            self._take(after.lastgroup, self.start, after.end())

    def is_sign(self, sign: str) -> bool:
        """Return whether a sign stands here."""
        return self.kind == "sign" and self.written == sign

    def accept(self, sign: str) -> bool:
        """Go on where a sign stands here; return whether it does."""
        found = self.is_sign(sign)
        if found:
            self.advance()
        return found

    def expect(self, sign: str) -> None:
        """Go on, past a sign.

        Raises:
            ReadingError: another token stands here.
        """
        if not self.accept(sign):
            raise self.unexpected(f'"{sign}"')

    def accept_word(self, *words: str) -> str:
        """Go on where one of some keywords stands here; return it, or ""."""
        found = self.keyword
        if found not in words:
            return ""
        self.advance()
        return found

    def expect_word(self, word: str) -> None:
        """Go on, past a keyword.

        Raises:
            ReadingError: another token stands here.
        """
        if not self.accept_word(word):
            raise self.unexpected(word)

    def unexpected(self, expected: str) -> ReadingError:
        """Return the error that something else than the token here is expected."""
        if self.kind != "end":
            told = f'"{self.written[:_SHOWN]}" stands where {expected} is expected'
            near = self._meant(expected)
            return ReadingError(f"{told}; perhaps {near} is meant" if near else told, self.start)
        told = f"the text ends where {expected} is expected"
        opened = self._opened()
        if opened is not None:
            line = self.text.count("\n", 0, opened) + 1
            column = opened - self.text.rfind("\n", 0, opened)
            sign = self.text[opened]
            told += f': the "{sign}" of line {line}, column {column}, is not closed'
        return ReadingError(told, self.past)

    def _meant(self, expected: str) -> str:
        """Return the keyword that a word here, which is none, is nearest to, or ""."""
        if not self.keyword or self.keyword in KEYWORDS:
            return ""
        near = next(iter(get_close_matches(self.keyword, KEYWORDS, 1, NEAR)), "")
        return "" if near in expected.split() else near

    def _opened(self) -> int | None:
        """Return the place of the last bracket that is opened and not closed, None without one."""
        opened: list[int] = []
        place = 0
        while found := _TOKEN.match(self.text, place):
            if found.lastgroup == "end":
                break
            sign = found["sign"]
            if sign in _OPENING.values():
                opened.append(found.start("sign"))
            elif sign in _OPENING and opened and self.text[opened[-1]] == _OPENING[sign]:
                opened.pop()
            place = found.end()
        return opened[-1] if opened else None

    def _no_token(self) -> ReadingError:
        """Return the error that what follows is no token."""
        blanks = _BLANKS.match(self.text, self.end)
        assert blanks is not None  # noqa: S101 - it matches nothing too
        place = blanks.end()
        character = self.text[place]
        if character not in "\"'":
            return ReadingError(f'"{character}" cannot stand here', place)
        string = _ANY_STRING.match(self.text, place)
        if string is None:
            return ReadingError(
                "the string that begins here has no end; one of several lines stands between"
                " three quotation marks",
                place,
            )
        wrong = next(one for one in _NO_ESCAPE.finditer(string.group()) if one["other"])
        return ReadingError(
            f'"{wrong.group()}" is no escape in a string; a backslash itself is written twice',
            place + wrong.start(),
        )
