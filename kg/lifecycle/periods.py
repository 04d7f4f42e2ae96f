"""The stages of parties over time, as periods (competency question B9)."""

from __future__ import annotations

from collections.abc import Sequence

from kg.lifecycle.classify import of_party
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.stages import decide
from kg.lifecycle.turning import class_turns, stage_turns
from kg.store import Cursor

_CLASSES = ("stage", "depth", "former_kind", "pipeline", "position", "tier")
PERIOD_COLUMNS = ("party", "party_key", "from", "to", *_CLASSES)


def periods(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return the periods during which a party kept one classification, from its first event to T.

    The knowledge time is that of the context throughout; flags are left out. Only days on which
    something may change are judged, so that T may be far away.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor) as settled:
        evaluation = of_party(cursor, context, party, settled=settled, throughout=True)
        _build_periods(evaluation, _CLASSES, class_turns())
        evaluation.name_terms("SELECT party FROM period")
        keys = evaluation.source_keys("period", "party")
        return Table(PERIOD_COLUMNS, evaluation.run(_NAMED.format(keys=keys)).fetchall())


def build_stage_periods(evaluation: Evaluation) -> None:
    """Make the table `period` (party, since, until, stage) of the parties of an evaluation.

    Both days are of the period; the last one of a party ends at T, or on the day it closed. Call it
    after the facts of all days up to T were read.
    """
    _build_periods(evaluation, ["stage"], stage_turns(evaluation))


def _build_periods(evaluation: Evaluation, classes: Sequence[str], turns: str) -> None:
    """Make the table `period`, of classes that change on some days alone."""
    evaluation.table("span_of_days", _SPAN)
    evaluation.table("day_probe", _PROBES.format(turns=turns))
    decide(evaluation, "day_probe", "day_decided", classes)
    told = ", ".join(f"coalesce({name}, '-')" for name in classes)
    evaluation.table("period", _PERIODS.format(names=", ".join(classes), told=told))


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

_PROBES = """
SELECT t.party, t.day AS asked
FROM {turns} AS t JOIN span_of_days AS s ON s.party = t.party AND t.day BETWEEN s.start AND s.finish
UNION SELECT party, start FROM span_of_days
"""

_PERIODS = """
WITH classified AS (
    SELECT party, asked, {names}, concat_ws(' ', {told}) AS class FROM day_decided
), marked AS (
    SELECT *, class IS DISTINCT FROM lag(class) OVER (PARTITION BY party ORDER BY asked) AS new
    FROM classified
), period AS (
    SELECT *, lead(asked) OVER (PARTITION BY party ORDER BY asked) AS next FROM marked WHERE new
)
SELECT n.party, asked AS since, coalesce(next - 1, s.finish) AS until, {names}
FROM period AS n JOIN span_of_days AS s ON s.party = n.party
"""

_NAMED = f"""
SELECT t.lex, k.key, since AS "from", until AS "to", {", ".join(_CLASSES)}
FROM period AS p
JOIN term AS t ON t.id = p.party
LEFT JOIN {{keys}} AS k ON k.id = p.party
ORDER BY k.key, t.lex, since
"""
