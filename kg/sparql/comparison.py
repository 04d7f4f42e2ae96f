"""Equality, order, truth and sort keys of values (SPARQL 1.1, sections 15.1, 17.2, 17.3)."""

from __future__ import annotations

from kg.sparql import spans, sql
from kg.sparql.computed import Truth, double_part, exact_part
from kg.sparql.sql import Expr
from kg.sparql.values import (
    EXACT,
    FLOATING,
    LITERALS,
    NUMERIC,
    OPAQUE,
    STRINGS,
    TEMPORAL,
    Constant,
    Value,
)
from kg.store import Kind
from kg.store.property_table import narrow_type

_HALF_ZONE_SPAN = "14 hours"


def truth(value: Value) -> Expr:
    """Return the effective boolean value (section 17.2.2), NULL for a type error."""
    if isinstance(value, Truth):
        return value.condition
    branches: list[tuple[Expr, Expr]] = []
    zero = sql.number(0)
    if Kind.BOOLEAN in value.kinds:
        _branch(branches, value, {Kind.BOOLEAN}, sql.compare("!=", value.facet("num"), zero))
    if value.kinds & EXACT:
        _branch(branches, value, EXACT, sql.compare("!=", value.number("num"), zero))
    if value.kinds & FLOATING:
        dbl = value.number("dbl")
        real = sql.negation(sql.call("isnan", dbl))
        _branch(branches, value, FLOATING, sql.both(sql.compare("!=", dbl, zero), real))
    if value.kinds & STRINGS:
        _branch(branches, value, STRINGS, sql.compare("!=", value.facet("lex"), sql.string("")))
    if Kind.ILL in value.kinds:
        logical = sql.call(
            "regexp_matches",
            value.facet("dt"),
            sql.string(
                "#(boolean|decimal|double|float|.*[iI]nteger|.*(long|int|short|byte)|.*(Long|Int|Short|Byte))$"
            ),
        )
        ill = sql.both(value.is_kind(frozenset({Kind.ILL})), logical)
        branches.append((ill, sql.boolean(False)))
    return sql.case(branches)


def _branch(
    branches: list[tuple[Expr, Expr]], value: Value, kinds: set[Kind] | frozenset[Kind], then: Expr
) -> None:
    branches.append((value.is_kind(frozenset(kinds)), then))


def identical(left: Value, right: Value) -> Expr:
    """Return the condition that two values are the same term (sameTerm)."""
    if left.stored and right.stored:
        return sql.eq(left.facet("id"), right.facet("id"))
    plain = frozenset({Kind.STRING})
    iri = frozenset({Kind.IRI})
    texts = sql.eq(left.facet("lex"), right.facet("lex"))
    if (left.kinds <= plain and right.kinds <= plain) or (left.kinds <= iri and right.kinds <= iri):
        return texts
    return sql.both(
        texts,
        sql.same(left.facet("dt"), right.facet("dt")),
        sql.same(left.facet("lang"), right.facet("lang")),
    )


def equal(left: Value, right: Value, *, loose: bool = False) -> Expr:
    """Return left = right; with `loose`, FALSE may stand for an error."""
    branches: list[tuple[Expr, Expr]] = []
    if left.kinds & NUMERIC and right.kinds & NUMERIC:
        branches.append((_both_kinds(left, right, NUMERIC), _compare_numbers("=", left, right)))
    if left.kinds & right.kinds & TEMPORAL:
        branches.append((_same_temporal(left, right), _compare_times("=", left, right)))
    if Kind.BOOLEAN in left.kinds & right.kinds:
        boolean = frozenset({Kind.BOOLEAN})
        numbers = sql.eq(left.facet("num"), right.facet("num"))
        branches.append((_both_kinds(left, right, boolean), numbers))
    same = identical(left, right)
    lengths = _compare_durations("=", left, right)
    if loose and not branches and not lengths:
        return same
    if loose and _covered(left, right):
        return branches[0][1]
    branches += [(same, sql.boolean(True)), *lengths]
    # A literal of unknown value may equal any literal but one with a language.
    plain = LITERALS - {Kind.LANG}
    if not loose and left.kinds & plain and right.kinds & plain:
        opaque = sql.either(_opaque(left), _opaque(right))
        literals = sql.both(left.is_kind(plain), right.is_kind(plain))
        if left.kinds & OPAQUE or right.kinds & OPAQUE:
            branches.append((sql.both(opaque, literals), sql.null()))
    return sql.case(branches, _unless_missing(left, right, sql.boolean(False)))


def _opaque(value: Value) -> Expr:
    """Return the condition that a value is not known, as that of a known datatype is."""
    opaque = value.is_kind(OPAQUE)
    if not spans.may_be_duration(value):
        return opaque
    return sql.both(opaque, sql.negation(spans.is_duration(value)))


def _covered(left: Value, right: Value) -> bool:
    """Return whether one way of comparing serves all values that two sides may have."""
    kinds = left.kinds | right.kinds
    families: list[frozenset[Kind]] = [NUMERIC, frozenset({Kind.BOOLEAN})]
    families += [frozenset({kind}) for kind in TEMPORAL]
    return any(kinds <= family for family in families)


def _unless_missing(left: Value, right: Value, result: Expr) -> Expr:
    """Return a result where both values are present, else NULL."""
    present = sql.both(left.present(), right.present())
    if isinstance(present, type(sql.boolean(True))):
        return result
    return sql.case([(present, result)])


def compare(operator: str, left: Value, right: Value, *, loose: bool = False) -> Expr:
    """Return a comparison by one of = != < <= > >=, NULL for a type error."""
    if operator == "=":
        return equal(left, right, loose=loose)
    if operator == "!=":
        return sql.negation(equal(left, right))
    branches: list[tuple[Expr, Expr]] = []
    if left.kinds & NUMERIC and right.kinds & NUMERIC:
        branches.append(
            (_both_kinds(left, right, NUMERIC), _compare_numbers(operator, left, right))
        )
    if left.kinds & right.kinds & TEMPORAL:
        branches.append((_same_temporal(left, right), _compare_times(operator, left, right)))
    for kind, facet in ((Kind.STRING, "lex"), (Kind.BOOLEAN, "num")):
        if kind in left.kinds & right.kinds:
            both = _both_kinds(left, right, frozenset({kind}))
            branches.append((both, sql.compare(operator, left.facet(facet), right.facet(facet))))
    branches += _compare_durations(operator, left, right)
    if loose:
        return sql.either(*(sql.both(when, then) for when, then in branches))
    return sql.case(branches)


def _compare_durations(operator: str, left: Value, right: Value) -> list[tuple[Expr, Expr]]:
    """Return the branch of two durations, where both sides may be one."""
    if not spans.may_be_duration(left) or not spans.may_be_duration(right):
        return []
    both = sql.both(spans.is_duration(left), spans.is_duration(right))
    return [(both, spans.compare(operator, left, right))]


def _both_kinds(left: Value, right: Value, kinds: frozenset[Kind]) -> Expr:
    """Return the condition that both values are of some kinds."""
    return sql.both(
        *(
            value.is_kind(kinds)
            for value in (left, right)
            if not (isinstance(value, Constant) and value.kinds <= kinds)
        )
    )


def _compare_numbers(operator: str, left: Value, right: Value) -> Expr:
    """Return the comparison of two numbers: exactly when both are exact, else as doubles."""
    narrow = _compare_narrow(operator, left, right)
    if narrow is not None:
        return narrow
    scale = max(left.traits.scale, right.traits.scale)
    exact_left, exact_right = exact_part(left, scale), exact_part(right, scale)
    if exact_left is not None and exact_right is not None:
        exact = sql.compare(operator, exact_left, exact_right)
        if not (left.kinds | right.kinds) & FLOATING:
            return exact
        both_exact = sql.both(sql.is_not_null(exact_left), sql.is_not_null(exact_right))
        return sql.case([(both_exact, exact)], _compare_doubles(operator, left, right))
    return _compare_doubles(operator, left, right)


_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compare_narrow(operator: str, left: Value, right: Value) -> Expr | None:
    """Return the comparison of a number of 64 bits with a constant that has no more decimals.

    The engine decides about a constant that is too large for 64 bits before it reads any number.
    """
    if isinstance(left, Constant):
        if isinstance(right, Constant):
            return None
        operator, left, right = _MIRRORED[operator], right, left
    if not isinstance(right, Constant) or not right.kinds <= EXACT or left.kinds & FLOATING:
        return None
    number, digits = left.narrow(), left.traits.digits
    if number is None or right.traits.wide or right.traits.digits > digits:
        return None
    constant = right.number("num")
    short = sql.try_cast(constant, narrow_type(digits))
    beyond = sql.case([(sql.is_not_null(number), sql.compare(operator, sql.number(0), constant))])
    return sql.case([(sql.is_null(short), beyond)], sql.compare(operator, number, short))


def _compare_doubles(operator: str, left: Value, right: Value) -> Expr:
    """Return the comparison of two doubles; the engine's order of NaN is not that of SPARQL."""
    left_dbl, right_dbl = double_part(left), double_part(right)
    assert left_dbl is not None  # noqa: S101
    assert right_dbl is not None  # noqa: S101
    numbers = [
        sql.negation(sql.call("isnan", value.number("dbl")))
        for value in (left, right)
        if value.kinds & FLOATING
    ]
    return sql.both(sql.compare(operator, left_dbl, right_dbl), *numbers)


def _same_temporal(left: Value, right: Value) -> Expr:
    """Return the condition that two values are times of the same kind."""
    common = left.kinds & right.kinds & TEMPORAL
    if len(common) == 1:
        return _both_kinds(left, right, common)
    return sql.both(_both_kinds(left, right, TEMPORAL), sql.eq(left.facet("k"), right.facet("k")))


def _compare_times(operator: str, left: Value, right: Value) -> Expr:
    """Return the comparison of two times, NULL within 14 hours when one has no zone (XSD 3.2.7)."""
    plain = sql.compare(operator, left.time(), right.time())
    zones = (left.traits.zoned, right.traits.zoned)
    if None not in zones and zones[0] == zones[1]:
        return plain
    no_zone = [sql.is_null(value.facet("tz")) for value in (left, right)]
    span = sql.cast(sql.string(_HALF_ZONE_SPAN), "INTERVAL")
    before = sql.compare("<", sql.arithmetic("+", left.time(), span), right.time())
    after = sql.compare(">", sql.arithmetic("-", left.time(), span), right.time())
    partial = sql.case(
        [
            (before, sql.boolean(operator in {"<", "<=", "!="})),
            (after, sql.boolean(operator in {">", ">=", "!="})),
        ]
    )
    return sql.case([(sql.eq(no_zone[0], no_zone[1]), plain)], partial)


def sort_keys(value: Value) -> list[Expr]:
    """Return expressions that sort values as ORDER BY does, NULL first (section 15.1)."""
    keys: list[Expr] = []
    kinds = value.kinds
    groups = {_group(kind) for kind in kinds}
    if len(groups) > 1:
        k = value.facet("k")
        numeric = sql.in_numbers(k, sorted(int(kind) for kind in NUMERIC))
        keys.append(sql.case([(numeric, sql.number(int(Kind.INTEGER)))], k))
    if kinds & FLOATING:
        keys.append(value.number("dbl"))
    if kinds & EXACT or Kind.BOOLEAN in kinds:
        keys.append(_exact_key(value))
    if kinds & TEMPORAL:
        keys.append(value.time())
    if spans.may_be_duration(value):
        keys += spans.sort_keys(value)
    if kinds - NUMERIC - TEMPORAL - {Kind.BOOLEAN} or not keys:
        keys.append(value.facet("lex"))
    return keys


def _exact_key(value: Value) -> Expr:
    """Return what sorts exact numbers, or booleans."""
    narrow = value.narrow()
    if narrow is not None:
        return narrow
    return value.number("num") if value.kinds & EXACT else value.facet("num")


def _group(kind: Kind) -> Kind:
    return Kind.INTEGER if kind in NUMERIC else kind
