"""What the evaluator may hold in memory: the engine does not count the objects of Python."""

from __future__ import annotations

import re
import sys
import time

from kg.sparql.deadline import Deadline, memory_error

_BLOCK = 128
"""Bytes that a solution takes for each block of memory that it is made of, on average."""
_LOOK = 0.1
"""Seconds between two looks."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?)(i?)B", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


class Holding:
    """The clock and the memory of one evaluation.

    The memory is that by which the objects of the whole process grow meanwhile: of several
    evaluations at a time each one is held to account for all.
    """

    def __init__(self, deadline: Deadline, memory: str | None) -> None:
        self._deadline = deadline
        self._most = None if memory is None else bytes_of(memory) // _BLOCK
        self._first = sys.getallocatedblocks()
        self._next = time.monotonic() + _LOOK

    def check(self) -> None:
        """Look at the clock, and now and then at the memory.

        Raises:
            QueryTimeoutError: the time is over.
            QueryStoppedError: somebody stopped the query.
            QueryMemoryError: it holds more than it may.
        """
        self._deadline.check()
        if self._most is None or (now := time.monotonic()) < self._next:
            return
        self._next = now + _LOOK
        if sys.getallocatedblocks() - self._first > self._most:
            raise memory_error()


def bytes_of(size: str) -> int:
    """Return a size such as `512MB` or `1GiB` in bytes.

    Raises:
        ValueError: it is not one.
    """
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        raise ValueError(f"{size!r} is not a size such as 512MB")
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.upper()])
