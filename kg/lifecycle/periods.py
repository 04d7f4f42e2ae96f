"""The stages of one party over time, as periods (competency question B9)."""

from __future__ import annotations

from kg.lifecycle.classify import of_party
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
    with snapshot(cursor) as settled:
        evaluation = of_party(cursor, context, party, settled=settled, throughout=True)
        evaluation.table("span_of_days", _SPAN)
        evaluation.table("day_probe", evaluation.every_day("span_of_days"))
        measure(evaluation, "day_probe", "day_measured")
        decide(evaluation, "day_measured", "day_decided")
        evaluation.name_terms("SELECT party FROM day_decided")
        keys = evaluation.source_keys("day_decided", "party")
        return Table(PERIOD_COLUMNS, evaluation.run(_PERIODS.format(keys=keys)).fetchall())


_SPAN = """
WITH met AS (
    SELECT party, day FROM purchase
    UNION ALL SELECT party, start FROM contract
    UNION ALL SELECT party, day FROM refusal
    UNION ALL SELECT party, day FROM bad
    UNION ALL SELECT party, day FROM usage
    UNION ALL SELECT party, day FROM signal
    UNION ALL SELECT member, start FROM membership WHERE start > DATE '-infinity'
)
SELECT p.party, coalesce(min(met.day) FILTER (met.day <= $as_of), $as_of) AS start,
    least($as_of, p.closed) AS finish
FROM party AS p LEFT JOIN met ON met.party = p.party
GROUP BY p.party, p.closed
"""

_PERIODS = """
WITH classified AS (
    SELECT party, asked, stage, depth, former_kind, pipeline, position, tier,
        concat_ws(' ', stage, coalesce(depth, '-'), coalesce(former_kind, '-'),
            coalesce(pipeline, '-'), position, coalesce(tier, '-')) AS class
    FROM day_decided
), marked AS (
    SELECT *, class IS DISTINCT FROM lag(class) OVER (PARTITION BY party ORDER BY asked) AS new
    FROM classified
), numbered AS (
    SELECT *, count(*) FILTER (new) OVER (PARTITION BY party ORDER BY asked) AS period FROM marked
)
SELECT t.lex, k.key, min(asked) AS "from", max(asked) AS "to", min(stage), min(depth),
    min(former_kind), min(pipeline), min(position), min(tier)
FROM numbered AS n
JOIN term AS t ON t.id = n.party
LEFT JOIN {keys} AS k ON k.id = n.party
GROUP BY t.lex, k.key, n.party, n.period
ORDER BY k.key, t.lex, n.period
"""
