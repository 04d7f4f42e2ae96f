"""The days on which a stage may change, and the parties that came back (flag WON_BACK)."""

from __future__ import annotations

from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.stages import decide


def mark_won_back(evaluation: Evaluation, decided: str, name: str) -> None:
    """Keep, as table `name`, the CURRENT parties of `decided` that were FORMER at an earlier day.

    FORMER begins on few days only: when a silence grows too long, a refusal takes effect, a bad
    experience stays unanswered, a contract ends, a purchase turns void. These days are probed.
    """
    evaluation.table(
        f"{name}_candidate", f"SELECT party, asked FROM {decided} WHERE stage = 'CURRENT'"
    )
    evaluation.table(f"{name}_silence", _SILENCE.format(decided=decided))
    probes = evaluation.table(f"{name}_probe", _turning_days(evaluation).format(name=name))
    if not probes:
        evaluation.table(name, "SELECT 0::BIGINT AS party WHERE FALSE")
        return
    decide(evaluation, f"{name}_probe", f"{name}_stage", ["stage"])
    evaluation.table(name, f"SELECT DISTINCT party FROM {name}_stage WHERE stage = 'FORMER'")


_SILENCE = """
WITH aged AS (
    SELECT o.party FROM occasion AS o
    JOIN {decided} AS d ON d.party = o.party AND d.stage = 'CURRENT' AND o.day <= d.asked
    GROUP BY o.party, d.asked
    HAVING max(o.day) - min(o.day) > $D_lost OR d.asked - max(o.day) > $D_lost
), lasting AS (
    SELECT party, day, lead(day) OVER (PARTITION BY party ORDER BY day) AS next
    FROM occasion SEMI JOIN aged USING (party)
    WHERE until = DATE 'infinity'
)
SELECT party, day FROM lasting WHERE coalesce(next - day > $D_lost, TRUE)
UNION ALL SELECT party, day FROM occasion WHERE until < DATE 'infinity'
UNION ALL SELECT party, finish FROM contract WHERE finish < DATE 'infinity'
"""
"""Evidence of acquisition that may be followed by a silence longer than D_lost."""

_TURNING = """
SELECT DISTINCT t.party, t.day AS asked FROM (
    SELECT party, day + CAST($D_lost AS INTEGER) + 1 AS day FROM {name}_silence
    UNION ALL SELECT party, until FROM occasion WHERE until < DATE 'infinity'
    UNION ALL SELECT party, finish FROM contract WHERE finish < DATE 'infinity'
    UNION ALL SELECT party, effective FROM refusal
    UNION ALL SELECT party, day + CAST($D_dis AS INTEGER) + 1 FROM bad
    {more}
) AS t
JOIN {name}_candidate AS c ON c.party = t.party AND t.day < c.asked
"""


def _turning_days(evaluation: Evaluation) -> str:
    """Return the statement of the days to probe, under the basis and the undated policy."""
    parameters = evaluation.context.parameters
    more = []
    if parameters.current_basis == "purchaseOrUse":
        more.append("UNION ALL SELECT party, day + CAST($D_lost AS INTEGER) + 1 FROM usage")
    if parameters.undated_policy == "assumeEarliest":
        # An acquisition without date lies before every other day.
        more.append("UNION ALL SELECT party, DATE '0001-01-01' FROM undated")
    return _TURNING.replace("{more}", " ".join(more))
