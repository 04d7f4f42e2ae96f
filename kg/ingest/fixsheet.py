"""Fix sheets: the refused rows of a file as the file has them, with what is wrong beside each.

A sheet is of its file's family: text with the same separator and encoding, or a workbook; Parquet
and JSON lines become CSV. The two columns of errors are left out when it is imported, so that a
corrected sheet is imported as it is. Where the rows are in quarantine, one more column names their
records, so that a row which is taken resolves its own, whatever was corrected in it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.ingest.execution import ReadTable
from kg.ingest.plan import Record
from kg.ingest.readers import ERROR_COLUMNS, SHEET_COLUMNS, Form
from kg.ingest.refusal import HeldRow
from kg.store import Cursor
from kg.workbook import write_workbook


class SheetRow(NamedTuple):
    """A refused row: its cells, the reasons as JSON, and its record in quarantine, if any."""

    cells: Sequence[str | None]
    reasons: str
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The refused rows of one file; reasons are JSON, as quarantine keeps them."""

    name: str
    form: Form
    header: Sequence[str]
    rows: Sequence[SheetRow]

    @property
    def file_name(self) -> str:
        """Name of the sheet's file: that of the original where it is of the same family."""
        name = self.name.removesuffix(f" [{self.form.sheet}]").removesuffix(".gz")
        stem, _, ending = name.rpartition(".")
        return f"{stem}.{ending}" if f".{ending.lower()}" in _SAME else f"{stem}.csv"


_SAME = (".csv", ".tsv", ".xlsx")


def sheets_of(
    cursor: Cursor,
    tables: Sequence[ReadTable],
    rows: dict[int, list[HeldRow]],
    run: str | None = None,
) -> list[Sheet]:
    """Return the sheets of the rows of each file that an import cannot take.

    `run` is the import that puts them into quarantine, where one does.
    """
    found = []
    for position, refused in sorted(rows.items()):
        read = tables[position]
        columns = ", ".join(f"c{i}" for i in range(len(read.table.columns)))
        held = {one.row: one for one in refused}
        relation = read.held or read.table.relation
        cells = cursor.execute(
            f"SELECT _row, {columns} FROM temp.{relation}"
            " WHERE _row IN (SELECT unnest(?::BIGINT[])) ORDER BY _row",
            [list(held)],
        ).fetchall()
        lines = [_line(row, held[row[0]], run) for row in cells]
        found.append(Sheet(read.table.name, read.table.form, read.table.columns, lines))
    return found


def _line(row: Sequence[Any], held: HeldRow, run: str | None) -> SheetRow:
    """Return a row that was read, its number first, as a row of a sheet."""
    record = None if run is None else (run, held.file, held.record)
    return SheetRow(row[1:], held.reasons, record)


def write_sheets(sheets: Sequence[Sheet], path: Path) -> list[Path]:
    """Write sheets to a file, or to files in a folder where there are several; return them.

    Raises:
        UsageError: the file cannot be written, or its ending is of another family than the sheet.
    """
    files: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        files.setdefault(sheet.file_name, []).append(sheet)
    try:
        if len(files) == 1 and not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            return [_write(sheets, path)]
        path.mkdir(parents=True, exist_ok=True)
        return [_write(several, path / name) for name, several in files.items()]
    except OSError as error:
        raise UsageError(
            f"The fix sheet {path} cannot be written: {error.strerror}. Name another file; where"
            " rows of several files are refused, a folder."
        ) from error


def _write(sheets: Sequence[Sheet], path: Path) -> Path:
    """Write the sheets of one file."""
    first = sheets[0]
    ending = Path(first.file_name).suffix.lower()
    if path.suffix.lower() != ending:
        raise UsageError(
            f"The fix sheet of {first.name} is a {ending} file: name it so, instead of {path.name}."
        )
    if ending == ".xlsx":
        write_workbook([(sheet.form.sheet, _records(sheet)) for sheet in sheets], path)
        return path
    with path.open("w", encoding=first.form.encoding, errors="replace", newline="") as file:
        delimiter = "\t" if ending == ".tsv" else first.form.delimiter
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        for sheet in sheets:
            writer.writerows(_records(sheet))
    return path


def _records(sheet: Sheet) -> Iterable[list[str]]:
    """Yield the header and the rows; a column of errors that was there before is written anew."""
    kept = [i for i, name in enumerate(sheet.header) if name not in SHEET_COLUMNS]
    named = any(row.record is not None for row in sheet.rows)
    yield [*(sheet.header[i] for i in kept), *(SHEET_COLUMNS if named else ERROR_COLUMNS)]
    for row in sheet.rows:
        record = [record_text(row.record)] if named else []
        yield [*(row.cells[i] or "" for i in kept), *reason_texts(row.reasons), *record]


def record_text(record: Record | None) -> str:
    """Return a record in quarantine as a cell names it."""
    return "" if record is None else "/".join(map(str, record))


def record_of(text: str) -> Record | None:
    """Return the record that a cell names, None where it names none."""
    found = re.fullmatch(r"\s*([^/\s]+)/([0-9]{1,9})/([0-9]{1,18})\s*", text)
    return (found[1], int(found[2]), int(found[3])) if found else None


def reason_texts(reasons: str) -> list[str]:
    """Return what is wrong with a row as texts, one for each column of errors."""
    listed = json.loads(reasons)
    return [" ".join(one["message"].get(code, "") for one in listed) for code in LANGUAGES]
