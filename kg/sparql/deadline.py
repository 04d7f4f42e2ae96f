"""Deadlines: the engine is interrupted when a query's time is over, or when somebody stops it."""

from __future__ import annotations

import atexit
import contextlib
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from weakref import WeakValueDictionary

from kg.errors import QueryError, QueryMemoryError, QueryStoppedError, QueryTimeoutError
from kg.store import Cursor, EngineError
from kg.store.signals import Signal, deafen, listening

_AGAIN = 0.02
"""Seconds between two interruptions: the first may fall between two statements of a query."""
_LOOK = 0.25
"""Seconds between two looks at whether somebody still waits for the answer."""
_MOMENT = 0.05
"""Seconds in which most queries are answered: a longer one gets a thread that guards it."""


class Deadline:
    """The moment by which a query has to be answered, guarding the cursor that answers it."""

    def __init__(
        self,
        cursor: Cursor,
        seconds: float | None,
        since: float | None = None,
        *,
        gone: Callable[[], bool] | None = None,
    ) -> None:
        """Guard a cursor for some seconds, None for ever, since a moment of the monotonic clock.

        `gone` tells that nobody waits for the answer any more.
        """
        now = time.monotonic()
        self.seconds = seconds
        self._cursor = cursor
        self._end = None if seconds is None else (now if since is None else since) + seconds
        self._gone = gone
        self._paused_at: float | None = None
        self._stopped = False
        self._cancelled = False
        self._signal: Signal | None = None
        self.unhelped: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        """Keeps helping threads away from a recursive statement."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        _GUARDING[id(cursor)] = self
        if seconds is not None and seconds < 2 * _MOMENT:
            self._start()
        elif seconds is not None or gone is not None:
            _STARTER.add(self)

    @property
    def moment(self) -> float | None:
        """The end on the monotonic clock, None for no end."""
        return self._end

    @property
    def passed(self) -> bool:
        """Whether the time is over, or the query was stopped."""
        return self._stopped or (self._end is not None and time.monotonic() >= self._end)

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped the query."""
        return self._stopped

    def stop(self) -> None:
        """End the query now."""
        self._stopped = True
        self._wake.set()
        self._start()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock while somebody else is at work, such as the reader of an answer."""
        with self._lock:
            started = self._paused_at = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                if self._end is not None:
                    self._end += time.monotonic() - started
                self._paused_at = None

    def check(self) -> None:
        """Raise QueryTimeoutError when the time is over, QueryStoppedError when it was stopped."""
        if self.passed:
            raise self.error()

    def error(self) -> QueryError:
        """Return the error that tells why the query ended."""
        if self._stopped:
            return QueryStoppedError("The query was stopped before its answer was complete.")
        return timed_out(self.seconds)

    def cancel(self) -> None:
        """Stop guarding: from now on the cursor is not interrupted."""
        with self._lock:
            self._cancelled = True
        if _GUARDING.get(id(self._cursor)) is self:
            _GUARDING.pop(id(self._cursor), None)
        self._wake.set()

    @contextlib.contextmanager
    def recursion(self) -> Iterator[None]:
        """Let the cursor run recursive statements, which are told to end and not interrupted.

        Raises:
            QueryTimeoutError: the time is over.
            QueryStoppedError: somebody stopped it.
        """
        self.check()
        with self.unhelped(), listening(self._cursor) as heard:
            with self._lock:
                self._signal = heard
            try:
                with on_keyboard(self.stop):
                    yield
            except EngineError:
                self.check()
                raise
            finally:
                with self._lock:
                    self._signal = None
        self.check()

    def start_if_needed(self) -> None:
        """Let a thread guard the query, if it is still at work."""
        if not self._cancelled:
            self._start()

    def _start(self) -> None:
        guard = threading.Thread(target=self._guard, name="deadline", daemon=True)
        for former in list(_GUARDS):
            if not former.is_alive():
                _GUARDS.discard(former)
        guard.start()
        _GUARDS.add(guard)

    def _guard(self) -> None:
        """Wait for the end, then interrupt the cursor until the query gives up."""
        while not (self._cancelled or self._stopped):
            if self._gone is not None and self._gone():
                self._stopped = True
            elif self._left() <= 0:
                break
            else:
                self._wake.wait(self._left() if self._gone is None else min(self._left(), _LOOK))
        while self._interrupt():
            time.sleep(_AGAIN)

    def _left(self) -> float:
        """Return the seconds that are left; while the clock stands, those until the next look."""
        with self._lock:
            if self._end is None or self._paused_at is not None:
                return _LOOK
            return self._end - time.monotonic()

    def _interrupt(self) -> bool:
        """Interrupt the cursor; return whether it may have to be done again."""
        with self._lock:
            if self._cancelled:
                return False
            # The cursor of an answer that nobody read to its end may be closed by now.
            with contextlib.suppress(EngineError):
                if self._signal is not None:
                    self._signal.give()
                elif self._paused_at is None:
                    self._cursor.interrupt()
                return True
            return False

    def __enter__(self) -> Deadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()


@contextlib.contextmanager
def on_keyboard(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl+C stop what runs, where it would raise KeyboardInterrupt and interrupt the engine.

    A second time it does as usual.
    """
    usual = signal.default_int_handler
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, usual)
        stop()

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


_GUARDING: WeakValueDictionary[int, Deadline] = WeakValueDictionary()
"""What guards a cursor, by its id: cursors take no weak references."""


def guarding(cursor: Cursor) -> Deadline:
    """Return the deadline that guards a cursor, else one that never passes."""
    return _GUARDING.get(id(cursor)) or Deadline(cursor, None)


@contextlib.contextmanager
def recursion(cursor: Cursor) -> Iterator[None]:
    """Let a cursor run recursive statements, stopped by the deadline that guards it, if any does.

    Such a statement holds `kg.store.signals.WANTED` in its recursive part; all of it runs without
    being interrupted, so it should do little beside.
    """
    deadline = _GUARDING.get(id(cursor))
    if deadline is None:
        deafen(cursor)
        yield
        return
    with deadline.recursion():
        yield


def execute(cursor: Cursor, statement: str, parameters: object = None) -> Cursor:
    """Execute a statement that makes or changes a table, perhaps a recursive one.

    Raises:
        QueryTimeoutError: the deadline that guards the cursor passed while it recurred.
        QueryStoppedError: somebody stopped it then.
    """
    with recursion(cursor) if _RECURSIVE in statement else contextlib.nullcontext():
        return cursor.execute(statement, parameters)


_RECURSIVE = "WITH RECURSIVE"


class _Starter:
    """The thread that starts the guards of queries which are not answered after a moment."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Deadline]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ended = False

    def end(self) -> None:
        """End the thread; where it outlives the interpreter, the engine complains of leaks."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(1)

    def add(self, deadline: Deadline) -> None:
        """Let a deadline be guarded in a moment."""
        with self._changed:
            self._waiting.append((time.monotonic() + _MOMENT, deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif len(self._waiting) == 1:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                due, deadline = self._waiting[0]
            time.sleep(max(0.0, due - time.monotonic()))
            with self._changed:
                self._waiting.popleft()
            deadline.start_if_needed()
            del deadline


_STARTER = _Starter()
_GUARDS: set[threading.Thread] = set()
"""The threads that guard a query, and some that did."""
_PATIENCE = 1.0
"""Seconds that the end of the process waits for them."""


def _end_threads() -> None:
    """Let threads end before the interpreter does.

    One that it ends while the thread gives back a cursor would end the process with an error.
    """
    _STARTER.end()
    end = time.monotonic() + _PATIENCE
    for guard in list(_GUARDS):
        guard.join(max(0.0, end - time.monotonic()))


atexit.register(_end_threads)


def timed_out(seconds: float | None) -> QueryTimeoutError:
    """Return the error that tells a deadline of some seconds."""
    return QueryTimeoutError(
        f"The query was stopped at its deadline of {seconds or 0:g} s. Narrow it, add a LIMIT, or"
        " ask for more time."
    )


def memory_error() -> QueryMemoryError:
    """Return the error that tells that a query needs too much memory."""
    return QueryMemoryError(
        "The query needs more memory than there is for it now. Narrow it, add a LIMIT, or ask"
        " again later."
    )
