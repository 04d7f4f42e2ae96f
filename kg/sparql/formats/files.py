"""Solutions as files of other programs: Parquet with typed columns, XLSX with typed cells."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from kg.errors import QueryEvaluationError
from kg.sparql.formats.terms import Row
from kg.store import Kind, RawTerm
from kg.store.parquet import write_parquet
from kg.workbook import MOST_ROWS, Cell, write_workbook

_CHUNK = 1 << 16
_EXACT_DIGITS = 15
"""Digits that spreadsheets keep of a number."""
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE})
_TYPES: tuple[tuple[frozenset[int], str], ...] = (
    (frozenset({Kind.INTEGER}), "BIGINT"),
    (frozenset({Kind.INTEGER, Kind.DECIMAL}), "DECIMAL(38, 10)"),
    (frozenset({Kind.FLOAT, Kind.DOUBLE}), "DOUBLE"),
    (frozenset({Kind.BOOLEAN}), "BOOLEAN"),
    (frozenset({Kind.DATE}), "DATE"),
    (frozenset({Kind.DATETIME}), "TIMESTAMP"),
    (frozenset({Kind.DATETIME}), "TIMESTAMPTZ"),
)
"""Types of columns by the kinds of terms that they hold."""


def parquet(variables: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a Parquet file with a column for each variable.

    A column is of numbers, truth values, days or moments where all its terms are, else of texts:
    those of CSV.
    """
    kinds: list[set[int]] = [set() for _ in variables]

    def texts() -> Iterator[list[str | None]]:
        for row in rows:
            for seen, term in zip(kinds, row, strict=True):
                if term is not None:
                    seen.add(term[0])
            yield [None if term is None else term[1] for term in row] or [None]

    def types() -> list[list[str]]:
        found = [[name for of, name in _TYPES if seen and seen <= of] for seen in kinds]
        return found or [[]]

    return _file(lambda path: write_parquet(variables or ["solution"], texts(), types, path))


def xlsx(variables: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a workbook of one sheet: a row of names, then one for each solution.

    Raises:
        QueryEvaluationError: a sheet does not hold so many.
    """
    return _file(lambda path: write_workbook([("answer", _sheet(variables, rows))], path))


def _sheet(variables: Sequence[str], rows: Iterable[Row]) -> Iterator[Sequence[Cell]]:
    yield variables
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS:
            raise QueryEvaluationError(
                f"A sheet holds {MOST_ROWS} rows, and the answer has more: ask for CSV or Parquet,"
                " or for a part of it with LIMIT."
            )
        yield [None if term is None else _cell(term) for term in row]


def _cell(term: RawTerm) -> Cell:
    """Return a term as a cell: its text where the cell could not hold its value whole."""
    kind, text = term[0], term[1]
    try:
        if kind in _NUMBERS and sum(map(str.isdigit, text)) <= _EXACT_DIGITS:
            number = float(text.replace("INF", "inf"))
            return number if math.isfinite(number) else text
        if kind == Kind.BOOLEAN:
            return text in {"true", "1"}
        if kind == Kind.DATE:
            return date.fromisoformat(text)
        if kind == Kind.DATETIME:
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo is None and not moment.microsecond else text
    except ValueError:  # a day with a zone, the year 0000, the end of a day
        return text
    return text


def _file(write: Callable[[Path], None]) -> Iterator[bytes]:
    """Yield the bytes of what is written to a file, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        write(path)
        with path.open("rb") as document:
            while chunk := document.read(_CHUNK):
                yield chunk
