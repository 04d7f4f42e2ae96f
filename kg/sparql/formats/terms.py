"""What every writer of results asks of a term."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kg.errors import QueryEvaluationError
from kg.store import Kind, RawTerm

Row = tuple[RawTerm | None, ...]
"""A solution: one term, or None where unbound, per variable."""

BLANK = int(Kind.BLANK)
IRI = int(Kind.IRI)

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"

_CHUNK = 64 * 1024
_PLAIN_LABEL = re.compile(r"(?!x-)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")


def blank_label(lex: str) -> str:
    """Return the label of a blank node as all formats accept it: two nodes keep two labels."""
    label = lex.removeprefix("_:")
    if _PLAIN_LABEL.fullmatch(label):
        return label
    return "x-" + label.encode("utf-8", "surrogatepass").hex()


def encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield the pieces in UTF-8, gathered into chunks worth sending.

    Raises:
        QueryEvaluationError: a term holds half of a surrogate pair, which is no character.
    """
    buffer: list[str] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield _bytes(buffer)
            buffer.clear()
            size = 0
    if buffer:
        yield _bytes(buffer)


def _bytes(buffer: list[str]) -> bytes:
    try:
        return "".join(buffer).encode()
    except UnicodeEncodeError:
        raise QueryEvaluationError(
            "The answer holds half of a surrogate pair, which no format can carry: "
            "write the escape of the whole character in the query."
        ) from None
