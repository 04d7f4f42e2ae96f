"""Tables of analyses as JSON (a list of records) and CSV, with the columns of the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from kg.lifecycle import Table, told_beside
from kg.sparql.formats import Format

FORMATS = (Format("json", ("application/json",), "json"), Format("csv", ("text/csv",), "csv"))
RDF_FORMATS = (
    Format("turtle", ("text/turtle",), "ttl"),
    Format("nt", ("application/n-triples",), "nt"),
    Format("json-ld", ("application/ld+json",), "jsonld"),
)
"""Formats of the results of those analyses that have a form in RDF."""
TEXT = Format("text", ("text/plain",), "txt")
"""The format of an explanation for people, in the language of the request."""
_ROWS_A_CHUNK = 500


def write_table(
    table: Table, name: str, told: Mapping[str, str] | None = None, *, complete: bool = True
) -> Iterator[bytes]:
    """Yield a table in the format `json` or `csv`.

    `told` is what it was computed under: in CSV it has columns of its own, and JSON has it, the
    notes, and whether the rows are `complete` beside the rows.
    """
    if name == "csv":
        return _write_csv(table if told is None else table.under(told))
    return _write_json(table) if told is None else _write_document(table, told, complete=complete)


def cell_text(value: object) -> str:
    """Return a value of a table as text: dates in ISO 8601, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_json(table: Table) -> Iterator[bytes]:
    separator = "["
    for record in table.records():
        text = json.dumps(record, ensure_ascii=False, default=_plain)
        yield f"{separator}\n{text}".encode()
        separator = ","
    yield b"\n]\n" if table.rows else b"[]\n"


def _write_document(table: Table, told: Mapping[str, str], *, complete: bool) -> Iterator[bytes]:
    beside = json.dumps(told_beside(told, table.notes, complete=complete), ensure_ascii=False)
    yield f'{beside.removesuffix("}")}, "rows": '.encode()
    yield from _write_json(table)
    yield b"}\n"


def _plain(value: object) -> str:
    """Return a value that JSON has no form for; decimals as text, so that no digit is lost."""
    if isinstance(value, date | Decimal):
        return cell_text(value)
    raise TypeError(f"A table holds a {type(value).__name__}, which JSON has no form for.")


def _write_csv(table: Table) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(table.columns)
    for number, row in enumerate(table.rows, 1):
        writer.writerow([cell_text(value) for value in row])
        if number % _ROWS_A_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
