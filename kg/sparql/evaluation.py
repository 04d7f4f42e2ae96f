"""rdflib's evaluation of some operators exchanged for one that keeps to the specification.

rdflib compares every solution of one side with every one of the other, for hours if need be, and
takes the right side of a join for a set. Its extension point for operators is used to put hashing
in place, with the multiplicities of the specification (SPARQL 1.1, section 18.5), and to look at
the clock between solutions. It acts on the contexts of this module only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from rdflib import BNode, URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql import CUSTOM_EVALS
from rdflib.plugins.sparql.evaluate import evalPart
from rdflib.plugins.sparql.evalutils import _ebv, _eval
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import FrozenBindings, FrozenDict, QueryContext, SPARQLError

from kg.sparql.comparing import place_of
from kg.sparql.extended import make_known
from kg.sparql.federation import Solutions
from kg.sparql.grouping import aggregate_join, value_of

_TICKS = 256
"""Comparisons between two looks at the clock."""


class GuardedContext(QueryContext):
    """A context of evaluation that calls `check` again and again; it may raise."""

    check: Callable[[], None]
    serve: Callable[[CompValue], Solutions]
    """Returns the solutions of a SERVICE pattern."""

    def clone(self, bindings: Any = None) -> GuardedContext:
        """Return a context of the same query with other bindings; done for every solution."""
        self.check()
        copy = GuardedContext(
            self._dataset if self._dataset is not None else self.graph,
            bindings or self.bindings,
            initBindings=self.initBindings,
        )
        copy.prologue, copy.graph, copy.bnodes = self.prologue, self.graph, self.bnodes
        copy._now, copy.check, copy.serve = self._now, self.check, self.serve
        return copy


class _Solutions:
    """Solutions that can be found by the values of the variables that all of them bind."""

    def __init__(self, solutions: Iterable[FrozenDict], check: Callable[[], None]) -> None:
        self._check = check
        self._all = list(solutions)
        shared = set(self._all[0]) if self._all else set()
        for solution in self._all:
            shared &= solution.keys()
        self._shared = tuple(shared)
        self._indexes: dict[tuple[Any, ...], dict[tuple[Any, ...], list[FrozenDict]]] = {}

    def compatible(self, one: FrozenDict) -> Iterator[FrozenDict]:
        """Yield the solutions that are compatible with one of the other side."""
        names = tuple(name for name in self._shared if name in one)
        index = self._indexes.get(names)
        if index is None:
            index = defaultdict(list)
            for solution in self._all:
                index[tuple(solution[name] for name in names)].append(solution)
            self._indexes[names] = index
        for tick, solution in enumerate(index.get(tuple(one[name] for name in names), ())):
            if tick % _TICKS == 0:
                self._check()
            if one.compatible(solution):
                yield solution


def _join(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """Join(Ω1, Ω2): the merges of all pairs of compatible solutions."""
    left = evalPart(context, part.p1)
    right = _Solutions(evalPart(context, part.p2), context.check)
    for one in left:
        for other in right.compatible(one):
            yield one.merge(other)


def _left_join(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """LeftJoin(Ω1, Ω2, expr): the merges that pass the filter, or the left solution alone."""
    left = evalPart(context, part.p1)
    right = _Solutions(evalPart(context, part.p2), context.check)
    for one in left:
        merged = [one.merge(other) for other in right.compatible(one)]
        passing = [solution for solution in merged if _ebv(part.expr, solution)]
        yield from passing or [one]


def _may_see(part: CompValue) -> bool:
    """Return whether a pattern may be evaluated with the values of the other side put in.

    rdflib does so with any pattern. Operators that are more than a join would then find other
    solutions than their own: an OPTIONAL, a sub-select, a path of no length.
    """
    match part.name:
        case "BGP":
            return not any(_may_have_no_length(predicate) for _, predicate, _ in part.triples)
        case "Join" | "Union":
            return _may_see(part.p1) and _may_see(part.p2)
        case "Graph":
            return _may_see(part.p)
        case "ToMultiSet":
            return bool(part.p.name == "values")
        case _:
            return False


def _may_have_no_length(path: Any) -> bool:
    match path:
        case MulPath():
            return path.zero or _may_have_no_length(path.path)
        case InvPath():
            return _may_have_no_length(path.arg)
        case SequencePath() | AlternativePath():
            return any(map(_may_have_no_length, path.args))
        case _:
            return False


def _minus(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """Minus(Ω1, Ω2): solutions without a compatible one that shares a variable with them."""
    left = evalPart(context, part.p1)
    right = _Solutions(set(evalPart(context, part.p2)), context.check)
    for one in left:
        if all(one.disjointDomain(other) for other in right.compatible(one)):
            yield one


def _extend(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """Extend(Ω, var, expr) for expressions with BNODE: a label names one node per solution."""
    chain = [part]
    while chain[-1].p.name == "Extend":
        chain.append(chain[-1].p)
    for solution in evalPart(context, chain[-1].p):
        scope = context.clone()
        scope.bnodes = defaultdict(BNode)
        for extend in reversed(chain):
            seen = solution.forget(context, _except=extend._vars)
            value = _eval(
                extend.expr, FrozenBindings(scope, seen.items()), raise_not_bound_error=False
            )
            if value is not None and not isinstance(value, SPARQLError):
                solution = solution.merge({extend.var: value})
        yield solution


def _service(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """Invocation(iri, P): the endpoint's solutions that are compatible with what is bound."""
    for solution in context.serve(part):
        if all(context.get(name) in (None, term) for name, term in solution.items()):
            found = context.push()
            for name, term in solution.items():
                found[name] = term
            yield found.solution()


def _is_absent(context: GuardedContext, name: Any) -> bool:
    """Return whether a name, or what a variable is bound to, names no graph of the dataset."""
    graph = context[name]
    if graph is None:
        return False
    if not isinstance(graph, URIRef | BNode):
        return True
    found = context.dataset.get_context(graph).triples((None, None, None))
    return next(iter(found), None) is None


class _Key:
    """A key to sort by, whose comparisons look at the clock."""

    __slots__ = ("_check", "_key")

    def __init__(self, key: Any, check: Callable[[], None]) -> None:
        self._key, self._check = key, check

    def __lt__(self, other: _Key) -> bool:
        self._check()
        return bool(self._key < other._key)


def _order_by(context: GuardedContext, part: CompValue) -> Iterator[FrozenDict]:
    """OrderBy(Ω, conditions): a stable sort for each condition, the last one first."""
    solutions = list(evalPart(context, part.p))
    for condition in reversed(part.expr):
        keyed = [
            (_Key(place_of(value_of(condition.expr, one)), context.check), one) for one in solutions
        ]
        keyed.sort(key=itemgetter(0), reverse=condition.order == "DESC")
        solutions = [one for _, one in keyed]
    yield from solutions


def _mentions(node: Any, name: str) -> bool:
    """Tell whether a function is called somewhere in an expression."""
    if isinstance(node, CompValue):
        return node.name == name or any(_mentions(value, name) for value in node.values())
    return isinstance(node, list) and any(_mentions(item, name) for item in node)


def _evaluate(context: QueryContext, part: CompValue) -> Iterator[FrozenDict]:
    """Evaluate an operator, or raise NotImplementedError to leave it to rdflib."""
    if isinstance(context, GuardedContext):
        context.check()
        if part.name == "Join" and not (part.lazy and _may_see(part.p2)):
            return _join(context, part)
        if part.name == "LeftJoin" and not _may_see(part.p2):
            return _left_join(context, part)
        if part.name == "Graph" and _is_absent(context, part.term):
            return iter(())
        if part.name == "ServiceGraphPattern":
            return _service(context, part)
        if part.name == "OrderBy":
            return _order_by(context, part)
        if part.name == "Minus":
            return _minus(context, part)
        if part.name == "AggregateJoin":
            return aggregate_join(context, part)
        if part.name == "Extend" and _mentions(part.expr, "Builtin_BNODE"):
            return _extend(context, part)
    raise NotImplementedError


make_known()
CUSTOM_EVALS["kg"] = _evaluate
