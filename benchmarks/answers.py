"""What an engine answered, in a form in which the answers of engines can be compared."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_TYPE = re.compile(r'"\^\^<http://www.w3.org/2001/XMLSchema#string>')


def rows_of(body: bytes, media_type: str) -> list[str]:
    """Return the rows of CSV or the triples of N-Triples, sorted, numbers without their spelling.

    Numbers are compared to nine digits: some engines compute decimals as doubles.
    """
    text = body.decode()
    if media_type.startswith("text/csv"):
        rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
        return sorted("\x1f".join(map(canonical, row)) for row in rows if row)
    lines = (_TYPE.sub('"', line.strip()) for line in text.splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def checksum(rows: Iterable[str]) -> str:
    """Return a checksum of sorted rows."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()[:12]


def canonical(cell: str) -> str:
    """Return a cell, a number by its value to nine digits."""
    return f"{float(cell):.9g}" if _NUMBER.fullmatch(cell) else cell
