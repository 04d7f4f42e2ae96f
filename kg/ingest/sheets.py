"""Workbooks (XLSX, ODS): a sheet becomes a text table with row numbers."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from kg.errors import SourceError
from kg.ingest import opendocument
from kg.ingest.expansion import check_archive
from kg.ingest.headings import check_width
from kg.ingest.layout import ROWS_ABOVE, Layout, above

Rows = Callable[[str], Iterator[list[str]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was written as a text table: `written` records below its header."""

    name: str
    header: tuple[str, ...]
    written: int
    notices: tuple[str, ...]


def sheet_names(path: Path, name: str) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises:
        SourceError: not a workbook, damaged, or unpacking to too much.
    """
    return _opened(path, name)[0]


def extract(path: Path, target: Path, name: str, layout: Layout) -> Sheet:
    """Write the rows of a sheet to `target`: the one that the layout names or fits best.

    Each written record starts with the row number that the spreadsheet shows.

    Raises:
        SourceError: not a workbook, damaged, without that sheet, or without a header.
    """
    names, rows_of = _opened(path, name)
    sheet, found = _chosen(names, rows_of, name, layout)
    rows = enumerate(rows_of(sheet), start=1)
    cells = next((cells for row, cells in rows if row == found), [])
    while cells and not cells[-1].strip():
        cells.pop()
    header = tuple(cell.strip() for cell in cells)
    if not any(header):
        raise SourceError(
            f"{name}, sheet {sheet!r}: row {found} is blank; it must hold the names of the"
            " columns.",
            file=name,
            row=found,
        )
    check_width(len(header), name, found)
    written, beside = _write(rows, target, len(header))
    left_out = ", ".join(repr(other) for other in names if other != sheet)
    told = left_out and layout.sheet is None
    notices = (f"Sheet {sheet!r} was read; {left_out} not.",) if told else ()
    return Sheet(sheet, header, written, notices + above(found) + beside)


def _opened(path: Path, name: str) -> tuple[list[str], Rows]:
    """Return the names of the sheets and what reads one, for XLSX or ODS."""
    check_archive(path, name)
    if opendocument.is_opendocument(path):
        return opendocument.sheet_names(path, name), lambda sheet: opendocument.rows(
            path, sheet, name
        )
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise _unreadable(name, error) from error
    return list(workbook.sheet_names), lambda sheet: _xlsx_rows(workbook, sheet, name)


def _unreadable(name: str, error: Exception) -> SourceError:
    """Return the error of a workbook that is none."""
    return SourceError(
        f"{name} cannot be read as an XLSX workbook ({error}). Save it again as .xlsx, or as"
        " CSV UTF-8.",
        file=name,
    )


def _xlsx_rows(workbook: CalamineWorkbook, sheet: str, name: str) -> Iterator[list[str]]:
    """Yield the rows of a sheet from its first one, blank ones too."""
    try:
        area = workbook.get_sheet_by_name(sheet)
        # The rows begin with the first of the sheet, but their cells with the first column in use.
        indent = [""] * (area.start[1] if area.start else 0)
        for row in area.iter_rows():
            yield [*indent, *map(cell_text, row)]
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _chosen(names: Sequence[str], rows_of: Rows, name: str, layout: Layout) -> tuple[str, int]:
    """Return the sheet and the row of its header."""
    if layout.sheet is not None and layout.sheet not in names:
        raise SourceError(
            f"{name} has no sheet {layout.sheet!r}; it has {', '.join(map(repr, names))}.",
            file=name,
        )
    if not names:
        raise SourceError(f"{name} has no sheet.", file=name)
    candidates = [layout.sheet] if layout.sheet is not None else names
    found = []
    for position, sheet in enumerate(candidates):
        row, known = layout.header_of(list(itertools.islice(rows_of(sheet), ROWS_ABOVE)))
        found.append((known, -position, sheet, row))
    _, _, sheet, row = max(found)
    return sheet, row


def _write(
    rows: Iterable[tuple[int, list[str]]], target: Path, width: int
) -> tuple[int, tuple[str, ...]]:
    """Write numbered rows of `width` cells; return how many, and what was left out beside them."""
    written = blank = beside = first = 0
    with target.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, cells in rows:
            if any(cells[width:]):
                beside, first = beside + 1, first or number
            if not any(cells[:width]):
                blank += 1
                continue
            for missing in range(number - blank, number):
                writer.writerow([missing, *[""] * width])
            written, blank = written + blank + 1, 0
            writer.writerow([number, *cells[:width], *[""] * (width - len(cells))])
    if not beside:
        return written, ()
    return written, (
        f"Cells to the right of the last named column were left out in {beside} rows, the first of"
        f" them row {first}.",
    )


def cell_text(cell: object) -> str:
    """Return the text of a cell: dates and times in ISO form, whole numbers without decimals."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
