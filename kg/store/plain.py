"""The typed values of literals in plain notation, without a statement of the engine.

Nearly all amounts and days are written so. Of others the engine says the value (see
`kg.store.typing`).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from kg.store.schema import Kind


class Value(NamedTuple):
    """The typed values of a term, as in the columns of the table `term`."""

    num: Decimal | None = None
    dbl: float | None = None
    ts: datetime | None = None
    tz: int | None = None


_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,10})?")
_CLOCK = r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_TIMES = {
    Kind.DATETIME: re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_CLOCK})(Z|[+-][0-9:]{{5}})?"),
    Kind.DATE: re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})()"),
    Kind.YEARMONTH: re.compile(r"([0-9]{4}-[0-9]{2})()"),
    Kind.YEAR: re.compile(r"([0-9]{4})()"),
}
_AFTER = {Kind.YEARMONTH: "-01", Kind.YEAR: "-01-01"}
_NOTHING = Value()


def plain_value(kind: int, lex: str) -> Value | None:
    """Return the typed values of a term by its kind and text, None where only the engine knows."""
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return Value(Decimal(lex), float(lex)) if _NUMBER.fullmatch(lex) else None
    if kind == Kind.BOOLEAN:
        return Value(Decimal(lex in ("true", "1")))
    if kind in _TIMES:
        return _time(Kind(kind), lex)
    return None if Kind.FLOAT <= kind <= Kind.YEAR else _NOTHING


def _time(kind: Kind, lex: str) -> Value | None:
    """Return the values of a time; one outside of Python's calendar is left to the engine."""
    match = _TIMES[kind].fullmatch(lex)
    if match is None:
        return None
    local, zone = match.groups()
    try:
        moment = datetime.fromisoformat(local + _AFTER.get(kind, ""))
        minutes = _minutes(zone) if zone else None
        return Value(ts=moment - timedelta(minutes=minutes or 0), tz=minutes)
    except (OverflowError, ValueError):
        return None


def _minutes(zone: str) -> int:
    """Return how far a zone is east of UTC."""
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes
