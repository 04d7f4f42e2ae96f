"""How many parties are in each stage at several dates, and how many came into it between them."""

from __future__ import annotations

from datetime import date, timedelta

from kg.errors import UsageError
from kg.lifecycle.context import Context, Table
from kg.lifecycle.events import evidence_notes
from kg.lifecycle.kept import evaluated
from kg.lifecycle.stages import decide
from kg.lifecycle.turning import stage_turns
from kg.store import Cursor

TREND_COLUMNS = (
    "at", "stage", "parties", "arrived", "first_time", "since", "as_of", "knowledge", "params",
)  # fmt: skip
STEPS = {"month": 1, "quarter": 3, "year": 12}
"""Steps between the dates, in months."""
MOST_DATES = 120


def trend(cursor: Cursor, context: Context, *, start: date, step: str = "month") -> Table:
    """Return for dates from `start` to T, a step apart, the number of parties in each stage.

    `arrived` are those that were in another stage one date before, `first_time` those whose first
    acquisition came since then; both are empty at the first date. A closed party is left out from
    its closing on.

    Raises:
        UsageError: `start` is after T, or there are too many dates.
    """
    days = dates_back(context.as_of, start, step)
    with evaluated(cursor, context, counted=False) as evaluation:
        evaluation.table("trend_day", _DAYS, days=days)
        turns = stage_turns(evaluation)
        evaluation.table("trend_probe", _PROBES.format(turns=turns), first_day=days[0])
        decide(evaluation, "trend_probe", "trend_decided", ("stage", "first"))
        rows = evaluation.run(_TREND).fetchall()
        notes = evidence_notes(evaluation)
    return Table(TREND_COLUMNS, rows, notes)


def dates_back(end: date, start: date, step: str) -> list[date]:
    """Return the dates from `end` back to `start`, so many months apart, the first first.

    Raises:
        UsageError: `start` is after `end`, or there are more than `MOST_DATES`.
    """
    if start > end:
        raise UsageError(f"from is {start}, after the date of the answer, {end}.")
    days = [end]
    while (day := _months_before(end, STEPS[step] * len(days))) is not None and day >= start:
        days.append(day)
        if len(days) > MOST_DATES:
            raise UsageError(
                f"From {start} there are more than {MOST_DATES} dates: take a longer step."
            )
    return days[::-1]


def _months_before(day: date, months: int) -> date | None:
    """Return the day so many months before, on the last of a month that lacks it.

    There is none before the first year.
    """
    number = day.year * 12 + day.month - 1 - months
    if number < date.min.year * 12:
        return None
    last = (date(number // 12 + (number % 12 == 11), (number + 1) % 12 + 1, 1) - timedelta(1)).day
    return date(number // 12, number % 12 + 1, min(day.day, last))


_DAYS = """
SELECT day, lag(day) OVER (ORDER BY day) AS since FROM (SELECT unnest($days::DATE[]) AS day)
"""

_PROBES = """
SELECT party, $first_day AS asked FROM party WHERE coalesce(closed > $first_day, TRUE)
UNION
SELECT t.party, g.day FROM {turns} AS t
ASOF JOIN trend_day AS g ON t.day <= g.day
JOIN party AS p ON p.party = t.party AND coalesce(p.closed > g.day, TRUE)
WHERE t.day > $first_day
"""
"""Each party at the first date, and at the others where its stage may not be that of before."""

_TREND = """
WITH met AS (
    SELECT party, asked, stage, first, lag(stage) OVER by_day AS before,
        lead(asked) OVER by_day AS next
    FROM trend_decided WINDOW by_day AS (PARTITION BY party ORDER BY asked)
), moved AS (
    SELECT asked AS day, stage, 1 AS step, before <> stage AS arrived, first > since AS first_time
    FROM met JOIN trend_day ON day = asked
    UNION ALL
    SELECT next, stage, -1, FALSE, FALSE FROM met WHERE next IS NOT NULL
    UNION ALL
    SELECT day, stage, -1, FALSE, FALSE
    FROM (SELECT stage, closed FROM met JOIN party USING (party) WHERE next IS NULL) AS last
    ASOF JOIN trend_day ON closed <= day
), counted AS (
    SELECT day, stage, sum(step) AS step, count_if(arrived) AS arrived,
        count_if(first_time) AS first_time
    FROM moved GROUP BY day, stage
), summed AS (
    SELECT day, since, stage, sum(coalesce(step, 0)) OVER (PARTITION BY stage ORDER BY day) AS n,
        coalesce(arrived, 0) AS arrived, coalesce(first_time, 0) AS first_time
    FROM trend_day CROSS JOIN (SELECT DISTINCT stage FROM counted)
    LEFT JOIN counted USING (day, stage)
)
SELECT day, stage, n::BIGINT, CASE WHEN since IS NOT NULL THEN arrived END,
    CASE WHEN since IS NOT NULL THEN first_time END, since, $as_of, $knowledge, $params
FROM summed WHERE n > 0 ORDER BY day, stage
"""
"""A party is counted in its stage until the date at which it has another one, or is closed."""
