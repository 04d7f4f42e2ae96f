"""Stages over time: the same counts as classifying at each date."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.lifecycle import classify, parameters_from, trend
from kg.lifecycle.trends import STEPS, dates_back
from tests.lifecycle.reference import History, classification, latest
from tests.lifecycle.test_movements import crowd
from tests.lifecycle.test_periods import LAST, RULES, SOME
from tests.lifecycle.test_properties import MANY_RUNS, RUNS, START, VARIANTS, world_of
from tests.lifecycle.world import context


def test_each_date_counts_what_classifying_then_gives() -> None:
    with crowd().store() as store:
        cursor = store.cursor()
        table = trend(cursor, context("2025-06-01"), start=date(2024, 12, 1), step="quarter")
        stages = {
            day: {r["party_key"]: r for r in classify(cursor, context(str(day))).records()}
            for day in (date(2024, 12, 1), date(2025, 3, 1), date(2025, 6, 1))
        }
    counted = {(row["at"], row["stage"]): row for row in table.records()}
    assert {day for day, _ in counted} == set(stages)
    before: dict[str, str] | None = None
    for day, parties in stages.items():
        # E was closed before the first date.
        now = {key: parties[key]["stage"] for key in "ABCD"}
        for stage, number in Counter(now.values()).items():
            row = counted[day, stage]
            assert row["parties"] == number
            came = [k for k in now if before and now[k] == stage != before[k]]
            assert row["arrived"] == (len(came) if before else None)
        before = now
    assert counted[date(2025, 6, 1), "CURRENT"]["first_time"] == 1
    assert counted[date(2025, 6, 1), "CURRENT"]["since"] == date(2025, 3, 1)


def assert_plain_rules_count_alike(found: list[History], rules: dict[str, Any]) -> None:
    """Compare each date with what the plain rules say of each party on it."""
    under = parameters_from(rules)
    with world_of(found).store() as store:
        asked = context(LAST.isoformat(), **rules)
        rows = list(trend(store.cursor(), asked, start=START, step="month").records())
    days = sorted({row["at"] for row in rows})
    assert days == dates_back(LAST, START, "month")
    before: dict[int, str] = {}
    for day in days:
        # Those closed are left out from the day of it.
        open_then = {n: one for n, one in enumerate(found) if not one.closed or _day(one) > day}
        now = {n: classification(one, day, under, day)["stage"] for n, one in open_then.items()}
        came = Counter(now[n] for n in now if before and now[n] != before[n])
        for stage, number in Counter(now.values()).items():
            (row,) = (row for row in rows if (row["at"], row["stage"]) == (day, stage))
            assert row["parties"] == number
            assert row["arrived"] == (came[stage] if before else None)
        assert sum(row["parties"] for row in rows if row["at"] == day) == len(now)
        before = now


def _day(history: History) -> date:
    closed = latest(history.closed)
    assert closed is not None
    return closed


@RUNS
@given(SOME)
def test_dates_are_counted_as_the_plain_rules_do(found: list[History]) -> None:
    assert_plain_rules_count_alike(found, RULES | VARIANTS["uses and undated"])


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_many_dates_are_counted_as_the_plain_rules_do(variant: str) -> None:
    @settings(MANY_RUNS, max_examples=60)
    @given(SOME)
    def check(found: list[History]) -> None:
        assert_plain_rules_count_alike(found, RULES | VARIANTS[variant])

    check()


def test_dates_in_the_wrong_order_or_too_many_are_refused() -> None:
    with pytest.raises(UsageError, match="after the date"):
        dates_back(date(2025, 1, 1), date(2025, 1, 2), "month")
    with pytest.raises(UsageError, match="longer step"):
        dates_back(date(2025, 1, 1), date(1925, 1, 1), "month")


def test_dates_end_with_the_first_year() -> None:
    assert dates_back(date(1, 1, 5), date.min, "year") == [date(1, 1, 5)]
    assert dates_back(date(2, 6, 1), date.min, "year") == [date(1, 6, 1), date(2, 6, 1)]
    assert len(dates_back(date(2, 6, 1), date.min, "month")) == 18


@given(
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.integers(0, 3000),
    st.sampled_from(sorted(STEPS)),
)
def test_dates_go_back_month_by_month(end: date, days: int, step: str) -> None:
    start = end - timedelta(days)
    found = dates_back(end, start, step)
    assert found[-1] == end
    assert found[0] >= start
    months = [day.year * 12 + day.month for day in found]
    assert {b - a for a, b in pairwise(months)} <= {STEPS[step]}
    for day in found:
        # The same day of the month, or the last one of a month that lacks it.
        assert day.day == end.day or ((day + timedelta(1)).day == 1 and day.day < end.day)
