"""Groups by what is computed of days: each day is a group first.

Of the millions of lines that are summed up by the month of their order there are a few thousand
days. The text or the number of the month is then made once a day, not once a line, and few rows are
grouped by it. That holds for days, months and years, of which the calendar has few; of other values
there may be as many as there are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.lexical import is_day
from kg.sparql.relation import Layer

_AGAIN: dict[str, Callable[[sql.Expr], sql.Expr]] = {
    "sum": lambda part: sql.call("sum", part),
    "min": lambda part: sql.call("min", part),
    "max": lambda part: sql.call("max", part),
    "bool_and": lambda part: sql.call("bool_and", part),
    "count": lambda part: sql.cast(sql.call("sum", part), "BIGINT"),
}
"""Set functions whose results for parts of a group make that of the group, and how."""


def by_days(
    side: Layer, groups: Sequence[sql.Expr], columns: Sequence[sql.Expr]
) -> exp.Select | None:
    """Return the query of groups by way of groups of days, None where that is not possible.

    `groups` are what is grouped by, `columns` the aliased set functions and values of groups.
    """
    computed = _computed(side, groups)
    if computed is None:
        return None
    days = sorted({one.name for made in computed.values() for one in made.find_all(exp.Column)})
    alias = side.context.fresh("d")
    first = [sql.column(side.alias, name) for name in days]
    parts: list[sql.Expr] = []
    again: list[sql.Expr] = []
    for index, column in enumerate(columns):
        wanted, name = column.this, column.alias
        if isinstance(wanted, exp.Column) and wanted.name in computed:
            again.append(sql.alias(sql.column(alias, wanted.name), name))
            continue
        together = _AGAIN.get(_function(wanted))
        if together is None:
            return None
        parts.append(sql.alias(wanted, f"p{index}"))
        again.append(sql.alias(together(sql.column(alias, f"p{index}")), name))
    each_day = sql.select([*first, *parts], side.source())
    each_day.set("group", exp.Group(expressions=[one.copy() for one in first]))
    inner = side.context.fresh("d")
    made = [sql.alias(_over(inner, one), name) for name, one in computed.items()]
    kept = [sql.column(inner, part.alias) for part in parts]
    query = sql.select(again, sql.subquery(sql.select([*made, *kept], _as(each_day, inner)), alias))
    query.set("group", exp.Group(expressions=[sql.column(alias, name) for name in computed]))
    return query


def _as(query: exp.Select, alias: str) -> exp.Subquery:
    return sql.subquery(query, alias)


def _computed(side: Layer, groups: Sequence[sql.Expr]) -> dict[str, sql.Expr] | None:
    """Return by their names the columns that are grouped by, as they are made of days.

    None where some are not made of days, or where nothing is made of them.
    """
    query = side.relation.query
    if side.needs or not groups or not isinstance(query, exp.Select) or not _is_plain(query):
        return None
    shown = {column.alias_or_name: column.unalias() for column in query.expressions}
    names = {
        side.context.name(name, "ts")
        for name, shape in side.relation.shapes.items()
        if is_day(shape.traits.kinds) and "ts" in shape.facets
    }
    days = {str(shown[name]): name for name in names if isinstance(shown.get(name), exp.Column)}
    computed: dict[str, sql.Expr] = {}
    for group in groups:
        made = shown.get(group.name) if isinstance(group, exp.Column) else None
        if made is None or isinstance(made, exp.Column):
            return None
        used = list(made.find_all(exp.Column))
        if not used or made.find(exp.Query) or any(str(one) not in days for one in used):
            return None
        computed[group.name] = made.transform(
            lambda one: exp.column(days[str(one)]) if isinstance(one, exp.Column) else one
        )
    return computed


def _is_plain(query: exp.Select) -> bool:
    """Return whether a query has a row for each row of its sources that meets its condition."""
    return not any(query.args.get(name) for name in ("group", "distinct", "limit", "offset"))


def _function(expression: sql.Expr) -> str:
    """Return the name of a set function of one argument without DISTINCT, else an empty one."""
    if isinstance(expression, exp.Count):
        return "count"
    if not isinstance(expression, exp.Anonymous) or expression.find(exp.Distinct):
        return ""
    return str(expression.this).lower()


def _over(alias: str, made: sql.Expr) -> sql.Expr:
    """Return an expression of columns as one of the same columns of a source."""
    return made.transform(
        lambda one: sql.column(alias, one.name) if isinstance(one, exp.Column) else one
    )
