"""Writes tables to standard output: aligned for people, CSV or JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import click

from kg.cli.session import language_of
from kg.namespaces import PREFIXES

TABLE_FORMATS = ("table", "csv", "json")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> None:
    """Write rows to standard output in the format `table`, `csv` or `json`."""
    if name == "csv":
        write_chunks(_csv(columns, rows))
    elif name == "json":
        document = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
        write_json(document)
    else:
        texts = [[_shown(cell) for cell in row] for row in rows]
        write_chunks(line.encode() for line in aligned(columns, texts))
        click.echo(_counted(len(texts)), err=True)


def _counted(rows: int) -> str:
    """Return how many rows there are, in the language of the command."""
    if language_of(click.get_current_context()) == "fr":
        return f"{rows} {'lignes' if rows > 1 else 'ligne'}"
    return f"{rows} {'row' if rows == 1 else 'rows'}"


def write_json(document: object) -> None:
    """Write a JSON document to standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def write_chunks(chunks: Iterable[bytes]) -> None:
    """Write bytes to standard output as they come."""
    stream = sys.stdout.buffer
    for chunk in chunks:
        stream.write(chunk)
    stream.flush()


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as their widest cell."""
    widths = [
        max(len(name), *(len(row[i]) for row in rows)) if rows else len(name)
        for i, name in enumerate(columns)
    ]
    yield _line(columns, widths)
    yield _line(["-" * width for width in widths], widths)
    for row in rows:
        yield _line(row, widths)


def shortened(iri: str, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Return an IRI with the longest of the project's prefixes that fits."""
    prefix, base = max(
        ((p, b) for p, b in prefixes.items() if iri.startswith(b)),
        key=lambda pair: len(pair[1]),
        default=("", ""),
    )
    return f"{prefix}:{iri[len(base) :]}" if base else iri


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip() + "\n"


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow(["" if cell is None else _text(cell) for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _shown(cell: object) -> str:
    """Return a cell for people: one line, IRIs short."""
    if cell is None:
        return ""
    return " ".join(shortened(_text(cell)).split())


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _plain(cell: object) -> object:
    """Return a cell as JSON has it; decimals as text, so that no digit is lost."""
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, Decimal) else cell
