"""EXISTS given the solutions that it is asked about, where its pattern alone says too little.

`FILTER NOT EXISTS { ?x :p ?a . ?y :q ?b }` relates its two halves through the solution around it,
and on its own is a product of everything with everything. A filter within an OPTIONAL of an
EXISTS mentions variables that only that solution binds. Both times the different values of the
outer variables are joined with the pattern, which changes no answer: EXISTS compares them anyway.
So are those of an OPTIONAL that its left side does not bind: it would take other values for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rdflib import BNode, Variable
from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.sparql.expressions import Expression
from kg.sparql.mentions import pattern_variables, variables
from kg.sparql.pathforms import is_open
from kg.sparql.values import NotCompiledError

Give = Callable[[set[str]], object]
"""Returns the different values of outer variables, None where they are not at hand."""

_LEFTMOST = {"Filter": "p", "Extend": "p", "Graph": "p", "LeftJoin": "p1", "Minus": "p1"}
_WITH_EXPRESSION = {"Filter": "p", "Extend": "p", "LeftJoin": "p1"}


def related(pattern: CompValue, outer: set[str], give: Give) -> CompValue:
    """Return the pattern of an EXISTS with outer values where it would fall into parts."""
    if pattern.name == "Union":
        return _copy(pattern, **{key: related(pattern[key], outer, give) for key in ("p1", "p2")})
    groups = list(groups_of(pattern))
    mentioned = {name for group in groups for name in pattern_variables(group)} & outer
    if len(mentioned) < 1 or not _falls_apart(groups):
        return pattern
    given = give(mentioned)
    return pattern if given is None else _with_given(pattern, mentioned, given)


def without_optionals(pattern: CompValue, filters: list[Expression]) -> CompValue:
    """Return the pattern of an EXISTS without each OPTIONAL that only adds to its solutions.

    There is a solution with it where there is one without, unless a filter around mentions what
    it binds.
    """
    mentioned = {str(variable) for variable in variables(filters)}
    while pattern.name == "LeftJoin":
        if mentioned & pattern_variables(pattern.p2) - pattern_variables(pattern.p1):
            return pattern
        pattern = pattern.p1
    return pattern


def _copy(node: CompValue, **values: object) -> CompValue:
    """Return an operator with some arguments replaced."""
    return CompValue(node.name, **{**node, **values})


def groups_of(node: CompValue) -> Iterator[CompValue]:
    """Yield the basic graph patterns that every solution of a pattern meets."""
    if node.name == "BGP":
        yield node
    elif node.name == "Join":
        yield from groups_of(node.p1)
        yield from groups_of(node.p2)
    elif node.name in _LEFTMOST:
        yield from groups_of(node[_LEFTMOST[node.name]])


def _falls_apart(groups: list[CompValue]) -> bool:
    """Return whether triple patterns are not joined, or a path has no end that they bind."""
    parts: list[set[Node]] = []
    paths: list[tuple[Node, Path, Node]] = []
    for triple in (triple for group in groups for triple in group.triples):
        if is_open(triple[1]):
            paths.append(triple)
            continue
        joined = {node for node in triple if isinstance(node, Variable | BNode)}
        apart = [part for part in parts if not part & joined]
        parts = [*apart, joined.union(*(part for part in parts if part & joined))]
    bound = set().union(*parts)
    loose = [
        path
        for path in paths
        if all(isinstance(end, Variable | BNode) and end not in bound for end in path[::2])
    ]
    return len(parts) > 1 or bool(loose)


def _with_given(node: CompValue, mentioned: set[str], given: object) -> CompValue:
    """Return a pattern whose basic graph patterns are joined with outer values."""
    if node.name == "BGP":
        return _copy(node, given=given) if pattern_variables(node) & mentioned else node
    if node.name == "Join":
        return _copy(
            node, **{key: _with_given(node[key], mentioned, given) for key in ("p1", "p2")}
        )
    if node.name in _LEFTMOST:
        key = _LEFTMOST[node.name]
        return _copy(node, **{key: _with_given(node[key], mentioned, given)})
    return node


def substituted(pattern: CompValue, outer: set[str], certain: set[str], give: Give) -> CompValue:
    """Return the pattern of an EXISTS in which expressions find the outer variables they mention.

    `outer` are the variables that the solution around the EXISTS may bind, `certain` those that it
    always binds.

    Raises:
        NotCompiledError: an outer variable is mentioned where it cannot be given.
    """
    return _Substitution(outer, certain, give, pattern_variables(pattern)).of(pattern)


class _Substitution:
    """The giving of outer values to one pattern."""

    def __init__(self, outer: set[str], certain: set[str], give: Give, bound: set[str]) -> None:
        self._outer = outer
        self._certain = certain
        self._give = give
        self._bound = bound

    def of(self, node: object) -> CompValue:
        """Return a pattern with outer values beside the expressions that mention them."""
        assert isinstance(node, CompValue)  # noqa: S101
        missing = self._missing(node)
        if node.name in {"Project", "AggregateJoin"} or "p2" in node:
            self._refuse_hidden(node)
        changed = {
            key: self.of(node[key])
            for key in ("p", "p1", "p2")
            if key in node and isinstance(node[key], CompValue)
        }
        result = _copy(node, **changed)
        if missing:
            key = _WITH_EXPRESSION[node.name]
            result[key] = CompValue("Join", p1=self._given(missing, result[key]), p2=result[key])
        return result

    def _missing(self, node: CompValue) -> set[str]:
        """Return the outer variables that a part needs to know and cannot bind by itself.

        They are those that an expression mentions, and those of the right side of an OPTIONAL that
        its left side leaves open: with other values it would replace solutions by wrong ones.
        """
        if node.name not in _WITH_EXPRESSION:
            return set()
        mentioned = {str(variable) for variable in variables(node.expr)}
        missing = mentioned & self._outer - self._bound
        if node.name == "LeftJoin":
            bound = {name for group in groups_of(node.p1) for name in pattern_variables(group)}
            missing |= pattern_variables(node.p2) & self._outer - bound
        return missing

    def _refuse_hidden(self, node: CompValue) -> None:
        """Raise NotCompiledError where a given value would change what a part means."""
        hidden = node.p2 if node.name == "Minus" else node
        if node.name not in {"Minus", "Project", "AggregateJoin"}:
            return
        if any(self._missing(part) for part in _operators(hidden)):
            raise NotCompiledError(
                "EXISTS with a MINUS or sub-select that mentions an outer variable"
            )

    def _given(self, names: set[str], pattern: CompValue) -> CompValue:
        if not names <= self._certain:
            raise NotCompiledError("EXISTS whose inner groups mention an uncertain outer variable")
        shared = pattern_variables(pattern) & self._certain
        given = self._give(names | shared) or self._give(names)
        if given is None:
            raise NotCompiledError("EXISTS whose inner groups mention an outer variable")
        return CompValue("Given", relation=given)


def _operators(node: object) -> Iterator[CompValue]:
    """Yield a pattern and the patterns within."""
    if isinstance(node, CompValue):
        yield node
        for key in ("p", "p1", "p2"):
            if key in node:
                yield from _operators(node[key])
