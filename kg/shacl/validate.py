"""Validation of the live graph against shapes, set-wise, inside the engine.

The data graph is the union of all live quads as a set of triples. Results follow the SHACL
Recommendation one by one: a property shape below a property shape reports once for each value
node that leads to it. What depends on the run rather than on the data is passed in: in a SPARQL
constraint, the pattern `cg:currentRun cg:asOf ?today` is answered with the date `as_of`, whatever
the data say, so that validation can be repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from kg.shacl.advanced import advanced_roots, check_advanced
from kg.shacl.affected import Affected, Change, Doubt, Doubted, Scope
from kg.shacl.checks import violations
from kg.shacl.model import Constraint, HasProperty, Shape, Shapes
from kg.shacl.path_reads import Read
from kg.shacl.query_model import QueryConstraint
from kg.shacl.reads import reads_of_constraint, reads_of_path, reads_of_targets
from kg.shacl.report import Check, Report
from kg.shacl.session import Session
from kg.shacl.sql import query, rendered
from kg.shacl.stars import Stars
from kg.shacl.statement import Statement
from kg.shacl.targets import Targets
from kg.shacl.values import pairs_of
from kg.sparql.deadline import Deadline, memory_error
from kg.store import Cursor, EngineInterrupted, EngineOutOfMemory


def validate(
    cursor: Cursor,
    shapes: Shapes,
    as_of: date,
    focus: str | None = None,
    *,
    change: Change | None = None,
    doubt: Doubt | None = None,
    limit: int | None = None,
    timeout: float | None = None,
    deadline: Deadline | None = None,
    tell: Callable[[float], None] = lambda _part: None,
) -> Report:
    """Validate what the cursor sees and return the report.

    A cursor outside a transaction sees each commit that is made meanwhile: begin one first where
    others may write.

    `focus` is SQL for a relation with a column `node` of term ids: only these focus nodes are
    looked at. With `change`, each shape is checked on the focus nodes only whose results the change
    can affect: the results of all others are what they were before it. With `doubt`, each shape is
    checked on the focus nodes only whose results do not depend on what is in doubt, and shapes that
    pySHACL has to check are left out. `limit` is the number of results listed for each shape; the
    report counts all of them, and keeps all of them in its temporary table, in any case. `timeout`
    is in seconds; a `deadline` that guards the cursor already stands in its place. `tell` is told
    which part of the shapes is done, from 0 to 1.

    Raises:
        UnsupportedShapeError: a constraint's query or pattern cannot be compiled.
        QueryTimeoutError: the time is over.
        QueryMemoryError: there is no memory for it.
    """
    with contextlib.ExitStack() as stack:
        deadline = deadline or stack.enter_context(Deadline(cursor, timeout))
        try:
            session = Session(cursor, shapes, as_of, deadline)
            return _validated(session, shapes, focus, change, doubt, limit, tell)
        except EngineInterrupted:
            raise deadline.error() from None
        except EngineOutOfMemory as error:
            raise memory_error() from error


def _validated(
    session: Session,
    shapes: Shapes,
    focus: str | None,
    change: Change | None,
    doubt: Doubt | None,
    limit: int | None,
    tell: Callable[[float], None],
) -> Report:
    """Run the shapes in a session, and close it."""
    try:
        scope = session.table(_relation(focus)) if focus else None
        affected = Affected(session, change) if change else None
        part = affected is not None and not affected.most
        targets = Targets(session, shapes, scope, few=part)
        beyond = advanced_roots(shapes)
        if affected is not None and part:
            roots = [each for each in shapes.roots if targets.can_be_any(each.targets)]
            targets.learn(
                zip((each.targets for each in roots), affected.scopes(roots), strict=True)
            )
        run = _Run(session, targets, affected, Doubted(session, doubt) if doubt else None)
        for number, shape in enumerate(shapes.roots):
            session.deadline.check()
            tell(_ONE_BY_ONE * number / len(shapes.roots))
            if shape not in beyond:
                run.root(shape)
        run.finish(lambda part: tell(_ONE_BY_ONE + (1 - _ONE_BY_ONE) * part))
        beside = [] if doubt else check_advanced(session, shapes, beyond, scope)
        return Report.collect(session, run.checks(), limit, beside)
    finally:
        session.close()


def _relation(focus: str) -> exp.Query:
    """Return the caller's relation as a query."""
    if focus.isidentifier():
        return query("SELECT DISTINCT node FROM :focus", focus=focus)
    return query(focus)


_ONE_BY_ONE = 0.7
"""Part of a validation that is done when all that has a statement of its own is."""


@dataclass(frozen=True, slots=True)
class _Focus:
    """Focus nodes, each once; `bag` repeats them once for each way that leads to them."""

    nodes: str
    bag: str | None = None


@dataclass(slots=True)
class _Begun:
    """A constraint that is being checked: how, and the number of its results so far."""

    shape: Shape
    constraint: Constraint
    total: int = 0
    reason: str | None = None

    def done(self) -> Check:
        """Return it as what was found."""
        engine = "rdflib" if self.reason else "sql"
        return Check(self.shape, self.constraint, self.total, engine, self.reason)


class _Run:
    """Goes through the shapes, a statement for each constraint that is not one of a star."""

    def __init__(
        self,
        session: Session,
        targets: Targets,
        affected: Affected | None,
        doubted: Doubted | None,
    ) -> None:
        self._session = session
        self._targets = targets
        self._affected = affected
        self._doubted = doubted
        self._stars = Stars(session)
        self._begun: list[_Begun] = []
        self._next = 0
        self._whole: list[tuple[Shape, range]] = []
        """Shapes that were checked on all their targets, with the numbers of their checks."""

    def checks(self) -> list[Check]:
        """Return all that was checked, in the order of the numbers in the table of results."""
        return [each.done() for each in self._begun]

    def root(self, shape: Shape) -> None:
        """Check a shape on its targets, but for what is done at the end."""
        if not self._targets.can_be_any(shape.targets):
            return
        if self._affected is None:
            self._within(shape, None)
        elif self._affected.most:
            first = self._next
            self._within(shape, None)
            self._whole.append((shape, range(first, self._next)))
        else:
            self._within(shape, self._affected.scope(shape))

    def finish(self, tell: Callable[[float], None]) -> None:
        """Check what is checked together; `tell` is told which part of it is done."""
        self._finish_stars(tell)
        if self._affected is not None:
            for shape, numbers in self._whole:
                self._narrow(shape, numbers, self._affected)
            self._finish_stars(tell)

    def _finish_stars(self, tell: Callable[[float], None]) -> None:
        statements = list(self._stars.statements())
        if not statements:
            return
        for number, statement in enumerate(statements):
            tell(number / len(statements))
            self._session.insert("shacl_result", statement)
        for number, total in self._stars.totals().items():
            self._begun[number].total = total

    def _narrow(self, shape: Shape, numbers: range, affected: Affected) -> None:
        """Check a shape anew, on the affected nodes, where part of its results may be old ones."""
        begun = [self._begun[number] for number in numbers]
        if affected.is_new(shape) or not any(each.total for each in begun):
            return
        for each in begun:
            each.total = 0
        self._session.cursor.execute(
            "DELETE FROM shacl_result WHERE check_no BETWEEN ? AND ?", [numbers[0], numbers[-1]]
        )
        self._next = numbers.start
        self._within(shape, affected.scope(shape))
        self._next = len(self._begun)

    def _within(self, shape: Shape, scope: Scope) -> None:
        """Check a shape on those of its targets that are in a scope."""
        nodes = self._targets.focus_nodes(shape.targets, scope)
        focus = _Focus(nodes) if nodes else None
        focus = self._certain(focus, reads_of_targets, shape)
        if focus is not None:
            self._shape(shape, focus)

    def _certain(
        self, focus: _Focus | None, reads_of: Callable[..., frozenset[Read]], *read: object
    ) -> _Focus | None:
        """Return the focus nodes for which nothing that is read is in doubt, None without any."""
        if focus is None or self._doubted is None:
            return focus
        doubted = self._doubted.among(reads_of(*read))
        if doubted is None or not doubted:
            return focus if doubted is not None else None
        if isinstance(doubted, frozenset):
            rows = [(node,) for node in sorted(doubted)]
            doubted = self._session.table_of(["node"], ["BIGINT"], rows)
        template = "SELECT n.node FROM :nodes AS n ANTI JOIN :doubted AS d ON d.node = n.node"
        certain = query(template, nodes=focus.nodes, doubted=doubted)
        nodes, count = self._session.counted_table(certain)
        return _Focus(nodes, focus.bag) if count else None

    def _shape(self, shape: Shape, focus: _Focus | None) -> None:
        """Check a shape on focus nodes; property shapes below it report for themselves.

        Each constraint has its number, be there a focus node to check it on or not.
        """
        below: _Focus | None = None
        for constraint in shape.constraints:
            if isinstance(constraint, HasProperty):
                below = below or self._below(shape, focus)
                self._shape(constraint.members[0], below)
                continue
            number = self._begin(shape, constraint)
            certain = self._certain(focus, reads_of_constraint, shape, constraint)
            if certain is not None:
                self._check(number, shape, constraint, certain)

    def _below(self, shape: Shape, parents: _Focus | None) -> _Focus | None:
        """Return the value nodes of a shape as focus nodes of the property shapes below it."""
        focus = self._certain(parents, reads_of_path, shape)
        if shape.path is None or focus is None:
            return focus
        st = Statement(self._session)
        pairs = pairs_of(st, shape.path, focus.nodes)
        rows = query("SELECT v.value AS node FROM :pairs AS v", pairs=pairs)
        if focus.bag:
            # Once for each way that leads to the focus node.
            template = "SELECT v.value AS node FROM :pairs AS v JOIN :bag AS b ON b.node = v.focus"
            rows = query(template, pairs=pairs, bag=focus.bag)
        bag = self._session.table(st.finish(rows))
        nodes = self._session.table(query("SELECT DISTINCT node FROM :bag", bag=bag))
        return _Focus(nodes, bag)

    def _check(self, number: int, shape: Shape, constraint: Constraint, focus: _Focus) -> None:
        """Keep the results of one constraint, or the constraint for later."""
        if focus.bag is None and self._stars.take(number, shape, constraint, focus.nodes):
            return
        self._session.evaluated = None
        found = self._found(shape, constraint, focus.nodes)
        again = f" JOIN {focus.bag} AS b ON b.node = v.focus" if focus.bag else ""
        rows = f"SELECT {number} AS check_no, v.* FROM ({found}) AS v{again}"
        self._begun[number].total = self._session.insert("shacl_result", rows)
        self._begun[number].reason = self._session.evaluated

    def _found(self, shape: Shape, constraint: Constraint, nodes: str) -> str:
        """Return the text of the SELECT of the violations of a constraint."""

        def write(nodes: str) -> exp.Query:
            st = Statement(self._session)
            return st.finish(violations(constraint, st, shape, nodes))

        if _asks(constraint):
            return rendered(write(nodes))
        return self._session.written((id(shape), id(constraint)), nodes, write)

    def _begin(self, shape: Shape, constraint: Constraint) -> int:
        """Return the number of a check."""
        number, self._next = self._next, self._next + 1
        if number == len(self._begun):
            self._begun.append(_Begun(shape, constraint))
        return number


def _asks(constraint: Constraint) -> bool:
    """Tell whether a constraint is a query, or over shapes with one: it may make tables."""
    within = (each for shape in constraint.shapes() for each in shape.constraints)
    return isinstance(constraint, QueryConstraint) or any(map(_asks, within))
