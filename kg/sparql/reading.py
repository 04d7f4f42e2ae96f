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


Columns = Sequence[Sequence[Any]]
"""What a statement gives, column by column: so the terms of thousands of rows are found faster."""


def columns_of_rows(rows: Sequence[Sequence[Any]]) -> Columns:
    """Return the columns of rows; to open an iterator of each row would take much longer."""
    return [[row[n] for row in rows] for n in range(len(rows[0]))] if rows else []


def coded_ids(columns: Columns, coded: Coded) -> set[int]:
    """Return the ids in the columns of a statement, but for those of its own terms."""
    found: set[int] = set()
    for place in coded.places if columns else ():
        if place is not None and place[1]:
            found.update(columns[place[0]])
    return found - coded.own.keys() - {None}


class Few:
    """Few solutions as a statement gives them, and the terms whose ids they hold."""

    def __init__(
        self, columns: Columns, count: int, coded: Coded, terms: Mapping[int, RawTerm]
    ) -> None:
        """Take the columns of `count` solutions."""
        self._columns = columns
        self._count = count
        self._places = coded.places
        self._terms = {**terms, **coded.own} if coded.own else terms

    def __len__(self) -> int:
        return self._count

    def rows(self) -> Iterator[Row]:
        """Yield the solutions as rows of terms."""
        if not self._count:
            return iter(())
        if not self._places:
            return iter([()] * self._count)
        return zip(*(self._terms_at(place) for place in self._places), strict=True)

    def _terms_at(self, place: tuple[int, bool] | None) -> Iterable[RawTerm | None]:
        """Return the terms of a variable."""
        if place is None:
            return [None] * self._count
        column, is_id = place
        if is_id:
            return map(self._terms.get, self._columns[column])
        return (
            None if kind is None else (kind, lex, dt, lang)
            for dt, kind, lang, lex in zip(*self._columns[column : column + 4], strict=True)
        )

    def lines(
        self, variables: Sequence[str], name: str, most: int | None
    ) -> Iterator[list[str]] | None:
        """Return the first solutions as text in a result format, each term being written once.

        None where they hold more than ids, or where no such text is made of them.
        """
        ids = [place[0] for place in self._places if place is not None and place[1]]
        if not ids or len(ids) < len(self._places) or name not in CELL_FORMATS:
            return None
        if not self._count:
            return iter([])
        columns = [self._columns[column][:most] for column in ids]
        found = lines_of_cells(name, variables, columns, self._terms)
        return iter([found] if found else [])


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
