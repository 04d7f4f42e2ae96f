"""What a statement answers, read by the thousands of rows, as terms or as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from kg.errors import QueryEvaluationError
from kg.sparql.deadline import Deadline, memory_error
from kg.sparql.formats.cells import CELL_FORMATS, lines_of_cells
from kg.sparql.staged import Coded
from kg.store import Cursor, EngineError, EngineInterrupted, EngineOutOfMemory, RawTerm
from kg.store.statements import read

CHUNK = 4096

Row = tuple[RawTerm | None, ...]
_T = TypeVar("_T")


def chunks_of(
    cursor: Cursor, deadline: Deadline, statement: str | None = None
) -> Iterator[list[Any]]:
    """Yield the rows of a statement; None: what is left of the last one.

    Raises:
        QueryTimeoutError: the deadline passed.
        QueryMemoryError: there was no memory for it.
        QueryEvaluationError: the engine failed on the way.
    """
    try:
        if statement is not None:
            cursor.execute(read(cursor, statement))
        while chunk := cursor.fetchmany(CHUNK):
            yield chunk
            deadline.check()
    except EngineInterrupted:
        raise deadline.error() from None
    except EngineOutOfMemory as error:
        raise memory_error() from error
    except EngineError as error:
        raise QueryEvaluationError(
            f"The answer broke off after its first rows: {engine_reason(error)}."
            " Ask for the same with exact values cast to xsd:double."
        ) from error


def terms(chunks: Iterable[list[Any]], width: int) -> Iterator[Row]:
    """Yield rows of `width` terms, each in four columns."""
    starts = range(0, 4 * width, 4)
    for chunk in chunks:
        for row in chunk:
            yield tuple(
                None if row[i] is None else (row[i], row[i + 1], row[i + 2], row[i + 3])
                for i in starts
            )


def coded_ids(rows: Iterable[Sequence[Any]], coded: Coded) -> set[int]:
    """Return the ids in the rows of a statement, but for those of its own terms."""
    columns = {place[0] for place in coded.places if place is not None and place[1]}
    found = {row[column] for row in rows for column in columns}
    return found - coded.own.keys() - {None}


class Few:
    """Few solutions as a statement gives them, and the terms whose ids they hold."""

    def __init__(
        self, rows: Sequence[Sequence[Any]], coded: Coded, terms: Mapping[int, RawTerm]
    ) -> None:
        self._rows = rows
        self._places = coded.places
        self._terms = {**terms, **coded.own}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[Row]:
        """Yield the solutions as rows of terms."""
        known = self._terms
        if (ids := self._ids()) is not None:
            for row in self._rows:
                yield tuple([known.get(row[column]) for column in ids])
            return
        for row in self._rows:
            yield tuple(_term(row, place, known) for place in self._places)

    def lines(
        self, variables: Sequence[str], name: str, most: int | None
    ) -> Iterator[list[str]] | None:
        """Return the first solutions as text in a result format, each term being written once.

        None where they hold more than ids, or where no such text is made of them.
        """
        ids = self._ids()
        if ids is None or name not in CELL_FORMATS:
            return None
        rows = self._rows[:most]
        if ids != list(range(len(rows[0]) if rows else 0)):
            rows = [[row[column] for column in ids] for row in rows]
        found = lines_of_cells(name, variables, rows, self._terms)
        return iter([found] if found else [])

    def _ids(self) -> list[int] | None:
        """Return the columns of the ids, None where a variable is held otherwise."""
        ids = [place[0] for place in self._places if place is not None and place[1]]
        return ids if len(ids) == len(self._places) else None


def _term(
    row: Sequence[Any], place: tuple[int, bool] | None, known: Mapping[int, RawTerm]
) -> RawTerm | None:
    if place is None:
        return None
    column, is_id = place
    if is_id:
        return known.get(row[column])
    dt, kind, lang, lex = row[column : column + 4]
    return None if kind is None else (kind, lex, dt, lang)


def texts(chunks: Iterable[list[Any]], most: int | None) -> Iterator[list[str]]:
    """Yield the texts of rows of one column, no more than `most`."""
    left = most
    for chunk in chunks:
        found = [text for (text,) in chunk[:left]]
        if found:
            yield found
        if left is not None:
            left -= len(found)
            if not left:
                return


def engine_reason(error: EngineError) -> str:
    """Return a reason that tells the kind of an engine's error, without its SQL."""
    first = str(error).splitlines()[0] if str(error) else ""
    return f"the engine could not compute it ({first[:120]})"


def to_end(
    found: Iterator[_T], is_over: Callable[[], bool], end: Callable[[], object]
) -> Iterator[_T]:
    """Return what is found, nothing once it is over; `end` is called when all of it was read.

    Or when nobody holds the iterator any more, be it before its first item.
    """
    ending = _ending(found, is_over, end)
    # What was not begun would not be ended.
    next(ending)
    return cast(Iterator[_T], ending)


def _ending(
    found: Iterator[_T], is_over: Callable[[], bool], end: Callable[[], object]
) -> Iterator[_T | None]:
    """Yield None, then what is found."""
    try:
        yield None
        if not is_over():
            yield from found
    finally:
        end()
