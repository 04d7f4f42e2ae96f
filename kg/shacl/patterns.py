"""Regular expressions of XPath, which sh:pattern is written in, as those of the engine (RE2).

What the two do not both have, or do not mean alike, is refused rather than approximated.
"""

from __future__ import annotations

import re

from kg.errors import UnsupportedShapeError

_TOKEN = re.compile(r"\\(?:[pP]\{[^}]*\}|.)|\(\?.|[*+?}]\+|.", re.DOTALL)
_REFUSED = {
    **dict.fromkeys(("\\w", "\\W"), "means other characters in XPath than in most engines"),
    **dict.fromkeys(("\\i", "\\I", "\\c", "\\C"), "names characters of XML names"),
    **dict.fromkeys(("\\b", "\\B", "\\A", "\\z", "\\Z"), "is no part of XPath expressions"),
    **{f"\\{digit}": "is a back reference" for digit in "123456789"},
    **dict.fromkeys(("*+", "++", "?+", "}+"), "is a possessive quantifier"),
}
_SPACE = r" \t\n\r"
_OUTSIDE = {
    r"\d": r"\p{Nd}",
    r"\D": r"\P{Nd}",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
}
_INSIDE = {r"\d": r"\p{Nd}", r"\D": r"\P{Nd}", r"\s": _SPACE}


def translate(regex: str, flags: str) -> str:
    """Return the engine's form of a regular expression of SPARQL's REGEX with its flags.

    Raises:
        UnsupportedShapeError: the expression, or a flag, has no form there.
    """
    unknown = set(flags) - set("imsxq")
    if unknown:
        raise UnsupportedShapeError(
            f"sh:flags {flags!r} of the pattern {regex!r} holds {''.join(sorted(unknown))!r};"
            " the flags are i, m, s, x and q."
        )
    body = _quoted(regex) if "q" in flags else _translated(regex, flags)
    inline = "".join(flag for flag in "ims" if flag in flags)
    return f"(?{inline}){body}" if inline else body


def _quoted(regex: str) -> str:
    """Return an expression that matches a text as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", regex, flags=re.ASCII)


def _translated(regex: str, flags: str) -> str:
    """Return an expression part by part, knowing what is inside a character class."""
    parts: list[str] = []
    depth = 0
    for part in _TOKEN.findall(regex):
        _refuse(part, regex, inside=depth > 0)
        if part == "[":
            depth += 1
        elif part == "]":
            depth -= 1
        if depth:
            parts.append(_INSIDE.get(part, part))
        elif part == "." and "s" not in flags:
            parts.append(r"[^\n\r]")
        elif not ("x" in flags and part in " \t\r\n"):
            parts.append(_OUTSIDE.get(part, part))
    return "".join(parts)


def _refuse(part: str, regex: str, *, inside: bool) -> None:
    """Raise the error of a part that has no form in the engine."""
    reason = None
    if part in _REFUSED and not (inside and part in {"*+", "++", "?+", "}+"}):
        reason = _REFUSED[part]
    elif part.startswith("(?") and part != "(?:" and not inside:
        reason = "is a look-around or an inline flag"
    elif part.lower().startswith("\\p{is"):
        reason = "names a block of Unicode"
    elif inside and part == "[":
        reason = "inside a character class subtracts or names a class"
    elif inside and part == r"\S":
        reason = "inside a character class cannot be translated"
    if reason:
        raise UnsupportedShapeError(
            f"The pattern {regex!r} (sh:pattern) cannot be compiled: {part} {reason}. Write the"
            " characters that are meant."
        )
