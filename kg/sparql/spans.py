"""Durations compared and ordered by SQL (XSD 1.1 part 2, 3.3.6).

They have no columns of their own: what they stand for is read from their texts.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp, parse_one

from kg.sparql import sql
from kg.sparql.durations import DURATIONS, FORM, MEAN_MONTH, NOT_OF
from kg.sparql.sql import Expr
from kg.sparql.values import Constant, Value
from kg.store import Kind

_OTHER = frozenset({Kind.OTHER})
_NAMES = "['sign', 'y', 'mo', 'd', 'h', 'mi', 's', 'f']"
_READ = f"regexp_extract(lex, '^{FORM}$', {_NAMES})"
_WHOLE = "CAST(coalesce(nullif(({read}).{name}, ''), '0') AS DECIMAL(18, 0))"
_SIGN = f"CASE ({_READ}).sign WHEN '-' THEN -1 ELSE 1 END"
_LONGEST_FRACTION = 9
_LENGTH = "DECIMAL(38, 9)"
_FRACTION = (
    f"CASE WHEN length(({_READ}).f) > {_LONGEST_FRACTION + 1}"
    " THEN CAST(error('not compiled: a duration finer than a nanosecond') AS DECIMAL(10, 9))"
    f" ELSE CAST('0' || ({_READ}).f AS DECIMAL(10, 9)) END"
)


def _sum(**factors: int) -> str:
    wholes = (f"{_WHOLE.format(read=_READ, name=n)} * {by}" for n, by in factors.items())
    return " + ".join(wholes)


_PARTS = {
    "valid": f"regexp_full_match(lex, '{FORM}') AND NOT CASE dt "
    + " ".join(f"WHEN '{dt}' THEN regexp_matches(lex, '{no}')" for dt, no in NOT_OF.items())
    + " END",
    "months": f"{_SIGN} * ({_sum(y=12, mo=1)})",
    "seconds": f"{_SIGN} * ({_sum(d=86_400, h=3_600, mi=60, s=1)} + {_FRACTION})",
}


@lru_cache
def _parsed(name: str) -> Expr:
    return parse_one(_PARTS[name], dialect="duckdb")


def _part(name: str, value: Value) -> Expr:
    """Return a part of what a duration stands for."""
    expression = exp.Paren(this=_parsed(name).copy())
    for column in list(expression.find_all(exp.Column)):
        column.replace(value.facet(column.name).copy())
    return expression


def may_be_duration(value: Value) -> bool:
    """Return whether a value may be a duration."""
    if Kind.OTHER not in value.kinds:
        return False
    return not isinstance(value, Constant) or value.term.dt in DURATIONS


def is_duration(value: Value) -> Expr:
    """Return the condition that a value is a duration, one in the lexical space of its type."""
    types = sql.either(*(sql.eq(value.facet("dt"), sql.string(dt)) for dt in sorted(DURATIONS)))
    return sql.both(value.is_kind(_OTHER), types, _part("valid", value))


def compare(operator: str, left: Value, right: Value) -> Expr:
    """Return the comparison of two durations; not compiled where months and seconds disagree."""
    months, seconds = (
        sql.arithmetic("-", _part(name, left), _part(name, right)) for name in ("months", "seconds")
    )
    zero = sql.number(0)
    if operator == "=":
        return sql.both(sql.eq(months, zero), sql.eq(seconds, zero))
    by_months = sql.compare(operator, months, zero)
    alike = sql.eq(sql.compare("<", months, zero), sql.compare("<", seconds, zero))
    undecided = sql.call("error", sql.string("not compiled: an order of months and days"))
    return sql.case(
        [
            (sql.eq(months, zero), sql.compare(operator, seconds, zero)),
            (sql.either(sql.eq(seconds, zero), alike), by_months),
        ],
        sql.cast(undecided, "BOOLEAN"),
    )


def sort_keys(value: Value) -> list[Expr]:
    """Return expressions that sort durations by their length, after other values of their kind."""
    mean = sql.arithmetic("*", _part("months", value), sql.number(MEAN_MONTH))
    length = sql.arithmetic("+", mean, _part("seconds", value))
    condition = is_duration(value)
    return [
        sql.case([(condition, sql.number(1))], sql.number(0)),
        sql.case([(condition, sql.cast(length, _LENGTH))], sql.cast(sql.number(0), _LENGTH)),
    ]
