"""Days and times of stored values as whole numbers, as the statements of the rules compute them."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kg.store import Kind

_EPOCH = date(1970, 1, 1)
_START = datetime(1970, 1, 1)
_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE
_WITH_DAYS = (Kind.DATETIME, Kind.DATE, Kind.YEARMONTH, Kind.YEAR)


def day_number(day: date) -> int:
    """Return a day as a whole number: days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the day that a whole number stands for.

    Raises:
        OverflowError, ValueError: the calendar does not reach that far.
    """
    return date.fromordinal(number + _EPOCH.toordinal())


def microseconds(moment: datetime) -> int:
    """Return a time without zone as a whole number: microseconds since 1970-01-01."""
    return (moment - _START) // datetime.resolution


def days_of(kind: int, time: int, offset: int | None, timezone: str) -> tuple[int, int] | None:
    """Return the earliest and the latest possible day of a value, None where it has no day.

    `time` is in microseconds since 1970-01-01, in UTC where the value has a zone, of which `offset`
    has the minutes; a time with a zone is of the day that it is in `timezone`
    (rules-and-metrics, section 6.2).

    Raises:
        OverflowError, ValueError: the calendar does not reach that far.
    """
    if kind not in _WITH_DAYS:
        return None
    if kind == Kind.DATETIME and offset is not None:
        moment = (_START + timedelta(microseconds=time)).replace(tzinfo=UTC)
        day = day_number(moment.astimezone(_zone(timezone)).date())
        return day, day
    first = (time + (offset or 0) * _MINUTE) // _DAY
    return first, _last(kind, first)


def _last(kind: int, first: int) -> int:
    """Return the last day of the year or the month that begins with a day, else this day."""
    if kind not in (Kind.YEARMONTH, Kind.YEAR):
        return first
    day = day_of(first)
    month = 12 if kind == Kind.YEAR else day.month
    return day_number(date(day.year, month, monthrange(day.year, month)[1]))


def moment_of(time: int, offset: int | None, timezone: str) -> int:
    """Return a time in UTC; one without zone is of the clocks of `timezone`.

    Where these show a time twice, or never, the later moment is meant, as the engine has it.

    Raises:
        OverflowError: the calendar does not reach that far.
    """
    if offset is not None:
        return time
    shown = (_START + timedelta(microseconds=time)).replace(tzinfo=_zone(timezone))
    return max(
        microseconds(shown.replace(fold=fold).astimezone(UTC).replace(tzinfo=None))
        for fold in (0, 1)
    )


@lru_cache(maxsize=8)
def _zone(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)
