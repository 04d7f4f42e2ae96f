"""What the typed columns tell of the text of a stored term, so that no dictionary is asked.

A day, a month or a year without time zone has one lexical form for each value (XSD 1.1, part 2,
3.3.9 to 3.3.12), and most kinds have one datatype. Columns `ts` hold no year before 0000.
"""

from __future__ import annotations

from kg.namespaces import XSD
from kg.sparql import sql
from kg.sparql.sql import Expr
from kg.store import Kind
from kg.store.typing import RDF_LANG_STRING, XSD_STRING

DATATYPES: dict[Kind, str] = {
    Kind.STRING: XSD_STRING,
    Kind.LANG: RDF_LANG_STRING,
    Kind.BOOLEAN: str(XSD.boolean),
    Kind.INTEGER: str(XSD.integer),
    Kind.DECIMAL: str(XSD.decimal),
    Kind.FLOAT: str(XSD.float),
    Kind.DOUBLE: str(XSD.double),
    Kind.DATETIME: str(XSD.dateTime),
    Kind.DATE: str(XSD.date),
    Kind.TIME: str(XSD.time),
    Kind.YEARMONTH: str(XSD.gYearMonth),
    Kind.YEAR: str(XSD.gYear),
}
"""Datatype that a computed value of a kind has."""

_SHORTER = {Kind.DATE: 0, Kind.YEARMONTH: 3, Kind.YEAR: 6}
"""Characters that the text of a kind has less than that of its first day."""
_WITHOUT_DATATYPE = {Kind.IRI, Kind.BLANK}
_ONE_DATATYPE = DATATYPES.keys() - {Kind.INTEGER} | _WITHOUT_DATATYPE
"""Kinds whose stored terms have one datatype, or none; that of an integer may be a derived one."""


def is_day(kinds: frozenset[Kind]) -> bool:
    """Return whether values of some kinds are days, months or years."""
    return bool(kinds) and kinds <= _SHORTER.keys()


def text_of_day(kinds: frozenset[Kind], ts: Expr, kind: Expr | None) -> Expr:
    """Return the lexical form of a day, a month or a year without zone.

    `kind` tells which it is where it may be several.
    """
    day = sql.cast(sql.cast(ts, "DATE"), "VARCHAR")
    # The engine writes the year 0000 as the first one before our era.
    early = sql.compare("<", ts, sql.cast(sql.string("0001-01-01"), "TIMESTAMP"))
    year_zero = sql.call("strftime", ts, sql.string("0000-%m-%d"))
    text = sql.case([(early, year_zero)], day)
    texts = {one: _cut(text, _SHORTER[one]) for one in sorted(kinds)}
    if kind is None:
        return texts[min(kinds)]
    return sql.case([(sql.eq(kind, sql.number(int(one))), text) for one, text in texts.items()])


def _cut(text: Expr, less: int) -> Expr:
    return sql.call("left", text, sql.number(-less)) if less else text


def has_one_datatype(kinds: frozenset[Kind]) -> bool:
    """Return whether the kind of a stored term tells its datatype."""
    return bool(kinds) and kinds <= _ONE_DATATYPE


def datatype_of(kinds: frozenset[Kind], present: Expr, kind: Expr | None) -> Expr:
    """Return the datatype of stored terms, NULL for those that are no literals."""
    typed = {one: sql.string(DATATYPES[one]) for one in sorted(kinds & DATATYPES.keys())}
    if not typed:
        return sql.null()
    if kind is None:
        return sql.case([(present, typed[min(kinds)])])
    return sql.case([(sql.eq(kind, sql.number(int(one))), text) for one, text in typed.items()])


def told_by_kinds(kinds: frozenset[Kind], present: Expr) -> dict[str, Expr]:
    """Return the facets `k`, `dt` and `lang` of stored terms that their kinds alone tell.

    An answer of many rows is sorted and joined without them.
    """
    told: dict[str, Expr] = {}
    if len(kinds) == 1:
        told["k"] = sql.case([(present, sql.number(int(min(kinds))))])
    if has_one_datatype(kinds) and (len(kinds) == 1 or kinds <= _WITHOUT_DATATYPE):
        told["dt"] = datatype_of(kinds, present, None)
    if kinds and Kind.LANG not in kinds:
        told["lang"] = sql.null()
    return told
