"""Garbage collection while an analysis runs."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_running = 0
_enabled = False


@contextlib.contextmanager
def paused_collection() -> Iterator[None]:
    """Look for no cycles of objects until the last of those who asked for it has ended.

    Rows of results hold none, and walking millions of them over and over while more are made
    takes longer than making them.
    """
    global _running, _enabled
    with _lock:
        if not _running:
            _enabled = gc.isenabled()
            gc.disable()
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running and _enabled:
                gc.enable()
