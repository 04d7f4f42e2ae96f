"""The events that a classification rests on (rules-and-metrics, section 3)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kg.lifecycle.evaluation import Evaluation


class Evidence(NamedTuple):
    """An event that was read for a party: its IRI, what it counts as, and its day."""

    party: int
    event: str
    kind: str
    day: date | None


def evidence(evaluation: Evaluation) -> list[Evidence]:
    """Return what the rows of the table `classification` rest on, each event once, by day.

    Acquisitions, refusals and unresolved bad experiences for whoever was ever a client; uses,
    signs of engagement and targetings for the others; memberships for whoever is inside.
    """
    evaluation.table("read_event", _READ)
    evaluation.name_terms("SELECT event FROM read_event")
    rows = evaluation.run(
        """
        SELECT DISTINCT e.party, t.lex, e.kind, e.day
        FROM read_event AS e JOIN term AS t ON t.id = e.event
        ORDER BY e.party, e.day, e.kind, t.lex
        """
    ).fetchall()
    return [Evidence(*row) for row in rows]


_READ = """
SELECT c.party, p.purchase AS event, 'purchase' AS kind, p.day
FROM classification AS c JOIN counting AS p ON p.party = c.party
    AND p.day <= c.asked AND c.asked < p.until
UNION ALL
SELECT c.party, k.contract, 'contract', k.start
FROM classification AS c JOIN contract AS k ON k.party = c.party AND k.start <= c.asked
UNION ALL
SELECT c.party, r.refusal, 'refusal', r.day
FROM classification AS c JOIN refusal AS r ON r.party = c.party AND r.day <= c.asked
UNION ALL
SELECT c.party, b.experience, 'bad experience', b.day
FROM classification AS c JOIN bad AS b ON b.party = c.party
    AND b.day <= c.asked AND c.asked < b.resolved
UNION ALL
SELECT c.party, u.use, 'use', u.day
FROM classification AS c JOIN usage AS u ON u.party = c.party AND u.day <= c.asked
WHERE c.first IS NULL
UNION ALL
SELECT c.party, s.event, 'engagement', s.day
FROM classification AS c JOIN signal AS s ON s.party = c.party
    AND s.day <= c.asked AND s.shown <= c.asked
WHERE c.first IS NULL
UNION ALL
SELECT c.party, g.targeting, 'targeted', CASE WHEN isfinite(g.start) THEN g.start END
FROM classification AS c JOIN targeted AS g ON g.party = c.party
    AND g.start <= c.asked AND c.asked < g.finish
WHERE c.first IS NULL
UNION ALL
SELECT c.party, m.membership, 'membership', CASE WHEN isfinite(m.start) THEN m.start END
FROM classification AS c JOIN membership AS m ON m.member = c.party
    AND m.start <= c.asked AND c.asked < m.finish
    AND (NOT m.contractor OR $contractorIsInternal)
JOIN house AS h ON h.id = m.organization
"""
