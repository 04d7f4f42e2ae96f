"""Dates in the functions of mapping documents: the ways people and spreadsheets write them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot.expressions as exp

from kg.errors import MappingError
from kg.ingest.sql import call, case, cast, number, text

Args = Sequence[exp.Expr]

_PARTS = {
    "dmy": (r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})", r"\3-\2-\1"),
    "mdy": (r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})", r"\3-\1-\2"),
    "ymd": (r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", r"\1-\2-\3"),
}
_ISO = r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
_MONTH = r"(0[1-9]|1[0-2])"
_SERIAL = r"[0-9]{1,7}([.,][0-9]+)?"


def parse_any(_: object, args: Args) -> exp.Expr:
    """Turn a date with the parts in a given order, or one in ISO form, into an ISO date."""
    order = str(args[1].this) if len(args) > 1 else "dmy"
    if order not in _PARTS:
        raise MappingError(f"date: the order {order!r} is not one of {', '.join(_PARTS)}.")
    pattern, written = _PARTS[order]
    value = call("trim", args[0].copy())
    plain = call("regexp_replace", value, text(r"[\s./\x{A0}-]+"), text("-"), text("g"))
    day = call("regexp_replace", plain, text(f"^{pattern}$"), text(written))
    iso = call("regexp_replace", value.copy(), text(f"^{_ISO}$"), text(r"\1"))
    month = call(
        "regexp_replace", plain.copy(), text(r"^([0-9]{1,2})-([0-9]{4})$"), text(r"\2-0\1")
    )
    month = call("regexp_replace", month, text("-0([0-9]{2})$"), text(r"-\1"))
    return case(
        [
            (_matches(value, _ISO), _day(iso)),
            (_matches(value, f"[0-9]{{4}}(-{_MONTH})?"), value.copy()),
            (_matches(plain, pattern), _day(day)),
            (_matches(month, f"[0-9]{{4}}-{_MONTH}"), month.copy()),
        ]
    )


def _matches(value: exp.Expr, pattern: str) -> exp.Expr:
    """Return the condition that a pattern matches the whole text."""
    return call("regexp_full_match", value.copy(), text(pattern))


def _day(value: exp.Expr) -> exp.Expr:
    """Return a day in ISO form, missing where the calendar has none."""
    return call("strftime", call("try_strptime", value, text("%Y-%m-%d")), text("%Y-%m-%d"))


def from_serial(_: object, args: Args) -> exp.Expr:
    """Turn the number by which Excel counts days into an ISO date.

    Day 60 is the 29 February 1900 that Excel believes in: nothing is given for it, and earlier
    days are one further from the start of the count.
    """
    value = call("trim", args[0].copy())
    days = cast(call("regexp_replace", value.copy(), text("[.,].*$"), text("")), "INTEGER")
    first, later = _after("1899-12-31", days), _after("1899-12-30", days)
    day = case(
        [
            (exp.Between(this=days.copy(), low=number(1), high=number(59)), first),
            (exp.Between(this=days.copy(), low=number(61), high=number(2_958_465)), later),
        ]
    )
    return case([(_matches(value, _SERIAL), call("strftime", day, text("%Y-%m-%d")))])


def _after(start: str, days: exp.Expr) -> exp.Expr:
    """Return the day that comes a number of days after another."""
    day = exp.Add(this=cast(text(start), "DATE"), expression=days.copy())
    return exp.Paren(this=day)
