"""SPARQL constraints: temporary."""

from __future__ import annotations

from sqlglot import exp

from kg.errors import UnsupportedShapeError
from kg.shacl.model import Select, Shape
from kg.shacl.statement import Statement


def solutions(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return the solutions."""
    raise UnsupportedShapeError(f"{shape.node}: sh:sparql")
