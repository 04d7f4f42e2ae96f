"""Constraints on the values of single predicates, checked together for the same focus nodes.

Most constraints are about the values of one predicate each, and many shapes are about the same
focus nodes. To plan a statement and to find the focus nodes among all subjects takes longer than to
look at a value: a statement that reads the values of several predicates takes little longer than
one for a single constraint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice

from sqlglot import exp

from kg.shacl.model import Constraint, HasClass, MaxCount, MinCount, PredicatePath, Shape
from kg.shacl.session import Session
from kg.shacl.sql import fill, number, query
from kg.shacl.valuechecks import NEVER, Condition, condition
from kg.shacl.values import TYPED, value_column

_OF_CLASS = 3
_MOST = 8
"""Predicates that one statement reads, at most: each value is compared with all of them."""

_VALUES = """
SELECT x.check_no, x.focus, x.value FROM (
    SELECT v.focus, v.value, unnest(:checks) AS check_no FROM :rows AS v WHERE :wrong
) AS x WHERE x.check_no IS NOT NULL
"""
_QUADS = """
SELECT q.s AS focus, q.o AS value, q.p FROM live AS q
WHERE q.p IN (:predicates) AND q.s IN (SELECT node FROM :nodes)
"""
_QUADS_WITH_TEXTS = """
SELECT q.s AS focus, q.o AS value, q.p FROM live AS q JOIN term AS t ON t.id = q.o
WHERE q.p IN (:predicates) AND q.s IN (SELECT node FROM :nodes)
"""
_COUNTS = """
SELECT x.check_no, x.focus FROM (
    SELECT c.node AS focus, unnest(:checks) AS check_no FROM :counted AS c WHERE :wrong
) AS x WHERE x.check_no IS NOT NULL
"""
_COUNTED = """
SELECT f.node FROM :nodes AS f
LEFT JOIN (SELECT s, p FROM live WHERE p IN (:predicates)) AS q ON q.s = f.node GROUP BY f.node
"""
_TOTALS = "SELECT check_no, count(*) FROM shacl_result GROUP BY check_no"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A constraint on the values of a predicate; without a condition, on their number."""

    number: int
    predicate: int
    constraint: Constraint
    condition: Condition | None

    @property
    def sort(self) -> int:
        """What its statement has to read: 0 for counts, 1 for typed values, 2 for texts.

        `_OF_CLASS` is for instances: the values of all predicates that have to be of one class are
        looked for together.
        """
        if self.condition is None:
            return 0
        if isinstance(self.constraint, HasClass):
            return _OF_CLASS
        return 1 if set(self.condition.columns) <= set(TYPED) else 2

    @property
    def kind(self) -> tuple[int, str]:
        """What those that one statement checks have in common: the sort, and the class."""
        return self.sort, self.constraint.iri if isinstance(self.constraint, HasClass) else ""


class Stars:
    """Collects constraints, and checks them by few statements."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[str, list[_Waiting]] = {}

    def take(self, check_no: int, shape: Shape, constraint: Constraint, nodes: str) -> bool:
        """Keep a constraint to be checked later, if it is one on the values of a predicate.

        `nodes` is the name of the table of its focus nodes; each has the results once. One that
        nothing violates is done with.
        """
        path, found = shape.path, None
        predicate = self._session.id(path.iri) if isinstance(path, PredicatePath) else None
        empty = predicate is not None and not self._session.is_used(predicate)
        if isinstance(constraint, MinCount):
            never = constraint.number <= 0
        elif isinstance(constraint, MaxCount):
            never = empty
        else:
            found = condition(constraint, self._session, path)
            if found is None:
                return False
            never = empty or found is NEVER
        if never:
            return True
        if predicate is None:
            return False
        if found is None and not self._session.is_set(predicate):
            return False
        kept = _Waiting(check_no, predicate, constraint, found)
        self._waiting.setdefault(nodes, []).append(kept)
        return True

    def statements(self) -> Iterator[str]:
        """Yield the statements of what was collected, rows (check_no, focus, value) each."""
        waiting, self._waiting = self._waiting, {}
        for nodes, kept in waiting.items():
            for several in _divided(kept):
                key = tuple((one.number, one.predicate, id(one.constraint)) for one in several)
                write = partial(self._values if several[0].sort else _counts, several)
                yield self._session.written(key, nodes, write)

    def totals(self) -> dict[int, int]:
        """Return the number of results of each check that has any."""
        return dict(self._session.cursor.execute(_TOTALS).fetchall())

    def _values(self, several: Sequence[_Waiting], nodes: str) -> exp.Query:
        """Return the statement of constraints on values."""
        rows = query(
            _QUADS_WITH_TEXTS if several[0].sort == 2 else _QUADS,
            predicates=_predicates(several),
            nodes=nodes,
        )
        needed = {name for one in several if one.condition for name in one.condition.columns}
        for name in sorted(needed):
            rows.append("expressions", value_column(name, direct=name in TYPED))
        found = query(_VALUES, rows=rows, checks=_checks_of(several), wrong=_wrong(several))
        if not all(self._session.is_set(one.predicate) for one in several):
            found = query("SELECT DISTINCT x.* FROM :found AS x", found=found)
        return found


def _divided(kept: Iterable[_Waiting]) -> Iterator[list[_Waiting]]:
    """Divide constraints by what their statements read, few predicates for each."""
    ordered = sorted(kept, key=lambda one: (*one.kind, one.predicate, one.number))
    for _, same in groupby(ordered, key=lambda one: one.kind):
        by_predicate = (list(each) for _, each in groupby(same, key=lambda one: one.predicate))
        while several := list(islice(by_predicate, _MOST)):
            yield [one for each in several for one in each]


def _predicates(several: Sequence[_Waiting]) -> list[int]:
    return sorted({one.predicate for one in several})


# --- Values ---------------------------------------------------------------------------------------


def _checks_of(several: Sequence[_Waiting]) -> exp.Expr:
    """Return the list of the checks that a value fails, NULL for one that it passes.

    A value that is no instance of a class fails all checks for that class.
    """
    of_class = several[0].sort == _OF_CLASS
    cases = [
        (
            predicate,
            exp.array(
                *(
                    number(one.number) if of_class else _number_if(one.number, _sql(one))
                    for one in each
                )
            ),
        )
        for predicate, each in _by_predicate(several)
    ]
    return _case_of_predicate(cases)


def _wrong(several: Sequence[_Waiting]) -> exp.Expr:
    """Return the condition of a value that fails a check."""
    if several[0].sort == _OF_CLASS:
        return _sql(several[0])
    cases = [
        (predicate, exp.or_(*map(_sql, each), copy=False))
        for predicate, each in _by_predicate(several)
    ]
    return _case_of_predicate(cases)


def _case_of_predicate(cases: Sequence[tuple[int, exp.Expr]]) -> exp.Expr:
    """Return what is the case for the predicate of a value."""
    if len(cases) == 1:
        return cases[0][1]
    found = exp.Case(this=exp.column("p", table="v"))
    for predicate, then in cases:
        found.append("ifs", exp.If(this=number(predicate), true=then))
    return found


def _by_predicate(several: Sequence[_Waiting]) -> Iterator[tuple[int, list[_Waiting]]]:
    for predicate, each in groupby(several, key=lambda one: one.predicate):
        yield predicate, list(each)


def _sql(one: _Waiting) -> exp.Expr:
    assert one.condition is not None  # noqa: S101
    return exp.Paren(this=one.condition.sql.copy())


def _number_if(check_no: int, wrong: exp.Expr) -> exp.Expr:
    return fill("CASE WHEN :wrong THEN :check_no END", wrong=wrong, check_no=check_no)


# --- Counts ---------------------------------------------------------------------------------------


def _counts(several: Sequence[_Waiting], nodes: str) -> exp.Query:
    """Return the statement of constraints on the number of values."""
    counted = query(_COUNTED, nodes=nodes, predicates=_predicates(several))
    names = {predicate: f"n{i}" for i, predicate in enumerate(_predicates(several))}
    for predicate, name in names.items():
        count = fill("count(*) FILTER (WHERE q.p = :predicate)", predicate=predicate)
        counted.append("expressions", exp.alias_(count, name))
    conditions = [_miscounted(one.constraint, names[one.predicate]) for one in several]
    checks = exp.array(
        *(_number_if(one.number, each) for one, each in zip(several, conditions, strict=True))
    )
    return query(_COUNTS, checks=checks, counted=counted, wrong=exp.or_(*conditions))


def _miscounted(constraint: Constraint, name: str) -> exp.Expr:
    """Return the condition of a node whose number of values violates a constraint."""
    assert isinstance(constraint, MinCount | MaxCount)  # noqa: S101
    operator = "<" if isinstance(constraint, MinCount) else ">"
    return fill(f"c.{name} {operator} :number", number=constraint.number)
