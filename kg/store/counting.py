"""The one number that a statement gives."""

from __future__ import annotations

import duckdb


def counted(cursor: duckdb.DuckDBPyConnection) -> int:
    """Return what the last statement of a cursor counted, or how many rows it changed."""
    row = cursor.fetchone()
    return int(row[0]) if row else 0
