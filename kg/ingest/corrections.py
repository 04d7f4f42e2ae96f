"""Cells corrected before an import, without a change of the file; and rows shown with findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.ingest.readers import SourceTable
from kg.ingest.report import Finding, SourceRow
from kg.store import Cursor

if TYPE_CHECKING:
    from kg.ingest.execution import ReadTable


@dataclass(frozen=True, slots=True)
class Correction:
    """What a cell is to be read as: its file, its row there, its column, and the text."""

    file: str
    row: int
    column: str
    value: str


def correct(cursor: Cursor, table: SourceTable, corrections: Iterable[Correction]) -> None:
    """Put the corrected cells of a table in the place of those that were read."""
    for one in corrections:
        column = table.column(one.column) if one.file == table.name else None
        if column is not None:
            cursor.execute(
                f"UPDATE temp.{table.relation} SET {column} = nullif(?, '') WHERE _row = ?",
                [one.value, one.row],
            )


def rows_of(
    cursor: Cursor, tables: Sequence[ReadTable], findings: Iterable[Finding]
) -> list[SourceRow]:
    """Return the rows that findings are about, as they were read, each once."""
    wanted: dict[str, set[int]] = {}
    for one in findings:
        if one.file is not None and one.row is not None:
            wanted.setdefault(one.file, set()).add(one.row)
    found = []
    for read in tables:
        columns = read.table.columns
        cells = ", ".join(f"c{i}" for i in range(len(columns)))
        relations = [read.table.relation, *([read.held] if read.held else [])]
        for relation in relations:
            rows = cursor.execute(
                f"SELECT _row, {cells} FROM temp.{relation}"
                " WHERE _row IN (SELECT unnest(?::BIGINT[])) ORDER BY _row",
                [sorted(wanted.get(read.table.name, ()))],
            ).fetchall()
            found += [
                SourceRow(read.table.name, row, dict(zip(columns, values, strict=True)))
                for row, *values in rows
            ]
    return found
