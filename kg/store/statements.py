"""Statements as the engine reads them, kept for the next time they are executed.

To read the text of a long statement takes the engine as long as to run many a short one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import duckdb

_MOST = 256
_LONGEST = 50_000
"""Characters of a text that is kept; what is longer is rarely asked for twice."""


class _Lately:
    """The statements that were executed last, by their text."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, duckdb.Statement] = OrderedDict()

    def find(self, text: str) -> duckdb.Statement | None:
        with self._lock:
            found = self._kept.get(text)
            if found is not None:
                self._kept.move_to_end(text)
            return found

    def keep(self, text: str, statement: duckdb.Statement) -> None:
        with self._lock:
            self._kept[text] = statement
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)


_STATEMENTS = _Lately()


def read(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement | str:
    """Return a statement as the engine reads it, or its text where that is not one to keep.

    It holds no values and belongs to no store.

    Raises:
        duckdb.Error: the text is no statement.
    """
    if len(text) > _LONGEST:
        return text
    found = _STATEMENTS.find(text)
    if found is None:
        statements = cursor.extract_statements(text)
        if len(statements) != 1:
            return text
        found = statements[0]
        _STATEMENTS.keep(text, found)
    return found
