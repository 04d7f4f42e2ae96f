"""GROUP BY and the set functions (SPARQL 1.1, sections 11 and 18.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.comparison import sort_keys
from kg.sparql.computed import Number, Text, exact_part, integer
from kg.sparql.expressions import value_of
from kg.sparql.functions import average
from kg.sparql.relation import Layer, Relation, Scope, columns_of, shape_of
from kg.sparql.values import (
    EXACT,
    FACETS,
    FLOATING,
    IDENTITY,
    LITERALS,
    NUMERIC,
    TERM_FACETS,
    Choice,
    Computed,
    Constant,
    NotCompiledError,
    Shape,
    Traits,
    Unbound,
    Value,
)
from kg.store import Kind


def aggregated(
    layer: Layer, scope: Scope, keys: list[object], aggregates: list[CompValue]
) -> tuple[Relation, dict[str, str]]:
    """Return one solution per group, and what some results of the parser's stand for.

    The parser writes SAMPLE around a plain variable of the SELECT clause: a grouping variable
    stands for itself, and so does one that the pattern lacks, an alias of the same clause.
    """
    context = layer.context
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    groups: list[sql.Expr] = []
    renamed: dict[str, str] = {}
    for key in keys:
        value = value_of(key, scope)  # type: ignore[arg-type]
        if not isinstance(value, Constant | Unbound):
            groups += value.identity()
        if isinstance(key, Variable) and not isinstance(value, Unbound):
            shapes[str(key)] = _group_columns(columns, str(key), value, layer)
    for node in aggregates:
        name = str(node.res)
        if node.name == "Aggregate_Sample" and isinstance(node.vars, Variable):
            variable = str(node.vars)
            if variable in shapes or variable not in layer.relation.shapes:
                renamed[name] = variable
                continue
        value = _AGGREGATES[node.name](node, scope)
        shape = replace(shape_of(value, certain=False), traits=value.traits)
        shapes[name] = shape
        columns += columns_of(context, name, value, shape)
    if not columns:
        columns.append(sql.alias(sql.number(1), "one"))
    query = sql.select(columns, layer.source())
    if groups:
        query.set("group", exp.Group(expressions=[g.copy() for g in groups]))
    elif keys:
        some = sql.compare(">", exp.Count(this=exp.Star()), sql.number(0))
        query.set("having", exp.Having(this=some))
    return Relation(query, shapes), renamed


def _group_columns(columns: list[sql.Expr], name: str, value: Value, layer: Layer) -> Shape:
    """Add the columns of a grouping variable: its identity, and one of its equal other facets."""
    shape = shape_of(value, certain=True)
    keys = ("id",) if value.stored else IDENTITY
    for facet in sorted(shape.facets):
        expression = value.facet(facet)
        if facet not in keys:
            expression = sql.call("any_value", expression)
        if isinstance(expression, exp.Null):
            expression = sql.typed_null(FACETS[facet])
        columns.append(sql.alias(expression, layer.context.name(name, facet)))
    return shape


def _count(node: CompValue, scope: Scope) -> Value:
    if node.vars == "*":
        if not node.distinct:
            return integer(exp.Count(this=exp.Star()))
        names = [name for one in scope.layers for name in one.relation.shapes]
        parts = [part for name in names for part in scope.value(name).identity()]
        whole = sql.call("row", *parts) if parts else sql.number(1)
        return integer(sql.aggregate("count", whole, distinct=True))
    value = value_of(node.vars, scope)
    if isinstance(value, Unbound):
        return integer(sql.number(0))
    if not node.distinct:
        present = value.present()
        counted = sql.number(1) if isinstance(present, exp.Boolean) else None
        return integer(
            sql.aggregate("count", counted or sql.case([(present, sql.number(1))]))
        )
    identity = value.identity()
    if len(identity) == 1:
        return integer(sql.aggregate("count", identity[0], distinct=True))
    whole = sql.case([(value.present(), sql.call("row", *identity))])
    return integer(sql.aggregate("count", whole, distinct=True))


def _sum(node: CompValue, scope: Scope) -> Value:
    value = value_of(node.vars, scope)
    if node.distinct:
        raise NotCompiledError("SUM(DISTINCT ...)")
    return _checked(value, _total(value))


def _total(value: Value) -> Value:
    """Return the sum of the numbers of a group, the integer 0 when it is empty."""
    kinds = value.kinds & NUMERIC
    if kinds >= {Kind.FLOAT, Kind.DOUBLE}:
        raise NotCompiledError("a sum of values that may be xsd:float or xsd:double")
    num, dbl = None, None
    widest = sql.call("max", value.facet("k")) if len(kinds) > 1 else None
    if kinds & EXACT:
        exact = exact_part(value)
        assert exact is not None  # noqa: S101
        num = sql.call("coalesce", sql.call("sum", exact), sql.cast(sql.number(0), "DECIMAL(38, 0)"))
    if kinds & FLOATING:
        dbl = sql.call("sum", value.number("dbl"))
        if num is not None:
            some = sql.compare(">=", sql.call("max", value.facet("k")), sql.number(int(Kind.FLOAT)))
            dbl = sql.case([(some, dbl)])
            num = sql.case([(some, sql.null())], num)
    result = Number(Traits(kinds, value.traits.digits), num, dbl, widest)
    empty = sql.eq(sql.call("count", value.facet("k")), sql.number(0))
    zero = integer(sql.number(0))
    if kinds == {Kind.INTEGER}:
        return result
    return Choice([(empty, zero)], result)


def _avg(node: CompValue, scope: Scope) -> Value:
    value = value_of(node.vars, scope)
    if node.distinct:
        raise NotCompiledError("AVG(DISTINCT ...)")
    kinds = value.kinds & NUMERIC
    if kinds >= {Kind.FLOAT, Kind.DOUBLE}:
        raise NotCompiledError("an average of values that may be xsd:float or xsd:double")
    count = sql.call("count", value.facet("k"))
    num, dbl = None, None
    if kinds & EXACT:
        exact = exact_part(value)
        assert exact is not None  # noqa: S101
        num = average(sql.call("sum", exact), count, value.traits.digits)
    if kinds & FLOATING:
        dbl = sql.arithmetic("/", sql.call("sum", value.number("dbl")), count)
        if num is not None:
            some = sql.compare(">=", sql.call("max", value.facet("k")), sql.number(int(Kind.FLOAT)))
            dbl, num = sql.case([(some, dbl)]), sql.case([(some, sql.null())], num)
    result_kinds = frozenset(Kind.DECIMAL if kind in EXACT else kind for kind in kinds)
    widest = sql.call("greatest", sql.call("max", value.facet("k")), sql.number(int(Kind.DECIMAL)))
    result = Number(Traits(result_kinds, 18), num, dbl, widest)
    empty = sql.eq(count, sql.number(0))
    return _checked(value, Choice([(empty, integer(sql.number(0)))], result))


def _checked(value: Value, result: Value) -> Value:
    """Return a result, an error when some value of the group is no number."""
    if not value.kinds & NUMERIC:
        empty = sql.eq(exp.Count(this=exp.Star()), sql.number(0))
        return Choice([(empty, integer(sql.number(0)))], Unbound())
    numeric = value.is_kind(NUMERIC)
    if isinstance(numeric, exp.Boolean):
        return result
    good = sql.call("coalesce", numeric, sql.boolean(False))
    every = sql.call("coalesce", sql.call("bool_and", good), sql.boolean(True))
    return Choice([(every, result)], Unbound())


def _extreme(function: str) -> Callable[[CompValue, Scope], Value]:
    """Return MIN or MAX, by the order of ORDER BY."""

    def extreme(node: CompValue, scope: Scope) -> Value:
        value = value_of(node.vars, scope)
        if isinstance(value, Unbound):
            return value
        keys = sort_keys(value)
        key = keys[0] if len(keys) == 1 else sql.call("row", *keys)
        key = sql.case([(value.present(), key)])
        return _picked(value, lambda whole: sql.call(function, whole, key))

    return extreme


def _sample(node: CompValue, scope: Scope) -> Value:
    value = value_of(node.vars, scope)
    if isinstance(value, Unbound):
        return value
    return _picked(value, lambda whole: sql.call("any_value", whole))


def _picked(value: Value, pick: Callable[[sql.Expr], sql.Expr]) -> Value:
    """Return one of the values of a group; all its facets come from the same row."""
    if value.stored:
        return _Stored(value.traits, pick(value.facet("id")))
    present = [
        facet for facet in TERM_FACETS if not isinstance(value.facet(facet), exp.Null)
    ]
    packed = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.Identifier(this=facet), expression=value.facet(facet).copy())
            for facet in present
        ]
    )
    whole = sql.case([(value.present(), packed)])
    picked = pick(whole)
    facets = {
        facet: sql.call("struct_extract", picked, sql.string(facet)) for facet in present
    }
    return Computed(value.traits, facets)


class _Stored(Value):
    """A stored term picked by an aggregate."""

    stored = True

    def __init__(self, traits: Traits, term_id: sql.Expr) -> None:
        self.traits = traits
        self._id = term_id

    def facet(self, name: str) -> sql.Expr:
        if name != "id":
            raise NotCompiledError("a value of MIN, MAX or SAMPLE inside an aggregate")
        return self._id


def _group_concat(node: CompValue, scope: Scope) -> Value:
    value = value_of(node.vars, scope)
    separator = " " if node.separator is None else str(node.separator)
    if isinstance(value, Unbound):
        return Unbound()
    text = (
        value.facet("lex")
        if value.kinds <= LITERALS
        else sql.case([(value.is_kind(LITERALS | {Kind.IRI}), value.facet("lex"))])
    )
    joined = exp.Anonymous(
        this="string_agg",
        expressions=[
            exp.Distinct(expressions=[text.copy()]) if node.distinct else text.copy(),
            sql.string(separator),
        ],
    )
    return Text(sql.call("coalesce", joined, sql.string("")))


_AGGREGATES: dict[str, Callable[[CompValue, Scope], Value]] = {
    "Aggregate_Count": _count,
    "Aggregate_Sum": _sum,
    "Aggregate_Avg": _avg,
    "Aggregate_Min": _extreme("arg_min"),
    "Aggregate_Max": _extreme("arg_max"),
    "Aggregate_Sample": _sample,
    "Aggregate_GroupConcat": _group_concat,
}

