"""When two solutions are compatible, without a disjunction (SPARQL 1.1, section 18.3).

A shared variable is equal, or unbound on one side. The engine joins by hashing where conditions
are equalities, and compares all pairs where they are alternatives: the alternatives become joins
of their own, of which at most one holds for a pair of solutions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kg.sparql import sql
from kg.sparql.comparison import identical
from kg.sparql.values import Value

_MOST_WAYS = 9
"""Joins that one join may become; what is left to tell apart stays a disjunction."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A variable of both sides, and on which it is certainly bound."""

    name: str
    left: bool
    right: bool

    @property
    def certain(self) -> bool:
        """Whether both sides bind it in all solutions."""
        return self.left and self.right

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which two solutions can be compatible in it."""
        unbound = {"left unbound": self.left, "right unbound": self.right}
        return "equal", *(way for way, bound in unbound.items() if not bound)


Way = dict[str, str]
"""How each of some variables is compatible."""


def ways(shared: Sequence[Shared]) -> list[Way]:
    """Return the ways of being compatible that exclude one another; one where none need be told.

    A variable certain on both sides makes the join one of equalities: what is uncertain beside it
    is looked at for the few pairs that it leaves.
    """
    if not shared or any(one.certain for one in shared):
        return [{}]
    told: list[Shared] = []
    for one in sorted(shared, key=lambda one: len(one.ways)):
        if _count([*told, one]) <= _MOST_WAYS:
            told.append(one)
    return [
        dict(zip((one.name for one in told), way, strict=True))
        for way in itertools.product(*(one.ways for one in told))
    ]


def _count(shared: Sequence[Shared]) -> int:
    count = 1
    for one in shared:
        count *= len(one.ways)
    return count


def compatible(
    shared: Sequence[Shared],
    way: Way,
    left: Callable[[str], Value],
    right: Callable[[str], Value],
) -> sql.Expr:
    """Return the condition that two solutions are compatible in one of the ways."""
    conditions = []
    for one in shared:
        on_left, on_right = left(one.name), right(one.name)
        match way.get(one.name):
            case "equal":
                conditions.append(identical(on_left, on_right))
            case "left unbound":
                conditions.append(sql.negation(on_left.present()))
            case "right unbound":
                conditions.append(sql.both(on_left.present(), sql.negation(on_right.present())))
            case _:
                conditions.append(_either(one, on_left, on_right))
    return sql.both(*conditions)


def _either(one: Shared, left: Value, right: Value) -> sql.Expr:
    unbound = [
        sql.negation(value.present())
        for value, certain in ((left, one.left), (right, one.right))
        if not certain
    ]
    return sql.either(identical(left, right), *unbound)
