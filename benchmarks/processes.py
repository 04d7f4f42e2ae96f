"""What a process takes of memory, and work done in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")


def peak_memory(pid: int | str = "self") -> int:
    """Return the peak resident memory of a process in bytes, of this one where none is named.

    What the system tells of resources used would be that of the process which started this one,
    where that had more: Linux hands it on.
    """
    with contextlib.suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0


def apart(work: Callable[[Path], Found], path: Path) -> Found:
    """Return what a function gives in a process of its own, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, [path])
