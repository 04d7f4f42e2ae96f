"""Products and quotients of exact numbers in SQL, to the last digit.

The engine keeps these numbers in 128 bits and divides such integers bit by bit, which it also does
to cut decimals off. What is small takes a short way, through doubles and integers of 64 bits.
"""

from __future__ import annotations

from itertools import islice

from kg.sparql import sql
from kg.sparql.sql import Expr
from kg.sparql.values import COLUMN_DIGITS, NotCompiledError, decimal_type

DIVISION_DIGITS = 18
"""Decimals of the quotient of two exact numbers; what follows is cut off."""

_MOST_DIGITS = 30
"""Decimals a product may have: more leaves too little room before the point."""

_SMALL = 14
"""Digits, decimals included, of a number that is small. The engine's cast to DOUBLE errs in the
last of its 53 bits, by less than a twentieth of the last of these digits: rounding mends that."""
_SMALL_DIVISOR = 12
"""Digits of a divisor that is small: a remainder with the decimals of a step has 18."""
_STEP = 6
"""Decimals of a quotient that one step of a long division finds."""
_MOST_SMALL_DIGITS = 8
"""Decimals that a small divisor has at most: with more there is hardly any."""
_MOST_REPEATED = 40
"""Parts of an expression that may be written several times."""


def product(a: Expr, b: Expr, digits_a: int, digits_b: int) -> Expr:
    """Return a * b exactly.

    Raises:
        NotCompiledError: the product may need more decimals than the engine's type holds.
    """
    if digits_a + digits_b > _MOST_DIGITS:
        raise NotCompiledError("a product with more decimals than the engine's type holds")
    # The engine adds the scales of the types: cut them to the decimals that do occur.
    exact = sql.arithmetic("*", _cut(a, digits_a), _cut(b, digits_b))
    return sql.cast(exact, decimal_type(max(COLUMN_DIGITS, digits_a + digits_b)))


def quotient(a: Expr, b: Expr, digits_a: int, digits_b: int) -> Expr:
    """Return a / b cut to 18 decimals, NULL when b is 0.

    The engine divides decimals as doubles. Here integers are divided: a and b times the power of
    ten that makes b whole, and a times 10^18 more. Numbers too large for that are an error of the
    engine.
    """
    dividend = _shifted(a, digits_a, DIVISION_DIGITS + digits_b)
    divisor = sql.call("nullif", _shifted(b, digits_b, digits_b), sql.number(0))
    units = sql.cast(sql.arithmetic("//", dividend, divisor), "DECIMAL(38, 0)")
    exact = sql.arithmetic("*", units, _unit())
    digits = max(digits_a, digits_b)
    if digits > _MOST_SMALL_DIGITS or not (_is_short(a) and _is_short(b)):
        return exact
    divided = sql.both(
        _is_small(a, digits),
        _is_small(b, digits, _SMALL_DIVISOR),
        sql.compare("!=", b, sql.number(0)),
    )
    return sql.case([(divided, _long_division(_whole(a, digits), _whole(b, digits)))], exact)


def integer_text(num: Expr, scale: int) -> Expr:
    """Return the text of an exact number without decimals, in a type of a scale."""
    exact = sql.cast(sql.cast(num, decimal_type(0)), "VARCHAR")
    if scale > DIVISION_DIGITS or not _is_short(num):
        return exact
    return sql.case([(_is_small(num, 0), sql.cast(_whole(num, 0), "VARCHAR"))], exact)


def decimal_text(num: Expr, digits: int) -> Expr:
    """Return the shortest text of an exact number of so many decimals (XSD 1.1: no zeros last).

    The type of the number has decimals, so that its text has a point.
    """
    text = sql.cast(num, "VARCHAR")
    trimmed = _without_zeros(text)
    if digits > _MOST_SMALL_DIGITS or not _is_short(num):
        return trimmed
    small = sql.cast(_narrow(num, max(digits, 1)), "VARCHAR")
    # Most end in another digit, which is found faster than that there is nothing to cut.
    short = sql.case(
        [(sql.call("ends_with", small, sql.string("0")), _without_zeros(small))], small
    )
    return sql.case([(_is_small(num, max(digits, 1)), short)], trimmed)


def units(narrow: Expr, digits: int) -> Expr:
    """Return a number of 64 bits and of so many decimals as an integer, in units of the last."""
    whole = sql.arithmetic("*", narrow, sql.number(10**digits)) if digits else narrow
    return sql.cast(whole, "BIGINT")


def _without_zeros(text: Expr) -> Expr:
    """Return the text of a number with a point without its last zeros, and without a last point."""
    return sql.call("rtrim", sql.call("rtrim", text, sql.string("0")), sql.string("."))


def double_of(num: Expr, digits: int) -> Expr:
    """Return the double next to an exact number of so many decimals."""
    # Through the text: the engine's own cast may be off by one unit.
    exact = sql.cast(sql.cast(num, "VARCHAR"), "DOUBLE")
    if digits > COLUMN_DIGITS or not _is_short(num):
        return exact
    return sql.case([(_is_small(num, digits), sql.cast(_narrow(num, digits), "DOUBLE"))], exact)


def _cut(num: Expr, digits: int) -> Expr:
    """Return a number of so many decimals in a type that has no more."""
    exact = sql.cast(num, decimal_type(digits))
    if digits >= COLUMN_DIGITS or not _is_short(num):
        return exact
    small = sql.cast(_narrow(num, digits), decimal_type(digits))
    return sql.case([(_is_small(num, digits), small)], exact)


def _narrow(num: Expr, digits: int) -> Expr:
    """Return a small number of so many decimals in 64 bits."""
    return sql.cast(sql.cast(num, "DOUBLE"), f"DECIMAL(18, {digits})")


def _is_short(expression: Expr) -> bool:
    """Return whether an expression may be written several times: else they grow with each level."""
    return sum(1 for _ in islice(expression.walk(), _MOST_REPEATED + 1)) <= _MOST_REPEATED


def _is_small(num: Expr, digits: int, most: int = _SMALL) -> Expr:
    """Return the condition that a number of so many decimals is small."""
    return sql.compare("<", sql.call("abs", num), sql.number(10 ** (most - digits)))


def _whole(num: Expr, digits: int) -> Expr:
    """Return a small number of so many decimals times 10^digits as an integer of 64 bits."""
    units = sql.cast(num, "DOUBLE")
    if digits:
        units = sql.arithmetic("*", units, _power(digits, "DOUBLE"))
    # The engine's cast rounds.
    return sql.cast(units, "BIGINT")


def _long_division(dividend: Expr, divisor: Expr) -> Expr:
    """Return the quotient of small integers: its whole part, and its decimals step by step."""
    step = sql.number(10**_STEP)
    rest = sql.arithmetic("%", dividend, divisor)
    fraction: Expr | None = None
    for _ in range(DIVISION_DIGITS // _STEP):
        shifted = sql.arithmetic("*", rest, step)
        found = sql.arithmetic("//", shifted, divisor)
        rest = sql.arithmetic("%", shifted, divisor)
        fraction = (
            found
            if fraction is None
            else sql.arithmetic("+", sql.arithmetic("*", fraction, step), found)
        )
    assert fraction is not None  # noqa: S101
    decimals = sql.arithmetic("*", sql.cast(fraction, "DECIMAL(18, 0)"), _unit())
    whole = sql.cast(sql.arithmetic("//", dividend, divisor), decimal_type(DIVISION_DIGITS))
    return sql.arithmetic("+", whole, decimals)


def _unit() -> Expr:
    """Return the unit of the last decimal of a quotient."""
    return sql.cast(sql.string(f"{1 / 10**DIVISION_DIGITS:.18f}"), "DECIMAL(19, 18)")


def _power(exponent: int, type_name: str) -> Expr:
    return sql.cast(sql.string(str(10**exponent)), type_name)


def _shifted(number: Expr, digits: int, places: int) -> Expr:
    """Return a number of some decimals times 10^places as an integer; a fraction left is cut."""
    if digits > COLUMN_DIGITS:
        return _shifted_apart(number, places)
    shift = min(digits, places)
    units = sql.cast(
        sql.arithmetic("*", number, _power(shift, f"DECIMAL({shift + 1}, 0)")), "HUGEINT"
    )
    if places == shift:
        return units
    return sql.arithmetic("*", units, _power(places - shift, "HUGEINT"))


def _shifted_apart(number: Expr, places: int) -> Expr:
    """Do so before the point and behind it, for a type with little room before the point."""
    whole = sql.call("trunc", number)
    integer = sql.arithmetic("*", sql.cast(whole, "HUGEINT"), _power(places, "HUGEINT"))
    step = min(places, DIVISION_DIGITS)
    fraction = sql.arithmetic(
        "*", sql.arithmetic("-", number, whole), _power(step, f"DECIMAL({step + 1}, 0)")
    )
    small = sql.cast(sql.call("trunc", fraction), "HUGEINT")
    if places > step:
        small = sql.arithmetic("*", small, _power(places - step, "HUGEINT"))
    return sql.arithmetic("+", integer, small)
