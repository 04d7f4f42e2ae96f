"""Durations: months and seconds, of three types in one order (XSD 1.1 part 2, 3.3.6)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from rdflib import Literal
from rdflib.term import Node

from kg.namespaces import XSD
from kg.sparql.literals import Moment

DURATIONS = frozenset(
    str(XSD[name]) for name in ("duration", "yearMonthDuration", "dayTimeDuration")
)
FORM = (
    r"(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    r"(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(\.[0-9]+)?S)?)?"
)
"""Sign, years, months, days, hours, minutes, seconds and their fraction; see `NOT_OF`."""
NOT_OF = {
    str(XSD.duration): "[PT]$",
    str(XSD.yearMonthDuration): "[DT]|P$",
    str(XSD.dayTimeDuration): "^[^T]*[YM]|[PT]$",
}
"""What no text of a type holds that `FORM` would allow."""
MEAN_MONTH = 2_629_746
"""Seconds of the mean month, by which durations that are in no order are sorted."""

_REFERENCES = ((1696, 9), (1697, 2), (1903, 3), (1903, 7))
"""Months from whose first days two durations that are in order end in that order."""
_FORM = re.compile(FORM)


class Duration(NamedTuple):
    """What a duration stands for."""

    months: int
    seconds: Fraction

    @property
    def length(self) -> Fraction:
        """Seconds, with months of the mean length."""
        return self.months * MEAN_MONTH + self.seconds


def duration_of(term: Node) -> Duration | None:
    """Return the duration that a term stands for, None where it is none."""
    if not isinstance(term, Literal) or str(term.datatype) not in DURATIONS:
        return None
    read = _FORM.fullmatch(str(term))
    if read is None or re.search(NOT_OF[str(term.datatype)], str(term)):
        return None
    sign, years, months, days, hours, minutes, seconds, fraction = read.groups(default="0")
    size = -1 if sign == "-" else 1
    clock = (int(days) * 24 + int(hours)) * 60 + int(minutes)
    whole = clock * 60 + int(seconds) + Fraction(f"0{fraction}")
    return Duration(size * (int(years) * 12 + int(months)), size * whole)


def difference(left: Duration, right: Duration) -> Fraction | None:
    """Return a number of the sign of left - right, None where they are in no order."""
    months = left.months - right.months
    rest = left.seconds - right.seconds
    if not months or not rest or (months < 0) == (rest < 0):
        return rest if not months else Fraction(months)
    ends = [_end(month, left) - _end(month, right) for month in _REFERENCES]
    return ends[0] if len({(end > 0) - (end < 0) for end in ends}) == 1 else None


def _end(start: tuple[int, int], duration: Duration) -> Fraction:
    """Return the seconds from the beginning of the calendar to the end of a duration."""
    years, month = divmod(start[1] - 1 + duration.months, 12)
    first = Moment(start[0] + years, month + 1, 1, 0, 0, Decimal(0), None)
    return first.seconds + duration.seconds
