"""What an engine answered, in a form in which the answers of engines can be compared."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable

import pyoxigraph as ox

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


def rows_of(body: bytes, media_type: str) -> list[str]:
    """Return the rows of CSV or the triples of N-Triples, sorted, numbers without their spelling.

    Numbers are compared to nine digits: some engines compute decimals as doubles.
    """
    if media_type.startswith("text/csv"):
        rows = list(csv.reader(io.StringIO(body.decode(), newline="")))[1:]
        return sorted("\x1f".join(map(canonical, row)) for row in rows if row)
    return sorted({str(triple) for triple in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)})


def checksum(rows: Iterable[str]) -> str:
    """Return a checksum of sorted rows."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()[:12]


def canonical(cell: str) -> str:
    """Return a cell, a number by its value to nine digits."""
    return f"{float(cell):.9g}" if _NUMBER.fullmatch(cell) else cell
