"""GROUP BY and the set functions (SPARQL 1.1, sections 11 and 18.5.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.comparison import sort_keys
from kg.sparql.computed import Number, Text, integer
from kg.sparql.context import Context
from kg.sparql.exact import DIVISION_DIGITS, quotient, units
from kg.sparql.expressions import Expression, value_of
from kg.sparql.groups import Groups, Total, count_rows
from kg.sparql.lexical import text_of_day
from kg.sparql.relation import Layer, Relation, Scope, columns_of, shape_of
from kg.sparql.statistics import median, mode, stdev
from kg.sparql.values import (
    COLUMN_DIGITS,
    EXACT,
    FACETS,
    IRIS,
    LITERALS,
    PLAIN,
    TEMPORAL,
    TERM_FACETS,
    ColumnValue,
    Computed,
    Constant,
    NotCompiledError,
    Shape,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind


def aggregated(
    side: Layer,
    scope: Scope,
    keys: list[Expression],
    aggregates: list[CompValue],
    every: Relation | None = None,
) -> tuple[Relation, dict[str, str]]:
    """Return one solution per group, and what some results of the parser's stand for.

    With `every`, the named graphs under the name of the active one, groups are made in each.

    The parser writes SAMPLE around a plain variable of the SELECT clause: a grouping variable
    stands for itself, and so does one that the pattern lacks, an alias of the same clause.
    """
    context = side.context
    most = None if every else _most_groups([value_of(key, scope) for key in keys], side.context)
    groups = Groups(side, scope, None if keys else every, most)
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    expressions: list[sql.Expr] = []
    renamed: dict[str, str] = {}
    named = True
    for key in keys:
        value = value_of(key, scope)
        if isinstance(value, Constant | Unbound):
            # One value for all solutions: it makes no more groups than there are.
            expressions.append(sql.cast(sql.number(0), "BIGINT"))
        else:
            expressions += value.identity()
            named = named and isinstance(key, Variable)
        if isinstance(key, Variable) and not isinstance(value, Unbound):
            shapes[str(key)] = _group_columns(columns, groups, str(key), value, side)
    for name, shape in every.shapes.items() if every else ():
        expressions.append(groups.graph(name))
        groups.raw(groups.graph(name))
        shapes[name] = shape
        if keys:
            columns.append(sql.alias(groups.raw(groups.graph(name)), context.name(name, "id")))
    told_apart = (frozenset(shapes),) if named else ()
    for node in aggregates:
        name = str(node.res)
        if node.name == "Aggregate_Sample" and isinstance(node.vars, Variable):
            variable = str(node.vars)
            if variable in shapes or variable not in side.relation.shapes:
                renamed[name] = variable
                continue
        value = _AGGREGATES[node.name](node, groups)
        if not value.kinds:
            continue
        shapes[name] = shape_of(value, certain=False)
        columns += columns_of(context, name, value, shapes[name])
    return groups.relation(expressions, columns, shapes, told_apart), renamed


def _most_groups(keys: Sequence[Value], context: Context) -> int | None:
    """Return how many groups keys make at most, None where there may be many."""
    if len(keys) == 1 and keys[0].traits.predicate:
        return len(context.statistics)
    return None if keys else 1


def _group_columns(
    columns: list[sql.Expr], groups: Groups, name: str, value: Value, side: Layer
) -> Shape:
    """Add the columns of a grouping variable: its identity, and one of its equal other facets."""
    shape = shape_of(value, certain=True)
    identity = value.identity()
    for facet in sorted(shape.facets):
        expression = value.facet(facet)
        if isinstance(expression, exp.Null):
            expression = sql.typed_null(FACETS[facet])
        if expression not in identity:
            expression = sql.call("any_value", expression)
        columns.append(sql.alias(groups.raw(expression), side.context.name(name, facet)))
    return shape


def _count(node: CompValue, groups: Groups) -> Value:
    scope = groups.scope
    if node.vars == "*":
        if not node.distinct:
            return integer(groups.count(count_rows()))
        names = [name for one in scope.layers for name in one.relation.shapes]
        parts = [part for name in names for part in scope.value(name).identity()]
        whole = sql.call("row", *parts) if parts else sql.number(1)
        return integer(groups.count(sql.aggregate("count", whole, distinct=True)))
    value = value_of(node.vars, scope)
    if isinstance(value, Unbound):
        return integer(sql.number(0))
    present = value.present()
    if not node.distinct:
        every = isinstance(present, exp.Boolean)
        counted = count_rows() if every else sql.call("count", sql.case([(present, sql.number(1))]))
        return integer(groups.count(counted))
    return integer(groups.count_distinct(value))


def _sum(node: CompValue, groups: Groups) -> Value:
    total = Total(node, groups)
    if not total.kinds:
        return total.when_numeric(Unbound())
    traits = Traits(total.kinds, total.value.traits.digits)
    result = Number(traits, total.num, total.dbl, total.widest)
    return total.when_numeric(result)


def _avg(node: CompValue, groups: Groups) -> Value:
    total = Total(node, groups)
    if not total.kinds:
        return total.when_numeric(Unbound())
    kinds = frozenset(max(kind, Kind.DECIMAL) for kind in total.kinds)
    num, dbl = total.num, total.dbl
    if num is not None:
        count = sql.cast(total.count, decimal_type(COLUMN_DIGITS))
        num = quotient(num, count, total.value.traits.digits, 0)
    if dbl is not None:
        dbl = sql.arithmetic("/", dbl, total.count)
    widest = sql.call("greatest", total.widest, sql.number(int(Kind.DECIMAL)))
    return total.when_numeric(Number(Traits(kinds, DIVISION_DIGITS), num, dbl, widest))


def _extreme(function: str) -> Callable[[CompValue, Groups], Value]:
    """Return MIN or MAX, by the order of ORDER BY."""

    def extreme(node: CompValue, groups: Groups) -> Value:
        days = _days_of_text(node.vars, groups.scope)
        if days is not None:
            return _extreme_text(function.removeprefix("arg_"), days, groups)
        value = value_of(node.vars, groups.scope)
        if isinstance(value, Unbound):
            return value
        keys = sort_keys(value)
        key = keys[0] if len(keys) == 1 else sql.call("row", *keys)
        present = value.present()
        if not isinstance(present, exp.Boolean):
            key = sql.case([(present, key)])
        if not value.stored and len(value.kinds) == 1 and value.kinds <= PLAIN | IRIS | EXACT:
            # What the value is compared by is all that there is of it.
            best = groups.raw(sql.call(function.removeprefix("arg_"), key))
            [kind] = value.kinds
            return Number(value.traits, best, None) if kind in EXACT else Text(best, kind)
        narrow = value.narrow()
        # The engine picks by an integer much faster than by a decimal.
        by = key if narrow is None or len(keys) > 1 else units(narrow, value.traits.digits)
        picked = _picked(value, groups, lambda whole: sql.call(function, whole, by))
        if value.stored and len(keys) == 1 and (compared := _compared_by(value)):
            best = groups.raw(sql.call(function.removeprefix("arg_"), key))
            best = sql.cast(best, FACETS[compared])
            return _Stored(picked.traits, {"id": picked.facet("id"), compared: best})
        return picked

    return extreme


def _compared_by(value: Value) -> str | None:
    """Return the facet that a stored value is compared by, None where it is another or more."""
    if value.kinds and value.kinds <= EXACT:
        return "num"
    return "ts" if len(value.kinds) == 1 and value.kinds <= TEMPORAL else None


def _days_of_text(expression: Expression, scope: Scope) -> ColumnValue | None:
    """Return the days whose texts an expression is, if it is: they are ordered like their texts."""
    if not isinstance(expression, CompValue) or expression.name != "Builtin_STR":
        return None
    value = value_of(expression.arg, scope)
    if not isinstance(value, ColumnValue) or len(value.kinds) != 1:
        return None
    return value if "lex" in value.at_hand - value.shape.facets else None


def _extreme_text(function: str, days: ColumnValue, groups: Groups) -> Value:
    """Return the least or the greatest text of days, the years after 9999 being few or none."""
    ts = days.time()
    late = sql.compare(">=", ts, sql.cast(sql.string("10000-01-01"), "TIMESTAMP"))
    among_late = sql.case([(late, text_of_day(days.kinds, ts, None))])
    among_others = sql.case([(late, sql.null())], ts)
    best = text_of_day(days.kinds, groups.raw(sql.call(function, among_others)), None)
    best_late = groups.raw(sql.call(function, among_late))
    return Text(sql.call({"min": "least", "max": "greatest"}[function], best, best_late))


def _sample(node: CompValue, groups: Groups) -> Value:
    value = value_of(node.vars, groups.scope)
    if isinstance(value, Unbound):
        return value
    return _picked(value, groups, lambda whole: sql.call("any_value", whole))


def _picked(value: Value, groups: Groups, pick: Callable[[sql.Expr], sql.Expr]) -> Value:
    """Return one of the values of a group; all its facets come from the same row."""
    if value.stored:
        return _Stored(value.traits, {"id": groups.raw(pick(value.facet("id")))})
    present = [facet for facet in TERM_FACETS if not isinstance(value.facet(facet), exp.Null)]
    packed = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.Identifier(this=facet), expression=value.facet(facet).copy())
            for facet in present
        ]
    )
    picked = groups.raw(pick(sql.case([(value.present(), packed)])))
    facets = {facet: sql.call("struct_extract", picked, sql.string(facet)) for facet in present}
    return Computed(value.traits, facets)


class _Stored(Value):
    """A stored term picked by an aggregate: its id, and what it was compared by."""

    stored = True

    def __init__(self, traits: Traits, facets: Mapping[str, sql.Expr]) -> None:
        self.traits = traits
        self._facets = facets

    @property
    def at_hand(self) -> frozenset[str]:
        return frozenset(self._facets)

    def facet(self, name: str) -> sql.Expr:
        if name not in self._facets:
            raise NotCompiledError("a value of MIN, MAX or SAMPLE inside an aggregate")
        return self._facets[name]


def _group_concat(node: CompValue, groups: Groups) -> Value:
    value = value_of(node.vars, groups.scope)
    separator = " " if node.separator is None else str(node.separator)
    if isinstance(value, Unbound):
        return Text(sql.string(""))
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
    return Text(sql.call("coalesce", groups.raw(joined), sql.string("")))


_AGGREGATES: dict[str, Callable[[CompValue, Groups], Value]] = {
    "Aggregate_Count": _count,
    "Aggregate_Sum": _sum,
    "Aggregate_Avg": _avg,
    "Aggregate_Min": _extreme("arg_min"),
    "Aggregate_Max": _extreme("arg_max"),
    "Aggregate_Sample": _sample,
    "Aggregate_GroupConcat": _group_concat,
    "Aggregate_Median": median,
    "Aggregate_Stdev": stdev,
    "Aggregate_Mode": mode,
}
