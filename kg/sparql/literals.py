"""What terms stand for, exactly: the values that the evaluator computes with (XSD 1.1, part 2).

The compiler has the same kinds and values in the columns of the dictionary.
"""

from __future__ import annotations

import math
import re
import struct
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from rdflib import BNode, Literal, URIRef
from rdflib.plugins.sparql.sparql import SPARQLError
from rdflib.term import Node

from kg.namespaces import XSD
from kg.store import Kind
from kg.store.typing import INTEGER_RANGES

Number = Decimal | float
"""A Decimal for integers and decimals, a float for xsd:float and xsd:double."""

NUMERIC = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE})
TEMPORAL = frozenset({Kind.DATETIME, Kind.DATE, Kind.TIME, Kind.YEARMONTH, Kind.YEAR})
STRINGS = frozenset({Kind.STRING, Kind.LANG})

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_ZONE = r"(?P<zone>Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_YEAR = r"(?P<year>-?(?:[1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH = r"-(?P<month>0[1-9]|1[0-2])"
_DAY = r"-(?P<day>0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?P<hour>[01][0-9]|2[0-4]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9](?:\.[0-9]+)?)"
_MOMENTS = {
    str(XSD[name]): (kind, re.compile(pattern + _ZONE))
    for name, kind, pattern in (
        ("dateTime", Kind.DATETIME, f"{_YEAR}{_MONTH}{_DAY}T{_CLOCK}"),
        ("date", Kind.DATE, _YEAR + _MONTH + _DAY),
        ("time", Kind.TIME, _CLOCK),
        ("gYearMonth", Kind.YEARMONTH, _YEAR + _MONTH),
        ("gYear", Kind.YEAR, _YEAR),
    )
}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_RANGES = {str(XSD[name]): limits for name, limits in INTEGER_RANGES.items()}
_CYCLE, _CYCLE_DAYS = 400, 146_097
"""Years after which the calendar repeats, and their days."""


class Moment(NamedTuple):
    """A time as written: its fields, the minutes of its zone, and the seconds since year 1."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: Decimal
    zone: int | None

    @property
    def seconds(self) -> Fraction:
        """Seconds since the first day of the calendar; without a zone, as if in UTC."""
        cycles, year = divmod(self.year - 1, _CYCLE)
        days = date(year + 1, self.month, self.day).toordinal() + cycles * _CYCLE_DAYS
        minutes = (days * 24 + self.hour) * 60 + self.minute - (self.zone or 0)
        return minutes * 60 + Fraction(self.second)


def number_of(term: Any) -> Number:
    """Return the number that a literal stands for.

    Raises:
        SPARQLError: it is no number.
    """
    kind, value = read(term)
    if kind not in NUMERIC:
        raise SPARQLError("no number")
    number: Number = value
    return number


def text_of(term: Any) -> str:
    """Return the text of an xsd:string.

    Raises:
        SPARQLError: the term is none.
    """
    if kind_of(term) is not Kind.STRING:
        raise SPARQLError("no string")
    return str(term)


def string_of(term: Any) -> Literal:
    """Return a string literal, with or without a language.

    Raises:
        SPARQLError: the term is none.
    """
    if isinstance(term, Literal) and kind_of(term) in STRINGS:
        return term
    raise SPARQLError("no string")


def like(model: Literal, text: str) -> Literal:
    """Return a text of the same string type as another one."""
    return Literal(text, lang=model.language) if model.language else Literal(text)


def kind_of(term: Any) -> Kind:
    """Return the kind of a term."""
    return read(term)[0]


def read(term: Node) -> tuple[Kind, Any]:
    """Return the kind of a term and its value.

    The value is a Number, a bool or a Moment, and a text for what has no other value.
    """
    if isinstance(term, Literal):
        if term.language:
            return Kind.LANG, str(term)
        return _typed(str(term), None if term.datatype is None else str(term.datatype))
    if isinstance(term, URIRef):
        return Kind.IRI, str(term)
    if isinstance(term, BNode):
        return Kind.BLANK, str(term)
    raise SPARQLError("no term")


@lru_cache(maxsize=4096)
def _typed(text: str, datatype: str | None) -> tuple[Kind, Any]:
    """Return kind and value of a literal without a language."""
    if datatype is None or datatype == str(XSD.string):
        return Kind.STRING, text
    found: tuple[Kind, Any] | None
    if datatype in _RANGES:
        found = _integer(text, *_RANGES[datatype])
    elif datatype == str(XSD.decimal):
        found = (Kind.DECIMAL, Decimal(text)) if _DECIMAL.fullmatch(text) else None
    elif datatype in (str(XSD.double), str(XSD.float)):
        found = _floating(text, Kind.FLOAT if datatype == str(XSD.float) else Kind.DOUBLE)
    elif datatype == str(XSD.boolean):
        found = (Kind.BOOLEAN, _BOOLEANS[text]) if text in _BOOLEANS else None
    elif datatype in _MOMENTS:
        found = _moment(text, *_MOMENTS[datatype])
    else:
        found = Kind.OTHER, text
    return (Kind.ILL, text) if found is None else found


def _integer(text: str, least: int | None, most: int | None) -> tuple[Kind, Any] | None:
    if not _INTEGER.fullmatch(text):
        return None
    number = Decimal(text)
    if (least is not None and number < least) or (most is not None and number > most):
        return None
    return Kind.INTEGER, number


def _floating(text: str, kind: Kind) -> tuple[Kind, Any] | None:
    if not _DOUBLE.fullmatch(text):
        return None
    number = float(text.replace("INF", "inf"))
    return kind, single(number) if kind is Kind.FLOAT else number


def single(number: float) -> float:
    """Return a number in the precision of xsd:float."""
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def _moment(text: str, kind: Kind, pattern: re.Pattern[str]) -> tuple[Kind, Any] | None:
    told = pattern.fullmatch(text)
    if told is None:
        return None
    fields = told.groupdict()
    year, month, day = (int(fields.get(name) or 1) for name in ("year", "month", "day"))
    hour, minute = (int(fields.get(name) or 0) for name in ("hour", "minute"))
    second = Decimal(fields.get("second") or 0)
    moment = Moment(year, month, day, hour, minute, second, _minutes(fields["zone"]))
    try:
        moment.seconds  # noqa: B018  (a day that the month does not have)
    except ValueError:
        return None
    end_of_day = moment.hour == 24 and (moment.minute or moment.second)
    return None if end_of_day else (kind, moment)


def _minutes(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return -minutes if zone[0] == "-" else minutes


_DATATYPES = {
    Kind.INTEGER: XSD.integer,
    Kind.DECIMAL: XSD.decimal,
    Kind.FLOAT: XSD.float,
    Kind.DOUBLE: XSD.double,
}


def number(value: Number, kind: Kind) -> Literal:
    """Return a computed number as a literal of its kind."""
    if isinstance(value, Decimal):
        if kind in (Kind.FLOAT, Kind.DOUBLE):
            value = float(value)
        else:
            return typed(exact_text(value), _DATATYPES[kind])
    return typed(floating_text(value, kind), _DATATYPES[kind])


def typed(text: str, datatype: URIRef) -> Literal:
    """Return a literal, its lexical form unchanged."""
    return Literal(text, datatype=datatype, normalize=False)


def truth(value: bool) -> Literal:  # noqa: FBT001  (the value itself)
    """Return a truth value as a literal."""
    return Literal(value)


def exact_text(value: Decimal) -> str:
    """Return the shortest text of an exact number."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def floating_text(value: float, kind: Kind) -> str:
    """Return the shortest text that stands for a floating number of a kind."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    text = repr(value)
    if kind is Kind.FLOAT:
        value = single(value)
        text = next(
            t for t in (f"{value:.{p}g}" for p in range(1, 18)) if single(float(t)) == value
        )
        text = repr(float(text))
    return text.upper().replace("E+", "E")
