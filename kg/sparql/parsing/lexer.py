"""The tokens of SPARQL (SPARQL 1.1, section 19.8, rules 139 to 173), one after the other."""

from __future__ import annotations

import re

from kg.sparql.tokens import without_escapes

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
            ValueError: no token begins there.
        """
        before, self.past = self.written, self.end
        found = _TOKEN.match(self.text, self.end)
        if found is None:
            raise self.unexpected("a token")
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
            ValueError: another token stands here.
        """
        if not self.accept(sign):
            raise self.unexpected(repr(sign))

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
            ValueError: another token stands here.
        """
        if not self.accept_word(word):
            raise self.unexpected(word)

    def unexpected(self, expected: str) -> ValueError:
        """Return the error that something else than the token here is expected."""
        line = self.text.count("\n", 0, self.end) + 1
        shown = self.text[self.start :][:20].strip()
        return ValueError(f"{expected} is expected in line {line} before {shown!r}")
