"""Solution sequences as SQL relations, and the scopes in which expressions see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.values import (
    FACETS,
    TERM_FACETS,
    Choice,
    ColumnValue,
    Computed,
    Constant,
    Shape,
    Traits,
    Unbound,
    Value,
)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A column to sort by."""

    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A query whose columns hold the variables of solutions, one row a solution."""

    query: exp.Query
    shapes: Mapping[str, Shape]
    order: tuple[OrderKey, ...] = ()

    @property
    def variables(self) -> list[str]:
        """Names of the variables that some solution may bind."""
        return list(self.shapes)


@dataclass(slots=True)
class Layer:
    """A relation standing under an alias in the FROM clause being written."""

    context: Context
    relation: Relation
    alias: str
    needs: set[str] = field(default_factory=set)

    def value(self, variable: str) -> Value:
        """Return the value of a variable of this relation."""
        shape = self.relation.shapes[variable]
        return ColumnValue(self.alias, variable, shape, self.context.name, self.needs.add)

    def source(self) -> exp.Subquery:
        """Return the relation as a source of rows, with the dictionary's columns asked for."""
        return sql.subquery(self.enriched().query, self.alias)

    def enriched(self) -> Relation:
        """Return the relation with every facet of the variables asked for."""
        if not self.needs:
            return self.relation
        return enrich(self.context, self.relation, sorted(self.needs))


def enrich(context: Context, relation: Relation, variables: list[str]) -> Relation:
    """Return a relation in which stored variables have all facets as columns."""
    inner = context.fresh("e")
    shapes = dict(relation.shapes)
    columns = [
        sql.column(inner, context.name(name, facet))
        for name, shape in relation.shapes.items()
        for facet in sorted(shape.facets)
    ]
    columns += [sql.column(inner, key.column) for key in relation.order]
    query = sql.select(columns, sql.subquery(relation.query, inner))
    for name in variables:
        shape = shapes[name]
        missing = [facet for facet in TERM_FACETS if facet not in shape.facets]
        term = context.fresh("t")
        on = sql.eq(sql.column(term, "id"), sql.column(inner, context.name(name, "id")))
        sql.join(query, context.terms(term), on, side="LEFT")
        for facet in missing:
            column = sql.column(term, "kind" if facet == "k" else facet)
            query.append("expressions", sql.alias(column, context.name(name, facet)))
        shapes[name] = replace(shape, facets=frozenset(FACETS))
    return Relation(query, shapes, relation.order)


class Scope:
    """The variables that an expression sees: those of some layers, then those around them."""

    def __init__(self, context: Context, *layers: Layer, outer: Scope | None = None) -> None:
        self.context = context
        self.layers = layers
        self.outer = outer
        self.aliases: dict[str, str] = {}
        self.exists: Callable[[object, Scope], sql.Expr] | None = None

    def value(self, variable: str) -> Value:
        """Return the value of a variable; Unbound where no layer has it."""
        if variable in self.context.bindings:
            return self.context.bindings[variable]
        found = [layer.value(variable) for layer in self.layers if variable in layer.relation.shapes]
        if not found:
            return self.outer.value(variable) if self.outer else Unbound()
        value = found[-1]
        for other in reversed(found[:-1]):
            value = Choice([(other.present(), other)], value)
        return value


def layer(context: Context, relation: Relation) -> Layer:
    """Return a relation under a fresh alias."""
    return Layer(context, relation, context.fresh("r"))


def columns_of(context: Context, variable: str, value: Value, shape: Shape) -> list[sql.Expr]:
    """Return the columns that hold a value under a variable's name."""
    columns = []
    for facet in sorted(shape.facets):
        expression = value.facet(facet)
        if isinstance(expression, exp.Null):
            expression = sql.typed_null(FACETS[facet])
        columns.append(sql.alias(expression, context.name(variable, facet)))
    return columns


def copied_columns(context: Context, relation: Relation, alias: str) -> list[sql.Expr]:
    """Return all columns of a relation that stands under an alias."""
    columns = [
        sql.column(alias, context.name(variable, facet))
        for variable, shape in relation.shapes.items()
        for facet in sorted(shape.facets)
    ]
    return columns + [sql.column(alias, key.column) for key in relation.order]


def shape_of(value: Value, *, certain: bool) -> Shape:
    """Return the shape in which a value is kept as columns."""
    if isinstance(value, ColumnValue):
        return replace(value.shape, certain=certain and value.shape.certain)
    if isinstance(value, Constant):
        return Shape(frozenset(FACETS), value.traits, certain)
    if value.stored:
        return Shape(_ID, value.traits, certain)
    return Shape(COMPUTED, value.traits, certain)


_ID = frozenset({"id"})
COMPUTED = frozenset(TERM_FACETS)


def unit() -> Relation:
    """Return the relation with one solution that binds nothing."""
    return Relation(sql.select([sql.alias(sql.number(1), "one")]), {})


def nothing(variables: list[str], context: Context) -> Relation:
    """Return the relation without solutions over some variables."""
    shape = Shape(_ID, Traits(kinds=frozenset()), certain=True)
    columns = [
        sql.alias(sql.typed_null("BIGINT"), context.name(variable, "id")) for variable in variables
    ]
    query = sql.select(
        columns or [sql.alias(sql.number(1), "one")], where=sql.boolean(False)
    )
    return Relation(query, dict.fromkeys(variables, shape))


def lifted(context: Context, relation: Relation, variables: list[str]) -> Relation:
    """Return a relation in which some variables are held by their text instead of their id."""
    stored = [name for name in variables if relation.shapes[name].stored]
    if not stored:
        return relation
    full = enrich(context, relation, stored)
    shapes = {
        name: replace(shape, facets=shape.facets - {"id"}) if name in stored else shape
        for name, shape in full.shapes.items()
    }
    alias = context.fresh("l")
    query = sql.select([], sql.subquery(full.query, alias))
    result = Relation(query, shapes, relation.order)
    query.set("expressions", copied_columns(context, result, alias))
    return result


def null_value() -> Computed:
    """Return a value that is NULL in every facet."""
    return Computed(Traits(kinds=frozenset()), {})
