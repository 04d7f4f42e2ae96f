"""Our functions on dates, compiled (docs/functions.md). A date is taken as it is written."""

from __future__ import annotations

from collections.abc import Callable

from kg.namespaces import FUNCTION
from kg.sparql import sql
from kg.sparql.computed import Text, integer, when_not_null
from kg.sparql.lexical import DATATYPES
from kg.sparql.sql import Expr
from kg.sparql.strings import guarded
from kg.sparql.times import local_time
from kg.sparql.values import Computed, Traits, Unbound, Value
from kg.store import Kind

_DAYS = frozenset({Kind.DATE, Kind.DATETIME})
_MONTHS = _DAYS | {Kind.YEARMONTH}
_YEARS = _MONTHS | {Kind.YEAR}


def _day(value: Value, kinds: frozenset[Kind]) -> Expr:
    """Return the first day of a date, NULL for another kind of term."""
    return sql.cast(local_time(value, kinds), "DATE")


def _of_day(day: Expr) -> Value:
    """Return the xsd:date of a day."""
    return _literal(sql.cast(day, "VARCHAR"), Kind.DATE, day)


def _literal(lex: Expr, kind: Kind, day: Expr) -> Value:
    facets = {
        "lex": lex,
        "k": when_not_null(day, sql.number(int(kind))),
        "dt": when_not_null(day, sql.string(DATATYPES[kind])),
        "ts": sql.cast(day, "TIMESTAMP"),
    }
    return Computed(Traits(frozenset({kind}), 0, zoned=False), facets)


def first_day(value: Value) -> Value:
    """FirstDay."""
    return _of_day(_day(value, _YEARS)) if value.kinds & _YEARS else Unbound()


def last_day(value: Value) -> Value:
    """LastDay."""
    if not value.kinds & _YEARS:
        return Unbound()
    first = _day(value, _YEARS)
    ends = [
        (frozenset({Kind.YEARMONTH}), sql.call("last_day", first)),
        (
            frozenset({Kind.YEAR}),
            sql.call("last_day", sql.arithmetic("+", first, sql.call("to_months", sql.number(11)))),
        ),
    ]
    branches = [(value.is_kind(kinds), end) for kinds, end in ends if value.kinds & kinds]
    return _of_day(sql.case(branches, first))


def month(value: Value) -> Value:
    """month, of what has one."""
    if not value.kinds & _MONTHS:
        return Unbound()
    first = sql.cast(sql.call("date_trunc", sql.string("month"), _day(value, _MONTHS)), "DATE")
    text = sql.call("left", sql.cast(first, "VARCHAR"), sql.number(-3))
    return _literal(text, Kind.YEARMONTH, first)


def quarter(value: Value) -> Value:
    """quarter, of what has one."""
    if not value.kinds & _MONTHS:
        return Unbound()
    day = _day(value, _MONTHS)
    year = sql.call("left", sql.cast(day, "VARCHAR"), sql.number(-6))
    number = sql.cast(sql.call("quarter", day), "VARCHAR")
    return Text(sql.concat(year, sql.string("-Q"), number))


def add_days(value: Value, count: Value) -> Value:
    """AddDays."""
    if not value.kinds & _DAYS:
        return Unbound()
    return _of_day(sql.arithmetic("+", _day(value, _DAYS), _whole(count)))


def add_months(value: Value, count: Value) -> Value:
    """AddMonths."""
    if not value.kinds & _DAYS:
        return Unbound()
    return _of_day(_later(_day(value, _DAYS), _whole(count)))


def _later(day: Expr, months: Expr) -> Expr:
    later = sql.arithmetic("+", day, sql.call("to_months", sql.cast(months, "INTEGER")))
    return sql.cast(later, "DATE")


def _whole(value: Value) -> Expr:
    """Return an integer, NULL for another term."""
    integers = frozenset({Kind.INTEGER})
    if not value.kinds & integers:
        return sql.typed_null("INTEGER")
    return sql.cast(guarded(value, integers, value.number("num")), "INTEGER")


def days_between(start: Value, end: Value) -> Value:
    """DaysBetween."""
    if not start.kinds & _DAYS or not end.kinds & _DAYS:
        return Unbound()
    return integer(sql.arithmetic("-", _day(end, _DAYS), _day(start, _DAYS)))


def months_between(start: Value, end: Value) -> Value:
    """MonthsBetween."""
    if not start.kinds & _DAYS or not end.kinds & _DAYS:
        return Unbound()
    days = _day(start, _DAYS), _day(end, _DAYS)
    early, late = sql.call("least", *days), sql.call("greatest", *days)
    months = sql.call("date_diff", sql.string("month"), early, late)
    too_many = sql.compare(">", _later(early, months), late)
    whole = sql.arithmetic("-", months, sql.case([(too_many, sql.number(1))], sql.number(0)))
    backwards = sql.compare(">", *days)
    missing = sql.either(*(sql.is_null(day) for day in days))
    signed = sql.case(
        [(missing, sql.typed_null("BIGINT")), (backwards, sql.negative(whole))], whole
    )
    return integer(signed)


DATE_FUNCTIONS: dict[str, Callable[..., Value]] = {
    str(FUNCTION.firstDay): first_day,
    str(FUNCTION.lastDay): last_day,
    str(FUNCTION.month): month,
    str(FUNCTION.quarter): quarter,
    str(FUNCTION.addDays): add_days,
    str(FUNCTION.addMonths): add_months,
    str(FUNCTION.daysBetween): days_between,
    str(FUNCTION.monthsBetween): months_between,
}
"""Functions by IRI."""
