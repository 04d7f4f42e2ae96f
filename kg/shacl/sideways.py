"""Makes EXISTS patterns that fall into unrelated parts whole, by what holds around them.

`FILTER NOT EXISTS { $this cg:client ?a . ?other cg:client ?b }` relates its two halves through
the solution that it is asked about, and on its own is a product of everything with everything.
The triple patterns around the filter hold for that solution, so that repeating them inside
changes no answer, and gives the pattern the joins that it lacks.
"""

from __future__ import annotations

from rdflib import BNode, Variable
from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

Triple = tuple[Node, Node | Path, Node]

_EXISTS = {"Builtin_EXISTS", "Builtin_NOTEXISTS"}
_LEFTMOST = {"Filter": "p", "Extend": "p", "LeftJoin": "p1", "Minus": "p1"}


def related(node: object) -> object:
    """Return an algebra whose EXISTS patterns are related within themselves where possible."""
    if isinstance(node, list):
        return [related(item) for item in node]
    if not isinstance(node, CompValue):
        return node
    changed = {key: related(node[key]) for key in node if key != "_vars"}
    if node.name == "Filter":
        changed["expr"] = _with_triples(changed["expr"], _certain(node.p))
    return _copy(node, changed)


def _plain(triples: list[Triple]) -> list[Triple]:
    return [triple for triple in triples if not isinstance(triple[1], Path)]


def _copy(node: CompValue, values: dict[str, object]) -> CompValue:
    """Return an operator with some arguments replaced."""
    return CompValue(node.name, **{**node, **values})


def _certain(node: CompValue) -> list[Triple]:
    """Return triple patterns that every solution of a pattern meets."""
    if node.name == "BGP":
        return _plain(node.triples)
    if node.name == "Join":
        return _certain(node.p1) + _certain(node.p2)
    return _certain(node[_LEFTMOST[node.name]]) if node.name in _LEFTMOST else []


def _with_triples(expression: object, around: list[Triple]) -> object:
    """Return an expression whose EXISTS patterns are completed with triple patterns."""
    if isinstance(expression, list):
        return [_with_triples(item, around) for item in expression]
    if not isinstance(expression, CompValue):
        return expression
    if expression.name in _EXISTS:
        return _copy(expression, {"graph": _completed(expression.graph, around)})
    return _copy(expression, {key: _with_triples(expression[key], around) for key in expression})


def _completed(node: CompValue, around: list[Triple]) -> CompValue:
    """Return a pattern with triple patterns added where its own fall apart."""
    if node.name == "Join":
        return _copy(node, {key: _completed(node[key], around) for key in ("p1", "p2")})
    if node.name in _LEFTMOST:
        key = _LEFTMOST[node.name]
        return _copy(node, {key: _completed(node[key], around)})
    # Paths are walked from what the other triple patterns bind, and relate nothing before that.
    parts = _parts(_plain(node.triples)) if node.name == "BGP" else []
    if len(parts) < 2:
        return node
    mentioned = set().union(*parts)
    added = [triple for triple in around if _variables(triple) & mentioned]
    return _copy(node, {"triples": [*added, *node.triples]})


def _parts(triples: list[Triple]) -> list[set[Node]]:
    """Return the variables of triple patterns, in sets that no triple pattern joins."""
    parts: list[set[Node]] = []
    for triple in triples:
        joined = _variables(triple)
        apart = [part for part in parts if not part & joined]
        parts = [*apart, joined.union(*(part for part in parts if part & joined))]
    return parts


def _variables(triple: Triple) -> set[Node]:
    return {node for node in triple if isinstance(node, Variable | BNode)}
