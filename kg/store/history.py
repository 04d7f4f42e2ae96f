"""What commits did: their list, the difference that one made, and the life of a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from kg.store.terms import RawTerm, TermKey, lookup

Quad = tuple[RawTerm, RawTerm, RawTerm, RawTerm | None]
"""Subject, predicate, object, and the graph (None for the unnamed one)."""

_COMMITS = """
SELECT number, at_time, agent, activity, note FROM "commit"
WHERE number < ? ORDER BY number DESC LIMIT ?
"""
_SIZES = """
SELECT number, sum(added)::BIGINT, sum(removed)::BIGINT FROM (
    SELECT born AS number, count(*) AS added, 0 AS removed FROM quad
    WHERE born BETWEEN $first AND $last GROUP BY born
    UNION ALL
    SELECT died, 0, count(*) FROM quad WHERE died BETWEEN $first AND $last GROUP BY died
) GROUP BY number
"""
_SIGNED = """
SELECT number, at_time, agent, activity FROM "commit"
WHERE number IN (SELECT unnest(?::BIGINT[]))
"""
_UNCHANGED = (0, 0)
_ALL = 2**62
"""More commits than there ever are."""

_TERMS = ", ".join(f"{one}.kind, {one}.lex, {one}.dt, {one}.lang" for one in "spog")
_DECODED = f"""
SELECT {{columns}}, {_TERMS}
FROM {{quads}} AS q JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g
"""
_CHANGES = (
    _DECODED.format(columns="q.born = $number", quads="quad")
    + "WHERE q.born = $number OR q.died = $number ORDER BY s.lex, p.lex, q.born = $number, o.lex"
)
_PLACE = f"q.o + CASE WHEN q.died IS NULL THEN 0 ELSE {2**62} END"
"""Where a quad comes among those of its subject and predicate: live ones before others."""
_EACH = f"""
JOIN (
    SELECT DISTINCT p, unnest(places) AS place
    FROM (SELECT p, min({_PLACE}, {{each:d}}) AS places FROM quad AS q WHERE {{where}} GROUP BY p)
) AS few ON few.p = q.p AND few.place = {_PLACE}
WHERE {{where}} QUALIFY row_number() OVER (PARTITION BY q.p ORDER BY {_PLACE}, q.g) <= {{each:d}}
"""
"""The first of each predicate; they are found without putting all others in order."""
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


Sizes = Mapping[int, tuple[int, int]]
"""(quads added, quads removed) of commits by number; those that changed none may be left out."""


def commits(
    cursor: duckdb.DuckDBPyConnection,
    *,
    before: int = _ALL,
    most: int = _ALL,
    sizes: Sizes | None = None,
) -> list[Commit]:
    """Return the commits with a number below `before`, `most` of them, the last first.

    `sizes` are those of these commits where they are known.
    """
    rows = cursor.execute(_COMMITS, [before, most]).fetchall()
    if sizes is None:
        sizes = commit_sizes(cursor, rows[-1][0], rows[0][0]) if rows else {}
    return [Commit(*(*row, *sizes.get(row[0], _UNCHANGED))) for row in rows]


def commit_sizes(cursor: duckdb.DuckDBPyConnection, first: int = 0, last: int = _ALL) -> Sizes:
    """Return the sizes of the commits from the first to the last of these numbers."""
    rows = cursor.execute(_SIZES, {"first": first, "last": last}).fetchall()
    return {number: (added, removed) for number, added, removed in rows}


def signatures(
    cursor: duckdb.DuckDBPyConnection, numbers: Iterable[int]
) -> dict[int, tuple[datetime, str, str]]:
    """Return (time, agent, activity) of commits by number."""
    rows = cursor.execute(_SIGNED, [sorted(set(numbers))]).fetchall()
    return {number: (at, agent, activity) for number, at, agent, activity in rows}


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
    *,
    each: int | None = None,
) -> list[Life]:
    """Return the lives of the quads with a subject, a predicate and an object, in their order.

    `each` is the most that are returned of each predicate, live ones before others.
    """
    keys = [key for key in (subject, predicate, object_) if key is not None]
    ids = lookup(cursor, keys)
    if None in ids:
        return []
    named = [name for name, key in zip("spo", (subject, predicate, object_), strict=True) if key]
    where = " AND ".join(f"q.{name} = ${name}" for name in named)
    chosen = f"WHERE {where}" if each is None else _EACH.format(where=where, each=each)
    statement = _DECODED.format(
        columns="q.born, q.died, q.origin", quads=f"(SELECT q.* FROM quad AS q {chosen})"
    )
    given = dict(zip(named, ids, strict=True))
    rows = cursor.execute(f"{statement} ORDER BY p.lex, q.born, o.lex, g.lex", given).fetchall()
    return [Life(_quad(row[3:]), row[0], row[1], row[2]) for row in rows]


def _quad(row: Sequence[object]) -> Quad:
    """Return the terms of a row of four columns each."""
    s, p, o, g = (tuple(row[4 * i : 4 * i + 4]) for i in range(4))
    return s, p, o, None if g[0] is None else g  # type: ignore[return-value]
