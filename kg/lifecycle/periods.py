"""The stages of one party over time, as periods (competency question B9)."""

from __future__ import annotations

from kg.lifecycle.classify import prepared
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import snapshot
from kg.lifecycle.measures import measure
from kg.lifecycle.stages import decide
from kg.store import Cursor

PERIOD_COLUMNS = (
    "party", "party_key", "from", "to", "stage", "depth", "former_kind", "pipeline", "position",
    "tier",
)  # fmt: skip


def periods(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return the periods during which a party kept one classification, from its first event to T.

    The knowledge time is that of the context throughout; flags are left out.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor):
        evaluation = prepared(cursor, context, party)
        evaluation.table("day_probe", _DAYS)
        measure(evaluation, "day_probe", "day_measured")
        decide(evaluation, "day_measured", "day_decided")
        keys = evaluation.source_keys("day_decided", "party")
        return Table(PERIOD_COLUMNS, evaluation.run(_PERIODS.format(keys=keys)).fetchall())


_DAYS = """
WITH met AS (
    SELECT party, day FROM purchase
    UNION ALL SELECT party, start FROM contract
    UNION ALL SELECT party, day FROM refusal
    UNION ALL SELECT party, day FROM bad
    UNION ALL SELECT party, day FROM usage
    UNION ALL SELECT party, day FROM signal
    UNION ALL SELECT member, start FROM membership WHERE start > DATE '-infinity'
)
SELECT p.party, CAST(unnest(generate_series(
    CAST(coalesce(min(met.day) FILTER (met.day <= $as_of), $as_of) AS TIMESTAMP),
    CAST(least($as_of, p.closed) AS TIMESTAMP), INTERVAL 1 DAY
)) AS DATE) AS asked
FROM party AS p LEFT JOIN met ON met.party = p.party
GROUP BY p.party, p.closed
"""

_PERIODS = """
WITH classified AS (
    SELECT party, asked, stage, depth, former_kind, pipeline, position, tier,
        (stage, depth, former_kind, pipeline, position, tier) AS class FROM day_decided
), marked AS (
    SELECT *, class IS DISTINCT FROM lag(class) OVER (PARTITION BY party ORDER BY asked) AS new
    FROM classified
), numbered AS (
    SELECT *, count(*) FILTER (new) OVER (PARTITION BY party ORDER BY asked) AS period FROM marked
)
SELECT t.lex, k.key, min(asked), max(asked), any_value(stage), any_value(depth),
    any_value(former_kind), any_value(pipeline), any_value(position), any_value(tier)
FROM numbered AS n
JOIN term AS t ON t.id = n.party
LEFT JOIN {keys} AS k ON k.id = n.party
GROUP BY t.lex, k.key, n.party, n.period
ORDER BY k.key, t.lex, n.period
"""
