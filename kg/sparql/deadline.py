"""Deadlines: the engine is interrupted when a query's time is over."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from types import TracebackType

from kg.errors import QueryTimeoutError
from kg.store import Cursor, EngineError


class Deadline:
    """The moment by which a query has to be answered, guarding the cursor that answers it."""

    def __init__(self, cursor: Cursor, seconds: float | None, since: float | None = None) -> None:
        """Guard a cursor for some seconds, None for ever, since a moment of the monotonic clock."""
        now = time.monotonic()
        self.seconds = seconds
        self._cursor = cursor
        self._end = None if seconds is None else (now if since is None else since) + seconds
        self._timer: threading.Timer | None = None
        self._stopped_at: float | None = None
        self._cancelled = False
        self._lock = threading.Lock()
        if self._end is not None:
            self._start(max(0.0, self._end - now))

    def _start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    @property
    def moment(self) -> float | None:
        """The end on the monotonic clock, None for no end."""
        return self._end

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self._end is not None and time.monotonic() >= self._end

    def _ring(self) -> None:
        with self._lock:
            self._timer = None
            # While the clock stands still, whoever starts it again sets the timer.
            if self._cancelled or self._stopped_at is not None or self._end is None:
                return
            left = self._end - time.monotonic()
            if left > 0:
                self._start(left)
                return
        # The cursor of an answer that nobody read to its end may be closed by now.
        with contextlib.suppress(EngineError):
            self._cursor.interrupt()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock while somebody else is at work, such as the reader of an answer."""
        with self._lock:
            self._stopped_at = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                now = time.monotonic()
                if self._end is not None:
                    self._end += now - self._stopped_at
                    if self._timer is None and not self._cancelled:
                        self._start(max(0.0, self._end - now))
                self._stopped_at = None

    def check(self) -> None:
        """Raise QueryTimeoutError when the time is over."""
        if self.passed:
            raise self.error()

    def error(self) -> QueryTimeoutError:
        """Return the error that tells the deadline."""
        return QueryTimeoutError(
            f"The query was stopped at its deadline of {self.seconds:g} s. Narrow it, add a LIMIT,"
            " or ask for more time."
        )

    def cancel(self) -> None:
        """Stop guarding."""
        with self._lock:
            self._cancelled = True
            if self._timer is not None:
                self._timer.cancel()

    def __enter__(self) -> Deadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()
