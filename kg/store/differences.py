"""The difference that one commit made, a page of things at a time, however large it is.

What the graph of provenance says of the commit itself is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from kg.namespaces import PROVENANCE_GRAPH, RDF
from kg.store.terms import lookup

_WINDOW = 4096
"""Ids among which things are looked for first: of a range of ids, little is read."""
_WIDER = 4

_NONE = -1
"""Id that no term has."""

_KINDS = """
SELECT t.lex, sum(q.added)::BIGINT AS added, sum(q.removed)::BIGINT AS removed
FROM (
    SELECT o, count(*) FILTER (born = $number) AS added, count(*) FILTER (died = $number) AS removed
    FROM quad WHERE p = $type AND g <> $own AND (born = $number OR died = $number) GROUP BY o
) AS q JOIN term AS t ON t.id = q.o
GROUP BY t.lex ORDER BY added DESC, removed DESC, t.lex
"""
_SUBJECTS = """
SELECT DISTINCT s FROM quad
WHERE (born = $number OR died = $number) AND g <> $own AND s > $after AND s <= $until {among}
ORDER BY s LIMIT $most
"""
_AMONG = """AND s IN (
    SELECT s FROM quad
    WHERE p = $type AND o = $kind AND (born = $number OR died = $number)
        AND s > $after AND s <= $until
)"""
_LAST = "SELECT coalesce(max(id), 0) FROM term"
_FACTS = f"""
WITH changed AS (
    SELECT q.s, q.p, q.o, q.born = $number AS added, q.origin,
        q.o + CASE WHEN q.born = $number THEN {2**62} ELSE 0 END AS place
    FROM quad AS q JOIN (SELECT unnest($things::BIGINT[]) AS s) AS w USING (s)
    WHERE (q.born = $number OR q.died = $number) AND q.g <> $own
), alike AS (
    SELECT s, p, min(place, {{most:d}}) AS places, count(*) AS facts FROM changed GROUP BY s, p
), few AS (
    SELECT DISTINCT s, p, unnest(places) AS place FROM alike
), counted AS (
    SELECT s, sum(facts)::BIGINT AS total FROM alike GROUP BY s
)
SELECT c.s, c.p, c.o, c.added, c.origin, counted.total
FROM changed AS c JOIN few ON few.s = c.s AND few.p = c.p AND few.place = c.place
JOIN counted ON counted.s = c.s
JOIN term AS p ON p.id = c.p JOIN term AS o ON o.id = c.o
QUALIFY row_number() OVER (PARTITION BY c.s ORDER BY p.lex, c.added, o.lex) <= {{most:d}}
ORDER BY c.s, p.lex, c.added, o.lex
"""
"""Some of very many facts that a thing has of one property are found without ordering them all."""


@dataclass(frozen=True, slots=True)
class KindChange:
    """How many things were said to be of a class by a commit, and how many no longer."""

    iri: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact by the ids of its terms; `origin` is its place in the import that stated it."""

    predicate: int
    object: int
    added: bool
    origin: int | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a commit changed about a thing: the first facts, and the number of all."""

    thing: int
    facts: list[Fact]
    total: int


def kinds_changed(cursor: duckdb.DuckDBPyConnection, number: int) -> list[KindChange]:
    """Return the classes whose members a commit changed, those with the most changes first."""
    names = {"number": number, "own": _own(cursor), "type": _type(cursor)}
    rows = cursor.execute(_KINDS, names).fetchall()
    return [KindChange(*row) for row in rows]


def things_changed(
    cursor: duckdb.DuckDBPyConnection,
    number: int,
    *,
    after: int = 0,
    kind: str | None = None,
    most: int = 25,
    facts: int = 60,
) -> tuple[list[Changed], bool]:
    """Return the things that a commit changed, and whether there are more of them.

    They are in the order of their ids, from the first beyond `after`; `kind` is the IRI of a class
    to which the commit added them or from which it took them, `facts` the number of facts listed
    of each.
    """
    names = {"number": number, "own": _own(cursor)}
    if kind is not None:
        (known,) = lookup(cursor, [(kind, None, None)])
        names |= {"type": _type(cursor), "kind": known if known is not None else _NONE}
    statement = _SUBJECTS.format(among=_AMONG if kind is not None else "")
    found = _subjects(cursor, statement, names, after, most + 1)
    return _with_facts(cursor, number, found[:most], facts), len(found) > most


def _subjects(
    cursor: duckdb.DuckDBPyConnection, statement: str, names: dict[str, int], after: int, most: int
) -> list[int]:
    """Return the first `most` ids beyond `after`, from ranges of ids each wider than the last."""
    row = cursor.execute(_LAST).fetchone()
    last, width, found = int(row[0]) if row else 0, _WINDOW, list[int]()
    while after < last and len(found) < most:
        window = {"after": after, "until": after + width, "most": most - len(found)}
        found += [row[0] for row in cursor.execute(statement, names | window).fetchall()]
        after, width = after + width, width * _WIDER
    return found


def _with_facts(
    cursor: duckdb.DuckDBPyConnection, number: int, things: Sequence[int], most: int
) -> list[Changed]:
    names = {"number": number, "own": _own(cursor), "things": list(things)}
    rows = cursor.execute(_FACTS.format(most=most), names).fetchall()
    found: dict[int, Changed] = {}
    for s, p, o, added, origin, total in rows:
        found.setdefault(s, Changed(s, [], total)).facts.append(Fact(p, o, added, origin))
    return [found[thing] for thing in things]


def _type(cursor: duckdb.DuckDBPyConnection) -> int:
    return _id(cursor, str(RDF.type))


def _own(cursor: duckdb.DuckDBPyConnection) -> int:
    """Return the id of the graph that describes the commits."""
    return _id(cursor, str(PROVENANCE_GRAPH))


def _id(cursor: duckdb.DuckDBPyConnection, iri: str) -> int:
    (found,) = lookup(cursor, [(iri, None, None)])
    return found if found is not None else _NONE
