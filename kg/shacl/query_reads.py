"""What a SPARQL query reads of the data, seen from the nodes that are bound in it.

A triple pattern is led back to `$this` along the patterns that hold wherever it counts: those of
its own group and of the groups around it. Where there is no such way, the focus node may be any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from rdflib import BNode, URIRef, Variable
from rdflib import paths as rdf
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)
from kg.shacl.path_reads import Read, of_path
from kg.sparql import parse

Triple = tuple[Node, Node | rdf.Path, Node]
Back = tuple[Path, ...]


def of_query(text: str, ends: Mapping[str, Back]) -> Iterator[Read]:
    """Yield what a query reads; `ends` leads from each variable bound in it to the focus nodes."""
    known: dict[Node, Back] = {Variable(name): back for name, back in ends.items()}
    for triple, around in _patterns(parse(text).algebra.p, []):
        yield from _of_triple(triple, around, known)


def _patterns(node: object, around: list[Triple]) -> Iterator[tuple[Triple, list[Triple]]]:
    """Yield the triple patterns of an algebra, each with those that hold wherever it counts."""
    if isinstance(node, list):
        for item in node:
            yield from _patterns(item, around)
    if not isinstance(node, CompValue):
        return
    if node.name == "BGP":
        for triple in node.triples:
            yield triple, [other for other in (*node.triples, *around) if other != triple]
        return
    if node.name == "Project":
        shown = set(node.PV)
        around = [triple for triple in around if _variables(triple) <= shown]
    for key in [key for key in node if key != "_vars"]:
        yield from _patterns(node[key], [*around, *_beside(node, key)])


def _beside(node: CompValue, key: str) -> list[Triple]:
    """Return the patterns that hold wherever a part of an operator counts, by the others."""
    if node.name == "Join" and key in {"p1", "p2"}:
        return _certain(node["p2" if key == "p1" else "p1"])
    if node.name in {"LeftJoin", "Minus"} and key != "p1":
        return _certain(node.p1)
    if node.name in {"Filter", "Extend"} and key == "expr":
        return _certain(node.p)
    return []


def _certain(node: CompValue) -> list[Triple]:
    """Return the triple patterns that every solution of a pattern meets."""
    match node.name:
        case "BGP":
            return list(node.triples)
        case "Join":
            return _certain(node.p1) + _certain(node.p2)
        case "LeftJoin" | "Minus":
            return _certain(node.p1)
        case "Filter" | "Extend" | "Graph":
            return _certain(node.p)
    return []


def _variables(triple: Triple) -> set[Node]:
    return {node for node in (triple[0], triple[2]) if isinstance(node, Variable | BNode)}


def _of_triple(triple: Triple, around: list[Triple], known: Mapping[Node, Back]) -> Iterator[Read]:
    """Yield what a triple pattern reads, from the end that leads back."""
    subject, predicate, object_ = triple
    ways = _ways(around, known)
    path = path_of(predicate)
    if path is None:
        iri = None
        for back, end in ((ways.get(subject), "s"), (ways.get(object_), "o")):
            if back is not None and isinstance(predicate, Variable):
                yield Read(iri, end, back)
                return
        yield Read(iri, "s", None)
    elif subject in ways:
        yield from of_path(path, ways[subject])
    elif object_ in ways:
        yield from of_path(InversePath(path), ways[object_])
    else:
        for read in of_path(path, ()):
            yield Read(read.predicate, read.end, None)


def _ways(around: list[Triple], known: Mapping[Node, Back]) -> dict[Node, Back]:
    """Return the ways back from the variables of patterns, the shortest for each."""
    ways: dict[Node, Back] = dict(known)
    todo = deque(ways)
    while todo:
        here = todo.popleft()
        for subject, predicate, object_ in around:
            path = path_of(predicate)
            if path is None:
                continue
            for start, end, back in (
                (subject, object_, InversePath(path)),
                (object_, subject, path),
            ):
                if start == here and end not in ways and isinstance(end, Variable | BNode):
                    ways[end] = (back, *ways[here])
                    todo.append(end)
    return ways


def path_of(predicate: Node | rdf.Path) -> Path | None:
    """Return the predicate of a pattern as a path, None when it may be any predicate."""
    match predicate:
        case URIRef():
            return PredicatePath(predicate)
        case rdf.InvPath():
            return _made(InversePath, [predicate.arg])
        case rdf.MulPath():
            inner = path_of(predicate.path)
            return None if inner is None else RepeatedPath(inner, str(predicate.mod))
        case rdf.SequencePath():
            return _made(lambda *parts: SequencePath(parts), predicate.args)
        case rdf.AlternativePath():
            return _made(lambda *parts: AlternativePath(parts), predicate.args)
    return None


def _made(make: Callable[..., Path], parts: Sequence[Node | rdf.Path]) -> Path | None:
    """Return the path of several parts, None when one of them has none."""
    made = [path_of(part) for part in parts]
    return None if None in made else make(*made)
