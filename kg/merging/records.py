"""Merges as they stand: which record is read as which, since when, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import PROV, RDF

from kg.errors import UsageError
from kg.lifecycle.evaluation import parties_with_key
from kg.merging.vocabulary import classes_sql
from kg.namespaces import CG
from kg.store import Cursor, decode, lookup, lookup_nodes

_MERGES = """
WITH stated AS (
    SELECT s, o, min(born) AS born FROM live WHERE p = $merged GROUP BY s, o
), event AS (
    SELECT d.o AS s, c.o, d.s AS event FROM live AS d
    JOIN live AS c ON c.s = d.s AND c.p = $canonical
    WHERE d.p = $duplicate AND d.s NOT IN (SELECT s FROM live WHERE p = $invalidated)
), told AS (
    SELECT m.s, m.o, m.born, min(day.lex) AS day, min(why.lex) AS reason
    FROM stated AS m LEFT JOIN event AS e USING (s, o)
    LEFT JOIN live AS dated ON dated.s = e.event AND dated.p = $date
    LEFT JOIN term AS day ON day.id = dated.o
    LEFT JOIN live AS said ON said.s = e.event AND said.p = $reason
    LEFT JOIN term AS why ON why.id = said.o
    GROUP BY m.s, m.o, m.born
), key AS (
    SELECT q.s, min(t.lex) AS key FROM live AS q JOIN term AS t ON t.id = q.o
    WHERE q.p = $key AND q.s IN (SELECT s FROM told UNION SELECT o FROM told) GROUP BY q.s
)
SELECT a.lex, i.key, b.lex, j.key, m.day, m.reason, c.agent, c.number
FROM told AS m JOIN term AS a ON a.id = m.s JOIN term AS b ON b.id = m.o
LEFT JOIN key AS i ON i.s = m.s LEFT JOIN key AS j ON j.s = m.o
LEFT JOIN "commit" AS c ON c.number = m.born
ORDER BY c.number DESC, a.lex
"""

COLUMNS = (
    *("duplicate", "duplicate_key", "canonical", "canonical_key"),
    *("date", "reason", "agent", "commit"),
)


@dataclass(frozen=True, slots=True)
class Merge:
    """A record and the one that it is read as; `commit` is the one that said so."""

    duplicate: str
    duplicate_key: str | None
    canonical: str
    canonical_key: str | None
    date: str | None
    reason: str | None
    agent: str
    commit: int


@dataclass(frozen=True, slots=True)
class Party:
    """A record of a party: its id, its IRI and the groups of kinds that it says it is of."""

    id: int
    iri: str
    groups: frozenset[str]

    @property
    def kind(self) -> str:
        """The groups of kinds, for people."""
        return " and ".join(sorted(self.groups))


def list_merges(cursor: Cursor) -> list[Merge]:
    """Return the merges that stand, the last decided first."""
    nodes = {
        "merged": CG.mergedInto,
        "duplicate": CG.duplicate,
        "canonical": CG.canonical,
        "invalidated": PROV.invalidatedAtTime,
        "date": CG.date,
        "reason": CG.mergeReason,
        "key": CG.sourceKey,
    }
    ids = dict(zip(nodes, lookup_nodes(cursor, nodes.values()), strict=True))
    return [Merge(*row) for row in cursor.execute(_MERGES, ids).fetchall()]


def find_party(cursor: Cursor, name: str, *, declared: bool = True) -> Party:
    """Return the party of a source key or an IRI; it need not be `declared` to be of a kind.

    Raises:
        UsageError: there is none, or there are several with the key.
    """
    (number,) = lookup(cursor, [(name, None, None)])
    found = [number] if number is not None else parties_with_key(cursor, name)
    if len(found) > 1:
        listed = ", ".join(sorted(term[1] for term in decode(cursor, found).values()))
        raise UsageError(f"Several parties have the key {name!r}: name one by its IRI: {listed}.")
    groups: frozenset[str] = frozenset()
    if found:
        (type_id,) = lookup_nodes(cursor, [RDF.type])
        rows = cursor.execute(
            f"SELECT DISTINCT c.grp FROM live AS q JOIN {classes_sql(cursor)} AS c ON c.id = q.o"
            " WHERE q.s = ? AND q.p = ?",
            [found[0], type_id],
        ).fetchall()
        groups = frozenset(row[0] for row in rows)
    if not found or (declared and not groups):
        raise UsageError(f"There is no party {name!r}: give the key or the IRI of one.")
    return Party(found[0], decode(cursor, found)[found[0]][1], groups)


def canonical_of(cursor: Cursor, party: int) -> int | None:
    """Return the record that a record is merged into, None where it stands for itself."""
    (merged,) = lookup_nodes(cursor, [CG.mergedInto])
    row = cursor.execute(
        "SELECT min(o) FROM live WHERE s = ? AND p = ?", [party, merged]
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None
