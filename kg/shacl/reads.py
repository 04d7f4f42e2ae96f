"""What a shape reads of the data, and how to walk back from there to its focus nodes.

A triple that comes or goes can change what a shape says of a focus node only where the shape reads
it: the subject or the object of the triple is then reached from the focus node along a path, and
the focus node from there along its inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, singledispatch

from rdflib import RDF, RDFS, URIRef

from kg.shacl.model import (
    Closed,
    Constraint,
    HasClass,
    InversePath,
    Nested,
    Path,
    PropertyPair,
    QueryTarget,
    Shape,
    Target,
)
from kg.shacl.path_reads import Read, of_path
from kg.shacl.query_model import Ask, QueryConstraint
from kg.shacl.query_reads import of_query

_SUBCLASSES = Read(RDFS.subClassOf, "s", None)


def reads_of(shape: Shape) -> frozenset[Read]:
    """Return what a shape with targets reads."""
    return frozenset([*reads_of_targets(shape), *_of_shape(shape, ())])


@lru_cache(maxsize=4096)
def reads_of_targets(shape: Shape) -> frozenset[Read]:
    """Return what decides which nodes are focus nodes of a shape."""
    return frozenset(read for target in shape.targets for read in _of_target(target))


@lru_cache(maxsize=4096)
def reads_of_constraint(shape: Shape, constraint: Constraint) -> frozenset[Read]:
    """Return what a constraint of a shape reads, seen from the nodes that the shape is about."""
    beyond = () if shape.path is None else (InversePath(shape.path),)
    return frozenset([*reads_of_path(shape), *_of_constraint(constraint, (), beyond)])


def reads_of_path(shape: Shape) -> frozenset[Read]:
    """Return what the path of a shape reads on its way to the value nodes."""
    return frozenset(of_path(shape.path, ()) if shape.path is not None else ())


def _of_target(target: Target | QueryTarget) -> Iterator[Read]:
    """Yield what decides whether a node is a focus node."""
    if isinstance(target, QueryTarget):
        yield from of_query(target.text, {"this": ()})
    elif target.kind == "class":
        yield Read(RDF.type, "s")
        yield _SUBCLASSES
    elif target.kind != "node":
        yield Read(URIRef(str(target.term)), "s" if target.kind == "subjects-of" else "o")


def _of_shape(shape: Shape, back: tuple[Path, ...]) -> Iterator[Read]:
    """Yield what a shape reads from a node; `back` leads from there to the focus nodes."""
    beyond = back
    if shape.path is not None:
        yield from of_path(shape.path, back)
        beyond = (InversePath(shape.path), *back)
    for constraint in shape.constraints:
        yield from _of_constraint(constraint, back, beyond)


@singledispatch
def _of_constraint(
    constraint: Constraint, back: tuple[Path, ...], beyond: tuple[Path, ...]
) -> Iterator[Read]:
    """Yield what a constraint reads; `back` leads home from a focus node, `beyond` from a value."""
    return iter(())


@_of_constraint.register
def _has_class(
    constraint: HasClass, back: tuple[Path, ...], beyond: tuple[Path, ...]
) -> Iterator[Read]:
    yield Read(RDF.type, "s", beyond)
    yield _SUBCLASSES


@_of_constraint.register
def _pair(
    constraint: PropertyPair, back: tuple[Path, ...], beyond: tuple[Path, ...]
) -> Iterator[Read]:
    yield Read(constraint.predicate, "s", back)


@_of_constraint.register
def _closed(constraint: Closed, back: tuple[Path, ...], beyond: tuple[Path, ...]) -> Iterator[Read]:
    yield Read(None, "s", beyond)


@_of_constraint.register
def _nested(constraint: Nested, back: tuple[Path, ...], beyond: tuple[Path, ...]) -> Iterator[Read]:
    for member in constraint.members:
        yield from _of_shape(member, beyond)


@_of_constraint.register
def _query(
    constraint: QueryConstraint, back: tuple[Path, ...], beyond: tuple[Path, ...]
) -> Iterator[Read]:
    ends = {"this": back, "value": beyond} if isinstance(constraint, Ask) else {"this": back}
    yield from of_query(constraint.text, ends)
