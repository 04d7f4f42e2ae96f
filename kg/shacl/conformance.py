"""Which nodes conform to one shape of a graph, condition by condition, whatever its targets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rdflib import Graph
from rdflib.term import IdentifiedNode

from kg.errors import UnsupportedShapeError
from kg.shacl.advanced import advanced_roots
from kg.shacl.checks import violations
from kg.shacl.declared import label
from kg.shacl.model import Constraint, HasProperty, Path, Shape
from kg.shacl.project import shape_of_graph
from kg.shacl.session import Session
from kg.shacl.sql import query, union
from kg.shacl.statement import Statement
from kg.sparql.deadline import guarding
from kg.store import Cursor


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a shape: the shape that states it, the path that it is about, who fails it."""

    node: IdentifiedNode
    path: Path | None
    failing: str
    """Temporary table of the nodes (column `node`) that fail it, while the conditions are open."""


@contextlib.contextmanager
def conditions(
    cursor: Cursor, graph: Graph, node: IdentifiedNode, as_of: date, nodes: str
) -> Iterator[list[Condition]]:
    """Yield the conditions that a shape of a graph sets: a node conforms where it fails none.

    Each property shape is a condition of its own, all other constraints are one together. `nodes`
    is a table with a column `node` of term ids: those that are looked at.

    Raises:
        ShapesError: the shape is not well-formed.
        UnsupportedShapeError: the shape uses something that is not compiled.
        QueryTimeoutError: the deadline that guards the cursor passed.
    """
    shapes = shape_of_graph(graph, node)
    (shape,) = shapes.roots
    if advanced_roots(shapes):
        raise UnsupportedShapeError(
            f"The shape {label(node)} uses rules, functions or expressions (SHACL Advanced"
            " Features), which choose no members. Say it with SHACL Core or with sh:sparql."
        )
    session = Session(cursor, shapes, as_of, guarding(cursor))
    try:
        yield list(_conditions(session, shape, nodes))
    finally:
        session.close()


def _conditions(session: Session, shape: Shape, nodes: str) -> Iterator[Condition]:
    stated_by: dict[IdentifiedNode, tuple[Shape, list[Constraint]]] = {}
    for constraint in shape.constraints:
        stated = constraint.members[0] if isinstance(constraint, HasProperty) else shape
        stated_by.setdefault(stated.node, (stated, []))[1].append(constraint)
    for stated, constraints in stated_by.values():
        st = Statement(session)
        found = [
            query("SELECT x.focus AS node FROM :rows AS x", rows=violations(each, st, shape, nodes))
            for each in constraints
        ]
        failing = query("SELECT DISTINCT b.node FROM :found AS b", found=union(found))
        yield Condition(stated.node, stated.path, session.table(st.finish(failing)))
