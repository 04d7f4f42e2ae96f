"""Where the table is in a file: what a mapping document says of it; the rest is found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROWS_ABOVE = 60
"""Rows among which the header is looked for."""
COLUMN_LIMIT = 4096
"""Most columns of a table."""


def _nothing_known(_: Sequence[str]) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How to find the table in a file."""

    known: Callable[[Sequence[str]], int] = _nothing_known
    """How many of the cells of a row are names of columns that are looked for."""
    sheet: str | None = None
    header: int | None = None
    """Row of the header, counted from 1."""
    encoding: str | None = None
    separator: str | None = None
    iterator: str | None = None
    """Path to the objects of a JSON document."""

    def header_of(self, rows: Sequence[Sequence[str]]) -> tuple[int, int]:
        """Return the row of the header among the first ones, and how many names it has.

        The first row, unless a later one has more of the names that are looked for.
        """
        if self.header is not None:
            position = self.header - 1
            return self.header, self.known(rows[position]) if position < len(rows) else 0
        known = [self.known(cells) for cells in rows]
        best = max(known, default=0)
        return (known.index(best) + 1 if best else 1), best


def above(header: int) -> tuple[str, ...]:
    """Return the notice that rows above the header were left out."""
    if header == 1:
        return ()
    return (f"The header is row {header}: the rows above it were left out.",)
