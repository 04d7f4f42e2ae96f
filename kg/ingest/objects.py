"""JSON and JSON lines: each object becomes a row, and each of its keys a column.

Objects inside an object have columns of dotted names, `address.city`. The texts and numbers of a
list stand in one cell, joined by ` | `; to have a row for each of its objects, say so with an
iterator, `$.orders[*].lines[*]`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.ingest.headings import check_width
from kg.ingest.layout import COLUMN_LIMIT

DOCUMENT_LIMIT = 256 * 1024 * 1024
"""Largest JSON document, in bytes: it is read whole. JSON lines are not."""
LINE_LIMIT = 16 * 1024 * 1024
"""Longest line of JSON lines, in bytes."""
BETWEEN = " | "
"""What stands between the values of a list."""

_STEP = re.compile(r"\.([^.\[\]]+)|\[['\"]([^'\"]+)['\"]\]|(\[\*\])")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects that were written as a text table."""

    columns: tuple[str, ...]
    written: int


def extract(path: Path, target: Path, name: str, iterator: str | None) -> Objects:
    """Write the objects of a file to `target`, each with its number or its line in front.

    Raises:
        SourceError: the file is no JSON, too large or nested too deep, or has no such objects.
    """
    columns: dict[str, int] = {}
    for number, row in _rows(path, name, iterator):
        for key in row:
            columns.setdefault(key, len(columns))
        if len(columns) > COLUMN_LIMIT:
            check_width(len(columns), name, number)
    written = 0
    with target.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, row in _rows(path, name, iterator):
            writer.writerow([number, *(row.get(key, "") for key in columns)])
            written += 1
    return Objects(tuple(columns), written)


def _rows(path: Path, name: str, iterator: str | None) -> Iterator[tuple[int, Row]]:
    """Yield the objects of a file as rows, with their numbers."""
    if path.suffix.lower() == ".json":
        found = _found(_parsed(_document(path, name), name, None), iterator, name)
        numbered: Iterator[tuple[int, object]] = enumerate(found, start=1)
    else:
        numbered = _lines(path, name)
    for number, value in numbered:
        if not isinstance(value, dict):
            raise SourceError(
                f"{name}, row {number}: a JSON object is expected, in braces.",
                file=name,
                row=number,
            )
        row: Row = {}
        _flatten(value, "", row)
        yield number, row


def _document(path: Path, name: str) -> bytes:
    """Return the bytes of a JSON document."""
    if path.stat().st_size > DOCUMENT_LIMIT:
        raise SourceError(
            f"{name} is larger than {DOCUMENT_LIMIT // 2**20} MB, and JSON is read whole. Save it"
            " as JSON lines (.jsonl), one object in each line.",
            file=name,
        )
    return path.read_bytes()


def _lines(path: Path, name: str) -> Iterator[tuple[int, object]]:
    """Yield the values of JSON lines; blank lines count and hold nothing."""
    with path.open("rb") as source:
        number = 0
        while line := source.readline(LINE_LIMIT + 1):
            number += 1
            if len(line) > LINE_LIMIT:
                raise SourceError(
                    f"{name}, row {number}: the line is longer than {LINE_LIMIT // 2**20} MB.",
                    file=name,
                    row=number,
                )
            if line.strip():
                yield number, _parsed(line, name, number)


def _parsed(text: bytes, name: str, row: int | None) -> object:
    """Return a JSON value, its numbers as the texts that they are."""
    where = name if row is None else f"{name}, row {row}"
    try:
        return json.loads(
            text.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=_no_constant
        )
    except RecursionError:
        raise SourceError(f"{where}: the JSON is nested too deep.", file=name, row=row) from None
    except ValueError as error:
        raise SourceError(
            f"{where} cannot be read as JSON ({error}).", file=name, row=row
        ) from error


def _no_constant(constant: str) -> object:
    """Refuse what JSON does not have, though some programs write it."""
    raise ValueError(f"{constant} is no JSON number")


def _found(document: object, iterator: str | None, name: str) -> list[object]:
    """Return what an iterator leads to; without one, the objects of the document's only list."""
    if iterator is None:
        if isinstance(document, dict):
            lists = [value for value in document.values() if _is_table(value)]
            return lists[0] if len(lists) == 1 else [document]
        return document if isinstance(document, list) else [document]
    found, end = [document], 1
    for step in _STEP.finditer(iterator, 1):
        if step.start() != end:
            break
        end = step.end()
        key = step.group(1) or step.group(2)
        if key is None:
            found = [item for value in found if isinstance(value, list) for item in value]
        else:
            found = [value[key] for value in found if isinstance(value, dict) and key in value]
    if not iterator.startswith("$") or end != len(iterator):
        raise SourceError(
            f"{name}: the iterator {iterator!r} is not understood; write a path such as"
            " $.orders[*].lines[*].",
            file=name,
        )
    return found


def _is_table(value: object) -> bool:
    """Tell whether a value is a list of objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) for x in value)


def _flatten(value: dict[str, object], prefix: str, row: Row) -> None:
    """Enter the texts of an object into a row, under dotted names."""
    for key, item in value.items():
        if isinstance(item, dict):
            _flatten(item, f"{prefix}{key}.", row)
        elif isinstance(item, list):
            row[prefix + key] = BETWEEN.join(_text(one) for one in item)
        else:
            row[prefix + key] = _text(item)


def _text(value: object) -> str:
    """Return the text of a value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
