"""Comparison for the evaluator as the specification has it (SPARQL 1.1, section 17.3).

rdflib orders literals of different kinds, where an operator without a mapping is a type error.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.operators import RelationalExpression
from rdflib.plugins.sparql.parserutils import Expr
from rdflib.plugins.sparql.sparql import SPARQLError

from kg.namespaces import XSD
from kg.sparql.numbers import number_of

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEMPORAL = {XSD[name] for name in ("dateTime", "date", "time", "gYearMonth", "gYear")}


def relational(expr: Expr, context: Any) -> Literal:
    """Return a comparison; the evaluator's own where two terms are compared that it knows."""
    order = _ORDERS.get(expr.op) if expr.op else None
    if order is None:
        return RelationalExpression(expr, context)
    left, right = expr.expr, expr.other
    if not isinstance(left, Literal) or not isinstance(right, Literal):
        raise SPARQLError("only literals have an order")
    numbers = _number(left), _number(right)
    if None not in numbers:
        return Literal(order(*_alike(*numbers)))  # type: ignore[arg-type]
    for kind in (_string, _boolean):
        texts = kind(left), kind(right)
        if None not in texts:
            return Literal(order(*texts))
    if left.datatype == right.datatype and left.datatype in _TEMPORAL:
        return RelationalExpression(expr, context)
    raise SPARQLError("these literals have no order between them")


def _number(term: Literal) -> Decimal | float | None:
    try:
        return number_of(term)
    except SPARQLError:
        return None


def _alike(left: Decimal | float, right: Decimal | float) -> tuple[Any, Any]:
    """Return two numbers as they are compared: exactly, or both as doubles."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def _string(term: Literal) -> str | None:
    plain = term.datatype in (None, XSD.string) and not term.language
    return str(term) if plain else None


def _boolean(term: Literal) -> bool | None:
    known = {"true": True, "1": True, "false": False, "0": False}
    return known.get(str(term)) if term.datatype == XSD.boolean else None
