"""What a server does for speed beside all other work, when commits have come to rest.

The words of new texts are written for searches, and the property table and the look-up index are
built anew.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

import duckdb

from kg.errors import StoreBusyError, StoreFullError
from kg.store import lookup_building, property_steps
from kg.store.database import Cursor, Store
from kg.store.property_steps import WORTH, Worth
from kg.store.property_table import PropertyTable
from kg.store.words import write_some

_LOOK = 1.0
"""Seconds between two looks for commits."""
_REST = 5.0
_SHARE = 3
"""Commits are at rest after `_REST` seconds, or after `_SHARE` times what the building took."""
_WAIT = 2.0
"""Seconds that a step of the building waits for another write."""
_MOMENT = 0.05
"""Seconds after which the building is interrupted again, where it went on to the next step."""

_log = logging.getLogger(__name__)


class _OvertakenError(Exception):
    """A commit was made while the table was built, or the store is being closed."""


def build(store: Store, worth: Worth = WORTH) -> bool:
    """Build the property table of the last commit, unless it is there; return whether it is.

    It is built in steps, between which others may write; their commit ends the building. There is
    none where no two columns are worth it.

    Raises:
        StoreBusyError: a step waited too long for another write.
        StoreFullError: the disk did not take it.
    """
    return _Building(store, worth).run()


class _Building:
    """The building of the property table of the last commit."""

    def __init__(self, store: Store, worth: Worth | None = None) -> None:
        self._store = store
        self._worth = worth or WORTH
        self._commit = store.head
        self._ended = False
        self._cursor: Cursor | None = None

    def run(self) -> bool:
        """Build the table where it is missing; return whether it is there at the end."""
        known = self._store.property_table
        if known is not None and known.shown == self._commit and known.complete:
            return True
        # Whoever asks from now on does without the table that is dropped.
        self._store.property_table = None
        try:
            self._store.property_table = self._built()
        except _OvertakenError:
            return False
        return self._store.property_table is not None

    def end(self) -> None:
        """Let the building end soon, without the table."""
        self._ended = True
        if (cursor := self._cursor) is not None:
            with contextlib.suppress(duckdb.Error):  # its step is over
                cursor.interrupt()

    def _built(self) -> PropertyTable | None:
        with contextlib.closing(self._store.cursor()) as cursor:
            self._cursor = cursor
            columns = property_steps.survey(cursor, self._worth)
        with self._step() as cursor:
            table, ranges = property_steps.begin(cursor, self._commit, columns)
        if not ranges:
            return None
        for ids in ranges:
            with self._step() as cursor:
                property_steps.add_members(cursor, table, ids)
        with self._step() as cursor:
            table, filling = property_steps.divide(cursor, table)
        for part, within, ids in filling:
            with self._step() as cursor:
                property_steps.fill(cursor, table, part, within, ids)
        with self._step() as cursor:
            return property_steps.finish(cursor, table)

    @contextlib.contextmanager
    def _step(self) -> Iterator[Cursor]:
        """Yield the cursor of a transaction on the state that the table is built of."""
        with self._store.write(wait=_WAIT) as tx:
            tx.recorded = False
            self._cursor = tx.cursor
            if self._ended or tx.number != self._commit + 1:
                raise _OvertakenError
            yield tx.cursor
        self._cursor = None


class Upkeep:
    """A thread that writes words and builds both tables for speed whenever commits are at rest."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ended = threading.Event()
        self._building: _Building | lookup_building.Building | None = None
        self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin, and go on until the store is closed."""
        self._store.before_close.append(self._end)
        self._thread.start()

    def _end(self) -> None:
        self._ended.set()
        while self._thread.is_alive():
            if (building := self._building) is not None:
                building.end()
            self._thread.join(_MOMENT)

    def _work(self) -> None:
        # What is there at the start is at rest.
        rest, seen, since, done = _REST, self._store.head, -_REST, -1
        while not self._ended.wait(_LOOK):
            now, head = time.monotonic(), self._store.head
            if head != seen:
                seen, since = head, now
            elif head != done and now - since >= rest:
                done = head if self._catch_up() else done
                since = time.monotonic()
                rest = max(_REST, _SHARE * (since - now))

    def _catch_up(self) -> bool:
        """Do what there is to do; return whether to leave it at that until the next commit."""
        try:
            while not self._ended.is_set() and write_some(self._store):
                pass
            for building in (_Building(self._store), lookup_building.Building(self._store)):
                self._building = building
                if not self._ended.is_set():
                    building.run()
        except StoreBusyError:
            return False
        except (duckdb.Error, StoreFullError, OSError) as error:
            if not self._ended.is_set():
                _log.warning("What makes queries fast could not be written: %s", error)
        finally:
            self._building = None
        return True
