"""The last things that name something, by their dates, however many things name it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

_WINDOW = timedelta(days=1)
"""How far back from the last date is looked first."""
_WIDER = 4
_FEW = 50_000
"""Things with a date in a window up to which what they name is looked up."""

_SPAN = "SELECT min(ts), max(ts) FROM live WHERE p IN ({dates}) AND ts < $before"
_DATED = """
SELECT s, max(ts) FROM live WHERE p IN ({dates}) AND ts >= $since AND ts < $before
GROUP BY s LIMIT $few
"""
_NAMING = """
SELECT DISTINCT q.s, q.p FROM live AS q JOIN (SELECT unnest($things::BIGINT[]) AS s) AS d USING (s)
WHERE {named}
"""
_WHOLE = """
WITH naming AS (SELECT s, p FROM live AS q WHERE {named}),
dated AS (SELECT s, ts FROM live WHERE p IN ({dates}) AND ts < $before)
SELECT n.s, n.p FROM naming AS n JOIN dated AS d ON d.s = n.s
GROUP BY n.s, n.p ORDER BY max(d.ts) DESC, n.s, n.p LIMIT $most
"""


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
    if not named or not dates:
        return []
    # By equality, as blocks of others are left aside then.
    parts = {
        "named": " OR ".join(f"q.o = {int(one)}" for one in named),
        "dates": ", ".join(str(int(one)) for one in dates),
    }
    # Something that very many things name is mostly named by some of the last: to look at what
    # they name is much less work than to join all of them.
    found = _in_windows(cursor, parts, before, most)
    if found is not None:
        return found
    whole = _WHOLE.format_map(parts)
    return cursor.execute(whole, {"before": before, "most": most}).fetchall()


def _in_windows(
    cursor: duckdb.DuckDBPyConnection, parts: dict[str, str], before: datetime, most: int
) -> list[tuple[int, int]] | None:
    """Return what `last_naming` does, found among the last dated; None where these are too many."""
    first, last = cursor.execute(_SPAN.format_map(parts), {"before": before}).fetchall()[0]
    if last is None:
        return []
    statement, window = _DATED.format_map(parts), _WINDOW
    while True:
        since = max(first, last - window)
        given = {"since": since, "before": before, "few": _FEW + 1}
        days: dict[int, datetime] = dict(cursor.execute(statement, given).fetchall())
        if len(days) > _FEW:
            return None
        naming = cursor.execute(_NAMING.format_map(parts), {"things": list(days)}).fetchall()
        if len(naming) >= most or since == first:
            naming.sort()
            naming.sort(key=lambda row: days[row[0]], reverse=True)
            return naming[:most]
        window *= _WIDER
