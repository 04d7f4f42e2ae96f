"""How many parties are in each stage at several dates, and how many came into it between them."""

from __future__ import annotations

from datetime import date, timedelta

from kg.errors import UsageError
from kg.lifecycle.classify import prepared
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import snapshot
from kg.lifecycle.events import evidence_notes
from kg.lifecycle.measures import measure
from kg.lifecycle.stages import decide
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
    with snapshot(cursor):
        evaluation = prepared(cursor, context)
        evaluation.table(
            "trend_probe",
            "SELECT party, day AS asked FROM party, (SELECT unnest($days::DATE[]) AS day)"
            " WHERE coalesce(closed > day, TRUE)",
            days=days,
        )
        measure(evaluation, "trend_probe", "trend_measured")
        decide(evaluation, "trend_measured", "trend_decided")
        rows = evaluation.run(_TREND, first_day=days[0]).fetchall()
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


_TREND = """
WITH moved AS (
    SELECT asked, stage, first, lag(stage) OVER by_day AS before, lag(asked) OVER by_day AS since
    FROM trend_decided WINDOW by_day AS (PARTITION BY party ORDER BY asked)
)
SELECT asked, stage, count(*),
    CASE WHEN asked > $first_day THEN count(*) FILTER (before <> stage) END,
    CASE WHEN asked > $first_day THEN count(*) FILTER (first > since) END,
    max(since), $as_of, $knowledge, $params
FROM moved GROUP BY asked, stage ORDER BY asked, stage
"""
