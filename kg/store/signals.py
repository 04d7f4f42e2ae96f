"""Signals that end a recursive statement from within.

In DuckDB 2.0.0 a statement never ends that is interrupted while one of its worker threads is within
a recursive query. So it is not interrupted: now and then the recursive part looks at a number that
another thread can change, and fails where that is odd. The number is that of a sequence, which
stands outside of transactions: everybody sees at once how far it has come.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator

import duckdb

_READY = 4
"""Sequences that are there from the start; more are made when so many statements recur."""

WANTED = (
    "CASE WHEN random() < 0.01 THEN CASE WHEN currval(getvariable('signal')) % 2 = 1"
    " THEN error('stopped') ELSE TRUE END ELSE TRUE END"
)
"""SQL that fails where the signal of its cursor was given, and is true elsewhere.

Only some rows look at it, which costs next to nothing.
"""

_free: list[int] = []
_numbers = itertools.count()
_lock = threading.Lock()


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the place of signals, for all cursors of a connection."""
    connection.execute("ATTACH ':memory:' AS signal")
    connection.begin()
    for number in range(_READY):
        _make(connection, number)
    connection.commit()


def _make(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    """Make a sequence where there is none; its number is even then."""
    cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS signal.s{number} START 2")
    while _moved(cursor, number) % 2:
        pass


def _moved(cursor: duckdb.DuckDBPyConnection, number: int) -> int:
    """Move a sequence on; return its number."""
    row = cursor.execute(f"SELECT nextval('signal.s{number}')").fetchone()
    return int(row[0]) if row else 0


class Signal:
    """What ends the recursive statements of a cursor."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, number: int) -> None:
        self._cursor = cursor
        self._number = number
        self._given = False

    def give(self) -> None:
        """Let the statement end: soon, with an error."""
        if not self._given:
            self._given = True
            self._move()

    def take_back(self) -> None:
        """Let later statements run."""
        if self._given:
            self._given = False
            self._move()

    def _move(self) -> None:
        with contextlib.closing(self._cursor.cursor()) as other:
            _moved(other, self._number)


@contextlib.contextmanager
def listening(cursor: duckdb.DuckDBPyConnection) -> Iterator[Signal]:
    """Let the recursive statements of a cursor listen to a signal of their own."""
    with _lock:
        number = _free.pop() if _free else next(_numbers)
    if number >= _READY:
        with contextlib.closing(cursor.cursor()) as other:
            _make(other, number)
    cursor.execute(f"SET VARIABLE signal = 'signal.s{number}'")
    signal = Signal(cursor, number)
    try:
        yield signal
    finally:
        signal.take_back()
        with _lock:
            _free.append(number)


def deafen(cursor: duckdb.DuckDBPyConnection) -> None:
    """Let the recursive statements of a cursor listen to no signal."""
    cursor.execute("SET VARIABLE signal = NULL")
