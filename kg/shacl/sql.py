"""SQL from templates: parsed once, then filled in with names, numbers and expressions.

A template is SQL with holes written `:name`. A hole in a FROM clause takes the name of a relation
or a query, be it a tree or the text of a compiled one; any other hole takes a number, a list of
numbers (for IN) or an expression. Texts from outside enter as literals of the syntax tree, never as
part of a template.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"


class Compiled(str):
    """SQL text of a whole query that was compiled elsewhere: put where it belongs, unparsed."""

    __slots__ = ()


Part = str | int | Sequence[int] | exp.Expr


@lru_cache(maxsize=512)
def _parsed(template: str) -> exp.Expr:
    """Return the syntax tree of a template, without the places of its words: copies cost less."""
    root = sqlglot.parse_one(template, read=DIALECT)
    for node in root.walk():
        node._meta = None
    return root


def fill(template: str, **parts: Part) -> exp.Expr:
    """Return the expression of a template with its holes filled."""
    root = exp.Paren(this=_parsed(template).copy())
    for hole in list(root.find_all(exp.Placeholder)):
        _fill_hole(hole, parts[hole.name])
    filled = root.this.pop()
    assert isinstance(filled, exp.Expr)  # noqa: S101
    return filled


def query(template: str, **parts: Part) -> exp.Query:
    """Return the query of a template with its holes filled."""
    filled = fill(template, **parts)
    assert isinstance(filled, exp.Query)  # noqa: S101
    return filled


def rendered(statement: exp.Query) -> str:
    """Return the text of a statement, which is not used after that."""
    return statement.sql(DIALECT, copy=False)


def _fill_hole(hole: exp.Expr, part: Part) -> None:
    """Put a part where a hole is."""
    table = hole.parent
    if isinstance(table, exp.Table):
        if isinstance(part, Compiled):
            hole.replace(exp.Var(this=f"({part})"))
        elif isinstance(part, exp.Query):
            table.replace(exp.Subquery(this=_unused(part), alias=table.args.get("alias")))
        else:
            hole.replace(exp.to_identifier(str(part)))
    elif isinstance(part, Compiled):
        hole.replace(exp.Var(this=part))
    elif isinstance(part, exp.Expr):
        hole.replace(_unused(part))
    elif isinstance(part, int):
        hole.replace(number(part))
    elif isinstance(table, exp.In):
        # An empty IN list is no SQL; no id is NULL, so it is false for every row.
        members = [number(int(each)) for each in part] or [exp.Null()]
        table.set("expressions", members)
    else:
        raise TypeError(f"{part!r} cannot stand for :{hole.name}")


def _unused(part: exp.Expr) -> exp.Expr:
    """Return an expression that can be put under a new parent."""
    return part if part.parent is None else part.copy()


def number(value: int) -> exp.Expr:
    """Return an integer literal."""
    if value < 0:
        return exp.Paren(this=exp.Neg(this=exp.Literal.number(-value)))
    return exp.Literal.number(value)


def text(value: str) -> exp.Expr:
    """Return a string literal."""
    return exp.Literal.string(value)


def union(queries: Sequence[exp.Query]) -> exp.Query:
    """Return all rows of several queries."""
    first, *others = queries
    for other in others:
        first = exp.Union(this=first, expression=other, distinct=False)
    return first
