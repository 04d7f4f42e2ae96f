"""The last things that name something, by their dates, however many things name it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

_WALKED = 2_000
_LAST = """
WITH naming AS (
    SELECT s, p FROM live WHERE o IN (SELECT unnest($named::BIGINT[]))
), dated AS (
    SELECT s, ts FROM live
    WHERE p IN (SELECT unnest($dates::BIGINT[])) AND ts < $before {walk}
)
SELECT n.s, n.p FROM naming AS n JOIN dated AS d ON d.s = n.s
GROUP BY n.s, n.p ORDER BY max(d.ts) DESC, n.s, n.p LIMIT $most
"""
_WALK = f"ORDER BY ts DESC LIMIT {_WALKED}"


def last_naming(
    cursor: duckdb.DuckDBPyConnection,
    named: Sequence[int],
    dates: Sequence[int],
    before: datetime,
    most: int,
) -> list[tuple[int, int]]:
    """Return (subject, predicate) of the live quads that have one of some objects, `most` of them.

    Those whose subject has the last date before a moment come first; `dates` are the predicates of
    dates. Subjects without such a date are left out. All are ids.
    """
    names = {"named": list(named), "dates": list(dates), "before": before, "most": most}
    rows: list[tuple[int, int]] = []
    # Something that very many things name is mostly named by some of the last: to order a few
    # dates is much less work than to join all of them.
    for walk in (_WALK, ""):
        rows = cursor.execute(_LAST.format(walk=walk), names).fetchall()
        if len(rows) >= most:
            break
    return rows
