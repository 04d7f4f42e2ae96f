"""Cursors that were used and wait for the next query: a new one takes as long as a small query."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable

import duckdb

_MOST = 16
"""Cursors that wait, at most."""


class Cursors:
    """Cursors of one connection, by the memory that their statements may use."""

    def __init__(self, make: Callable[[str | None], duckdb.DuckDBPyConnection]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._waiting: defaultdict[str | None, list[duckdb.DuckDBPyConnection]] = defaultdict(list)
        self._closed = False

    def take(self, memory: str | None) -> duckdb.DuckDBPyConnection:
        """Return a cursor that waits, or a new one."""
        with self._lock:
            if waiting := self._waiting[memory]:
                return waiting.pop()
        return self._make(memory)

    def put(self, cursor: duckdb.DuckDBPyConnection, memory: str | None) -> None:
        """Let a cursor wait that has no transaction, and no settings beside its memory."""
        with self._lock:
            if not self._closed and sum(map(len, self._waiting.values())) < _MOST:
                self._waiting[memory].append(cursor)
                return
        cursor.close()

    def close(self) -> None:
        """Close the cursors that wait, and those that come back later."""
        with self._lock:
            self._closed = True
            waiting = [cursor for cursors in self._waiting.values() for cursor in cursors]
            self._waiting.clear()
        for cursor in waiting:
            with contextlib.suppress(duckdb.Error):  # the engine ended under it
                cursor.close()
