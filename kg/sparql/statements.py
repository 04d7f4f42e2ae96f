"""Whole SQL statements: solutions with their terms, and whether there is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.lexical import told_by_kinds
from kg.sparql.modifiers import sort
from kg.sparql.relation import Layer, Relation, layer
from kg.sparql.values import FACETS, Kinds, Unbound, Value

TERM_COLUMNS = ("k", "lex", "dt", "lang")
"""Columns in which each variable of an answer is given."""

_TRUSTED = 3
"""Joins with the dictionary whose size the engine guesses well enough; it takes each for half as
large again, and in the end would rather keep the whole dictionary than the answer."""


def solutions(
    context: Context,
    relation: Relation,
    variables: Sequence[str],
    *,
    coded: Collection[str] = (),
) -> exp.Query:
    """Return the statement of a relation's solutions, four columns a variable.

    Those of `coded` variables are NULL where the term is one of the dictionary, held by its id.
    """
    side = layer(context, relation)
    query = sql.select([], sql.subquery(relation.query, side.alias))
    for index, variable in enumerate(variables):
        for facet, expression in term_columns(
            context, query, side, variable, coded=variable in coded
        ).items():
            query.append("expressions", sql.alias(expression, f"c{index}_{facet}"))
    if not variables:
        query.append("expressions", sql.alias(sql.number(1), "one"))
    sort(query, relation.order, side.alias)
    return query


def term_columns(
    context: Context, query: exp.Select, side: Layer, variable: str, *, coded: bool = False
) -> dict[str, sql.Expr]:
    """Return the term columns of a variable, joining the dictionary where they come from it.

    Where it is `coded`, only the terms that the query itself brings are joined.
    """
    shape = side.relation.shapes.get(variable)
    if shape is None or not shape.stored or "lex" in shape.facets:
        value = _value(context, side, variable)
        return {facet: _column(value, facet) for facet in TERM_COLUMNS}
    term = context.fresh("t")
    column = context.name(variable, "id")
    on = sql.eq(sql.column(term, "id"), sql.column(side.alias, column))
    terms = context.own_terms(term) if coded else context.terms(term)
    if terms is None:
        return {facet: sql.typed_null(FACETS[facet]) for facet in TERM_COLUMNS}
    if not coded and len(query.args.get("joins") or []) >= _TRUSTED and _is_stored(side.relation):
        terms = _only(context, terms, term, column, side.relation)
    sql.join(query, terms, on, side="LEFT")
    present = sql.is_not_null(sql.column(term, "id"))
    names = {facet: "kind" if facet == "k" else facet for facet in TERM_COLUMNS}
    columns: dict[str, sql.Expr] = {facet: sql.column(term, name) for facet, name in names.items()}
    told = told_by_kinds(shape.traits.kinds, present)
    return columns | {facet: _typed(one, facet) for facet, one in told.items()}


def _is_stored(relation: Relation) -> bool:
    """Return whether a relation is read from a table as it is."""
    source = relation.query.args.get("from_")
    return isinstance(source, exp.From) and isinstance(source.this, exp.Table)


def _only(
    context: Context, terms: sql.Expr, alias: str, column: str, relation: Relation
) -> sql.Expr:
    """Return the terms that a column of a relation holds."""
    held = context.fresh("a")
    ids = sql.select([sql.column(held, column)], sql.subquery(relation.query.copy(), held))
    among = exp.In(this=sql.column(alias, "id"), query=exp.Subquery(this=ids))
    columns: list[sql.Expr] = [
        sql.column(alias, name) for name in ("id", "kind", "lex", "dt", "lang")
    ]
    return sql.subquery(sql.select(columns, terms, among), alias)


def _column(value: Value, facet: str) -> sql.Expr:
    return _typed(value.facet(facet), facet)


def _typed(expression: sql.Expr, facet: str) -> sql.Expr:
    return sql.typed_null(FACETS[facet]) if isinstance(expression, exp.Null) else expression


def _value(context: Context, side: Layer, variable: str) -> Value:
    if variable in side.relation.shapes:
        return side.value(variable)
    return context.bindings.get(variable, Unbound())


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that hold a variable: its id, or kind and text; the kind where it is asked of."""

    name: str
    stored: bool
    kind: bool


def bound_columns(
    context: Context, relation: Relation, variables: Mapping[str, Kinds]
) -> tuple[exp.Query, dict[str, Columns]]:
    """Return the statement of the values of some variables, held as `Columns` tell.

    A column is named after the `name` of its variable: `name` is the id; `name_k`, `name_lex`,
    `name_dt` and `name_lang` are facets. `variables` tells the kinds that are of use.
    """
    side = layer(context, relation)
    expressions: list[sql.Expr] = []
    found: dict[str, Columns] = {}
    for variable, useful in variables.items():
        shape = relation.shapes.get(variable)
        if shape is None:
            continue
        value = side.value(variable)
        columns = Columns(f"v{len(found)}", shape.stored, not value.kinds <= useful)
        found[variable] = columns
        facets = (["id"] if shape.stored else ["lex", "dt", "lang"]) + ["k"] * (
            columns.kind or not shape.stored
        )
        expressions += [
            sql.alias(_column(value, facet), columns.name + ("" if facet == "id" else f"_{facet}"))
            for facet in facets
        ]
    expressions = expressions or [sql.alias(sql.number(1), "one")]
    return sql.select(expressions, side.source()), found


def ask(relation: Relation) -> exp.Query:
    """Return the statement that tells whether there is a solution."""
    alias = "answer"
    inner = sql.select([sql.number(1)], sql.subquery(relation.query, alias))
    return sql.select([sql.alias(sql.exists(inner), "yes")])
