"""Text tables (CSV, TSV): their form, and the exact reason why one cannot be read.

Row numbers count records, the header being row 1, as a spreadsheet shows them: a cell with line
breaks inside quotes is part of one record, and a blank line counts although it holds no record.

The engine reads well-formed files, and is believed when it finds as many records as the file has
line ends outside quotes. Otherwise the file is read once more here, record by record, to say what
is wrong and in which row; one that is unusual but right (blank lines between records, mixed line
ends, carriage returns in cells) is written anew in a plain form for the engine.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.ingest.encodings import legacy_encoding, marked_encoding, transcode
from kg.ingest.expansion import check_expansion
from kg.ingest.headings import any_cell_size, find_heading
from kg.ingest.layout import Layout, above
from kg.ingest.line_ends import LineEnds

CELL_LIMIT = 1024 * 1024
"""Longest cell, in bytes."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class TextTable:
    """A text file whose bytes passed the checks: where to read it, and its form."""

    name: str
    """Name of the file as the user knows it."""
    path: Path
    """The file itself, or its decompressed copy."""
    delimiter: str
    header: tuple[str, ...]
    line_end: str | None
    """What ends its records, None when that is not one thing that the engine can be told."""
    lines: int
    """Number of line ends outside quotes, the header's included: its records, if none is blank."""
    header_row: int = 1
    notices: tuple[str, ...] = ()
    encoding: str = "utf-8"
    """Encoding of the file itself; what `path` leads to is UTF-8."""


def inspect(path: Path, folder: Path, name: str, layout: Layout) -> TextTable:
    """Check the bytes of a text file and return its form; `.gz` is decompressed into `folder`.

    Raises:
        SourceError: empty, damaged or not gzip, in no known encoding, or without a header.
    """
    if path.suffix.lower() == ".gz":
        plain = folder / f"{path.stem}.plain"
        unpack(path, plain, name)
        path = plain
    plain, notices, encoding = _in_utf8(path, folder, name, layout)
    ends = _checked(plain, name)
    found = find_heading(plain, name, layout)
    notices += above(found.row)
    return TextTable(
        name,
        plain,
        found.delimiter,
        found.header,
        ends.kind,
        ends.lines,
        found.row,
        notices,
        encoding,
    )


def _in_utf8(
    path: Path, folder: Path, name: str, layout: Layout
) -> tuple[Path, tuple[str, ...], str]:
    """Return a file in UTF-8, the notice that it was in another encoding, and its encoding."""
    encoding = layout.encoding or marked_encoding(path)
    if encoding is None:
        if _is_utf8(path):
            return path, (), "utf-8"
        encoding = legacy_encoding(path)
        if encoding is None:
            return path, (), "utf-8"
    plain = folder / f"{path.name}.utf8"
    transcode(path, plain, encoding, name)
    told = () if layout.encoding else (f"Read in the encoding {encoding}, not UTF-8.",)
    return plain, told, encoding


def _is_utf8(path: Path) -> bool:
    """Tell whether all bytes of a file are UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _checked(path: Path, name: str) -> LineEnds:
    """Read all bytes once, checking that they are UTF-8, and count the line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ends, seen = LineEnds(), 0
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            _decode(decoder, chunk, seen, path, name)
            _refuse_nul(path, chunk, seen, name)
            ends.feed(chunk)
            seen += len(chunk)
        _decode(decoder, b"", seen, path, name)
    ends.finish()
    if not seen:
        raise SourceError(f"{name} is empty: there is nothing to import.", file=name)
    return ends


def unpack(path: Path, plain: Path, name: str) -> None:
    """Write what a gzip file holds, which is not more than its size allows.

    Raises:
        SourceError: it is damaged, or holds more.
    """
    packed, seen = path.stat().st_size, 0
    try:
        with gzip.open(path, "rb") as source, plain.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                seen += len(chunk)
                check_expansion(seen, packed, name)
                sink.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{name} is damaged: the compressed data ends too early or does not check"
            f" ({error}). Copy the file again.",
            file=name,
        ) from error


def _refuse_nul(path: Path, chunk: bytes, seen: int, name: str) -> None:
    """Refuse the character NUL, which no text holds."""
    position = chunk.find(b"\0")
    if position >= 0:
        row = _row_of(path, seen + position)
        raise SourceError(
            f"{name}, row {row}: byte {seen + position + 1} of the file is NUL, which no text"
            " holds. Save the file as CSV UTF-8.",
            file=name,
            row=row,
        )


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, seen: int, path: Path, name: str
) -> None:
    """Check that the next bytes are UTF-8; an empty chunk is the end of the file."""
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        pending = len(error.object) - len(chunk)
        offset = seen - pending + error.start
        raise _encoding_error(path, name, offset, error.object[error.start]) from None


def _encoding_error(path: Path, name: str, offset: int, byte: int) -> SourceError:
    """Return the error that names the row and the byte that is not UTF-8."""
    row = _row_of(path, offset)
    return SourceError(
        f"{name}, row {row}: byte {offset + 1} of the file (0x{byte:02X}) is not UTF-8, while the"
        " rest is. Save the file as CSV UTF-8.",
        file=name,
        row=row,
    )


def _row_of(path: Path, offset: int) -> int:
    """Return the row that a byte of a file stands in."""
    with path.open("rb") as source:
        before = source.read(offset).decode("utf-8", errors="replace").replace("\0", " ")
    with any_cell_size():
        rows = sum(1 for _ in csv.reader(io.StringIO(before, newline=""))) if before else 1
    return rows + (1 if before.endswith(("\n", "\r")) else 0)


def rewrite(table: TextTable, target: Path) -> int:
    """Write the records anew, each with its row number in front and quoted; return how many.

    Raises:
        SourceError: a record is broken; the message names its row.
    """
    written, width = 0, len(table.header)
    with (
        any_cell_size(),
        table.path.open(encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as sink,
    ):
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row, cells in _records(
            csv.reader(source, delimiter=table.delimiter, strict=True), table
        ):
            if row <= table.header_row or not cells:
                continue
            _check_record(table, row, cells, width)
            writer.writerow([row, *cells])
            written += 1
    return written


def _records(reader: Iterator[list[str]], table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """Yield records with their row numbers.

    Raises:
        SourceError: quotes are broken, or a cell is longer than any record may be.
    """
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(
                f"{table.name}, row {row}: the record cannot be read ({error}). Check the quotes"
                " of its cells: a quote inside a quoted cell is written twice.",
                file=table.name,
                row=row,
            ) from error
        yield row, cells


def _check_record(table: TextTable, row: int, cells: list[str], width: int) -> None:
    """Refuse a record with too many or too few cells, or with a cell that is too long."""
    if len(cells) != width:
        raise SourceError(
            f"{table.name}, row {row}: {len(cells)} cells, but the header has {width}. Check for"
            f" a missing or an unquoted {_SEPARATOR_NAMES.get(table.delimiter, table.delimiter)}.",
            file=table.name,
            row=row,
        )
    for name, cell in zip(table.header, cells, strict=True):
        if len(cell) > CELL_LIMIT // 4 and len(cell.encode()) > CELL_LIMIT:
            raise too_long(table.name, row, name)


_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


def too_long(name: str, row: int, column: str) -> SourceError:
    """Return the error of a cell over the limit."""
    return SourceError(
        f"{name}, row {row}, column {column!r}: the cell is longer than 1 MB"
        f" ({CELL_LIMIT} bytes). Shorten it, or check for a quote that never closes.",
        file=name,
        row=row,
        column=column,
    )
