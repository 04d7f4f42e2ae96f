"""The solutions of a query in a temporary table of ids, decoded from there.

The engine chooses the side of a join that it keeps in memory by its guess of the sizes, and a guess
after several joins of one table with itself is far off: the whole dictionary would be kept for a
handful of solutions. The size of a table it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.modifiers import sort
from kg.sparql.relation import Layer, OrderKey, Relation, columns_of, layer
from kg.sparql.statements import TERM_COLUMNS
from kg.sparql.values import Shape
from kg.store import RawTerm, Statement

ANSWER = "answer"
"""The table."""
FEW = 4000
"""Solutions up to which their terms are looked up one by one, rather than by a join."""


@dataclass(frozen=True, slots=True)
class Read:
    """A statement that the engine has read, which takes a while, and the ids that fill its gaps."""

    statement: Statement
    ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Coded:
    """A statement whose solutions hold the ids of terms."""

    sql: str
    places: tuple[tuple[int, bool] | None, ...]
    """For each variable the column of its id, or the first of the columns `dt`, `k`, `lang` and
    `lex` of its term, and whether it is an id; None where it is never bound."""
    own: Mapping[int, RawTerm]
    """Terms that the query alone brings, by their ids."""
    read: Read | None = None
    """The same as `sql`, where queries of one shape share it."""


def is_decoded(relation: Relation, variables: Sequence[str]) -> bool:
    """Return whether terms of the answer have to be looked up by their ids."""
    return any(_decoded(relation.shapes[name]) for name in variables if name in relation.shapes)


def has_few(relation: Relation) -> bool:
    """Return whether a query has a small LIMIT, from which the engine knows its size too."""
    limit = relation.query.args.get("limit")
    return isinstance(limit, exp.Limit) and int(limit.expression.this) <= FEW


def create(statement: str) -> str:
    """Return the statement that makes the table; it tells how many solutions there are."""
    return f"CREATE TEMP TABLE {ANSWER} AS {statement}"


def first_only(order: Sequence[OrderKey], rows: int) -> tuple[str, ...]:
    """Return the statements that leave the first rows in the table, and what is tied with the last.

    Which of those that are ordered alike comes first is for the reader to say, who sees them all.
    """
    keys = exp.Select()
    sort(keys, tuple(order), ANSWER)
    sorting = sql.text(keys.args["order"])
    columns = [sql.text(sql.column(ANSWER, key.column)) for key in order]
    last = f"SELECT {', '.join(columns)} FROM {ANSWER} {sorting} LIMIT 1 OFFSET {rows - 1}"
    tied = " AND ".join(
        f"{column} IS NOT DISTINCT FROM final.{key.column}"
        for column, key in zip(columns, order, strict=True)
    )
    before = f"SELECT rowid FROM {ANSWER} {sorting} LIMIT {rows}"
    alike = f"SELECT {ANSWER}.rowid FROM {ANSWER} JOIN ({last}) AS final ON {tied}"
    return (
        f"CREATE TEMP TABLE page AS SELECT * FROM {ANSWER}"
        f" WHERE rowid IN (({before}) UNION ALL ({alike}))",
        f"DROP TABLE {ANSWER}",
        f"ALTER TABLE page RENAME TO {ANSWER}",
    )


def coded(context: Context, kept: Relation, statement: str, variables: Sequence[str]) -> Coded:
    """Return the statement that reads the solutions without the table."""
    places: dict[str, tuple[int, bool]] = {}
    columns: list[sql.Expr] = []
    side = Layer(context, kept, ANSWER)
    for name, shape in kept.shapes.items():
        places[name] = (len(columns), shape.stored)
        facets = {"id"} if _decoded(shape) else set(TERM_COLUMNS)
        given = Shape(frozenset(facets), shape.traits, shape.certain)
        columns += columns_of(context, name, side.value(name), given)
    if kept.order or any(shape.form != "term" for shape in kept.shapes.values()):
        query = sql.select(columns)
        sort(query, kept.order, ANSWER)
        order = query.args.get("order")
        query.set("order", None)
        ending = f" {sql.text(order)}" if order else ""
        statement = f"{sql.text(query)} FROM ({statement}) AS {ANSWER}{ending}"
    own = dict(constant.entry for constant in context.constants.values() if constant.stranger)
    return Coded(statement, tuple(places.get(name) for name in variables), own)


def stored(kept: Relation) -> Relation:
    """Return the solutions as they are read from the table."""
    table = sql.select([exp.Star()], sql.table(ANSWER, ANSWER))
    return Relation(table, kept.shapes, kept.order)


def _decoded(shape: Shape) -> bool:
    return shape.stored and "lex" not in shape.facets


def stage(context: Context, relation: Relation, variables: Sequence[str]) -> Relation:
    """Return what the table holds: no more columns than the answer and its order need.

    Texts of computed values are made when they are read: of a page, not of all solutions.
    """
    side = layer(context, relation)
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for name in dict.fromkeys(variables):
        shape = relation.shapes.get(name)
        if shape is None:
            continue
        facets = {"id"} if _decoded(shape) else set(TERM_COLUMNS)
        computed = shape.form != "term"
        held = Shape(frozenset(facets), shape.traits, shape.certain)
        shapes[name] = shape if computed else held
        columns += columns_of(context, name, side.value(name), shapes[name])
    columns += [sql.column(side.alias, key.column) for key in relation.order]
    columns = columns or [sql.alias(sql.number(1), "one")]
    query = sql.select(columns, sql.subquery(relation.query, side.alias))
    return Relation(query, shapes, relation.order)
