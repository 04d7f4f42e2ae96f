"""Two records side by side: what each says, property by property, and how much speaks of them."""

from __future__ import annotations

from dataclasses import dataclass

from kg.merging.records import find_party
from kg.store import Cursor, Kind

_SAID = """
SELECT q.p, list_sort(list(DISTINCT q.o) FILTER (q.s = $one)),
    list_sort(list(DISTINCT q.o) FILTER (q.s = $other))
FROM live AS q JOIN term AS p ON p.id = q.p
WHERE q.s = $one OR q.s = $other GROUP BY q.p, p.lex
ORDER BY count(DISTINCT q.s) DESC, p.lex
"""
_NAMED = f"""
SELECT count(*) FILTER (o = $one), count(*) FILTER (o = $other) FROM live
WHERE k = {Kind.IRI:d} AND (o = $one OR o = $other)
"""


@dataclass(frozen=True, slots=True)
class Aspect:
    """A property and its values for each of two records, by the ids of the terms."""

    predicate: int
    one: list[int]
    other: list[int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two records by id and IRI, and in how many facts each is named by something else."""

    one: int
    iri: str
    other: int
    other_iri: str
    aspects: list[Aspect]
    named: int
    other_named: int


def compare(cursor: Cursor, one: str, other: str) -> Comparison:
    """Return what two records, named by key or IRI, say of themselves; shared properties first.

    Raises:
        UsageError: a record is unknown, or its name is that of several.
    """
    first, second = (find_party(cursor, name) for name in (one, other))
    names = {"one": first.id, "other": second.id}
    aspects = [
        Aspect(p, ours or [], theirs or [])
        for p, ours, theirs in cursor.execute(_SAID, names).fetchall()
    ]
    ((named, other_named),) = cursor.execute(_NAMED, names).fetchall()
    return Comparison(first.id, first.iri, second.id, second.iri, aspects, named, other_named)
