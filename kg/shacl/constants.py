"""The terms of shapes that their SQL refers to."""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import RDF, RDFS
from rdflib.term import Node

from kg.shacl.model import HasClass, Shape, Shapes, Target
from kg.shacl.paths import ordered, predicates


def _all_shapes(shapes: Shapes) -> Iterable[Shape]:
    """Return the shapes with targets and those below them."""
    return (shape for root in shapes.roots for shape in root.walk())


def _targets(shapes: Shapes) -> Iterable[Target]:
    """Return the targets that are no queries."""
    return (t for root in shapes.roots for t in root.targets if isinstance(t, Target))


def classes(shapes: Shapes) -> set[Node]:
    """Return the classes that targets and constraints name."""
    targets = {t.term for t in _targets(shapes) if t.kind == "class"}
    return targets | {
        constraint.iri
        for shape in _all_shapes(shapes)
        for constraint in shape.constraints
        if isinstance(constraint, HasClass)
    }


def target_nodes(shapes: Shapes) -> list[Node]:
    """Return the nodes that targets name."""
    named = {t.term for t in _targets(shapes) if t.kind == "node"}
    return ordered(named)


def constants(shapes: Shapes) -> set[Node]:
    """Return all terms that the SQL of the shapes refers to."""
    found: set[Node] = {RDF.type, RDFS.subClassOf}
    found |= {target.term for target in _targets(shapes)}
    for shape in _all_shapes(shapes):
        found |= predicates(shape.path) if shape.path else set()
        for constraint in shape.constraints:
            found |= set(constraint.terms())
    return found.union(*shapes.subclasses)
