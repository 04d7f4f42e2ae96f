"""What commits did: their list, the difference that one made, and the life of a fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from kg.store.terms import RawTerm, TermKey, lookup

Quad = tuple[RawTerm, RawTerm, RawTerm, RawTerm | None]
"""Subject, predicate, object, and the graph (None for the unnamed one)."""

_COMMITS = """
WITH listed AS (
    SELECT * FROM "commit" WHERE number < $before ORDER BY number DESC LIMIT $most
), range AS (SELECT min(number) AS first, max(number) AS last FROM listed)
SELECT c.number, c.at_time, c.agent, c.activity, c.note, coalesce(b.n, 0), coalesce(d.n, 0)
FROM listed AS c
LEFT JOIN (
    SELECT born AS number, count(*) AS n FROM quad, range
    WHERE born BETWEEN range.first AND range.last GROUP BY born
) AS b USING (number)
LEFT JOIN (
    SELECT died AS number, count(*) AS n FROM quad, range
    WHERE died BETWEEN range.first AND range.last GROUP BY died
) AS d USING (number)
ORDER BY c.number DESC
"""
_ALL = 2**62
"""More commits than there ever are."""

_TERMS = ", ".join(f"{one}.kind, {one}.lex, {one}.dt, {one}.lang" for one in "spog")
_DECODED = f"""
SELECT {{columns}}, {_TERMS}
FROM quad AS q JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g
"""
_CHANGES = (
    _DECODED.format(columns="q.born = $number")
    + "WHERE q.born = $number OR q.died = $number ORDER BY s.lex, p.lex, q.born = $number, o.lex"
)
_LIVES = _DECODED.format(columns="q.born, q.died, q.origin")
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, and how many quads it added and removed."""

    number: int
    at: datetime
    agent: str
    activity: str
    note: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Life:
    """A quad from the commit that added it to the one that removed it (None: it is live)."""

    quad: Quad
    born: int
    died: int | None
    origin: int | None


def commits(
    cursor: duckdb.DuckDBPyConnection, *, before: int = _ALL, most: int = _ALL
) -> list[Commit]:
    """Return the commits with a number below `before`, `most` of them, the last first."""
    rows = cursor.execute(_COMMITS, {"before": before, "most": most}).fetchall()
    return [Commit(*row) for row in rows]


def changes(cursor: duckdb.DuckDBPyConnection, number: int) -> Iterator[tuple[bool, Quad]]:
    """Yield the quads of a commit: True with what it added, False with what it removed."""
    cursor.execute(_CHANGES, {"number": number})
    while rows := cursor.fetchmany(_CHUNK):
        for row in rows:
            yield bool(row[0]), _quad(row[1:])


def lives(
    cursor: duckdb.DuckDBPyConnection,
    subject: TermKey,
    predicate: TermKey | None = None,
    object_: TermKey | None = None,
) -> list[Life]:
    """Return the lives of the quads with a subject, a predicate and an object, in their order."""
    keys = [key for key in (subject, predicate, object_) if key is not None]
    ids = lookup(cursor, keys)
    if None in ids:
        return []
    named = [name for name, key in zip("spo", (subject, predicate, object_), strict=True) if key]
    where = " AND ".join(f"q.{name} = ?" for name in named)
    rows = cursor.execute(
        f"{_LIVES} WHERE {where} ORDER BY p.lex, q.born, o.lex, g.lex", ids
    ).fetchall()
    return [Life(_quad(row[3:]), row[0], row[1], row[2]) for row in rows]


def _quad(row: Sequence[object]) -> Quad:
    """Return the terms of a row of four columns each."""
    s, p, o, g = (tuple(row[4 * i : 4 * i + 4]) for i in range(4))
    return s, p, o, None if g[0] is None else g  # type: ignore[return-value]
