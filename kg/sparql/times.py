"""Functions on dates and times, and casts between datatypes (SPARQL 1.1, 17.4.5 and 17.5)."""

from __future__ import annotations

from collections.abc import Callable

from kg.namespaces import XSD
from kg.sparql import sql
from kg.sparql.computed import (
    Number,
    Text,
    Truth,
    decimal,
    exact_part,
    floating_text,
    integer,
    literal,
)
from kg.sparql.exact import decimal_text, double_of
from kg.sparql.lexical import DATATYPES
from kg.sparql.sql import Expr
from kg.sparql.typedtext import TypedText
from kg.sparql.values import (
    COLUMN_DIGITS,
    EXACT,
    FLOATING,
    IRIS,
    LITERALS,
    PLAIN,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind

_DATED = frozenset({Kind.DATETIME, Kind.DATE})
_TIMED = frozenset({Kind.DATETIME, Kind.TIME})
_BOOLEAN = frozenset({Kind.BOOLEAN})


def local_time(value: Value, kinds: frozenset[Kind]) -> Expr:
    """Return the time as written, without its zone, NULL for other kinds."""
    ts = value.time()
    if value.traits.zoned is not False:
        offset = sql.call("coalesce", value.facet("tz"), sql.number(0))
        ts = sql.arithmetic("+", ts, sql.call("to_minutes", offset))
    if value.kinds <= kinds:
        return ts
    return sql.case([(value.is_kind(kinds), ts)])


def _field(part: str, kinds: frozenset[Kind]) -> Callable[[Value], Value]:
    def function(value: Value) -> Value:
        if not value.kinds & kinds:
            return Unbound()
        return integer(sql.call(part, local_time(value, kinds)))

    return function


def seconds(value: Value) -> Value:
    """SECONDS, with its fraction."""
    if not value.kinds & _TIMED:
        return Unbound()
    micro = sql.cast(sql.call("microsecond", local_time(value, _TIMED)), "DECIMAL(10, 0)")
    unit = sql.cast(sql.string("0.000001"), "DECIMAL(7, 6)")
    return decimal(sql.arithmetic("*", micro, unit), 6)


def tz(value: Value) -> Value:
    """TZ: the zone as written, empty when there is none."""
    if not value.kinds & (_DATED | _TIMED):
        return Unbound()
    zone = sql.call(
        "regexp_extract",
        value.facet("lex"),
        sql.string("(Z|[+-][0-9]{2}:[0-9]{2})$"),
        sql.number(1),
    )
    return Text(sql.case([(value.is_kind(frozenset({Kind.DATETIME})), zone)]))


_ZONE_AS_DURATION = (
    (r"^(Z|[+-]00:00)$", "PT0S"),
    (r"^[+]?(-?)([0-9]{2}):([0-9]{2})$", r"\1PT\2H\3M"),
    ("T00H", "T"),
    ("([TH])00M", r"\1"),
    ("T0([0-9])", r"T\1"),
    ("H0", "H"),
)
"""Replacements, one after the other, that make a duration of a zone."""


def timezone(value: Value) -> Value:
    """TIMEZONE, an xsd:dayTimeDuration; an error when there is none."""
    if Kind.DATETIME not in value.kinds:
        return Unbound()
    # Each step takes the one before once: what is written several times, doubles with each.
    lex = tz(value).facet("lex")
    for pattern, written in _ZONE_AS_DURATION:
        lex = sql.call("regexp_replace", lex, sql.string(pattern), sql.string(written))
    lex = sql.call("nullif", lex, sql.string(""))
    return literal(lex, Kind.OTHER, str(XSD.dayTimeDuration))


TIME_FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "YEAR": _field("year", _DATED),
    "MONTH": _field("month", _DATED),
    "DAY": _field("day", _DATED),
    "HOURS": _field("hour", _TIMED),
    "MINUTES": _field("minute", _TIMED),
    "SECONDS": seconds,
    "TZ": tz,
    "TIMEZONE": timezone,
}
"""Functions by the name that the parser gives them after `Builtin_`."""


def to_string(value: Value) -> Value:
    """Cast to xsd:string: numbers and booleans in their canonical form (XPath 3.1, 19.1.2)."""
    kinds = LITERALS | IRIS
    branches: list[tuple[Expr, Expr]] = []
    if value.kinds & EXACT:
        text = decimal_text(value.number("num"), value.traits.digits)
        branches.append((value.is_kind(EXACT), text))
    if value.kinds & FLOATING:
        branches.append((value.is_kind(FLOATING), _floating_string(value)))
    if value.kinds & _BOOLEAN:
        one = sql.eq(value.facet("num"), sql.number(1))
        text = sql.case([(one, sql.string("true"))], sql.string("false"))
        branches.append((value.is_kind(_BOOLEAN), text))
    branches.append((value.is_kind(kinds), value.facet("lex")))
    return Text(sql.case(branches))


def _floating_string(value: Value) -> Expr:
    """Return a floating number as XPath writes it: plain between 1e-4 and 1e6, else refused."""
    dbl = value.number("dbl")
    text = floating_text(dbl, "FLOAT" if value.kinds & FLOATING == {Kind.FLOAT} else "DOUBLE")
    size = sql.call("abs", dbl)
    plain = sql.either(
        sql.eq(dbl, sql.number(0)),
        sql.both(
            sql.compare(">=", size, sql.cast(sql.string("1e-4"), "DOUBLE")),
            sql.compare("<", size, sql.cast(sql.string("1e6"), "DOUBLE")),
        ),
        sql.negation(sql.call("isfinite", dbl)),
    )
    trimmed = sql.call("regexp_replace", text, sql.string("[.]0$"), sql.string(""))
    return sql.case(
        [(plain, trimmed), (sql.is_null(dbl), sql.typed_null("VARCHAR"))],
        sql.call("error", sql.string("not compiled: the text of a very large or small double")),
    )


def to_integer(value: Value) -> Value:
    """Cast to xsd:integer: numbers lose their fraction, strings must look like an integer."""
    whole = _by_kind(
        value,
        exact=lambda num: sql.call("trunc", num) if value.traits.digits else num,
        floating=lambda dbl: _finite(dbl, sql.call("trunc", dbl), decimal_type(COLUMN_DIGITS)),
        string=lambda lex: _matching(lex, "[+-]?[0-9]+", decimal_type(COLUMN_DIGITS)),
    )
    return integer(whole) if whole is not None else Unbound()


def to_decimal(value: Value) -> Value:
    """Cast to xsd:decimal."""
    digits = value.traits.digits if value.kinds <= EXACT | _BOOLEAN else COLUMN_DIGITS
    type_name = decimal_type(max(COLUMN_DIGITS, digits))
    number = _by_kind(
        value,
        exact=lambda num: sql.cast(num, type_name),
        floating=lambda dbl: _finite(dbl, dbl, type_name),
        string=lambda lex: _matching(
            lex, r"[+-]?([0-9]+(\.[0-9]{0,10})?|\.[0-9]{1,10})", type_name
        ),
    )
    return decimal(number, digits) if number is not None else Unbound()


def to_double(value: Value) -> Value:
    """Cast to xsd:double."""
    return _to_floating(value, Kind.DOUBLE)


def to_float(value: Value) -> Value:
    """Cast to xsd:float."""
    return _to_floating(value, Kind.FLOAT)


def _to_floating(value: Value, kind: Kind) -> Value:
    pattern = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN"
    number = _by_kind(
        value,
        exact=lambda num: double_of(num, value.traits.digits),
        floating=lambda dbl: dbl,
        string=lambda lex: _matching(lex, pattern, "DOUBLE"),
    )
    if number is None:
        return Unbound()
    if kind is Kind.FLOAT:
        number = sql.cast(sql.cast(number, "FLOAT"), "DOUBLE")
    return Number(Traits(frozenset({kind})), None, number)


def to_boolean(value: Value) -> Value:
    """Cast to xsd:boolean."""
    zero = sql.number(0)
    truth = _by_kind(
        value,
        exact=lambda num: sql.compare("!=", num, zero),
        floating=lambda dbl: sql.both(
            sql.compare("!=", dbl, zero), sql.negation(sql.call("isnan", dbl))
        ),
        string=lambda lex: sql.case(
            [
                (_in(lex, "true", "1"), sql.boolean(True)),
                (_in(lex, "false", "0"), sql.boolean(False)),
            ]
        ),
    )
    return Truth(truth) if truth is not None else Unbound()


def _in(lex: Expr, *texts: str) -> Expr:
    return sql.either(*(sql.eq(lex, sql.string(text)) for text in texts))


def _by_kind(
    value: Value,
    *,
    exact: Callable[[Expr], Expr],
    floating: Callable[[Expr], Expr],
    string: Callable[[Expr], Expr],
) -> Expr | None:
    """Return the cast of a value by its kind, NULL where there is none; booleans are 0 and 1."""
    branches: list[tuple[Expr, Expr]] = []
    if value.kinds & EXACT:
        num = exact_part(value)
        assert num is not None  # noqa: S101
        branches.append((value.is_kind(EXACT), exact(num)))
    if value.kinds & _BOOLEAN:
        branches.append((value.is_kind(_BOOLEAN), exact(value.facet("num"))))
    if value.kinds & FLOATING:
        branches.append((value.is_kind(FLOATING), floating(value.number("dbl"))))
    if value.kinds & PLAIN:
        branches.append((value.is_kind(PLAIN), string(value.facet("lex"))))
    return sql.case(branches) if branches else None


def _finite(dbl: Expr, result: Expr, type_name: str) -> Expr:
    return sql.case([(sql.call("isfinite", dbl), sql.cast(result, type_name))])


def _matching(lex: Expr, pattern: str, type_name: str) -> Expr:
    matches = sql.call("regexp_full_match", lex, sql.string(pattern))
    return sql.case([(matches, sql.cast(lex, type_name))])


def _to_temporal(kind: Kind) -> Callable[[Value], Value]:
    """Return the cast to xsd:date or xsd:dateTime (XPath 3.1, 19.1.4)."""

    def cast(value: Value) -> Value:
        if value.kinds == frozenset({kind}):
            return value
        branches = [
            (value.is_kind(kinds), lex)
            for kinds, lex in (
                (PLAIN | {kind}, value.facet("lex")),
                (_DATED - {kind}, _as_date(value) if kind is Kind.DATE else _as_time(value)),
            )
            if value.kinds & kinds
        ]
        if not branches:
            return Unbound()
        return TypedText(sql.case(branches), DATATYPES[kind], valid=True)

    return cast


def _as_date(value: Value) -> Expr:
    """Return the text of the day of an xsd:dateTime, in its zone."""
    clock = sql.string("T.*?(Z|[+-][0-9]{2}:[0-9]{2})?$")
    day = sql.call("regexp_replace", value.facet("lex"), clock, sql.string(r"\1"))
    end = sql.call("contains", value.facet("lex"), sql.string("T24:"))
    late = sql.call("error", sql.string("not compiled: the day of the end of a day"))
    return sql.case([(end, late)], day)


def _as_time(value: Value) -> Expr:
    """Return the text of the first moment of an xsd:date."""
    return sql.call(
        "regexp_replace",
        value.facet("lex"),
        sql.string("^(-?[0-9]+-[0-9]{2}-[0-9]{2})"),
        sql.string(r"\1T00:00:00"),
    )


CASTS: dict[str, Callable[[Value], Value]] = {
    str(XSD.string): to_string,
    str(XSD.integer): to_integer,
    str(XSD.decimal): to_decimal,
    str(XSD.double): to_double,
    str(XSD.float): to_float,
    str(XSD.boolean): to_boolean,
    str(XSD.dateTime): _to_temporal(Kind.DATETIME),
    str(XSD.date): _to_temporal(Kind.DATE),
}
"""Constructor functions by IRI."""
