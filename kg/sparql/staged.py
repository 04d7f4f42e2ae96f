"""The solutions of a query in a temporary table of ids, decoded from there.

The engine chooses the side of a join that it keeps in memory by its guess of the sizes, and a guess
after several joins of one table with itself is far off: the whole dictionary would be kept for a
handful of solutions. The size of a table it knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.relation import Relation, columns_of, layer
from kg.sparql.statements import TERM_COLUMNS
from kg.sparql.values import Shape

_TABLE = "answer"
_FEW = 1000


def is_worth_staging(relation: Relation, variables: Sequence[str]) -> bool:
    """Return whether terms have to be decoded, and not only a few by a LIMIT of the query."""
    shapes = [relation.shapes[name] for name in variables if name in relation.shapes]
    return any(_decoded(shape) for shape in shapes) and not _few(relation.query)


def create(kept: Relation) -> str:
    """Return the statement that makes the table; it tells how many solutions there are."""
    return f"CREATE TEMP TABLE {_TABLE} AS {sql.text(kept.query)}"


def stored(kept: Relation) -> Relation:
    """Return the solutions as they are read from the table."""
    table = sql.select([exp.Star()], sql.table(_TABLE, _TABLE))
    return Relation(table, kept.shapes, kept.order)


def _decoded(shape: Shape) -> bool:
    return shape.stored and "lex" not in shape.facets


def _few(query: exp.Query) -> bool:
    """Return whether a query has a small LIMIT, from which the engine knows its size too."""
    limit = query.args.get("limit")
    return isinstance(limit, exp.Limit) and int(limit.expression.this) <= _FEW


def stage(context: Context, relation: Relation, variables: Sequence[str]) -> Relation:
    """Return what the table holds: no more columns than the answer and its order need."""
    side = layer(context, relation)
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for name in dict.fromkeys(variables):
        shape = relation.shapes.get(name)
        if shape is None:
            continue
        facets = {"id"} if _decoded(shape) else set(TERM_COLUMNS)
        shapes[name] = Shape(frozenset(facets), shape.traits, shape.certain)
        columns += columns_of(context, name, side.value(name), shapes[name])
    columns += [sql.column(side.alias, key.column) for key in relation.order]
    query = sql.select(columns, sql.subquery(relation.query, side.alias))
    return Relation(query, shapes, relation.order)
