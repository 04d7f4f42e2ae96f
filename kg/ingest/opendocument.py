"""OpenDocument spreadsheets (ODS): the rows of a sheet, read as they come.

A cell or a row may say that it is repeated, up to the end of the sheet; what is repeated and empty
costs nothing here, and what is repeated and full is bounded.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path

from kg.errors import SourceError
from kg.ingest.expansion import CELL_COUNT
from kg.ingest.layout import COLUMN_LIMIT

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CONTENT = "content.xml"
_KIND = "application/vnd.oasis.opendocument.spreadsheet"
ROW_LIMIT = 1_048_576
"""Most rows of a sheet, as of the programs that write them."""


def is_opendocument(path: Path) -> bool:
    """Tell whether an archive says that it is an OpenDocument spreadsheet."""
    with zipfile.ZipFile(path) as archive:
        return "mimetype" in archive.namelist() and archive.read("mimetype").startswith(
            _KIND.encode()
        )


def sheet_names(path: Path, name: str) -> list[str]:
    """Return the names of the sheets.

    Raises:
        SourceError: the content is missing or no XML.
    """
    tables = (node for event, node in _nodes(path, name) if event == "start")
    return [str(node.get(f"{_TABLE}name", "")) for node in tables if node.tag == f"{_TABLE}table"]


def rows(path: Path, sheet: str, name: str) -> Iterator[list[str]]:
    """Yield the rows of a sheet; trailing empty cells are left out.

    Raises:
        SourceError: the content is no XML, or a row is too wide or repeated too often.
    """
    number = blank = seen = 0
    for cells, count in _counted_rows(path, sheet, name):
        if not cells:
            blank += count
            continue
        number += blank + count
        seen += count * len(cells)
        if number > ROW_LIMIT or seen > CELL_COUNT:
            raise SourceError(
                f"{name}, sheet {sheet!r}: more rows or cells than can be read. Save it as CSV"
                " UTF-8, or in several files.",
                file=name,
                row=number,
            )
        yield from ([] for _ in range(blank))
        blank = 0
        yield from (list(cells) for _ in range(count))


def _counted_rows(path: Path, sheet: str, name: str) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of the rows of a sheet, and how often each row stands there."""
    table: ET.Element | None = None
    number = 1
    for event, node in _nodes(path, name):
        if node.tag == f"{_TABLE}table":
            named = event == "start" and node.get(f"{_TABLE}name", "") == sheet
            table = node if named else None
        elif table is not None and event == "end" and node.tag == f"{_TABLE}table-row":
            count = _repeated(node, "rows")
            yield _cells(node, name, number), count
            number += count
            table.clear()


def _nodes(path: Path, name: str) -> Iterator[tuple[str, ET.Element]]:
    """Yield the starts and ends of the elements of the content."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_CONTENT) as stream:
            # The archive was checked for what it unpacks to; expat bounds what entities expand to.
            yield from ET.iterparse(stream, events=("start", "end"))  # noqa: S314
    except (KeyError, ET.ParseError, zipfile.BadZipFile, ValueError) as error:
        raise SourceError(
            f"{name} cannot be read as an ODS workbook ({error}). Save it again as .ods, or as"
            " CSV UTF-8.",
            file=name,
        ) from error


def _repeated(node: ET.Element, what: str) -> int:
    """Return how often a cell or a row stands there."""
    return _count(node.get(f"{_TABLE}number-{what}-repeated", "1"))


def _count(text: str) -> int:
    """Return a number of repetitions, one where the text is none."""
    return max(int(text[:12]), 1) if text.isdecimal() else 1


def _cells(row: ET.Element, name: str, number: int) -> list[str]:
    """Return the texts of the cells of a row."""
    cells: list[str] = []
    blank = 0
    for node in row:
        if node.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        text, count = _text(node), _repeated(node, "columns")
        if not text:
            blank += count
            continue
        if len(cells) + blank + count > COLUMN_LIMIT:
            raise SourceError(
                f"{name}, row {number}: more columns than the {COLUMN_LIMIT} that a table may"
                " have.",
                file=name,
                row=number,
            )
        cells += [""] * blank + [text] * count
        blank = 0
    return cells


def _text(cell: ET.Element) -> str:
    """Return the value of a cell: numbers and dates as they are stored, else its text."""
    kind = cell.get(f"{_OFFICE}value-type")
    if kind in {"float", "percentage", "currency"}:
        value = cell.get(f"{_OFFICE}value", "")
        return value.removesuffix(".0")
    if kind == "date":
        return cell.get(f"{_OFFICE}date-value", "").removesuffix("T00:00:00")
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value", "")
    return "\n".join("".join(_letters(part)) for part in cell.iter(f"{_TEXT}p"))


def _letters(node: ET.Element) -> Iterator[str]:
    """Yield the text of a paragraph, its spaces, tabs and line breaks written out."""
    if node.tag == f"{_TEXT}s":
        yield " " * min(_count(node.get(f"{_TEXT}c", "1")), COLUMN_LIMIT)
    elif node.tag in {f"{_TEXT}tab", f"{_TEXT}line-break"}:
        yield "\t" if node.tag.endswith("tab") else "\n"
    if node.text:
        yield node.text
    for child in node:
        yield from _letters(child)
        if child.tail:
            yield child.tail
