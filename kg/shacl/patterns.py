"""Regular expressions of sh:pattern in the engine's syntax."""

from __future__ import annotations

from kg.errors import UnsupportedShapeError
from kg.sparql.xpath import FLAGS, RefusedError, translated


def translate(regex: str, flags: str) -> str:
    """Return the engine's form of a regular expression of SPARQL's REGEX with its flags.

    Raises:
        UnsupportedShapeError: the expression, or a flag, has no form there.
    """
    unknown = set(flags) - FLAGS
    if unknown:
        raise UnsupportedShapeError(
            f"sh:flags {flags!r} of the pattern {regex!r} holds {''.join(sorted(unknown))!r};"
            " the flags are i, m, s, x and q."
        )
    try:
        return translated(regex, flags).text
    except RefusedError as refused:
        raise UnsupportedShapeError(
            f"The pattern {regex!r} (sh:pattern) cannot be compiled: {refused}. Write the"
            " characters that are meant."
        ) from refused
