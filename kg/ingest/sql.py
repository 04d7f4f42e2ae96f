"""Small SQL expressions that the compiler and the functions of mappings are made of.

Everything is a sqlglot expression: values become literals, and identifiers are constants of this
project, so that nothing out of a file or a mapping document can become SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import sqlglot.expressions as exp


def text(value: str) -> exp.Expr:
    """Return a string literal."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """Return an integer literal."""
    return exp.Literal.number(value)


def null() -> exp.Expr:
    """Return a missing text."""
    return exp.Cast(this=exp.Null(), to=exp.DataType.build("TEXT"))


def column(name: str, table: str | None = None) -> exp.Column:
    """Return a column by its constant name."""
    return exp.column(name, table=table)


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of an engine's function, under the engine's own name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def concat(*parts: exp.Expr) -> exp.Expr:
    """Return the parts joined by `||`: missing when one of them is."""
    return exp.Paren(this=reduce(lambda a, b: exp.DPipe(this=a, expression=b), parts))


def cast(value: exp.Expr, kind: str) -> exp.Expr:
    """Return a value cast to an engine's type; NULL when it cannot be."""
    return exp.TryCast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))


def case(
    branches: Iterable[tuple[exp.Expr, exp.Expr]], default: exp.Expr | None = None
) -> exp.Expr:
    """Return CASE WHEN ... with (condition, value) branches."""
    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    return exp.Case(ifs=ifs, default=default)


def present(value: exp.Expr) -> exp.Expr:
    """Return the condition that a value is not missing."""
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def missing(value: exp.Expr) -> exp.Expr:
    """Return the condition that a value is missing."""
    return exp.Is(this=value, expression=exp.Null())


def every(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Return the conjunction of conditions, TRUE of none."""
    parts = [exp.Paren(this=condition) for condition in conditions]
    return exp.and_(*parts, copy=False) if parts else exp.true()


def temporary(name: str) -> exp.Table:
    """Return a temporary table by its constant name."""
    return exp.Table(this=exp.to_identifier(name), db=exp.to_identifier("temp"))


def rendered(expression: exp.Expr) -> str:
    """Return the engine's SQL of an expression."""
    return expression.sql(dialect="duckdb", copy=False)
