"""Conditions on the solutions that the look-up index finds, in the evaluator's terms (section 17).

A condition is a slot, or a sign and its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from rdflib.plugins.sparql.sparql import SPARQLError
from rdflib.term import Node

from kg.sparql.comparing import compared, true

Nodes = Callable[[Any], Node | None]


def holds(condition: object, solution: Sequence[object], node: Nodes) -> bool:
    """Return whether a FILTER keeps a solution; `node` gives the term of what a slot holds."""
    try:
        return _truth(condition, solution, node)
    except SPARQLError:
        return False


def _truth(condition: object, solution: Sequence[object], node: Nodes) -> bool:
    """Return the truth of a condition.

    Raises:
        SPARQLError: it is an error.
    """
    if isinstance(condition, int):
        return true(_term(condition, solution, node))
    assert isinstance(condition, tuple)  # noqa: S101
    sign, *operands = condition
    match sign:
        case "!":
            return not _truth(operands[0], solution, node)
        case "bound":
            return solution[operands[0]] is not None
        case "&&" | "||":
            parts = [partial(_truth, one, solution, node) for one in operands]
            return _decided(parts, deciding=sign == "||")
        case "IN" | "NOT IN":
            term, *members = (_term(one, solution, node) for one in operands)
            parts = [partial(compared, "=", term, member) for member in members]
            return _decided(parts, deciding=True) is (sign == "IN")
    left, right = (_term(one, solution, node) for one in operands)
    return compared(sign, left, right)


def _decided(parts: Sequence[Callable[[], bool]], *, deciding: bool) -> bool:
    """Return the result of a chain in which one value decides, errors or not (section 17.2)."""
    failure: SPARQLError | None = None
    for part in parts:
        try:
            if part() is deciding:
                return deciding
        except SPARQLError as error:
            failure = error
    if failure is not None:
        raise failure
    return not deciding


def _term(slot: int, solution: Sequence[object], node: Nodes) -> Node:
    """Return the term in a slot.

    Raises:
        SPARQLError: there is none.
    """
    found = node(solution[slot])
    if found is None:
        raise SPARQLError("an unbound variable")
    return found
