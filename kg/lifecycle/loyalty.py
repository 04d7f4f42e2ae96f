"""Loyalty to a brand, a product or a point of sale (rules-and-metrics, section 4)."""

from __future__ import annotations

from kg.errors import UsageError
from kg.lifecycle.classify import prepared
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.events import evidence_notes
from kg.lifecycle.measures import measure
from kg.lifecycle.stages import LOYAL
from kg.store import Cursor

LOYALTY_COLUMNS = (
    "party", "party_key", "scope", "scope_key", "occasions", "first", "last", "span", "loyal",
    "as_of", "params",
)  # fmt: skip
SCOPES = ("brand", "product", "point-of-sale")


def scoped_loyalty(
    cursor: Cursor, context: Context, *, scope: str, party: str | None = None
) -> Table:
    """Return whether each party is loyal to what it bought: the conditions of LOYAL, per scope.

    Occasions, span and recency are counted over the purchases that concern one brand, product or
    point of sale; satisfaction and notice are those of the party. Parties with one occasion of a
    scope are left out: nobody is loyal by one. `scope_key` is the source key of the scope, or its
    label where it has none.

    Raises:
        UsageError: the scope or the party is unknown.
    """
    if scope not in SCOPES:
        raise UsageError(f"The scope is {scope!r}; choose among {', '.join(SCOPES)}.")
    with snapshot(cursor):
        evaluation = prepared(cursor, context, party)
        evaluation.table("party_probe", "SELECT party, least($as_of, closed) AS asked FROM party")
        measure(evaluation, "party_probe", "party_measured")
        evaluation.table("concerned", _concerned(evaluation, scope))
        evaluation.table("scoped", _SCOPED)
        rows = evaluation.run(
            _ROWS.format(
                parties=evaluation.source_keys("scoped", "party"),
                scopes=evaluation.source_keys("scoped", "scope"),
                labels=evaluation.triples("label"),
            )
        ).fetchall()
        notes = evidence_notes(evaluation)
    return Table(LOYALTY_COLUMNS, rows, notes)


def _concerned(evaluation: Evaluation, scope: str) -> str:
    """Return the SELECT (purchase, scope) of what each purchase that counts concerns."""
    if scope == "point-of-sale":
        return (
            "SELECT c.purchase, x.o AS scope FROM counting AS c"
            f" JOIN {evaluation.triples('pointOfSale')} AS x ON x.s = c.purchase"
        )
    lines = f"""
        SELECT DISTINCT c.purchase, i.o AS scope FROM counting AS c
        JOIN {evaluation.triples("hasLine")} AS l ON l.s = c.purchase
        JOIN {evaluation.triples("item")} AS i ON i.s = l.o
    """
    if scope == "product":
        return lines
    return (
        f"SELECT DISTINCT l.purchase, b.o AS scope FROM ({lines}) AS l"
        f" JOIN {evaluation.triples('brand')} AS b ON b.s = l.scope"
    )


_SCOPED = f"""
WITH occasion_of AS (
    SELECT b.party, b.asked, x.scope, c.day,
        CASE WHEN $occasionGranularity = 'order' THEN c.purchase END AS apart
    FROM party_probe AS b
    JOIN counting AS c ON c.party = b.party AND c.day <= b.asked AND b.asked < c.until
    JOIN concerned AS x ON x.purchase = c.purchase
    GROUP BY ALL
), counted AS (
    SELECT party, asked, scope, count(*) AS n, min(day) AS first, max(day) AS last_buy,
        max(day) - min(day) AS span
    FROM occasion_of GROUP BY party, asked, scope HAVING count(*) > 1
), judged AS (
    SELECT c.*, m.score, m.notice
    FROM counted AS c JOIN party_measured AS m ON m.party = c.party
)
SELECT *, {" AND ".join(LOYAL.values())} AS loyal FROM judged
"""

_ROWS = """
SELECT t.lex, k.key, s.lex, coalesce(x.key, n.name) AS name, c.n, c.first, c.last_buy, c.span,
    c.loyal, $as_of, $params
FROM scoped AS c
JOIN term AS t ON t.id = c.party
JOIN term AS s ON s.id = c.scope
LEFT JOIN {parties} AS k ON k.id = c.party
LEFT JOIN {scopes} AS x ON x.id = c.scope
LEFT JOIN (
    SELECT l.s, min(w.lex) AS name FROM {labels} AS l JOIN term AS w ON w.id = l.o
    WHERE l.s IN (SELECT scope FROM scoped) GROUP BY l.s
) AS n ON n.s = c.scope
ORDER BY k.key, t.lex, name, s.lex
"""
