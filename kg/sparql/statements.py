"""Whole SQL statements: solutions with their terms, graphs built or described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdflib import BNode
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, URIRef, Variable
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.compiler import Compiler
from kg.sparql.context import Context
from kg.sparql.modifiers import sort
from kg.sparql.relation import Layer, Relation, layer
from kg.sparql.values import FACETS, Constant, Kinds, Unbound, Value
from kg.store import Kind

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


def construct(
    context: Context, relation: Relation, template: Sequence[tuple[Node, Node, Node]]
) -> exp.Query:
    """Return the statement of the triples of a template, each once, invalid ones left out."""
    side = layer(context, relation)
    name, number = context.fresh("w"), context.fresh("n")
    parts: list[exp.Query] = []
    rows = _numbered(context, side, template, name, number)
    for triple in template:
        alias = context.fresh("r")
        terms = [_template_term(context, node, alias, number) for node in triple]
        columns = [
            sql.alias(term[facet], f"c{index}_{facet}")
            for index, term in enumerate(terms)
            for facet in TERM_COLUMNS
        ]
        kinds = [term["k"] for term in terms]
        valid = sql.both(
            sql.in_numbers(kinds[0], [int(Kind.BLANK), int(Kind.IRI)]),
            sql.eq(kinds[1], sql.number(int(Kind.IRI))),
            sql.is_not_null(kinds[2]),
        )
        parts.append(sql.select(columns, sql.table(name, alias), valid))
    if not parts:
        return _no_triples()
    result = sql.union(parts) if len(parts) > 1 else _once(context, parts[0])
    sql.with_query(result, name, rows, materialized=True)
    return result


def _once(context: Context, query: exp.Query) -> exp.Query:
    alias = context.fresh("d")
    return sql.select([exp.Star()], sql.subquery(query, alias), distinct=True)


def _no_triples() -> exp.Query:
    columns = [
        sql.alias(sql.typed_null(FACETS[facet]), f"c{index}_{facet}")
        for index in range(3)
        for facet in TERM_COLUMNS
    ]
    return sql.select(columns, where=sql.boolean(False))


def _numbered(
    context: Context,
    side: Layer,
    template: Sequence[tuple[Node, Node, Node]],
    name: str,
    number: str,
) -> exp.Query:
    """Return the solutions with the terms of the template's variables and a number."""
    variables = dict.fromkeys(str(n) for t in template for n in t if isinstance(n, Variable))
    columns: list[sql.Expr] = [sql.alias(exp.Window(this=sql.call("row_number")), number)]
    for variable in variables:
        value = _value(context, side, variable)
        columns += [
            sql.alias(_column(value, facet), f"{context.name(variable, 'id')}_out_{facet}")
            for facet in TERM_COLUMNS
        ]
    return sql.select(columns, side.source())


def _template_term(context: Context, node: Node, alias: str, number: str) -> dict[str, sql.Expr]:
    """Return the columns of one node of a template."""
    if isinstance(node, Variable):
        prefix = context.name(str(node), "id")
        return {facet: sql.column(alias, f"{prefix}_out_{facet}") for facet in TERM_COLUMNS}
    if isinstance(node, BNode):
        label = sql.concat(
            sql.string("_:c"),
            sql.cast(sql.column(alias, number), "VARCHAR"),
            sql.string(f"x{node}"),
        )
        null = sql.typed_null("VARCHAR")
        return {"k": sql.number(int(Kind.BLANK)), "lex": label, "dt": null, "lang": null}
    constant = context.constant(node)
    return {facet: _typed(constant, facet) for facet in TERM_COLUMNS}


def _typed(constant: Constant, facet: str) -> sql.Expr:
    return sql.cast(constant.facet(facet), FACETS[facet])


def describe(context: Context, compiler: Compiler, algebra: CompValue) -> exp.Query:
    """Return the statement of the triples about resources, blank nodes followed."""
    parts: list[exp.Query] = []
    variables = []
    for node in algebra.PV:
        if isinstance(node, URIRef):
            parts.append(sql.select([sql.alias(context.constant(node).facet("id"), "id")]))
        else:
            variables.append(str(node))
    if variables and algebra.p is not None:
        relation = compiler.relation(algebra.p)
        found = sql.union([_ids(context, relation, name) for name in variables])
        table = context.stage("found", found)
        parts.append(sql.select([sql.column(table, "id")], sql.table(table, table)))
    return _about(context, sql.union(parts)) if parts else _no_triples()


def _ids(context: Context, relation: Relation, name: str) -> exp.Query:
    side = layer(context, relation)
    value = _value(context, side, name)
    if isinstance(value, Unbound) or not value.stored:
        return sql.select([sql.alias(sql.typed_null("BIGINT"), "id")])
    return sql.select([sql.alias(value.facet("id"), "id")], side.source())


def _about(context: Context, resources: exp.Query) -> exp.Query:
    """Return the triples whose subject is a resource, or a blank node met on the way."""
    name, alias, quad = context.fresh("c"), context.fresh("r"), context.fresh("q")
    seen = sql.both(context.visible(quad), context.in_default_graph(quad))
    again = sql.select([sql.column(quad, "o")], sql.table(name, alias), sql.wanted())
    blank = sql.eq(sql.column(quad, "k"), sql.number(int(Kind.BLANK)))
    on = sql.eq(sql.column(quad, "s"), sql.column(alias, "id"))
    sql.join(again, sql.table("quad", quad), sql.both(on, seen, blank))
    recursion = sql.select([sql.column(name, "id")], sql.table(name, name))
    sql.with_recursive(recursion, name, ["id"], sql.union([resources, again]))
    described = context.stage("about", recursion, recursive=True)
    about = sql.select(
        [sql.column(quad, column) for column in "spo"], sql.table(described, alias), distinct=True
    )
    sql.join(about, sql.table("quad", quad), sql.both(on, seen))
    return _decoded(context, about)


def _decoded(context: Context, triples: exp.Query) -> exp.Query:
    """Return the terms of a query of three ids."""
    alias = context.fresh("d")
    query = sql.select([], sql.subquery(triples, alias))
    for index, column in enumerate("spo"):
        term = context.fresh("t")
        on = sql.eq(sql.column(term, "id"), sql.column(alias, column))
        sql.join(query, sql.table("term", term), on)
        for facet in TERM_COLUMNS:
            source = sql.column(term, "kind" if facet == "k" else facet)
            query.append("expressions", sql.alias(source, f"c{index}_{facet}"))
    return query
