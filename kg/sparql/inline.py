"""Inline data: VALUES as a relation (SPARQL 1.1, section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rdflib import Variable
from rdflib.term import Node

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.relation import Relation
from kg.sparql.values import FACETS, STORED_FACETS, Constant, Shape, Traits
from kg.sparql.written import rows

Rows = Sequence[dict[Variable, Node | str]]


def inline_data(context: Context, names: Sequence[str], solutions: Rows) -> Relation:
    """Return the rows of a VALUES clause; what is no term is UNDEF."""
    cells = [
        [_constant(context, row.get(Variable(name), "UNDEF")) for name in names]
        for row in solutions
    ]
    if not cells:
        empty = sql.select([sql.alias(sql.number(1), "one")], where=sql.boolean(False))
        return Relation(empty, {})
    columns = zip(*cells, strict=True)
    shapes = {name: _shape(column) for name, column in zip(names, columns, strict=True)}
    facets = [(name, facet) for name in names for facet in sorted(STORED_FACETS)]
    types = [(context.name(name, facet), FACETS[facet]) for name, facet in facets]
    return Relation(rows(types, [_facets(row) for row in cells]), shapes)


def _constant(context: Context, node: Node | str) -> Constant | None:
    return context.constant(node) if isinstance(node, Node) else None


def _shape(column: Sequence[Constant | None]) -> Shape:
    """Return the shape of a variable from its constants."""
    traits = Traits(frozenset(), 0)
    for constant in column:
        if constant is not None:
            traits = traits.join(constant.traits)
    certain = None not in column
    return Shape(frozenset(STORED_FACETS), replace(traits, zoned=None), certain=certain)


def _facets(row: Sequence[Constant | None]) -> list[sql.Expr]:
    """Return all facets of the values of a row."""
    return [
        constant.facet(facet) if constant else sql.null()
        for constant in row
        for facet in sorted(STORED_FACETS)
    ]
