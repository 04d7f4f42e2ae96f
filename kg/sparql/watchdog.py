"""Stops Python code that runs past a deadline without ever looking at the clock.

rdflib's evaluator can compare solutions for hours between two accesses to the store. A thread
that only waits raises an exception in the evaluating thread when the time is over. It does so
between `enter` and `leave` only: no code outside of the guarded block ever sees the exception.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time
from collections.abc import Iterator

_AGAIN = 0.2
"""Seconds between two attempts: a bare `except:` in the guarded code may swallow the first."""


class OverdueError(BaseException):
    """Raised in the guarded code; no `except Exception` may take it for an error of its own."""


class Watchdog:
    """Guards blocks of code of one thread at a time until a moment of the monotonic clock."""

    def __init__(self, moment: float | None) -> None:
        self._moment = moment
        self._lock = threading.Lock()
        self._guarded: int | None = None
        self._stopped = threading.Event()
        if moment is not None:
            threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Run a block that is stopped by OverdueError when the time is over."""
        with self._lock:
            self._guarded = threading.get_ident()
        try:
            yield
        finally:
            self._leave()

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()

    def _leave(self) -> None:
        """End a guarded block, with no exception left on its way."""
        while True:
            try:
                with self._lock:
                    if self._guarded is not None:
                        _raise_in(self._guarded, None)
                    self._guarded = None
                return
            except OverdueError:
                continue

    def _watch(self) -> None:
        assert self._moment is not None  # noqa: S101
        if self._stopped.wait(max(0.0, self._moment - time.monotonic())):
            return
        while not self._stopped.wait(_AGAIN):
            with self._lock:
                if self._guarded is not None:
                    _raise_in(self._guarded, OverdueError)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an exception in a thread at its next bytecode; None takes back one not yet raised."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if error is None else ctypes.py_object(error)
    )
