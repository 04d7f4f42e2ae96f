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

    The knowledge time is that of the context throughout; flags are left out. Only days on which
    something may change are judged, so that T may be far away.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor) as settled:
        evaluation = of_party(cursor, context, party, settled=settled, throughout=True)
        evaluation.table("span_of_days", _SPAN)
        evaluation.table("dated", _DATED)
        evaluation.table("day_probe", _TURNING)
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
), judged AS (SELECT party, least($as_of, closed) AS finish FROM party)
SELECT j.party, coalesce(min(met.day), j.finish) AS start, j.finish
FROM judged AS j LEFT JOIN met ON met.party = j.party AND met.day <= j.finish
GROUP BY j.party, j.finish
"""

_DATED = """
SELECT party, day FROM purchase
UNION SELECT party, until FROM occasion
UNION SELECT party, until FROM undated
UNION SELECT party, start FROM contract UNION SELECT party, finish FROM contract
UNION SELECT party, day FROM usage
UNION SELECT party, day FROM refusal UNION SELECT party, effective FROM refusal
UNION SELECT party, day FROM bad UNION SELECT party, resolved FROM bad
UNION SELECT party, day FROM signal UNION SELECT party, shown FROM signal
UNION SELECT party, day FROM qualification
UNION SELECT party, day FROM score
UNION SELECT party, first_day FROM imprecise UNION SELECT party, day FROM imprecise
UNION SELECT member, start FROM membership UNION SELECT member, finish FROM membership
UNION SELECT party, start FROM designation UNION SELECT party, finish FROM designation
UNION SELECT party, start FROM targeted UNION SELECT party, finish FROM targeted
"""
"""Every day from or until which a measure counts something."""

_WAITS = (
    "SELECT 0 AS days",
    *(f"SELECT CAST(${name} AS INTEGER) + 1" for name in ("D_act", "D_lost", "D_loyal", "D_dis")),
    "SELECT CAST($V_qual AS INTEGER) + 1",
    "SELECT CAST($W_reg AS INTEGER)",
)
_TURNING = f"""
SELECT d.party, d.day + w.days AS asked
FROM dated AS d
JOIN span_of_days AS s ON s.party = d.party AND d.day > DATE '-infinity' AND d.day <= s.finish
JOIN ({" UNION ".join(_WAITS)}) AS w ON d.day + w.days BETWEEN s.start AND s.finish
UNION SELECT party, start FROM span_of_days
"""
"""The days on which a class may change: each date, and the end of each wait that begins there."""

_PERIODS = """
WITH classified AS (
    SELECT party, asked, stage, depth, former_kind, pipeline, position, tier,
        concat_ws(' ', stage, coalesce(depth, '-'), coalesce(former_kind, '-'),
            coalesce(pipeline, '-'), position, coalesce(tier, '-')) AS class
    FROM day_decided
), marked AS (
    SELECT *, class IS DISTINCT FROM lag(class) OVER (PARTITION BY party ORDER BY asked) AS new
    FROM classified
), period AS (
    SELECT *, lead(asked) OVER (PARTITION BY party ORDER BY asked) AS next FROM marked WHERE new
)
SELECT t.lex, k.key, asked AS "from", coalesce(next - 1, s.finish) AS "to", stage, depth,
    former_kind, pipeline, position, tier
FROM period AS n
JOIN span_of_days AS s ON s.party = n.party
JOIN term AS t ON t.id = n.party
LEFT JOIN {keys} AS k ON k.id = n.party
ORDER BY k.key, t.lex, asked
"""
