"""Equality, order and truth of terms for the evaluator (SPARQL 1.1, sections 15.1, 17.2, 17.3).

rdflib orders literals of different kinds, and takes literals of unknown datatypes for unequal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from rdflib.plugins.sparql.sparql import SPARQLError
from rdflib.term import Node

from kg.sparql.durations import Duration, difference, duration_of
from kg.sparql.literals import NUMERIC, STRINGS, TEMPORAL, Moment, Number, read
from kg.store import Kind, term_key
from kg.store.typing import INTEGER_RANGES

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPAQUE = frozenset({Kind.OTHER, Kind.ILL})
_WITHOUT_VALUE = frozenset({Kind.BLANK, Kind.IRI, Kind.LANG})
_HALF_ZONE_SPAN = 14 * 3600
"""Seconds within which a time without a zone and one with a zone are in no order."""
_LOGICAL = {"boolean", "decimal", "double", "float", *INTEGER_RANGES}


def compared(sign: str, left: Node, right: Node) -> bool:
    """Return a comparison by one of = != < <= > >=.

    Raises:
        SPARQLError: the terms are not comparable in this way.
    """
    if sign == "!=":
        return not compared("=", left, right)
    order = _ORDERS[sign]
    (kind, value), (other_kind, other) = read(left), read(right)
    if kind in NUMERIC and other_kind in NUMERIC:
        return order(*_alike(value, other))
    if kind is other_kind and kind in TEMPORAL:
        return _compared_times(order, value, other)
    if kind is other_kind and kind in (Kind.BOOLEAN, Kind.STRING):
        return order(value, other)
    if sign == "=" and term_key(left) == term_key(right):
        return True
    length, other_length = duration_of(left), duration_of(right)
    if length is not None and other_length is not None:
        return _compared_durations(order, length, other_length)
    if sign != "=":
        raise SPARQLError("these terms have no order between them")
    kinds = {kind, other_kind}
    opaque = kind in _OPAQUE and length is None
    opaque = opaque or (other_kind in _OPAQUE and other_length is None)
    if opaque and not kinds & _WITHOUT_VALUE:
        raise SPARQLError("literals of unknown value may be equal")
    return False


def _alike(left: Number, right: Number) -> tuple[Any, Any]:
    """Return two numbers as they are compared: exactly, or both as doubles."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def _compared_times(order: Callable[[Any, Any], bool], left: Moment, right: Moment) -> bool:
    difference = left.seconds - right.seconds
    undecided = (left.zone is None) != (right.zone is None)
    if undecided and abs(difference) <= _HALF_ZONE_SPAN:
        raise SPARQLError("times with and without a zone that may be equal")
    return order(difference, 0)


def _compared_durations(order: Callable[[Any, Any], bool], left: Duration, right: Duration) -> bool:
    if order is operator.eq:
        return left == right
    gap = difference(left, right)
    if gap is None:
        raise SPARQLError("months and days without an order between them")
    return order(gap, 0)


def true(term: Any) -> bool:
    """Return the effective boolean value of a term (section 17.2.2).

    Raises:
        SPARQLError: it has none.
    """
    kind, value = read(term)
    if kind is Kind.BOOLEAN or kind in STRINGS:
        return bool(value)
    if kind in NUMERIC:
        return bool(value) and not math.isnan(value)
    if kind is Kind.ILL and str(term.datatype).rpartition("#")[2] in _LOGICAL:
        return False
    raise SPARQLError("a term without a truth value")


def place_of(term: Any) -> tuple[Any, ...]:
    """Return what terms are sorted by: an error or no term (None) first (section 15.1)."""
    if term is None or isinstance(term, SPARQLError):
        return (0,)
    kind, value = read(term)
    if kind in NUMERIC:
        real = float(value)
        return (Kind.INTEGER, math.isnan(real), 0 if math.isnan(real) else value)
    if kind is Kind.OTHER:
        duration = duration_of(term)
        return (kind, 0, 0, value) if duration is None else (kind, 1, duration.length, value)
    return (kind, value.seconds if kind in TEMPORAL else value)
