"""Whole SQL statements: solutions with their terms, and whether there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.modifiers import sort
from kg.sparql.relation import Layer, Relation, layer
from kg.sparql.values import FACETS, Kinds, Unbound, Value

TERM_COLUMNS = ("k", "lex", "dt", "lang")
"""Columns in which each variable of an answer is given."""


def solutions(context: Context, relation: Relation, variables: Sequence[str]) -> exp.Query:
    """Return the statement of a relation's solutions, four columns a variable."""
    side = layer(context, relation)
    query = sql.select([], sql.subquery(relation.query, side.alias))
    for index, variable in enumerate(variables):
        for facet, expression in term_columns(context, query, side, variable).items():
            query.append("expressions", sql.alias(expression, f"c{index}_{facet}"))
    if not variables:
        query.append("expressions", sql.alias(sql.number(1), "one"))
    sort(query, relation.order, side.alias)
    return query


def term_columns(
    context: Context, query: exp.Select, side: Layer, variable: str
) -> dict[str, sql.Expr]:
    """Return the term columns of a variable, joining the dictionary where they come from it."""
    shape = side.relation.shapes.get(variable)
    if shape is None or not shape.stored or "lex" in shape.facets:
        value = _value(context, side, variable)
        return {facet: _column(value, facet) for facet in TERM_COLUMNS}
    term = context.fresh("t")
    on = sql.eq(sql.column(term, "id"), sql.column(side.alias, context.name(variable, "id")))
    sql.join(query, context.terms(term), on, side="LEFT")
    names = {facet: "kind" if facet == "k" else facet for facet in TERM_COLUMNS}
    return {facet: sql.column(term, name) for facet, name in names.items()}


def _column(value: Value, facet: str) -> sql.Expr:
    expression = value.facet(facet)
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
