"""Threads of the engine that help with a long statement while nothing else runs.

A thread that always helps makes every small statement pass its tasks around, and takes a core from
others while a long one runs. So it comes when one statement has run alone for a moment, leaves when
another one begins, a small one ended or nothing runs, and after another one stays away for a while.
It keeps away from recursive statements: to leave one, it would have to wait for its end, and
everybody else with it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import duckdb

_MOMENT = 0.004
"""Seconds after which a statement is long."""
_LINGER = 0.1
"""Seconds without a statement after which help leaves: after a long one, another may follow."""
_REST = 1.0
"""Seconds after two statements ran at once in which no help comes: others are at work."""


class Workers:
    """The threads that help on call in one open store."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, threads: int, most: int) -> None:
        """Let `most` of the engine's threads help on call; `cursor` is used for nothing else."""
        self._cursor = cursor
        self._threads = threads
        self.most = most
        self._changed = threading.Condition()
        self._setting = threading.Lock()
        self._running = 0
        self._since = time.monotonic()
        self._was_long = False
        self._together = -_REST
        self._kept_away = 0
        self._ended = False
        self._thread: threading.Thread | None = None
        self.helping = False

    def tell(self, running: int) -> None:
        """Learn how many statements run from now on."""
        with self._changed:
            waits, now = self._running == 0, time.monotonic()
            self._was_long = now - self._since >= _MOMENT
            self._running, self._since = running, now
            if running > 1:
                self._together = self._since
            if self._thread is None and not self._ended:
                self._thread = threading.Thread(target=self._watch, name="workers", daemon=True)
                self._thread.start()
            elif waits or (running != 1 and self.helping):
                self._changed.notify()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody help while a block runs."""
        with self._changed:
            self._kept_away += 1
        self._settle()
        try:
            yield
        finally:
            with self._changed:
                self._kept_away -= 1
                self._since = time.monotonic()
                self._changed.notify()

    def end(self) -> None:
        """Let nobody help any more, before the store is closed."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._cursor.close()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._ended:
                    return
                if self._is_wanted() == self.helping:
                    self._changed.wait(self._pause())
                    continue
            self._settle()

    def _settle(self) -> None:
        """Let help come or leave, as is wanted now."""
        with self._setting:
            with self._changed:
                wanted = self._is_wanted()
                if wanted == self.helping:
                    return
                self.helping = wanted
            self._set(self.most if wanted else 0)

    def _pause(self) -> float | None:
        """Return the seconds until it is worth looking again, None where nothing can change."""
        if self._running == 0 or self._kept_away:
            return _LINGER if self.helping else None
        if self.helping:
            return None
        return max(_MOMENT, self._together + _REST - time.monotonic())

    def _is_wanted(self) -> bool:
        """Return whether help should be there now."""
        now = time.monotonic()
        if self._kept_away:
            return False
        if self.helping:
            lingers = self._running == 0 and self._was_long and now - self._since < _LINGER
            return self._running == 1 or lingers
        long = now - self._since >= _MOMENT and now - self._together >= _REST
        return self._running == 1 and long

    def _set(self, workers: int) -> None:
        with contextlib.suppress(duckdb.Error):  # the engine ended under it: nothing to help with
            self._cursor.execute(f"SET GLOBAL external_threads = {self._threads - workers:d}")
