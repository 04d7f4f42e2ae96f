"""Rows that a query brings along, written into its SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kg.sparql import sql

_FEW_ROWS = 16
"""Rows up to which the engine sees through to their values, and that it reads as fast."""


def rows(types: Sequence[tuple[str, str]], cells: Sequence[Sequence[sql.Expr]]) -> exp.Query:
    """Return a query of rows that are written down, at least one; columns have a name and a type.

    Without columns each row is a number.
    """
    if not types:
        return sql.union_all([sql.select([sql.alias(sql.number(1), "one")]) for _ in cells])
    if len(cells) <= _FEW_ROWS:
        return sql.union_all([sql.select(_typed(types, row)) for row in cells])
    names = [exp.Identifier(this=name, quoted=False) for name, _ in types]
    table_of = exp.TableAlias(this=exp.Identifier(this="given", quoted=False), columns=names)
    listed = [exp.Tuple(expressions=_typed_cells(types, row)) for row in cells]
    source = exp.Values(expressions=listed, alias=table_of)
    return sql.select(_typed(types, [sql.column("given", name) for name, _ in types]), source)


def _typed(types: Sequence[tuple[str, str]], cells: Sequence[sql.Expr]) -> list[sql.Expr]:
    """Return the cells of a row as named columns of some types."""
    return [
        sql.alias(sql.cast(cell, of), name) for (name, of), cell in zip(types, cells, strict=True)
    ]


def _typed_cells(types: Sequence[tuple[str, str]], cells: Sequence[sql.Expr]) -> list[sql.Expr]:
    """Return the cells of a row so that the engine finds a common type in each column."""
    return [
        sql.cast(cell, of) if isinstance(cell, exp.Cast) else cell
        for (_, of), cell in zip(types, cells, strict=True)
    ]
