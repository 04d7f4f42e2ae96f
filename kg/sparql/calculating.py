"""Arithmetic and casts for the evaluator (SPARQL 1.1, sections 17.3 and 17.5)."""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.sparql import SPARQLError
from rdflib.term import Node

from kg.namespaces import XSD
from kg.sparql.exact import DIVISION_DIGITS
from kg.sparql.literals import (
    NUMERIC,
    Number,
    exact_text,
    floating_text,
    kind_of,
    number,
    number_of,
    read,
    single,
    truth,
    typed,
)
from kg.store import Kind

_EXACT = decimal.Context(prec=200)
_FLOATING = frozenset({Kind.FLOAT, Kind.DOUBLE})
_CLOCK = re.compile(r"T.*?(Z|[+-][0-9]{2}:[0-9]{2})?$")
_DAY = re.compile(r"(-?[0-9]+-[0-9]{2}-[0-9]{2})")


def calculated(first: Node, operators: Sequence[str], others: Sequence[Node]) -> Literal:
    """Return a sum or a product, from left to right.

    Raises:
        SPARQLError: an operand is no number, or an exact one is divided by zero.
    """
    total, kind = _number(first)
    for operator, other in zip(operators, others, strict=True):
        operand, other_kind = _number(other)
        kind = max(kind, other_kind)
        if operator == "/" and kind is Kind.INTEGER:
            kind = Kind.DECIMAL
        total = _step(operator, total, operand, kind)
    return number(total, kind)


def _number(term: Node) -> tuple[Number, Kind]:
    return number_of(term), kind_of(term)


def _step(operator: str, left: Number, right: Number, kind: Kind) -> Number:
    if kind in _FLOATING:
        real = _real(operator, float(left), float(right))
        return single(real) if kind is Kind.FLOAT else real
    with decimal.localcontext(_EXACT):
        a, b = Decimal(left), Decimal(right)
        if operator == "/":
            if not b:
                raise SPARQLError("a division by zero")
            return (a / b).quantize(Decimal(1).scaleb(-DIVISION_DIGITS), decimal.ROUND_DOWN)
        return a + b if operator == "+" else a - b if operator == "-" else a * b


def _real(operator: str, left: float, right: float) -> float:
    """Return an operation on floating numbers, as IEEE 754 has it."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def negated(term: Node) -> Literal:
    """Return -term."""
    value, kind = _number(term)
    return number(-value, kind)


def rounded(name: str, term: Node) -> Literal:
    """Return ABS, CEIL, FLOOR or ROUND of a number, of its kind."""
    value, kind = _number(term)
    if name != "ABS" and isinstance(value, float) and not math.isfinite(value):
        return number(value, kind)
    if isinstance(value, float):
        return number(float(_ROUNDINGS[name](value)), kind)
    with decimal.localcontext(_EXACT):
        return number(Decimal(_ROUNDINGS[name](value)), kind)


def _rounded_up(value: Any) -> Any:
    return math.floor(value + (Decimal("0.5") if isinstance(value, Decimal) else 0.5))


_ROUNDINGS: dict[str, Callable[[Any], Any]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "ROUND": _rounded_up,
}


def _to_string(term: Node) -> Literal:
    kind, value = read(term)
    if kind is Kind.BLANK:
        raise SPARQLError("a blank node has no text")
    if kind is Kind.BOOLEAN:
        return Literal("true" if value else "false")
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return Literal(exact_text(value))
    return Literal(_canonical(value, kind) if kind in _FLOATING else str(term))


def _canonical(value: float, kind: Kind) -> str:
    """Return the text of a floating number as XPath casts it (XPath 3.1, 19.1.2)."""
    text = floating_text(value, kind)
    if not math.isfinite(value):
        return text
    if value == 0 or 1e-6 <= abs(value) < 1e6:
        negative_zero = value == 0 and math.copysign(1, value) < 0
        return "-0" if negative_zero else exact_text(Decimal(text))
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    first, rest = str(digits[0]), "".join(map(str, digits[1:]))
    assert isinstance(exponent, int)  # noqa: S101
    return f"{'-' * sign}{first}.{rest or '0'}E{exponent + len(digits) - 1}"


def _exact_of(term: Node) -> Decimal | None:
    """Return a number, or truth value, as an exact number; None for another term."""
    kind, value = read(term)
    if kind is Kind.BOOLEAN:
        return Decimal(int(value))
    if kind not in NUMERIC:
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            raise SPARQLError("a number that is not finite")
        return Decimal(floating_text(value, kind))
    return Decimal(value)


def _to_integer(term: Node) -> Literal:
    exact = _exact_of(term)
    if exact is None:
        exact = _exact_of(_from_string(term, Kind.INTEGER))
    assert exact is not None  # noqa: S101
    return number(Decimal(int(exact)), Kind.INTEGER)


def _to_decimal(term: Node) -> Literal:
    exact = _exact_of(term)
    if exact is None:
        exact = _exact_of(_from_string(term, Kind.DECIMAL))
    assert exact is not None  # noqa: S101
    return number(exact, Kind.DECIMAL)


def _from_string(term: Node, kind: Kind) -> Literal:
    """Return a string as a literal of a kind, which its text must fit."""
    datatypes = {
        Kind.INTEGER: XSD.integer,
        Kind.DECIMAL: XSD.decimal,
        Kind.DOUBLE: XSD.double,
        Kind.DATETIME: XSD.dateTime,
        Kind.DATE: XSD.date,
        Kind.BOOLEAN: XSD.boolean,
    }
    if kind_of(term) is Kind.STRING:
        made = typed(str(term), datatypes[kind])
        if kind_of(made) is kind:
            return made
    raise SPARQLError("a term that cannot be cast")


def _to_floating(kind: Kind) -> Callable[[Node], Literal]:
    def cast(term: Node) -> Literal:
        found, value = read(term)
        if found is Kind.BOOLEAN:
            value = Decimal(int(value))
        elif found not in NUMERIC:
            value = number_of(_from_string(term, Kind.DOUBLE))
        real = float(value)
        return number(single(real) if kind is Kind.FLOAT else real, kind)

    return cast


def _to_boolean(term: Node) -> Literal:
    kind, value = read(term)
    if kind in NUMERIC or kind is Kind.BOOLEAN:
        return truth(bool(value) and not math.isnan(value))
    return truth(read(_from_string(term, Kind.BOOLEAN))[1])


def _to_time(term: Node) -> Literal:
    kind = kind_of(term)
    if kind is Kind.DATE:
        return typed(_DAY.sub(r"\1T00:00:00", str(term), count=1), XSD.dateTime)
    return _same(term, kind, Kind.DATETIME)


def _to_date(term: Node) -> Literal:
    kind, value = read(term)
    if kind is not Kind.DATETIME:
        return _same(term, kind, Kind.DATE)
    text = _CLOCK.sub(lambda clock: clock[1] or "", str(term))
    if value.hour == 24:
        after = date(value.year, value.month, value.day) + timedelta(days=1)
        text = _DAY.sub(after.isoformat(), text, count=1)
    return typed(text, XSD.date)


def _same(term: Node, kind: Kind, wanted: Kind) -> Literal:
    """Return a term that is of the kind wanted, or a string as a literal of that kind."""
    return term if kind is wanted and isinstance(term, Literal) else _from_string(term, wanted)


CASTS: dict[str, Callable[[Node], Literal]] = {
    str(XSD.string): _to_string,
    str(XSD.integer): _to_integer,
    str(XSD.decimal): _to_decimal,
    str(XSD.double): _to_floating(Kind.DOUBLE),
    str(XSD.float): _to_floating(Kind.FLOAT),
    str(XSD.boolean): _to_boolean,
    str(XSD.dateTime): _to_time,
    str(XSD.date): _to_date,
}
"""Constructor functions by IRI."""
