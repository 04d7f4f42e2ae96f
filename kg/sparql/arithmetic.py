"""Arithmetic on numbers with SPARQL's promotion (SPARQL 1.1, section 17.3; XPath 6.2)."""

from __future__ import annotations

from kg.sparql import sql
from kg.sparql.computed import Number, double_part, exact_part
from kg.sparql.sql import Expr
from kg.sparql.values import (
    COLUMN_DIGITS,
    EXACT,
    FLOATING,
    NUMERIC,
    Kinds,
    NotCompiledError,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind

DIVISION_DIGITS = 18
"""Decimals of the quotient of two exact numbers; what follows is cut off."""

_MOST_DIGITS = 30
"""Decimals a product may have: more leaves too little room before the point."""


def calculate(operator: str, left: Value, right: Value) -> Value:
    """Return left operator right for one of + - * /, an error when an operand is no number."""
    kinds = frozenset(
        _promoted(operator, a, b) for a in left.kinds & NUMERIC for b in right.kinds & NUMERIC
    )
    if not kinds:
        return Unbound()
    num, digits = _exact(operator, left, right) if kinds & EXACT else (None, 0)
    dbl = _floating(operator, left, right, num) if kinds & FLOATING else None
    kind = _kind(operator, left, right)
    if dbl is not None:
        dbl = rounded(dbl, kinds, kind)
    return Number(Traits(kinds, digits), num, dbl, kind)


def rounded(dbl: Expr, kinds: Kinds, kind: Expr) -> Expr:
    """Return a floating result in the precision of its kind.

    An operation on floats done in doubles and then rounded gives the same as done in floats.
    """
    if Kind.FLOAT not in kinds:
        return dbl
    single = sql.cast(sql.cast(dbl, "FLOAT"), "DOUBLE")
    if Kind.DOUBLE not in kinds:
        return single
    return sql.case([(sql.eq(kind, sql.number(int(Kind.FLOAT))), single)], dbl)


def _promoted(operator: str, left: Kind, right: Kind) -> Kind:
    """Return the kind of a result: the wider of both, a decimal for a quotient of integers."""
    widest = max(left, right)
    return Kind.DECIMAL if operator == "/" and widest is Kind.INTEGER else widest


def _kind(operator: str, left: Value, right: Value) -> Expr:
    kinds = [value.facet("k") for value in (left, right)]
    if operator == "/":
        kinds.append(sql.number(int(Kind.DECIMAL)))
    return sql.call("greatest", *kinds)


def _exact(operator: str, left: Value, right: Value) -> tuple[Expr, int]:
    """Return the exact result, NULL unless both operands are exact, and its decimals."""
    digits = (left.traits.digits, right.traits.digits)
    scale = max(left.traits.scale, right.traits.scale)
    a, b = exact_part(left, scale), exact_part(right, scale)
    assert a is not None  # noqa: S101
    assert b is not None  # noqa: S101
    if operator in {"+", "-"}:
        return sql.arithmetic(operator, a, b), max(digits)
    if operator == "*":
        return product(a, b, *digits), sum(digits)
    return quotient(a, b, *digits), DIVISION_DIGITS


def product(a: Expr, b: Expr, digits_a: int, digits_b: int) -> Expr:
    """Return a * b exactly.

    Raises:
        NotCompiledError: the product may need more decimals than the engine's type holds.
    """
    if digits_a + digits_b > _MOST_DIGITS:
        raise NotCompiledError("a product with more decimals than the engine's type holds")
    # The engine adds the scales of the types: cut them to the decimals that do occur.
    exact = sql.arithmetic(
        "*", sql.cast(a, decimal_type(digits_a)), sql.cast(b, decimal_type(digits_b))
    )
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
    unit = sql.cast(sql.string(f"{1 / 10**DIVISION_DIGITS:.18f}"), "DECIMAL(19, 18)")
    return sql.arithmetic("*", units, unit)


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


def _floating(operator: str, left: Value, right: Value, num: Expr | None) -> Expr:
    """Return the floating result, NULL where the exact one stands."""
    a, b = double_part(left), double_part(right)
    assert a is not None  # noqa: S101
    assert b is not None  # noqa: S101
    result = sql.arithmetic(operator, a, b)
    if num is None:
        return result
    some_floating = sql.either(left.is_kind(FLOATING), right.is_kind(FLOATING))
    return sql.case([(some_floating, result)])


def negated(value: Value) -> Value:
    """Return -value."""
    kinds = value.kinds & NUMERIC
    if not kinds:
        return Unbound()
    num, dbl = exact_part(value), None
    if kinds & FLOATING:
        dbl = sql.case([(value.is_kind(FLOATING), sql.negative(value.number("dbl")))])
    traits = Traits(kinds, value.traits.digits)
    return Number(traits, sql.negative(num) if num is not None else None, dbl, value.facet("k"))
