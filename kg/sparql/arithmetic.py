"""Arithmetic on numbers with SPARQL's promotion (SPARQL 1.1, section 17.3; XPath 6.2)."""

from __future__ import annotations

from kg.sparql import sql
from kg.sparql.computed import Number, double_part, exact_part
from kg.sparql.exact import DIVISION_DIGITS, product, quotient
from kg.sparql.sql import Expr
from kg.sparql.values import (
    EXACT,
    FLOATING,
    NUMERIC,
    Kinds,
    Traits,
    Unbound,
    Value,
)
from kg.store import Kind


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
    # Terms of a sum have to be of one type.
    scale = max(left.traits.scale, right.traits.scale) if operator in {"+", "-"} else None
    a, b = exact_part(left, scale), exact_part(right, scale)
    assert a is not None  # noqa: S101
    assert b is not None  # noqa: S101
    if operator in {"+", "-"}:
        return sql.arithmetic(operator, a, b), max(digits)
    if operator == "*":
        return product(a, b, *digits), sum(digits)
    return quotient(a, b, *digits), DIVISION_DIGITS


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
