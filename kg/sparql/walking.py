"""Mends the evaluator's property paths (SPARQL 1.1, section 18.4).

Importing this module changes rdflib's paths for the process. Its own take a term like 0 or "" at
an end for no term at all, give pairs of `p?` and `p*` twice, recurse as deep as a chain is long,
and let an inverse in a negated set forbid pairs that another predicate connects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rdflib import Graph, URIRef
from rdflib.paths import InvPath, MulPath, NegatedPath, eval_path
from rdflib.term import Node

Pair = tuple[Node, Node]


def _negated(
    path: NegatedPath, graph: Graph, subj: Node | None = None, obj: Node | None = None
) -> Iterator[Pair]:
    """Yield the pairs that a predicate outside of the set connects."""
    forward = {argument for argument in path.args if isinstance(argument, URIRef)}
    backward = {argument.arg for argument in path.args if isinstance(argument, InvPath)}
    if forward or not backward:
        for s, p, o in graph.triples((subj, None, obj)):
            if p not in forward:
                yield s, o
    if backward:
        for s, p, o in graph.triples((obj, None, subj)):
            if p not in backward:
                yield o, s


def _repeated(
    path: MulPath,
    graph: Graph,
    subj: Node | None = None,
    obj: Node | None = None,
    first: bool = True,  # noqa: FBT001, FBT002 (the signature is rdflib's)
) -> Iterator[Pair]:
    """Yield the pairs of path?, path* or path+, each once."""
    if subj is None and obj is not None:
        for node in _reached(path, obj, lambda node: _sources(graph, path, node)):
            yield node, obj
        return
    starts = _starts(graph, path) if subj is None else [subj]
    for start in starts:
        for node in _reached(path, start, lambda node: _targets(graph, path, node)):
            if obj is None or node == obj:
                yield start, node


def _targets(graph: Graph, path: MulPath, node: Node) -> Iterator[Node]:
    return (o for _, o in eval_path(graph, (node, path.path, None)))


def _sources(graph: Graph, path: MulPath, node: Node) -> Iterator[Node]:
    return (s for s, _ in eval_path(graph, (None, path.path, node)))


def _starts(graph: Graph, path: MulPath) -> Iterable[Node]:
    """Return where a path may start: at every node of the graph when it may have no length."""
    if not path.zero:
        return dict.fromkeys(s for s, _ in eval_path(graph, (None, path.path, None)))
    return dict.fromkeys(node for s, _, o in graph.triples((None, None, None)) for node in (s, o))


def _reached(path: MulPath, start: Node, step: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """Return the nodes at the other end of a path, each once."""
    found = {start: None} if path.zero else {}
    todo = [start]
    while todo:
        for node in step(todo.pop()):
            if node not in found:
                found[node] = None
                if path.more:
                    todo.append(node)
    return list(found)


NegatedPath.eval = _negated  # type: ignore[method-assign]
MulPath.eval = _repeated  # type: ignore[method-assign,assignment]
