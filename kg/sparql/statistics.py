"""Our aggregates, compiled: median, stdev and mode (docs/functions.md)."""

from __future__ import annotations

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.arithmetic import rounded
from kg.sparql.comparison import sort_keys
from kg.sparql.computed import Number, exact_part
from kg.sparql.exact import product
from kg.sparql.expressions import value_of
from kg.sparql.groups import Groups, Total, folded_distinct
from kg.sparql.sql import Expr
from kg.sparql.values import (
    EXACT,
    FLOATING,
    TERM_FACETS,
    Computed,
    Traits,
    Unbound,
    Value,
)
from kg.store import Kind


def median(node: CompValue, groups: Groups) -> Value:
    """Return the middle number of a group, the mean of two for an even count."""
    total = Total(node, groups)
    if not total.kinds:
        return Unbound()
    kinds = frozenset(max(kind, Kind.DECIMAL) for kind in total.kinds)
    digits = total.value.traits.digits
    num = dbl = None
    if total.kinds & EXACT:
        exact = exact_part(total.value)
        assert exact is not None  # noqa: S101
        half = sql.cast(sql.string("0.5"), "DECIMAL(2, 1)")
        num = product(_middle(groups, total.value, exact, node), half, digits, 1)
    if total.kinds & FLOATING:
        sum_of_two = _middle(groups, total.value, total.value.number("dbl"), node)
        dbl = rounded(sql.arithmetic("/", sum_of_two, sql.number(2)), total.kinds, total.widest)
        if num is not None:
            floating = sql.compare(">=", total.widest, sql.number(int(Kind.FLOAT)))
            num, dbl = sql.case([(floating, sql.null())], num), sql.case([(floating, dbl)])
    widest = sql.call("greatest", total.widest, sql.number(int(Kind.DECIMAL)))
    return total.unless_other(Number(Traits(kinds, digits + 1), num, dbl, widest))


def _middle(groups: Groups, value: Value, numbers: Expr, node: CompValue) -> Expr:
    """Return the sum of the two numbers in the middle, twice the one of an odd count."""
    if node.distinct:
        listed = groups.raw(sql.call("list_sort", folded_distinct(None, value, numbers)))
    else:
        listed = groups.raw(sql.call("list_sort", sql.call("list", numbers)))
    count = sql.call("len", listed)
    one = sql.number(1)
    places = (
        sql.arithmetic("//", sql.arithmetic("+", count, one), sql.number(2)),
        sql.arithmetic("+", sql.arithmetic("//", count, sql.number(2)), one),
    )
    return sql.arithmetic("+", *(sql.call("list_extract", listed, place) for place in places))


def stdev(node: CompValue, groups: Groups) -> Value:
    """Return the standard deviation of the sample that a group is, NaN where one is not finite."""
    total = Total(node, groups)
    if not total.kinds:
        return Unbound()
    dbl = total.value.number("dbl")
    finite = sql.case([(sql.call("isfinite", dbl), dbl)])
    deviation = (
        folded_distinct("stddev_samp", total.value, finite)
        if node.distinct
        else sql.call("stddev_samp", finite)
    )
    result = groups.raw(deviation)
    if total.kinds & FLOATING:
        all_finite = groups.raw(sql.call("bool_and", sql.call("isfinite", dbl)))
        nan = sql.cast(sql.string("NaN"), "DOUBLE")
        two = sql.compare(">", total.count, sql.number(1))
        result = sql.case([(all_finite, result), (two, nan)])
    return total.unless_other(Number(Traits(frozenset({Kind.DOUBLE}), 0), None, result))


def mode(node: CompValue, groups: Groups) -> Value:
    """Return the most frequent term of a group, the first in order among several."""
    value = value_of(node.vars, groups.scope)
    if isinstance(value, Unbound):
        return value
    facets = [name for name in TERM_FACETS if not isinstance(value.facet(name), exp.Null)]
    # Equal values of different terms are told apart by their texts.
    keys = sql.call(
        "row", *sort_keys(value), *(value.facet(name) for name in ("lex", "dt", "lang"))
    )
    packed = sql.call("row", *(value.facet(name) for name in facets))
    whole = sql.case([(value.present(), sql.call("row", keys, packed))])
    counted = sql.call("map_entries", sql.call("histogram", whole))
    entry = exp.Column(this=exp.Identifier(this="entry"))
    weight = (
        sql.number(1) if node.distinct else sql.call("struct_extract", entry, sql.string("value"))
    )
    ranked = sql.call(
        "row",
        sql.negative(sql.cast(weight, "BIGINT")),
        sql.call("struct_extract", entry, sql.string("key")),
    )
    best = sql.call(
        "list_min",
        sql.call(
            "list_transform",
            counted,
            exp.Lambda(this=ranked, expressions=[exp.Identifier(this="entry")]),
        ),
    )
    place = sql.number(2)
    picked = sql.call("struct_extract", sql.call("struct_extract", groups.raw(best), place), place)
    found = {
        name: sql.call("struct_extract", picked, sql.number(index))
        for index, name in enumerate(facets, 1)
    }
    return Computed(value.traits, found)
