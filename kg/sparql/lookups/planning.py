"""Which queries the look-up index answers, and in which steps.

Those in which triple patterns and paths are followed from terms that the query names, and nothing
is computed but comparisons, orders and counts. All others are compiled to SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rdflib import Literal, URIRef, Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.sparql.context import is_variable, variable_name
from kg.sparql.lifting import Template
from kg.sparql.lookups.steps import (
    AnyOf,
    Attempt,
    BeyondReachError,
    Chain,
    Change,
    Copied,
    Count,
    Either,
    Fork,
    Given,
    Groups,
    Inverse,
    Kept,
    Link,
    LookupPlan,
    Match,
    Matches,
    Once,
    Ordered,
    Others,
    Repeated,
    Slice,
    Step,
    Way,
)
from kg.sparql.mentions import variables
from kg.sparql.pathforms import inverted, may_be_empty
from kg.sparql.values import NotCompiledError
from kg.store import TermKey, term_key


@lru_cache(maxsize=512)
def lookup_plan(template: Template, given: frozenset[str]) -> LookupPlan | None:
    """Return how the index answers queries of a template, None where it does not.

    `given` are the variables that stand for a term throughout the query.
    """
    try:
        return _Planning(template, given).plan()
    except (BeyondReachError, NotCompiledError, RecursionError):
        return None


_Slots = frozenset[int]
_NONE: _Slots = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    """Steps, the slots that each solution of them has, and all slots that one may have."""

    steps: tuple[Step, ...]
    certain: _Slots
    possible: _Slots


class _Planning:
    """The planning of one query."""

    def __init__(self, template: Template, given: frozenset[str]) -> None:
        self._algebra = template.query.algebra
        self._given = given
        self._terms: dict[TermKey, int] = {}
        self._names: dict[str, int] = {}
        self._width = 0
        self._graph: int | None = None
        self._fixed = frozenset(self._slot(Variable(name)) for name in sorted(given))

    def plan(self) -> LookupPlan:
        """Return the plan of the query."""
        algebra = self._algebra
        form = {"SelectQuery": "select", "AskQuery": "ask"}.get(algebra.name)
        if form is None:
            raise BeyondReachError
        variables_ = [str(name) for name in algebra.PV] if form == "select" else []
        node, changes = self._modified(algebra.p)
        steps = self._group(node, self._fixed).steps
        shown = tuple(self._slot(Variable(name)) for name in variables_)
        clauses = algebra.datasetClause or ()
        default = tuple(str(one.default) for one in clauses if "default" in one)
        named = tuple(str(one.named) for one in clauses if "named" in one)
        return LookupPlan(
            form,
            tuple(variables_),
            steps,
            tuple(changes),
            shown,
            self._width,
            self._terms,
            self._names,
            default if clauses else None,
            named if clauses else None,
        )

    def _new(self) -> int:
        self._width += 1
        return self._width - 1

    def _slot(self, node: Node) -> int:
        """Return the slot of a variable or of a term."""
        if is_variable(node):
            name = variable_name(node)
            if name not in self._names:
                self._names[name] = self._new()
            return self._names[name]
        if not isinstance(node, URIRef | Literal):
            raise BeyondReachError
        key = term_key(node)
        if key not in self._terms:
            self._terms[key] = self._new()
        return self._terms[key]

    def _modified(self, node: CompValue) -> tuple[CompValue, list[Change]]:
        """Return a pattern, and what is made of its solutions."""
        changes: list[Change] = []
        while node.name in {"Slice", "Distinct", "Reduced", "Project", "OrderBy", "Extend"}:
            changes += self._change(node)
            node = node.p
        if node.name == "AggregateJoin":
            changes.append(self._groups(node))
            node = node.p.p
        return node, changes[::-1]

    def _change(self, node: CompValue) -> Iterator[Change]:
        match node.name:
            case "Slice":
                yield Slice(node.start or 0, node.length)
            case "Distinct" | "Reduced":
                if node.p.name != "Project":
                    raise BeyondReachError
                yield Once(tuple(self._slot(name) for name in node.p.PV))
            case "OrderBy":
                yield Ordered(
                    tuple((self._variable(key.expr), key.order == "DESC") for key in node.expr)
                )
            case "Extend":
                into, of = self._slot(node.var), self._variable(node.expr)
                if into in self._fixed:
                    raise BeyondReachError
                yield Copied(into, of)

    def _variable(self, node: object) -> int:
        if not isinstance(node, Variable):
            raise BeyondReachError
        return self._slot(node)

    def _groups(self, node: CompValue) -> Groups:
        if self._given:
            raise BeyondReachError
        grouped = node.p.expr
        keys = None if grouped is None else tuple(self._variable(key) for key in grouped)
        counts = []
        for one in node.A:
            into = self._slot(one.res)
            of = None if one.vars == "*" else self._variable(one.vars)
            if one.name == "Aggregate_Count":
                counts.append(Count(into, of, bool(one.distinct)))
            elif one.name == "Aggregate_Sample" and of is not None and of in (keys or ()):
                counts.append(Count(into, of, is_key=True))
            else:
                raise BeyondReachError
        if any(count.of is None and count.distinct for count in counts):
            raise BeyondReachError
        return Groups(keys, tuple(counts))

    def _group(self, node: CompValue, outer: _Slots) -> _Found:
        """Return the steps of a pattern, whose solutions are joined with what has `outer`."""
        match node.name:
            case "BGP" | "Join" | "ToMultiSet":
                return self._joined(node, outer)
            case "LeftJoin":
                return self._optional(node, outer)
            case "Union":
                branches = [self._group(part, outer) for part in (node.p1, node.p2)]
                step = Either(tuple(branch.steps for branch in branches))
                certain = branches[0].certain & branches[1].certain
                return _Found((step,), certain, branches[0].possible | branches[1].possible)
            case "Filter":
                found = self._group(node.p, outer)
                condition = self._condition(node.expr, outer, found.certain)
                return _Found((*found.steps, Kept(condition)), found.certain, found.possible)
            case "Graph":
                return self._in_graph(node, outer)
        raise BeyondReachError

    def _in_graph(self, node: CompValue, outer: _Slots) -> _Found:
        if not isinstance(node.term, URIRef):
            raise BeyondReachError
        around, self._graph = self._graph, self._slot(node.term)
        try:
            return self._group(node.p, outer)
        finally:
            self._graph = around

    def _optional(self, node: CompValue, outer: _Slots) -> _Found:
        left = self._group(node.p1, outer)
        right = self._group(node.p2, outer | left.possible)
        # What comes from further out may bind no more here than it does in the solution alone.
        if not right.possible & outer <= left.certain | self._fixed:
            raise BeyondReachError
        condition = None
        if not (isinstance(node.expr, CompValue) and node.expr.name == "TrueFilter"):
            condition = self._condition(node.expr, outer, left.certain)
        step = Attempt(self._new(), right.steps, condition)
        return _Found((*left.steps, step), left.certain, left.possible | right.possible)

    def _condition(self, expression: object, outer: _Slots, certain: _Slots) -> object:
        """Return a condition with slots for variables and terms."""
        mentioned = frozenset(self._slot(name) for name in variables(expression))
        if not mentioned & outer <= certain | self._fixed:
            raise BeyondReachError
        return self._slotted(expression)

    def _slotted(self, node: object) -> object:
        if not isinstance(node, CompValue):
            return self._operand(node)
        match node.name:
            case "RelationalExpression":
                listed = isinstance(node.other, list)
                if listed != (node.op in ("IN", "NOT IN")):
                    raise BeyondReachError
                others = node.other if listed else [node.other]
                return (str(node.op), *(self._operand(one) for one in (node.expr, *others)))
            case "ConditionalAndExpression" | "ConditionalOrExpression":
                sign = "&&" if "And" in node.name else "||"
                return (sign, self._slotted(node.expr), *map(self._slotted, node.other))
            case "UnaryNot":
                return ("!", self._slotted(node.expr))
            case "Builtin_BOUND":
                return ("bound", self._variable(node.arg))
        raise BeyondReachError

    def _operand(self, node: object) -> int:
        if not isinstance(node, Variable | URIRef | Literal):
            raise BeyondReachError
        return self._slot(node)

    def _joined(self, node: CompValue, outer: _Slots) -> _Found:
        """Return the steps of what is joined: inline data, triples, then other groups."""
        parts = list(_parts(node))
        given = [self._inline(part) for part in parts if part.name == "ToMultiSet"]
        triples = [triple for part in parts if part.name == "BGP" for triple in part.triples]
        others = [part for part in parts if part.name not in {"BGP", "ToMultiSet"}]
        if self._graph is not None and (given or not triples):
            # A graph that is not there has no solutions, not even one of nothing.
            raise BeyondReachError
        data = frozenset(slot for one in given for slot in one.slots)
        matches = self._matches(triples)
        found = [_Found(tuple(given), _NONE, data)]
        met = _Found((matches,), self._certain(matches), self._certain(matches))
        first = bool(triples) and self._reaches(matches, outer | data)
        if first:
            found.append(met)
        for part in others:
            found.append(self._group(part, outer.union(*(one.possible for one in found))))
        if triples and not first:
            if not self._reaches(matches, outer.union(*(one.possible for one in found))):
                raise BeyondReachError
            found.append(met)
        return _Found(
            tuple(step for one in found for step in one.steps),
            _NONE.union(*(one.certain for one in found)),
            _NONE.union(*(one.possible for one in found)),
        )

    def _matches(self, triples: Iterable[tuple[Node, Node | Path, Node]]) -> Matches:
        """Return triple patterns as patterns between slots."""
        patterns: list[Match | Fork] = []
        for subject, path, object_ in triples:
            patterns += self._between(self._slot(subject), path, self._slot(object_))
        return Matches(tuple(patterns))

    def _certain(self, matches: Matches) -> _Slots:
        """Return the slots of variables that each solution of some patterns has."""
        return frozenset(_slots(matches)).difference(self._terms.values())

    def _reaches(self, matches: Matches, bound: _Slots) -> bool:
        """Return whether all patterns are reached from terms, or from what is bound."""
        reached = set(bound).union(self._terms.values())
        todo: Sequence[Match | Fork] = matches.patterns
        while todo:
            left = [one for one in todo if not reached & {one.subject, one.object}]
            if len(left) == len(todo):
                return False
            for one in todo:
                if one not in left:
                    reached |= {one.subject, one.object}
            todo = left
        return True

    def _inline(self, node: CompValue) -> Given:
        data = node.p
        if data.name != "values":
            raise BeyondReachError
        slots = tuple(self._slot(name) for name in data.var)
        if self._fixed.intersection(slots) or len(set(slots)) < len(slots):
            raise BeyondReachError
        rows = [[row.get(name, "UNDEF") for name in data.var] for row in data.res]
        return Given(
            slots,
            tuple(
                tuple(None if one == "UNDEF" else self._slot(one) for one in row) for row in rows
            ),
        )

    def _between(self, start: int, path: Node | Path, end: int) -> Iterator[Match | Fork]:
        """Yield the patterns of a triple, its path taken apart as far as that goes."""
        match path:
            case InvPath():
                yield from self._between(end, path.arg, start)
            case SequencePath():
                places = [start, *(self._new() for _ in path.args[1:]), end]
                for place, step, then in zip(places, path.args, places[1:], strict=False):
                    yield from self._between(place, step, then)
            case AlternativePath():
                branches = [Matches(tuple(self._between(start, one, end))) for one in path.args]
                yield Fork(start, end, tuple(branches))
            case Path():
                way = self._way(path)
                if not isinstance(way, Others | Repeated):
                    raise BeyondReachError
                yield self._match(start, way, end)
            case _:
                predicate = self._slot(path)
                if is_variable(path) and predicate in (start, end):
                    raise BeyondReachError
                yield self._match(start, predicate, end)

    def _match(self, start: int, predicate: int | Others | Repeated, end: int) -> Match:
        terms = self._fixed.union(self._terms.values())
        return Match(start, predicate, end, self._graph, (start in terms, end in terms))

    def _way(self, path: Path | URIRef) -> Way:
        """Return a path with slots for its predicates."""
        match path:
            case URIRef():
                return Link(self._slot(path))
            case InvPath():
                return Inverse(self._way(path.arg))
            case SequencePath():
                return Chain(tuple(self._way(one) for one in path.args))
            case AlternativePath():
                return AnyOf(tuple(self._way(one) for one in path.args))
            case MulPath():
                return Repeated(self._way(path.path), str(path.mod), may_be_empty(path))
            case NegatedPath():
                ahead = [one for one in path.args if isinstance(one, URIRef)]
                back = [inverted(one) for one in path.args if not isinstance(one, URIRef)]
                forward = tuple(self._slot(one) for one in ahead)
                backward = tuple(self._slot(one) for one in back)
                return Others(forward if ahead or not back else None, backward if back else None)
        raise BeyondReachError


def _parts(node: CompValue) -> Iterator[CompValue]:
    """Yield what is joined."""
    if node.name == "Join":
        yield from _parts(node.p1)
        yield from _parts(node.p2)
    else:
        yield node


def _slots(matches: Matches) -> Iterator[int]:
    """Yield the slots that each solution of some patterns has."""
    for one in matches.patterns:
        yield from (one.subject, one.object)
        if isinstance(one, Match) and isinstance(one.predicate, int):
            yield one.predicate
