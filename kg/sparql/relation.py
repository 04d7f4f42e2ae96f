"""Solution sequences as SQL relations, and the scopes in which expressions see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.computed import Number, Text, Truth
from kg.sparql.context import Context
from kg.sparql.keys import Key
from kg.sparql.values import (
    EXACT,
    FACETS,
    FLOATING,
    IDENTITY,
    NUMERIC,
    STORED_FACETS,
    STRINGS,
    TERM_FACETS,
    Choice,
    ColumnValue,
    Constant,
    Shape,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind


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
    keys: tuple[Key, ...] = ()
    """Variables that tell the solutions apart, where some are known to."""

    def __post_init__(self) -> None:
        """Leave out keys with a variable that is not there."""
        kept = tuple(key for key in self.keys if key <= self.shapes.keys())
        object.__setattr__(self, "keys", kept)

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
        columns = {
            facet: sql.column(self.alias, self.context.name(variable, facet))
            for facet in shape.facets
        }
        if shape.form == "number":
            num, dbl, kind = (columns.get(facet) for facet in ("num", "dbl", "k"))
            return Number(shape.traits, num, dbl, kind)
        if shape.form == "text":
            return Text(columns["lex"], next(iter(shape.traits.kinds)))
        if shape.form == "truth":
            return Truth(columns["truth"])
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
        if shapes[name].traits.kinds <= STRINGS:
            # A test of the text is made before the join: let it be of the texts alone.
            kinds = sorted(int(kind) for kind in STRINGS)
            on = sql.both(on, sql.in_numbers(sql.column(term, "kind"), kinds))
        sql.join(query, context.terms(term), on, side="LEFT")
        for facet in missing:
            column = sql.column(term, "kind" if facet == "k" else facet)
            query.append("expressions", sql.alias(column, context.name(name, facet)))
        shapes[name] = replace(shape, facets=frozenset(STORED_FACETS))
    return Relation(query, shapes, relation.order, relation.keys)


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
        found = [
            layer.value(variable) for layer in self.layers if variable in layer.relation.shapes
        ]
        if not found:
            return self.outer.value(variable) if self.outer else Unbound()
        value = found[-1]
        for other in reversed(found[:-1]):
            value = Choice([(other.present(), other)], value)
        return value

    def given(self, names: set[str]) -> Relation | None:
        """Return the different values of some variables that one layer always binds.

        None where no layer has them all, or where some value is not a stored term.
        """
        for layer in self.layers:
            shapes = layer.relation.shapes
            if all(name in shapes and shapes[name].stored for name in names):
                return _different(self.context, layer.relation, names)
        return self.outer.given(names) if self.outer else None


def _different(context: Context, relation: Relation, names: set[str]) -> Relation:
    """Return the different values of some stored variables of a relation."""
    alias = context.fresh("g")
    shapes = {
        name: replace(relation.shapes[name], facets=frozenset({"id"})) for name in sorted(names)
    }
    columns = [sql.column(alias, context.name(name, "id")) for name in shapes]
    source = sql.subquery(relation.query.copy(), alias)
    everything = frozenset(shapes)
    return Relation(sql.select(columns, source, distinct=True), shapes, keys=(everything,))


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
        elif facet == "num" and value.traits.scale != shape.traits.scale:
            expression = sql.cast(expression, decimal_type(shape.traits.scale))
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
        return Shape(frozenset(STORED_FACETS), value.traits, certain)
    if value.stored:
        return Shape(_kept(value), value.traits, certain)
    kinds = value.kinds
    if kinds <= NUMERIC and not value.traits.wide:
        facets = {"num"} if kinds & EXACT else set()
        facets |= {"dbl"} if kinds & FLOATING else set()
        facets |= {"k"} if len(kinds) > 1 else set()
        return Shape(frozenset(facets), value.traits, certain, "number")
    if kinds in ({Kind.STRING}, {Kind.IRI}):
        return Shape(frozenset({"lex"}), value.traits, certain, "text")
    if isinstance(value, Truth):
        return Shape(frozenset({"truth"}), value.traits, certain, "truth")
    return Shape(COMPUTED, value.traits, certain)


def _kept(value: Value) -> frozenset[str]:
    """Return the facets of a stored value that become columns: those that cost no look-up."""
    facets = value.at_hand
    return facets if facets.issuperset(IDENTITY) else facets - set(IDENTITY)


COMPUTED = frozenset(TERM_FACETS)


def unit() -> Relation:
    """Return the relation with one solution that binds nothing."""
    return Relation(sql.select([sql.alias(sql.number(1), "one")]), {}, keys=(frozenset(),))


def is_unit(relation: Relation) -> bool:
    """Return whether a relation is known to have one solution that binds nothing."""
    return not relation.shapes and relation.query == unit().query


def lifted(context: Context, relation: Relation, variables: list[str]) -> Relation:
    """Return a relation in which some variables are held by the text of their terms."""
    side = layer(context, relation)
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for name, shape in relation.shapes.items():
        if name in variables:
            shapes[name] = Shape(COMPUTED, shape.traits, shape.certain)
            columns += columns_of(context, name, side.value(name), shapes[name])
        else:
            shapes[name] = shape
            columns += [
                sql.column(side.alias, context.name(name, facet)) for facet in sorted(shape.facets)
            ]
    columns += [sql.column(side.alias, key.column) for key in relation.order]
    return Relation(sql.select(columns, side.source()), shapes, relation.order, relation.keys)
