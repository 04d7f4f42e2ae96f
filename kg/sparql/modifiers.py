"""Solution modifiers: projection, distinct, order, slice (SPARQL 1.1, sections 15 and 18.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.comparison import sort_keys
from kg.sparql.context import Context
from kg.sparql.relation import (
    Layer,
    OrderKey,
    Relation,
    columns_of,
    copied_columns,
    layer,
    shape_of,
)
from kg.sparql.values import IDENTITY, Unbound, Value


def project(context: Context, relation: Relation, names: list[str]) -> Relation:
    """Return only some variables; those bound from outside become columns."""
    side = layer(context, relation)
    shapes = {name: relation.shapes[name] for name in names if name in relation.shapes}
    kept = Relation(relation.query, shapes, relation.order, relation.keys)
    columns = copied_columns(context, kept, side.alias)
    for name in names:
        constant = context.bindings.get(name)
        if constant is not None:
            shapes[name] = shape_of(constant, certain=True)
            columns += columns_of(context, name, constant, shapes[name])
    query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source())
    return Relation(query, shapes, relation.order, kept.keys)


def distinct(context: Context, relation: Relation) -> Relation:
    """Return each solution once; among equal ones the first in order decides the place."""
    if relation.keys:
        return relation
    alias = context.fresh("d")
    shapes = {
        name: replace(shape, facets=frozenset({"id"})) if shape.stored else shape
        for name, shape in relation.shapes.items()
    }
    columns: list[sql.Expr] = []
    keys: list[sql.Expr] = []
    for name, shape in shapes.items():
        identity = IDENTITY if shape.form == "term" else tuple(shape.facets)
        if shape.stored:
            identity = ("id",)
        for facet in sorted(shape.facets):
            column = sql.column(alias, context.name(name, facet))
            if facet in identity:
                keys.append(column)
                columns.append(column.copy())
            else:
                picked = sql.call("any_value", column)
                columns.append(sql.alias(picked, context.name(name, facet)))
    for order in relation.order:
        function = "max" if order.descending else "min"
        first = sql.call(function, sql.column(alias, order.column))
        columns.append(sql.alias(first, order.column))
    query = sql.select(
        columns or [sql.alias(sql.number(1), "one")], sql.subquery(relation.query, alias)
    )
    # Solutions that bind nothing are one group, but none where there is no solution.
    query.set("group", exp.Group(expressions=keys or [sql.cast(sql.number(0), "BIGINT")]))
    return Relation(query, shapes, relation.order, (frozenset(shapes),))


def order_by(context: Context, side: Layer, keys: Sequence[tuple[Value, bool]]) -> Relation:
    """Return a relation with sort columns; the rows are sorted where the order is used."""
    columns = copied_columns(context, side.relation, side.alias)
    order: list[OrderKey] = []
    for value, descending in keys:
        if isinstance(value, Unbound):
            continue
        for key in sort_keys(value):
            name = context.fresh("o")
            columns.append(sql.alias(key, name))
            order.append(OrderKey(name, descending))
    query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source())
    inner = side.relation
    return Relation(query, inner.shapes, (*order, *inner.order), inner.keys)


def slice_(
    context: Context,
    relation: Relation,
    start: int | None,
    length: int | None,
    each: str | None = None,
) -> Relation:
    """Return a range of the solutions in their order; of those of each value of a variable."""
    side = layer(context, relation)
    columns = copied_columns(context, relation, side.alias)
    query = sql.select(columns or [sql.alias(sql.number(1), "one")], side.source())
    if each is not None:
        place = exp.Window(
            this=sql.call("row_number"),
            partition_by=[sql.column(side.alias, context.name(each, "id"))],
            order=exp.Order(expressions=_sorting(relation.order, side.alias))
            if relation.order
            else None,
        )
        query.set("qualify", exp.Qualify(this=_within(place, start or 0, length)))
        return Relation(query, relation.shapes, relation.order, relation.keys)
    sort(query, relation.order, side.alias)
    if length is not None:
        if relation.order:
            _unbounded(query.args["order"])
        query.set("limit", exp.Limit(expression=sql.number(length)))
    if start:
        query.set("offset", exp.Offset(expression=sql.number(start)))
    return Relation(query, relation.shapes, relation.order, relation.keys)


def _unbounded(order: exp.Order) -> None:
    """Let no bound follow from the least values found so far, which tables would be read by.

    DuckDB 2.0.0 takes such a bound to both sides of an outer join: what it leaves out of the right
    one comes as a solution without a value, and that comes first.
    """
    [first, *others] = order.expressions
    if first.args["nulls_first"]:
        unbound = exp.Ordered(this=sql.is_null(first.this), desc=True, nulls_first=False)
        order.set("expressions", [unbound, first, *others])


def _within(place: sql.Expr, start: int, length: int | None) -> sql.Expr:
    """Return the condition that a place counted from 1 is in a range."""
    after = sql.compare(">", place, sql.number(start))
    if length is None:
        return after
    return sql.both(after, sql.compare("<=", place, sql.number(start + length)))


def sort(query: exp.Query, order: tuple[OrderKey, ...], alias: str) -> None:
    """Sort a query by the sort columns of a relation under an alias."""
    if order:
        query.set("order", exp.Order(expressions=_sorting(order, alias)))


def _sorting(order: tuple[OrderKey, ...], alias: str) -> list[exp.Ordered]:
    return [
        exp.Ordered(
            this=sql.column(alias, key.column), desc=key.descending, nulls_first=not key.descending
        )
        for key in order
    ]
