"""Answers from the look-up index, step by step.

What would take many steps is given up: compiled to SQL, it takes less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from rdflib import URIRef
from rdflib.term import Identifier, Node

from kg.namespaces import XSD
from kg.sparql.answer import Result
from kg.sparql.comparing import place_of
from kg.sparql.compiled import GraphChoice
from kg.sparql.lifting import Asked
from kg.sparql.lookups.conditions import holds
from kg.sparql.lookups.patterns import Effort, Joining, extended, id_in
from kg.sparql.lookups.planning import lookup_plan
from kg.sparql.lookups.steps import (
    Attempt,
    BeyondReachError,
    Change,
    Copied,
    Either,
    Given,
    Groups,
    Kept,
    LookupPlan,
    Matches,
    Once,
    Ordered,
    Slice,
    Solution,
    Step,
    Value,
)
from kg.sparql.reading import Row
from kg.store import DEFAULT_GRAPH, Kind, RawTerm, TermKey, hides, term_key, to_rdflib
from kg.store.lookup_index import LookupIndex, ManyNeighboursError, View

_MOST = 10_000
"""Solutions and steps after which the index gives up."""
_NODE = 5
"""Steps that the reading of a term takes: as long as so many others."""
_MOST_DATASETS = 256
"""Datasets that are remembered."""
_INTEGER = str(XSD.integer)


def sought(
    index: LookupIndex,
    asked: Asked,
    bindings: Mapping[str, Identifier],
    graphs: GraphChoice,
    check: Callable[[], None],
) -> Result | None:
    """Return the answer that the index has of a query, None where it has none.

    `check` is called now and then, and raises when time is over.
    """
    plan = lookup_plan(asked.template, frozenset(bindings))
    if plan is None or graphs.in_place is not None or plan.pace.passes():
        return None
    since = time.thread_time()
    try:
        answering = _Answering(index, plan, asked, bindings, graphs, check)
        solutions = answering.solutions()
        taken = time.thread_time() - since
        rows = answering.rows(solutions)
    except (BeyondReachError, ManyNeighboursError):
        plan.pace.gave_up()
        return None
    plan.pace.answered(taken)
    result = Result(plan.form, list(plan.variables), "index", index.shown, _rows=iter(rows))
    if plan.form == "ask":
        result.boolean = bool(rows)
    return result


def engine_took(asked: Asked, bindings: Mapping[str, Identifier], seconds: float) -> None:
    """Learn how long the engine took to find the solutions of a query, which the index may, too."""
    plan = lookup_plan(asked.template, frozenset(bindings))
    if plan is not None:
        plan.pace.engine_answered(seconds)


class _Answering:
    """The answering of one query."""

    def __init__(
        self,
        index: LookupIndex,
        plan: LookupPlan,
        asked: Asked,
        bindings: Mapping[str, Identifier],
        graphs: GraphChoice,
        check: Callable[[], None],
    ) -> None:
        self._index = index
        self._plan = plan
        self._effort = Effort(_MOST, check)
        self._own: dict[int, TermKey] = {}
        """Terms of the query that are not stored, by negative numbers."""
        constants = dict(zip(asked.template.open, asked.constants, strict=True))
        self._first: Solution = [None] * plan.width
        for key, slot in plan.terms.items():
            self._first[slot] = self._id(constants.get(key, key))
        for name, node in bindings.items():
            self._first[plan.names[name]] = self._id(term_key(node))
        self._default, self._named = _graphs(index, plan, graphs)
        self._joining = Joining(self._view, self._first, self._effort)
        self._decoded: dict[Value, RawTerm] = {}
        self._nodes: dict[Value, Node] = {}

    def _id(self, key: TermKey) -> int:
        found = self._index.id(key)
        if found is None:
            found = next((number for number, own in self._own.items() if own == key), None)
        if found is None:
            found = -1 - len(self._own)
            self._own[found] = key
        return found

    def solutions(self) -> list[Solution]:
        """Return the solutions of the query.

        Raises:
            BeyondReachError: it takes too many steps.
            ManyNeighboursError: it meets a node with too many neighbours.
        """
        solutions = self._after(self._plan.steps, [self._first])
        for change in self._plan.changes:
            solutions = self._changed(change, solutions)
        return solutions

    def rows(self, solutions: Sequence[Solution]) -> list[Row]:
        """Return the rows of the answer; of ASK one, where there is a solution.

        Raises:
            BeyondReachError: a term is not reached.
        """
        if self._plan.form == "ask":
            return [()] if solutions else []
        shown, term = self._plan.shown, self._term
        return [tuple([term(solution[slot]) for slot in shown]) for solution in solutions]

    def _after(self, steps: Iterable[Step], solutions: list[Solution]) -> list[Solution]:
        for step in steps:
            if not solutions:
                break
            self._effort.check()
            solutions = self._step(step, solutions)
        return solutions

    def _step(self, step: Step, solutions: list[Solution]) -> list[Solution]:
        match step:
            case Matches():
                return self._joining.matched(step, solutions)
            case Given():
                found = _with_data(step, solutions, self._first)
                self._effort.spend(len(found))
                return found
            case Attempt():
                return self._attempted(step, solutions)
            case Either():
                return [
                    found for branch in step.branches for found in self._after(branch, solutions)
                ]
            case Kept():
                return [one for one in solutions if holds(step.condition, one, self._node)]

    def _attempted(self, step: Attempt, solutions: list[Solution]) -> list[Solution]:
        marked = [extended(one, (step.mark, number)) for number, one in enumerate(solutions)]
        found = self._after(step.steps, marked)
        if step.condition is not None:
            found = [one for one in found if holds(step.condition, one, self._node)]
        joined = {one[step.mark] for one in found}
        return found + [one for number, one in enumerate(solutions) if number not in joined]

    def _changed(self, change: Change, solutions: list[Solution]) -> list[Solution]:
        match change:
            case Groups():
                return self._grouped(change, solutions)
            case Copied():
                for solution in solutions:
                    solution[change.into] = solution[change.of]
                return solutions
            case Ordered():
                for slot, descending in reversed(change.keys):
                    places = {one[slot]: self._place(one[slot]) for one in solutions}
                    solutions = sorted(
                        solutions, key=lambda one: places[one[slot]], reverse=descending
                    )
                return solutions
            case Once():
                seen: dict[tuple[Value, ...], Solution] = {}
                for solution in solutions:
                    seen.setdefault(tuple([solution[slot] for slot in change.slots]), solution)
                return list(seen.values())
            case Slice():
                end = None if change.length is None else change.start + change.length
                return solutions[change.start : end]

    def _grouped(self, change: Groups, solutions: list[Solution]) -> list[Solution]:
        groups: dict[tuple[Value, ...], list[Solution]] = {}
        if change.keys is None:
            groups[()] = solutions
        else:
            for solution in solutions:
                key = tuple([solution[slot] for slot in change.keys])
                groups.setdefault(key, []).append(solution)
        found = []
        for group in groups.values():
            row: Solution = [None] * self._plan.width
            for count in change.counts:
                if count.of is None:
                    row[count.into] = _counted(len(group))
                elif count.is_key:
                    row[count.into] = group[0][count.of]
                else:
                    values = [one[count.of] for one in group if one[count.of] is not None]
                    row[count.into] = _counted(len(set(values) if count.distinct else values))
            found.append(row)
        return found

    def _view(self, graph: int | None) -> View:
        if graph is None:
            return self._index.view(self._default)
        return self._index.view(self._named & {id_in(self._first[graph])})

    def _term(self, value: Value) -> RawTerm | None:
        """Return the term that a slot holds."""
        if not isinstance(value, int):
            return value
        term = self._decoded.get(value)
        if term is None:
            if value < 0 and self._own[value][1] is None:
                term = (int(Kind.IRI), *self._own[value])
            else:
                term = self._index.term(value)
            if term is None:
                raise BeyondReachError
            self._decoded[value] = term
        return term

    def _node(self, value: Value) -> Node | None:
        """Return the term that a slot holds, as one of rdflib's."""
        if value is None:
            return None
        node = self._nodes.get(value)
        if node is None:
            self._effort.spend(_NODE)
            if isinstance(value, int) and value < 0:
                node = _node_of(self._own[value])
            else:
                term = self._term(value)
                if term is None or term[0] == Kind.ILL:
                    # rdflib warns of a text that its datatype does not have, each time.
                    raise BeyondReachError
                node = to_rdflib(term)
            self._nodes[value] = node
        return node

    def _place(self, value: Value) -> tuple[object, ...]:
        return place_of(self._node(value))


def _with_data(data: Given, solutions: Sequence[Solution], first: Solution) -> list[Solution]:
    """Return the solutions joined with inline data."""
    found = []
    rows = [[None if one is None else first[one] for one in row] for row in data.rows]
    for solution in solutions:
        for row in rows:
            pairs = [
                (slot, value)
                for slot, value in zip(data.slots, row, strict=True)
                if value is not None
            ]
            if all(solution[slot] in (None, value) for slot, value in pairs):
                found.append(extended(solution, *pairs))
    return found


def _counted(number: int) -> RawTerm:
    return int(Kind.INTEGER), str(number), _INTEGER, None


def _node_of(key: TermKey) -> Node:
    """Return a term that is not stored as one of rdflib's."""
    lex, dt, lang = key
    if dt is None:
        return URIRef(lex)
    return to_rdflib((int(Kind.OTHER), lex, dt, lang))


_Graphs = frozenset[int]


def _graphs(index: LookupIndex, plan: LookupPlan, choice: GraphChoice) -> tuple[_Graphs, _Graphs]:
    """Return the graphs of the default graph, and the named ones (as `compiled.dataset` does)."""
    key = (plan.default, plan.named, choice)
    found = index.datasets.get(key)
    if found is None:
        if len(index.datasets) >= _MOST_DATASETS:
            index.datasets.clear()
        found = index.datasets[key] = _dataset(index, plan, choice)
    return found


def _dataset(index: LookupIndex, plan: LookupPlan, choice: GraphChoice) -> tuple[_Graphs, _Graphs]:
    default, named = choice.default, choice.named
    if default is None and named is None:
        default, named = plan.default, plan.named
    names = {g: term[1] for g in index.graphs() if (term := index.term(g)) is not None}
    seen = {g: name for g, name in names.items() if not hides(choice.hidden, name)}
    if default is not None or named is not None:
        wanted = set(default or ()), set(named or ())
        one, two = ({g for g, name in seen.items() if name in names} for names in wanted)
        return frozenset(one), frozenset(two)
    unnamed = {DEFAULT_GRAPH}
    return frozenset(unnamed | seen.keys() if choice.union else unnamed), frozenset(seen)
