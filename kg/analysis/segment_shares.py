"""What segments and personas come to: for one party, and in clients (questions E2, E6, E9, I6)."""

from __future__ import annotations

from kg.analysis.names import NOBODY, names_of
from kg.analysis.parties import one_party
from kg.analysis.segments import with_members
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import snapshot
from kg.lifecycle.segments import build_targetings
from kg.store import Cursor

PARTY_COLUMNS = (
    "segment_key", "party", "party_key", "criterion", "family", "property", "operator", "value",
    "met", "as_of",
)  # fmt: skip
SHARE_COLUMNS = ("targeting", "segment_key", "core", "members", "clients", "share", "as_of")
REACH_COLUMNS = ("persona_key", "criteria", "parties", "clients", "as_of")

_CLIENTS = "(SELECT party FROM classification WHERE stage IN ('CURRENT', 'DORMANT'))"
"""Who is a client at T (section 4, axis A)."""


def of_party(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return whether a party is in each segment at T, and which of its criteria it meets.

    A row without a criterion is about the segment: `met` tells whether the party is in it. In the
    others `met` is empty where the party has no value to compare. The query of a segment is a
    criterion without a name, of the operator `query`.

    Raises:
        UsageError: the party is unknown.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        chosen = one_party(evaluation, party)
        rows = evaluation.run(
            _OF_PARTY.format(
                segments=evaluation.instances("Segment"),
                values=evaluation.triples("criterionValue"),
                queries=evaluation.triples("selectQuery"),
            ),
            p=chosen,
        ).fetchall()
        ids = {chosen, *(one for row in rows for one in row[:4] if one is not None)}
        names = names_of(evaluation, ids)
    found = [
        (names[segment].order, *names[chosen],
         *(names.get(one, NOBODY).iri or None for one in about), operator, value, holds,
         context.as_of)
        for segment, *about, operator, value, holds in rows
    ]  # fmt: skip
    ordered = sorted(found, key=lambda row: (row[0], *(one or "" for one in (row[6], *row[3:6]))))
    return Table(PARTY_COLUMNS, ordered, tuple(evaluation.broken_segments.values()))


_OF_PARTY = """
WITH told AS (SELECT v.s, string_agg(t.lex, ', ' ORDER BY t.lex) AS value
    FROM {values} AS v JOIN term AS t ON t.id = v.o GROUP BY v.s)
SELECT s.s, NULL, NULL, NULL, NULL, NULL, EXISTS (
    SELECT 1 FROM member AS m WHERE m.segment = s.s AND m.party = $p)
FROM {segments} AS s
UNION ALL
SELECT s.s, c.criterion, c.family, c.property, c.operator, told.value, m.holds
FROM {segments} AS s
JOIN criterion AS c ON c.owner = s.s
LEFT JOIN met AS m ON m.owner = s.s AND m.criterion = c.criterion AND m.party = $p
LEFT JOIN told ON told.s = c.criterion
UNION ALL
SELECT s.s, NULL, NULL, NULL, 'query', t.lex, EXISTS (
    SELECT 1 FROM found AS f WHERE f.segment = s.s AND f.party = $p)
FROM {segments} AS s
JOIN {queries} AS q ON q.s = s.s
JOIN term AS t ON t.id = q.o
"""


def shares(cursor: Cursor, context: Context) -> Table:
    """Return how many parties each targeting of f reaches at T, and how many of them are clients.

    Clients are the parties of the stages CURRENT and DORMANT; `share` is empty where nobody is
    targeted.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        build_targetings(evaluation)
        rows = evaluation.run(
            f"""
            SELECT g.targeting, g.segment, g.core, count(m.party) AS members,
                count(m.party) FILTER (m.party IN {_CLIENTS}) AS clients
            FROM targeting AS g LEFT JOIN member AS m ON m.segment = g.segment
            WHERE g.start <= $as_of AND $as_of < g.finish
            GROUP BY g.targeting, g.segment, g.core
            """
        ).fetchall()
        names = names_of(evaluation, {one for row in rows for one in row[:2]})
    found = [
        (names[g].iri, names[s].order, core, all_, clients, clients / all_ if all_ else None,
         context.as_of)
        for g, s, core, all_, clients in rows
    ]  # fmt: skip
    ordered = sorted(found, key=lambda row: (row[1], row[0]))
    return Table(SHARE_COLUMNS, ordered, tuple(evaluation.broken_segments.values()))


def reach(cursor: Cursor, context: Context) -> Table:
    """Return how many parties match each persona in all that is known of them, and the clients.

    A party without any known criterion matches no persona; clients are the parties of the stages
    CURRENT and DORMANT. A persona that nobody matches has a row as well.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        rows = evaluation.run(
            f"""
            WITH matching AS (
                SELECT owner, party FROM met GROUP BY owner, party HAVING bool_and(holds)
            )
            SELECT b.s, (SELECT count(*) FROM criterion AS c WHERE c.owner = b.s),
                count(m.party), count(m.party) FILTER (m.party IN {_CLIENTS})
            FROM {evaluation.instances("BuyerPersona")} AS b
            LEFT JOIN matching AS m ON m.owner = b.s
            GROUP BY b.s
            """
        ).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
    found = [(names[persona].order, *figures, context.as_of) for persona, *figures in rows]
    return Table(REACH_COLUMNS, sorted(found, key=lambda row: (row[3], row[0])))
