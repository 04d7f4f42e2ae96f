"""Days and times as whole numbers are those that the engine computes."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.lifecycle.days import days_of, microseconds, moment_of
from kg.lifecycle.evaluation import DAY, FIRST_DAY, MOMENT
from kg.store import Kind, Store

TIMES = st.datetimes(datetime(1600, 1, 2), datetime(2036, 12, 31))
VALUES = st.tuples(
    st.sampled_from([Kind.DATETIME, Kind.DATE, Kind.YEARMONTH, Kind.YEAR, Kind.TIME, Kind.STRING]),
    TIMES,
    st.one_of(st.none(), st.integers(-840, 840)),
)
TWICE, NEVER = datetime(2025, 10, 26, 2, 30), datetime(2025, 3, 30, 2, 30)


@pytest.mark.parametrize("timezone", ["Europe/Paris", "America/New_York", "Asia/Kolkata"])
def test_days_and_moments_are_those_of_the_engine(timezone: str) -> None:
    epoch_days = [f"CAST({sql} AS DATE) - DATE '1970-01-01'" for sql in (FIRST_DAY, DAY)]
    sql = f"SELECT {', '.join(epoch_days)}, epoch_us({MOMENT})"
    source = "FROM (SELECT $k AS k, $ts::TIMESTAMP AS ts, $tz::SMALLINT AS tz)"
    with Store.open() as store:
        cursor = store.cursor()

        @settings(max_examples=100, deadline=None)
        @given(VALUES)
        @example((Kind.DATETIME, TWICE, None))
        @example((Kind.DATETIME, NEVER, None))
        @example((Kind.YEARMONTH, datetime(2024, 2, 1), None))
        def check(value: tuple[Kind, datetime, int | None]) -> None:
            kind, shown, offset = value
            bound = {"k": int(kind), "ts": shown, "tz": offset, "timezone": timezone}
            first, last, moment = cursor.execute(f"{sql} {source}", bound).fetchall()[0]
            time = microseconds(shown)
            assert (days_of(kind, time, offset, timezone) or (None, None)) == (first, last)
            assert moment_of(time, offset, timezone) == moment

        check()
