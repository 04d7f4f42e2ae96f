"""Reads the texts that commands are given: a file or standard input, in UTF-8."""

from __future__ import annotations

import sys
from pathlib import Path

from kg.errors import UsageError


def read_text(source: str) -> str:
    """Return the text of a file; `-` is standard input.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    place = "Standard input" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{place} is not UTF-8 from byte {error.start} on.") from None
