"""Tables made of the state after a commit, kept in memory for whoever sees the same state.

They stand in a database of their own beside that of the store, so that every cursor can read them;
a transaction that made temporary tables copies some of them there and ends. They go when they are
the ones used longest ago and there is no room, and all of them with the next commit.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import duckdb

DATABASE = "kept"
_CELL = 8
"""Bytes that a cell takes, roughly."""
_PART = 4
"""They may take one part in so many of the engine's memory."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Tables that were made together: where each stands, by its own name, and their bytes.

    They show what is known at `since`, and nothing else was recorded later.
    """

    places: Mapping[str, str]
    size: int
    since: datetime


class KeptTables:
    """The kept tables of one open store, of `most` bytes together."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, part: int = _PART) -> None:
        self._cursor = connection.cursor()
        limit = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
        self.most = int(self._cursor.execute(limit).fetchall()[0][0]) // part
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._kept: OrderedDict[Hashable, _Set] = OrderedDict()
        self._numbers = count(1)

    def known(self) -> list[Hashable]:
        """Return the keys of what is kept, that used last at the end."""
        with self._lock:
            return list(self._kept)

    @property
    def size(self) -> int:
        """Bytes that what is kept takes, roughly."""
        return sum(one.size for one in self._kept.values())

    @contextlib.contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for those who make tables to end, at most so long: what they make may be wanted."""
        taken = self._turn.acquire(timeout=seconds)
        try:
            yield
        finally:
            if taken:
                self._turn.release()

    def lend(self, cursor: duckdb.DuckDBPyConnection, key: Hashable, at: datetime) -> bool:
        """Let the transaction of a cursor read the tables of a key by their names, as views.

        False where they are not kept, or not for what is known `at` a time, or not for a
        transaction that began before they were.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is None or at < found.since:
                return False
            self._kept.move_to_end(key)
            # After an error nothing works in the transaction: what it sees is looked up.
            seen = cursor.execute(
                f"SELECT count(*) FROM duckdb_tables() WHERE database_name = '{DATABASE}'"
                " AND table_name IN (SELECT unnest(?::VARCHAR[]))",
                [list(found.places.values())],
            )
            if seen.fetchall()[0][0] < len(found.places):
                return False
            for name, place in found.places.items():
                view = f"CREATE TEMP VIEW {name} AS SELECT * FROM {DATABASE}.main.{place}"
                cursor.execute(view)
            return True

    def keep(
        self,
        cursor: duckdb.DuckDBPyConnection,
        made: Mapping[Hashable, Collection[str]],
        since: datetime,
    ) -> bool:
        """Copy temporary tables of a cursor's transaction, by their keys, and commit it.

        They show what is known at any time from `since` on. The temporary tables are gone then, and
        the views. False, with nothing done, where there is no room for all of them.
        """
        sets = {key: self._placed(cursor, names, since) for key, names in made.items()}
        with self._lock:
            wanted = sum(one.size for one in sets.values())
            if wanted > self.most:
                return False
            self._make_room(self.most - wanted)
        for one in sets.values():
            for name, place in one.places.items():
                target = f"{DATABASE}.main.{place}"
                cursor.execute(f"CREATE TABLE {target} AS SELECT * FROM temp.{name}")
        _clear(cursor)
        cursor.commit()
        with self._lock:
            for key, one in sets.items():
                self._drop(key)
                self._kept[key] = one
        return True

    def forget(self) -> None:
        """Keep nothing any more; who reads it already goes on reading."""
        with self._lock:
            for key in list(self._kept):
                self._drop(key)

    def close(self) -> None:
        """Let go of the store."""
        self._cursor.close()

    def _placed(
        self, cursor: duckdb.DuckDBPyConnection, names: Collection[str], since: datetime
    ) -> _Set:
        number = next(self._numbers)
        places = {name: f"{name}_{number}" for name in names}
        size = sum(_size(cursor, name) for name in names)
        return _Set(places, size, since)

    def _make_room(self, most: int) -> None:
        """Drop what was used longest ago until the rest takes at most so many bytes."""
        while self.size > most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        for place in () if found is None else found.places.values():
            self._cursor.execute(f"DROP TABLE {DATABASE}.main.{place}")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the place of kept tables, for all cursors of a connection."""
    connection.execute(f"ATTACH ':memory:' AS {DATABASE}")


def _size(cursor: duckdb.DuckDBPyConnection, name: str) -> int:
    """Return how many bytes a temporary table takes, roughly."""
    columns = cursor.execute(f"DESCRIBE temp.{name}").fetchall()
    found = cursor.execute(f"SELECT count(*) FROM temp.{name}")
    return int(found.fetchall()[0][0]) * len(columns) * _CELL


_SCREENS = ("quad", "graph")
"""Views that keep quads out of the reach of a cursor, which stay."""


def _clear(cursor: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables of a cursor, and the views of what it was lent."""
    for kind, catalog in (("table", "duckdb_tables()"), ("view", "duckdb_views()")):
        found = cursor.execute(
            f"SELECT {kind}_name FROM {catalog} WHERE database_name = 'temp' AND NOT internal"
        ).fetchall()
        for (name,) in found:
            if name not in _SCREENS:
                cursor.execute(f"DROP {kind} temp.{name}")
