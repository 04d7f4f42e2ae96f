"""The header of a text table: which row it is, and what separates its cells."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.ingest.layout import COLUMN_LIMIT, ROWS_ABOVE, Layout
from kg.store.files import LINE_LIMIT

SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Heading:
    """The header of a text table: its row, its separator and its names."""

    row: int
    delimiter: str
    header: tuple[str, ...]


def find_heading(path: Path, name: str, layout: Layout) -> Heading:
    """Find the header and the separator, by the names looked for and else by the first row.

    Raises:
        SourceError: the row is blank, or has too many columns.
    """
    separators = (layout.separator,) if layout.separator else SEPARATORS
    record = _first_record(path, name)
    best, marks = (0, 1), {mark: len(_cells(record, mark)) for mark in separators}
    delimiter, row = max(separators, key=lambda mark: marks[mark]), layout.header or 1
    for mark in separators:
        found, known = layout.header_of(_first_rows(path, mark))
        if known and (known, -found) > best:
            best, delimiter, row = (known, -found), mark, found
    cells = _cells(record, delimiter) if row == 1 else _row(path, delimiter, row)
    header = tuple(cell.strip() for cell in cells)
    if not any(header):
        raise SourceError(
            f"{name}: row {row} is blank; it must hold the names of the columns.",
            file=name,
            row=row,
        )
    check_width(len(header), name, row)
    return Heading(row, delimiter, header)


def check_width(columns: int, name: str, row: int) -> None:
    """Refuse a table of too many columns."""
    if columns > COLUMN_LIMIT:
        raise SourceError(
            f"{name}, row {row}: {columns} columns, more than the {COLUMN_LIMIT} that a table may"
            " have. Keep those that matter, or check the separator.",
            file=name,
            row=row,
        )


def _first_rows(path: Path, delimiter: str) -> list[list[str]]:
    """Return the first rows, as far as they can be read."""
    rows: list[list[str]] = []
    with (
        any_cell_size(),
        path.open(encoding="utf-8-sig", newline="") as source,
        contextlib.suppress(csv.Error),
    ):
        sample = io.StringIO(source.read(LINE_LIMIT), newline="")
        rows += itertools.islice(csv.reader(sample, delimiter=delimiter), ROWS_ABOVE)
    return rows


def _row(path: Path, delimiter: str, row: int) -> list[str]:
    """Return a row by its number, nothing when the file ends before it."""
    with any_cell_size(), path.open(encoding="utf-8-sig", newline="") as source:
        return next(itertools.islice(csv.reader(source, delimiter=delimiter), row - 1, None), [])


def _first_record(path: Path, name: str) -> str:
    """Return the text of the first record, line breaks inside quotes included."""
    record = ""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for line in lines:
            record += line
            if record.count('"') % 2 == 0:
                break
            if len(record) > LINE_LIMIT:
                raise SourceError(
                    f"{name}, row 1: a quote opens in the header and never closes.",
                    file=name,
                    row=1,
                )
    # A file with old Macintosh line ends is one line to Python's universal reader of quotes.
    return record.rstrip("\r\n")


def _cells(record: str, delimiter: str) -> list[str]:
    """Return the cells of one record."""
    with any_cell_size():
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])


@contextlib.contextmanager
def any_cell_size() -> Iterator[None]:
    """Let the csv module read cells well over our limit, so that we can name them."""
    before = csv.field_size_limit(16 * LINE_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
