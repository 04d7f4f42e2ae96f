"""Spreadsheets (XLSX): the first sheet becomes a text table with row numbers."""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from kg.errors import SourceError


def extract(path: Path, target: Path, name: str) -> tuple[tuple[str, ...], int, list[str]]:
    """Write the rows of the first sheet to `target`; return header, number, and other sheets.

    Each written record starts with the row number that the spreadsheet shows.

    Raises:
        SourceError: not a workbook, damaged, or without any cell.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError) as error:
        raise SourceError(
            f"{name} cannot be read as an XLSX workbook ({error}). Save it again as .xlsx, or as"
            " CSV UTF-8.",
            file=name,
        ) from error
    if not rows or not any(cell_text(cell) for cell in rows[0]):
        raise SourceError(
            f"{name}: the first sheet has no header in row 1; name its columns there.",
            file=name,
            row=1,
        )
    header = tuple(cell_text(cell).strip() for cell in rows[0])
    with target.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, row in enumerate(rows[1:], start=2):
            writer.writerow([number, *(cell_text(cell) for cell in row)])
    return header, len(rows) - 1, list(workbook.sheet_names[1:])


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
