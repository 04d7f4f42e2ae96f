"""Solutions joined with triple patterns and paths, node by node, through the look-up index."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kg.sparql.lookups.steps import (
    AnyOf,
    BeyondReachError,
    Chain,
    Fork,
    Inverse,
    Link,
    Match,
    Matches,
    Others,
    Repeated,
    Solution,
    Value,
    Way,
)
from kg.store.lookup_index import View

_PATH = 50
"""Solutions that a path is taken to find."""


class Effort:
    """How much may still be done for a query; `check` raises when its time is over."""

    def __init__(self, most: int, check: Callable[[], None]) -> None:
        self.left = most
        self.check = check

    def spend(self, steps: int) -> None:
        """Take steps off what is left.

        Raises:
            BeyondReachError: they are too many.
        """
        self.left -= steps
        if self.left < 0:
            raise BeyondReachError


class Joining:
    """The joining of solutions with the patterns of one query.

    `view` gives the graphs of a pattern, by the slot of their name; `terms` has the terms of the
    query in their slots.
    """

    def __init__(self, view: Callable[[int | None], View], terms: Solution, effort: Effort) -> None:
        self._view = view
        self._first = terms
        self._effort = effort
        self._rounds: dict[tuple[View, Way, int], dict[int, dict[int, None]]] | None = None
        """Where a path is followed from several nodes: what a round of one leads to from each."""

    def matched(self, matches: Matches, solutions: list[Solution]) -> list[Solution]:
        """Return the solutions joined with patterns, that first which seems to find fewest.

        Raises:
            BeyondReachError: it takes too many steps, or a pattern is not reached.
            ManyNeighboursError: it meets a node with too many neighbours.
        """
        todo = list(matches.patterns)
        while todo and solutions:
            first = solutions[0]
            best = todo[0]
            if len(todo) > 1:
                best = min(todo, key=lambda one: self._size(one, first))
            todo.remove(best)
            solutions = self._joined(best, solutions)
            self._effort.spend(len(solutions))
        return solutions

    def _size(self, pattern: Match | Fork, solution: Solution) -> float:
        """Return about how many solutions a pattern makes of one."""
        subject, object_ = solution[pattern.subject], solution[pattern.object]
        if subject is None and object_ is None:
            return float("inf")
        if isinstance(pattern, Fork) or not isinstance(pattern.predicate, int):
            return _PATH
        if subject is not None and object_ is not None:
            return 0
        view, predicate = self._view(pattern.graph), _number(solution[pattern.predicate])
        if subject is not None:
            return view.size(id_in(subject), predicate, 0)
        return view.size(id_in(object_), predicate, 1)

    def _joined(self, pattern: Match | Fork, solutions: list[Solution]) -> list[Solution]:
        if isinstance(pattern, Fork):
            branches = pattern.branches
            return [one for branch in branches for one in self.matched(branch, solutions)]
        view = self._view(pattern.graph)
        way = pattern.predicate
        if isinstance(way, int):
            return self._along(view, pattern, way, solutions)
        if isinstance(way, Others):
            return self._by_others(view, pattern, way, solutions)
        return self._by_path(view, pattern, way, solutions)

    def _along(
        self, view: View, pattern: Match, place: int, solutions: list[Solution]
    ) -> list[Solution]:
        """Return solutions joined with the triples of a predicate, or of any in a free slot."""
        found: list[Solution] = []
        for solution in solutions:
            node, side, other, to = _start(pattern, solution)
            predicate = solution[place]
            if predicate is None:
                found += [
                    extended(solution, (place, by), (to, neighbour))
                    for by, neighbour in view.edges(node, side)
                    if other in (None, neighbour)
                ]
            elif other is None:
                for neighbour in view.neighbours(node, id_in(predicate), side):
                    longer = solution.copy()
                    longer[to] = neighbour
                    found.append(longer)
            elif view.holds(node, id_in(predicate), id_in(other), side):
                found.append(solution)
            if len(found) > self._effort.left:
                raise BeyondReachError
        return found

    def _by_others(
        self, view: View, pattern: Match, way: Others, solutions: list[Solution]
    ) -> list[Solution]:
        """Return solutions joined with the triples of all predicates but some."""
        found: list[Solution] = []
        for solution in solutions:
            node, side, other, to = _start(pattern, solution)
            for neighbour in self._steps_by_others(view, way, node, side):
                if other is None:
                    found.append(extended(solution, (to, neighbour)))
                elif other == neighbour:
                    found.append(solution)
            if len(found) > self._effort.left:
                raise BeyondReachError
        return found

    def _steps_by_others(self, view: View, way: Others, node: int, side: int) -> Iterator[int]:
        for slots, turned in ((way.forward, side), (way.backward, 1 - side)):
            if slots is not None:
                excluded = {self._first[slot] for slot in slots}
                yield from (other for by, other in view.edges(node, turned) if by not in excluded)

    def _by_path(
        self, view: View, pattern: Match, way: Repeated, solutions: list[Solution]
    ) -> list[Solution]:
        """Return solutions joined with the pairs that a path of any length connects."""
        reached: dict[tuple[int, int], dict[int, None]] = {}
        self._rounds = {} if len(solutions) > 1 else None
        found: list[Solution] = []
        for solution in solutions:
            node, side, other, to = _start(pattern, solution)
            if way.empty and not pattern.fixed[side] and not view.is_node(node):
                # No path, not even one of no step, starts at what is no node of the graph.
                continue
            ends = reached.get((node, side))
            if ends is None:
                ends = reached[node, side] = self._reached(view, way, {node: None}, side)
            if other is None:
                found += [extended(solution, (to, end)) for end in ends]
            elif other in ends:
                found.append(solution)
            if len(found) > self._effort.left:
                raise BeyondReachError
        return found

    def _reached(self, view: View, way: Way, nodes: dict[int, None], side: int) -> dict[int, None]:
        """Return the nodes, each once, that a path leads to from some; with `side` 1, backward."""
        match way:
            case Inverse():
                return self._reached(view, way.path, nodes, 1 - side)
            case Chain():
                for part in way.paths if side == 0 else reversed(way.paths):
                    nodes = self._reached(view, part, nodes, side)
                return nodes
            case AnyOf():
                branches = [self._reached(view, part, nodes, side) for part in way.paths]
                return {node: None for branch in branches for node in branch}
            case Repeated():
                return self._closed(view, way, nodes, side)
        return self._next(view, way, nodes, side)

    def _next(
        self, view: View, way: Link | Others, nodes: dict[int, None], side: int
    ) -> dict[int, None]:
        """Return the nodes, each once, that are one step away from some."""
        found: dict[int, None] = {}
        for node in nodes:
            if isinstance(way, Link):
                ends = view.neighbours(node, id_in(self._first[way.predicate]), side)
            else:
                ends = list(self._steps_by_others(view, way, node, side))
            self._effort.spend(1 + len(ends))
            found.update(dict.fromkeys(ends))
        return found

    def _closed(
        self, view: View, way: Repeated, nodes: dict[int, None], side: int
    ) -> dict[int, None]:
        """Return the nodes that a path leads to, taken as often as it may be."""
        found = {} if way.mod == "+" else dict(nodes)
        frontier = nodes
        while frontier:
            self._effort.check()
            further = self._further(view, way.path, frontier, side)
            frontier = {node: None for node in further if node not in found}
            found.update(frontier)
            if way.mod == "?":
                break
        return found

    def _further(self, view: View, way: Way, nodes: dict[int, None], side: int) -> dict[int, None]:
        """Return the nodes, each once, that one round of a path leads to from some."""
        rounds = self._rounds
        if rounds is None:
            return self._reached(view, way, nodes, side)
        known = rounds.setdefault((view, way, side), {})
        found: dict[int, None] = {}
        self._effort.spend(len(nodes))
        for node in nodes:
            ends = known.get(node)
            if ends is None:
                ends = known[node] = self._reached(view, way, {node: None}, side)
            found.update(ends)
        return found


def id_in(value: Value) -> int:
    """Return the id that a slot holds: what is counted stands in no pattern."""
    assert isinstance(value, int)  # noqa: S101
    return value


def _number(value: Value) -> int | None:
    return None if value is None else id_in(value)


def _start(pattern: Match, solution: Solution) -> tuple[int, int, Value, int]:
    """Return where to follow a path from, on which side, what is known of its end, and its slot.

    Raises:
        BeyondReachError: nothing is known of either end.
    """
    subject, object_ = solution[pattern.subject], solution[pattern.object]
    if object_ is not None and (subject is None or (pattern.fixed[1] and not pattern.fixed[0])):
        return id_in(object_), 1, subject, pattern.subject
    if subject is None:
        raise BeyondReachError
    return id_in(subject), 0, object_, pattern.object


def extended(solution: Solution, *values: tuple[int, Value]) -> Solution:
    """Return a solution with more values in slots."""
    longer = solution.copy()
    for slot, value in values:
        longer[slot] = value
    return longer
