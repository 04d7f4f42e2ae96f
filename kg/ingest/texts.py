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
import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from kg.errors import SourceError
from kg.store.files import LINE_LIMIT

CELL_LIMIT = 1024 * 1024
"""Longest cell, in bytes."""
SEPARATORS = (",", ";", "\t")

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


def inspect(path: Path, folder: Path, name: str) -> TextTable:
    """Check the bytes of a text file and return its form; `.gz` is decompressed into `folder`.

    Raises:
        SourceError: empty, damaged or not gzip, not UTF-8, or without a header.
    """
    packed = path.suffix.lower() == ".gz"
    plain = folder / f"{path.stem}.plain" if packed else path
    ends = _checked(path, plain if packed else None, name)
    record = _first_record(plain, name)
    delimiter = max(SEPARATORS, key=lambda mark: len(_cells(record, mark)))
    header = tuple(cell.strip() for cell in _cells(record, delimiter))
    if not any(header):
        raise SourceError(
            f"{name}: row 1 is blank; the first row must hold the names of the columns.",
            file=name,
            row=1,
        )
    return TextTable(name, plain, delimiter, header, ends.kind, ends.lines)


class _LineEnds:
    """Counts the line ends of a file outside quotes, piece by piece."""

    def __init__(self) -> None:
        self._quoted = False
        self._carried = b""
        self._crlf = self._lf = self._cr = self._quoted_cr = 0
        self._last = b"\n"

    def feed(self, chunk: bytes) -> None:
        """Count in the next piece of the file."""
        pieces = chunk.split(b'"')
        outside = self._carried + b'"'.join(pieces[self._quoted :: 2])
        self._quoted ^= len(pieces) % 2 == 0
        self._carried = b"\r" if outside.endswith(b"\r") and not self._quoted else b""
        self._count(outside.removesuffix(self._carried))
        self._quoted_cr += chunk.count(b"\r") - outside.count(b"\r")
        self._last = chunk[-1:] or self._last

    def finish(self) -> None:
        """Count what the end of the file decides."""
        self._count(self._carried)
        if self._last not in {b"\n", b"\r"}:
            self._lf += self._crlf == 0
            self._crlf += self._crlf > 0

    def _count(self, outside: bytes) -> None:
        both = outside.count(b"\r\n")
        self._crlf += both
        self._lf += outside.count(b"\n") - both
        self._cr += outside.count(b"\r") - both

    @property
    def lines(self) -> int:
        """Number of line ends."""
        return self._crlf + self._lf + self._cr

    @property
    def kind(self) -> str | None:
        """The one line end that the engine can be trusted with, else None."""
        if self._lf == self.lines:
            return "\n"
        return "\r\n" if self._crlf == self.lines and not self._quoted_cr else None


def _checked(path: Path, copy: Path | None, name: str) -> _LineEnds:
    """Read all bytes once, checking gzip and UTF-8, and count the line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ends, seen = _LineEnds(), 0
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_opened(path))
        sink = stack.enter_context(copy.open("wb")) if copy else None
        for chunk in _chunks(source, name):
            _decode(decoder, chunk, seen, path, name)
            ends.feed(chunk)
            seen += len(chunk)
            if sink is not None:
                sink.write(chunk)
        _decode(decoder, b"", seen, path, name)
    ends.finish()
    if not seen:
        raise SourceError(f"{name} is empty: there is nothing to import.", file=name)
    return ends


def _opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, decompressing `.gz`."""
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _chunks(source: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the bytes of a stream in pieces."""
    try:
        while chunk := source.read(_CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{name} is damaged: the compressed data ends too early or does not check"
            f" ({error}). Copy the file again.",
            file=name,
        ) from error


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
    with _opened(path) as source:
        before = source.read(offset).decode("utf-8", errors="replace")
    with _any_cell_size():
        rows = sum(1 for _ in csv.reader(io.StringIO(before, newline=""))) if before else 1
    row = rows + (1 if before.endswith(("\n", "\r")) else 0)
    hint = "It is UTF-16" if byte in (0xFE, 0xFF) and offset == 0 else "It may be Windows-1252"
    return SourceError(
        f"{name}, row {row}: byte {offset + 1} of the file (0x{byte:02X}) is not UTF-8. {hint}:"
        " save the file as CSV UTF-8.",
        file=name,
        row=row,
    )


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
    with _any_cell_size():
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])


@contextlib.contextmanager
def _any_cell_size() -> Iterator[None]:
    """Let the csv module read cells well over our limit, so that we can name them."""
    before = csv.field_size_limit(16 * LINE_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def rewrite(table: TextTable, target: Path) -> int:
    """Write the records anew, each with its row number in front and quoted; return how many.

    Raises:
        SourceError: a record is broken; the message names its row.
    """
    written, width = 0, len(table.header)
    with (
        _any_cell_size(),
        table.path.open(encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as sink,
    ):
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row, cells in _records(
            csv.reader(source, delimiter=table.delimiter, strict=True), table
        ):
            if row == 1 or not cells:
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
            f" a missing or an unquoted {_SEPARATOR_NAMES[table.delimiter]}.",
            file=table.name,
            row=row,
        )
    for name, cell in zip(table.header, cells, strict=True):
        if len(cell) > CELL_LIMIT // 4 and len(cell.encode()) > CELL_LIMIT:
            raise too_long(table.name, row, name)


_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}


def too_long(name: str, row: int, column: str) -> SourceError:
    """Return the error of a cell over the limit."""
    return SourceError(
        f"{name}, row {row}, column {column!r}: the cell is longer than 1 MB"
        f" ({CELL_LIMIT} bytes). Shorten it, or check for a quote that never closes.",
        file=name,
        row=row,
        column=column,
    )
