r"""XPath's regular expressions, of REGEX, REPLACE and sh:pattern, in the engine's syntax (RE2).

What the engine does not have, or means otherwise, is refused rather than approximated. The classes
`\w` and `\s` hold the letters, digits and spaces of all scripts, as they do for those who write
them and in other SPARQL engines: the letter of XPath would have `+` match `\w`, and `_` not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FLAGS = frozenset("imsxq")
"""Flags of a regular expression (XPath 3.1, 5.6.2)."""

_TOKEN = re.compile(r"\\(?:[pP]\{[^}]*\}|.)|\(\?.|[*+?}]\+|.", re.DOTALL)
_WORD = r"\p{L}\p{M}\p{N}\p{Pc}"
_SPACE = r"\p{Z}\t\n\x0b\f\r\x{85}"
_INSIDE = {r"\d": r"\p{Nd}", r"\D": r"\P{Nd}", r"\w": _WORD, r"\s": _SPACE}
_OUTSIDE = {
    r"\d": r"\p{Nd}",
    r"\D": r"\P{Nd}",
    r"\w": f"[{_WORD}]",
    r"\W": f"[^{_WORD}]",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
}
_POSSESSIVE = frozenset({"*+", "++", "?+", "}+"})
_REFUSED = {
    **dict.fromkeys(("\\i", "\\I", "\\c", "\\C"), "names characters of XML names"),
    **dict.fromkeys(("\\b", "\\B", "\\A", "\\z", "\\Z"), "is no part of XPath expressions"),
    **dict.fromkeys(("\\Q", "\\E"), "is no part of XPath expressions"),
    **{f"\\{digit}": "is a back reference" for digit in "123456789"},
    **dict.fromkeys(_POSSESSIVE, "is a possessive quantifier"),
}


class RefusedError(Exception):
    """An expression has no form in the engine; the message says which part, and why."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression in the engine's syntax, with the number of its groups."""

    text: str
    groups: int = 0
    literal: bool = False
    """The replacement, too, is meant as it is written (flag `q`)."""

    def replacement(self, text: str) -> str | None:
        r"""Return a replacement of XPath (`$1`) in the engine's syntax (`\1`), None for an error.

        `$12` is the first group before a `2` where there are fewer than twelve; a group that is
        not there is empty (XPath 3.1, 5.6.4).

        Raises:
            RefusedError: it takes up a group beyond the ninth.
        """
        if self.literal:
            return text.replace("\\", "\\\\")
        parts = re.split(r"(\\[\\$]|\$[0-9]+)", text)
        if any("\\" in part or "$" in part for part in parts[::2]):
            return None
        parts[1::2] = (
            self._group(part[1:]) if part[0] == "$" else {"\\\\": "\\\\", "\\$": "$"}[part]
            for part in parts[1::2]
        )
        return "".join(parts)

    def _group(self, digits: str) -> str:
        size = len(digits)
        while size > 1 and int(digits[:size]) > self.groups:
            size -= 1
        group = int(digits[:size])
        if 9 < group <= self.groups:
            raise RefusedError(f"${group} is beyond the ninth group")
        return (f"\\{group}" if group <= self.groups else "") + digits[size:]


def translated(pattern: str, flags: str) -> Regex:
    """Return a regular expression with its flags, which are of `FLAGS`, in the engine's syntax.

    Raises:
        RefusedError: it has no form there.
    """
    regex = Regex(_quoted(pattern), literal=True) if "q" in flags else _by_parts(pattern, flags)
    inline = "".join(flag for flag in "ims" if flag in flags)
    return Regex(f"(?{inline}){regex.text}", regex.groups, regex.literal) if inline else regex


def _quoted(text: str) -> str:
    """Return an expression that matches a text as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII)


def _by_parts(pattern: str, flags: str) -> Regex:
    """Return an expression part by part, knowing what is inside a character class."""
    parts: list[str] = []
    inside, groups = False, 0
    for part in _TOKEN.findall(pattern):
        _refuse(part, inside=inside)
        if part == "[":
            inside = True
        elif part == "]":
            inside = False
        groups += part == "(" and not inside
        if inside:
            parts.append(_INSIDE.get(part, part))
        elif not ("x" in flags and part in " \t\r\n"):
            parts.append(_OUTSIDE.get(part, part))
    return Regex("".join(parts), groups)


def _refuse(part: str, *, inside: bool) -> None:
    """Raise the error of a part that has no form in the engine."""
    reason = None
    if part in _REFUSED and not (inside and part in _POSSESSIVE):
        reason = _REFUSED[part]
    elif part.startswith("(?") and part != "(?:" and not inside:
        reason = "is a look-around or an inline flag"
    elif part.lower().startswith("\\p{is"):
        reason = "names a block of Unicode"
    elif inside and part == "[":
        reason = "inside a character class subtracts or names a class"
    elif inside and part in {r"\W", r"\S"}:
        reason = "inside a character class cannot be translated"
    if reason:
        raise RefusedError(f"{part} {reason}")
