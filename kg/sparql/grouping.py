"""GROUP BY and the set functions for the evaluator, as the compiler takes them (section 18.5.1).

A value that is an error leaves COUNT, MIN, MAX, SAMPLE and GROUP_CONCAT out of account of itself;
it makes a SUM or an AVG an error, as a value that is no number does.
"""

from __future__ import annotations

import decimal
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from rdflib import BNode, Literal
from rdflib.plugins.sparql.aggregates import Aggregator
from rdflib.plugins.sparql.evaluate import evalPart
from rdflib.plugins.sparql.evalutils import _eval, _val
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import FrozenBindings, FrozenDict, QueryContext, SPARQLError
from rdflib.term import Node

from kg.namespaces import XSD
from kg.sparql.arithmetic import DIVISION_DIGITS
from kg.store.typing import INTEGER_RANGES

_EXACT = decimal.Context(prec=120)
_INTEGERS = {XSD[name] for name in INTEGER_RANGES}
_WIDTH = {XSD.integer: 0, XSD.decimal: 1, XSD.float: 2, XSD.double: 3}
_BY_WIDTH = list(_WIDTH)


def aggregate_join(context: QueryContext, part: CompValue) -> Iterator[FrozenDict]:
    """Yield one solution for each group, or one for all where nothing is grouped by."""
    keys: list[Any] | None = part.p.expr
    groups: dict[tuple[Node | None, ...], list[FrozenBindings]] = {} if keys else {(): []}
    for solution in evalPart(context, part.p):
        key = tuple(value_of(expression, solution) for expression in keys or ())
        groups.setdefault(key, []).append(solution)
    for solutions in groups.values():
        found = {node.res: _result(node, solutions) for node in part.A}
        bound = {name: value for name, value in found.items() if value is not None}
        yield FrozenBindings(context, bound)


def value_of(expression: Any, solution: Any) -> Node | None:
    """Return the value of an expression for a solution, None for an error."""
    try:
        value = _eval(expression, solution, raise_not_bound_error=False)
    except SPARQLError:
        return None
    return value if isinstance(value, Node) else None


def _result(node: CompValue, solutions: list[FrozenBindings]) -> Node | None:
    """Return the value of a set function over the solutions of a group, None for an error."""
    if node.vars == "*":
        # Solutions differ by what they bind, not by how they came about.
        distinct = {frozenset(solution.items()) for solution in solutions}
        return Literal(len(distinct) if node.distinct else len(solutions))
    if node.name not in _SUMS.keys() | _OF_TERMS.keys():
        return _registered(node, solutions)
    values = [value_of(node.vars, solution) for solution in solutions]
    if node.distinct:
        values = list(dict.fromkeys(values))
    if node.name in _SUMS:
        return None if None in values else _SUMS[node.name](values)
    return _OF_TERMS[node.name](node, [value for value in values if value is not None])


def _registered(node: CompValue, solutions: list[FrozenBindings]) -> Node | None:
    """Return the value of an aggregate that was made known to rdflib, None for an error."""
    aggregator = Aggregator([node])
    try:
        for solution in solutions:
            aggregator.update(solution)
        return aggregator.get_bindings().get(node.res)
    except SPARQLError:
        return None


def _sum(values: list[Node]) -> Literal | None:
    if not values:
        return Literal(0)
    numbers = [_number(value) for value in values]
    width = max(_width(value) for value in values)
    if None in numbers:
        return None
    if width >= _WIDTH[XSD.float]:
        total = sum(map(float, numbers), 0.0)  # type: ignore[arg-type]
        if width == _WIDTH[XSD.float]:
            total = struct.unpack("f", struct.pack("f", total))[0]
        return Literal(total, datatype=_BY_WIDTH[width])
    with decimal.localcontext(_EXACT):
        return _exact(sum(map(Decimal, numbers), Decimal(0)), width)  # type: ignore[arg-type]


def _avg(values: list[Node]) -> Literal | None:
    total = _sum(values)
    if total is None or not values:
        return total
    width = max(_width(total), _WIDTH[XSD.decimal])
    if width >= _WIDTH[XSD.float]:
        return Literal(float(total.value) / len(values), datatype=_BY_WIDTH[width])
    with decimal.localcontext(_EXACT):
        unit = Decimal(1).scaleb(-DIVISION_DIGITS)
        mean = (Decimal(total.value) / len(values)).quantize(unit, decimal.ROUND_DOWN)
        return _exact(mean, width)


def _exact(number: Decimal | int, width: int) -> Literal:
    text = f"{Decimal(number):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Literal(text, datatype=_BY_WIDTH[width])


def _number(term: Node) -> int | float | Decimal | None:
    """Return the value of a numeric literal, None for any other term."""
    number = term.value if isinstance(term, Literal) and _width(term) >= 0 else None
    return number if isinstance(number, int | float | Decimal) else None


def _width(term: Node) -> int:
    """Return the place of a numeric datatype in the order of promotion, -1 for another term."""
    if not isinstance(term, Literal) or term.datatype is None:
        return -1
    return 0 if term.datatype in _INTEGERS else _WIDTH.get(term.datatype, -1)


def place_of(term: Any) -> Any:
    """Return what terms are sorted by, an error or no term (None) first (section 15.1)."""
    return (-1, 0) if term is None else _val(term)


def _count(_node: CompValue, values: list[Node]) -> Literal:
    return Literal(len(values))


def _joined(node: CompValue, values: list[Node]) -> Literal:
    separator = " " if node.separator is None else str(node.separator)
    return Literal(separator.join(str(value) for value in values if not isinstance(value, BNode)))


_SUMS: dict[str, Callable[[list[Any]], Literal | None]] = {
    "Aggregate_Sum": _sum,
    "Aggregate_Avg": _avg,
}
_OF_TERMS: dict[str, Callable[[CompValue, list[Node]], Node | None]] = {
    "Aggregate_Count": _count,
    "Aggregate_Min": lambda _node, values: min(values, key=place_of, default=None),
    "Aggregate_Max": lambda _node, values: max(values, key=place_of, default=None),
    "Aggregate_Sample": lambda _node, values: next(iter(values), None),
    "Aggregate_GroupConcat": _joined,
}
