"""GROUP BY and the set functions for the evaluator, as the compiler takes them (section 18.5.1).

A value that is an error leaves COUNT, MIN, MAX, SAMPLE and GROUP_CONCAT out of account of itself;
it makes a SUM or an AVG an error, as a value that is no number does.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from rdflib import BNode, Literal
from rdflib.plugins.sparql.aggregates import Aggregator
from rdflib.plugins.sparql.evaluate import evalPart
from rdflib.plugins.sparql.evalutils import _eval
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import FrozenBindings, FrozenDict, QueryContext, SPARQLError
from rdflib.term import Node

from kg.sparql.comparing import place_of
from kg.sparql.exact import DIVISION_DIGITS
from kg.sparql.literals import NUMERIC, Number, number, read, single
from kg.store import Kind

_EXACT = decimal.Context(prec=200)


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
    found = _total(values)
    return None if found is None else number(*found)


def _avg(values: list[Node]) -> Literal | None:
    if not values:
        return Literal(0)
    found = _total(values)
    if found is None:
        return None
    total, kind = found
    if isinstance(total, float):
        return number(total / len(values), kind)
    with decimal.localcontext(_EXACT):
        unit = Decimal(1).scaleb(-DIVISION_DIGITS)
        return number((total / len(values)).quantize(unit, decimal.ROUND_DOWN), Kind.DECIMAL)


def _total(values: list[Node]) -> tuple[Number, Kind] | None:
    """Return the sum of some numbers and its kind, None where one is no number."""
    read_values = [read(value) for value in values]
    kind = max(found for found, _ in read_values)
    if not NUMERIC.issuperset(found for found, _ in read_values):
        return None
    numbers = [value for _, value in read_values]
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        total = sum(map(float, numbers), 0.0)
        return (single(total) if kind is Kind.FLOAT else total), kind
    with decimal.localcontext(_EXACT):
        return sum(numbers, Decimal(0)), kind


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
