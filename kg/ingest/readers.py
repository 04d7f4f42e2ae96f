"""Files become temporary tables of text cells.

Every table has a column `_row` (row number in the file; see `kg.ingest.texts`) and one column per
column of the file, c0, c1 ... by position, so that no name out of a file is ever part of SQL.
An empty cell is a missing value.
"""

from __future__ import annotations

import codecs
import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.ingest import objects, sheets, texts
from kg.ingest.headings import check_width
from kg.ingest.layout import Layout
from kg.store import Cursor, EngineError
from kg.store.files import LINE_LIMIT, FileReader, copy_rows

_TEXT = {".csv", ".tsv"}
_BOOKS = {".xlsx", ".ods"}
_OBJECTS = {".json", ".jsonl", ".ndjson"}
_FORMATS = (*sorted(_TEXT), *sorted(_BOOKS), ".parquet", *sorted(_OBJECTS))
_PACKED = _TEXT | _OBJECTS
_SIGNATURES = {
    b"PK\x03\x04": (_BOOKS, "an XLSX workbook or another ZIP archive"),
    b"\x1f\x8b": ({".gz"}, "gzip data"),
    b"PAR1": ({".parquet"}, "Parquet"),
    b"\xd0\xcf\x11\xe0": ({".xls"}, "an old Excel workbook; save it as .xlsx"),
    b"%PDF": ({".pdf"}, "a PDF document"),
}


_PLAIN = Layout()
ERROR_COLUMNS = ("error_en", "error_fr")
"""Columns in which a fix sheet says what is wrong with a row: they are read past."""
RECORD_COLUMN = "quarantined_as"
"""Column in which a fix sheet names the record in quarantine that a row corrects."""
SHEET_COLUMNS = (*ERROR_COLUMNS, RECORD_COLUMN)
"""Columns that a fix sheet has beside those of its file."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written in its file, for writing rows of it the same way."""

    ending: str = ".csv"
    """Ending of the file's name, `.gz` left out."""
    delimiter: str = ","
    encoding: str = "utf-8"
    sheet: str = "Sheet1"
    """Name of the sheet of a workbook."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A file that was read into a temporary table."""

    name: str
    relation: str
    columns: tuple[str, ...]
    rows: int
    notices: tuple[str, ...] = ()
    form: Form = Form()

    def column(self, name: str) -> str | None:
        """Return the column of the relation for a column of the file, None when it has none."""
        return f"c{self.columns.index(name)}" if name in self.columns else None


def stem(path: Path) -> str:
    """Return a file's name without its endings: `parties` of `parties.csv.gz`."""
    name = path.name.removesuffix(".gz")
    return name.rpartition(".")[0] or name


def is_table(path: Path) -> bool:
    """Tell whether a file's ending is that of a table."""
    return _ending(path).removesuffix(".gz") in _FORMATS


def formulation(path: Path) -> str:
    """Return how a mapping document names the format of a file."""
    plain = _ending(path).removesuffix(".gz").removeprefix(".")
    return {"ndjson": "jsonl"}.get(plain, plain)


def sheets_of(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook, nothing for another file.

    Raises:
        SourceError: it cannot be read.
    """
    ending = _ending(path)
    if ending not in _BOOKS:
        return []
    _check_content(path, ending, path.name)
    return sheets.sheet_names(path, path.name)


def read_table(cursor: Cursor, path: Path, relation: str, layout: Layout = _PLAIN) -> SourceTable:
    """Read the table that a layout describes in a file into the temporary table `relation`.

    Raises:
        SourceError: the file is missing, of an unknown or another format, or cannot be read.
    """
    ending = _ending(path)
    _check_content(path, ending, path.name)
    name = path.name if layout.sheet is None else f"{path.name} [{layout.sheet}]"
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as work:
        folder = Path(work)
        plain = _without_wildcards(path, folder, ending)
        file = _File(name, plain, ending, folder, layout)
        table = _read(cursor, file, relation)
    _check_header(table)
    _check_cells(cursor, table)
    return table


@dataclass(frozen=True, slots=True)
class _File:
    """A file being read: its name for users, and a folder for what is made of it."""

    name: str
    path: Path
    ending: str
    folder: Path
    layout: Layout


def _read(cursor: Cursor, file: _File, relation: str) -> SourceTable:
    """Read a file whose content fits its ending."""
    small = file.ending in _TEXT and file.path.stat().st_size < _SMALL
    with FileReader(file.folder, small=small) as reader:
        if file.ending.removesuffix(".gz") in _TEXT:
            return _read_text(cursor, reader, file, relation)
        if file.ending in _BOOKS:
            return _read_sheet(cursor, reader, file, relation)
        if file.ending.removesuffix(".gz") in _OBJECTS:
            return _read_objects(cursor, reader, file, relation)
        return _read_parquet(cursor, reader, file, relation)


def _without_wildcards(path: Path, folder: Path, ending: str) -> Path:
    """Return the file, copied where the engine would take its name for a pattern of names."""
    if not any(mark in str(path) for mark in "*?["):
        return path
    return shutil.copyfile(path, folder / f"input{ending}")


def _ending(path: Path) -> str:
    """Return the ending that says the format, `.gz` included."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes and suffixes[-1] == ".gz":
        return "".join(suffixes)
    return suffixes[-1] if suffixes else ""


def _check_content(path: Path, ending: str, name: str) -> None:
    """Refuse a missing file, an unknown ending, and content that the ending does not announce."""
    if not path.is_file():
        raise SourceError(f"{path} does not exist, or is not a file.", file=name)
    plain = ending.removesuffix(".gz")
    if plain not in _FORMATS or (plain != ending and plain not in _PACKED):
        raise SourceError(
            f"{name}: the ending {ending!r} is not one of a table. Use one of"
            f" {', '.join(_FORMATS)}; text and JSON are read with .gz too.",
            file=name,
        )
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise SourceError(f"{name} is empty: there is nothing to import.", file=name)
    expected = ".gz" if ending.endswith(".gz") else ending
    found = next((kind for mark, kind in _SIGNATURES.items() if start.startswith(mark)), None)
    if found is not None and expected not in found[0]:
        raise SourceError(
            f"{name} holds {found[1]}, not what its ending {ending!r} says. Give the file its"
            " right ending, or save it in that format.",
            file=name,
        )
    if found is None and expected in {".gz", ".parquet", *_BOOKS}:
        raise SourceError(
            f"{name} does not hold what its ending {ending!r} says: its first bytes are not those"
            f" of {expected.removeprefix('.')}. Give the file its right ending.",
            file=name,
        )


def _read_text(cursor: Cursor, reader: FileReader, file: _File, relation: str) -> SourceTable:
    """Read CSV or TSV: by the engine, and record by record only where it finds something odd."""
    table = texts.inspect(file.path, file.folder, file.name, file.layout)
    rows = None
    if table.line_end is not None and table.header_row == 1:
        with contextlib.suppress(EngineError):
            rows = reader.csv(table.path, len(table.header), table.delimiter, table.line_end)
    if rows is not None and not reader.rejected() and reader.count() == table.lines - 1:
        count = copy_rows(cursor, rows, relation)
    else:
        written = texts.rewrite(table, file.folder / _REWRITTEN)
        count = _copy_rewritten(cursor, reader, file, table.header, written, relation)
    form = Form(file.ending.removesuffix(".gz"), table.delimiter, _encoding(table))
    return SourceTable(file.name, relation, table.header, count, table.notices, form)


def _encoding(table: texts.TextTable) -> str:
    """Return the encoding of a text file: UTF-8 with or without its mark, or another one."""
    if table.encoding != "utf-8":
        return table.encoding
    with table.path.open("rb") as file:
        return "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else "utf-8"


def _read_sheet(cursor: Cursor, reader: FileReader, file: _File, relation: str) -> SourceTable:
    """Read one sheet of a workbook."""
    sheet = sheets.extract(file.path, file.folder / _REWRITTEN, file.name, file.layout)
    count = _copy_rewritten(cursor, reader, file, sheet.header, sheet.written, relation)
    return SourceTable(
        file.name, relation, sheet.header, count, sheet.notices, Form(file.ending, sheet=sheet.name)
    )


def _read_objects(cursor: Cursor, reader: FileReader, file: _File, relation: str) -> SourceTable:
    """Read JSON or JSON lines."""
    path = file.path
    if file.ending.endswith(".gz"):
        path = file.folder / f"unpacked{file.ending.removesuffix('.gz')}"
        texts.unpack(file.path, path, file.name)
    found = objects.extract(path, file.folder / _REWRITTEN, file.name, file.layout.iterator)
    if not found.columns:
        raise SourceError(f"{file.name} holds no object with a key.", file=file.name)
    count = _copy_rewritten(cursor, reader, file, found.columns, found.written, relation)
    return SourceTable(file.name, relation, found.columns, count, form=Form(file.ending))


_SMALL = 4 * 2**20
"""Bytes of a text whose rows are kept in memory while it is read."""
_REWRITTEN = "records"


def _copy_rewritten(
    cursor: Cursor,
    reader: FileReader,
    file: _File,
    header: tuple[str, ...],
    written: int,
    relation: str,
) -> int:
    """Copy the records that were written anew with their row numbers; return how many."""
    path = file.folder / _REWRITTEN
    rows = reader.csv(path, len(header), ",", "\n", numbered=True)
    if reader.count() != written:
        raise SourceError(
            f"{file.name}: {written - reader.count()} rows are longer than"
            f" {LINE_LIMIT // 1024 // 1024} MB. Shorten their cells.",
            file=file.name,
        )
    return copy_rows(cursor, rows, relation)


def _read_parquet(cursor: Cursor, reader: FileReader, file: _File, relation: str) -> SourceTable:
    """Read Parquet."""
    try:
        rows = reader.parquet(file.path)
    except EngineError as error:
        detail = str(error).partition("\n")[0].replace(str(file.path), file.name)
        raise SourceError(
            f"{file.name} cannot be read as parquet: {detail}", file=file.name
        ) from error
    check_width(len(rows.columns), file.name, 1)
    count = copy_rows(cursor, rows, relation)
    return SourceTable(file.name, relation, rows.columns, count, form=Form(file.ending))


def _check_header(table: SourceTable) -> None:
    """Refuse a header with two columns of one name; an unnamed column may stand once or often."""
    seen: dict[str, int] = {}
    for position, column in enumerate(table.columns, start=1):
        if column and column in seen:
            raise SourceError(
                f"{table.name}: columns {seen[column]} and {position} are both named {column!r}."
                " Rename or remove one.",
                file=table.name,
                row=1,
                column=column,
            )
        seen[column] = position


def _check_cells(cursor: Cursor, table: SourceTable) -> None:
    """Refuse a cell over the limit, naming its row and column."""
    if not table.columns:
        raise SourceError(f"{table.name} has no columns.", file=table.name)
    longest = ", ".join(f"coalesce(strlen(c{i}), 0)" for i in range(len(table.columns)))
    found = cursor.execute(
        f"SELECT _row, {longest} FROM temp.{table.relation}"
        f" WHERE greatest({longest}, 0) > ? ORDER BY _row LIMIT 1",
        [texts.CELL_LIMIT],
    ).fetchone()
    if found is not None:
        row, *lengths = found
        position = max(range(len(lengths)), key=lengths.__getitem__)
        raise texts.too_long(table.name, row, table.columns[position])
