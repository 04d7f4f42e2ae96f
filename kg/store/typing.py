"""Typed values of literals, computed set-wise from their lexical forms (XSD 1.1 part 2)."""

from __future__ import annotations

from collections.abc import Collection

from kg.namespaces import XSD
from kg.store.schema import EXACT, TEMPORAL, Kind

_XSD = str(XSD)
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
XSD_STRING = _XSD + "string"

INTEGER_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
"""Integer datatypes with their smallest and largest value."""

_HASH = ", md5_number_lower(lex) AS h"
_ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DAY = r"-?([1-9][0-9]{3,}|0[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
_LEXICAL = {
    "boolean": r"true|false|1|0",
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "double": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "float": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "dateTime": _DAY + "T" + _CLOCK + _ZONE,
    "date": _DAY + _ZONE,
    "time": _CLOCK + _ZONE,
    "gYearMonth": r"-?([1-9][0-9]{3,}|0[0-9]{3})-(0[1-9]|1[0-2])" + _ZONE,
    "gYear": r"-?([1-9][0-9]{3,}|0[0-9]{3})" + _ZONE,
}
_KINDS = {
    "boolean": Kind.BOOLEAN,
    "decimal": Kind.DECIMAL,
    "double": Kind.DOUBLE,
    "float": Kind.FLOAT,
    "dateTime": Kind.DATETIME,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "gYearMonth": Kind.YEARMONTH,
    "gYear": Kind.YEAR,
}
_BEFORE_CLOCK = {"time": "1970-01-01T"}
_AFTER_DATE = {"gYearMonth": "-01", "gYear": "-01-01"}


def _kind_case(datatypes: Collection[str] | None) -> str:
    """Return the SQL expression of a term's kind, from `lex`, `dt` and `lang`.

    With datatypes, that of the terms of these datatypes only: it is planned much faster.
    """
    whens = [
        "WHEN dt IS NULL AND starts_with(lex, '_:') THEN 1",
        "WHEN dt IS NULL THEN 2",
        f"WHEN dt = '{XSD_STRING}' THEN 3",
        f"WHEN dt = '{RDF_LANG_STRING}' THEN 4",
    ]
    for name, (low, high) in INTEGER_RANGES.items():
        if datatypes is not None and _XSD + name not in datatypes:
            continue
        valid = r"regexp_full_match(lex, '[+-]?[0-9]+')"
        value = "try_cast(lex AS DECIMAL(38, 0))"
        if low is not None:
            valid += f" AND coalesce({value} >= {low}, NOT starts_with(lex, '-'))"
        if high is not None:
            valid += f" AND coalesce({value} <= {high}, starts_with(lex, '-'))"
        whens.append(f"WHEN dt = '{_XSD}{name}' THEN CASE WHEN {valid} THEN 6 ELSE 21 END")
    for name, pattern in _LEXICAL.items():
        if datatypes is not None and _XSD + name not in datatypes:
            continue
        valid = f"regexp_full_match(lex, '{pattern}')"
        if name in {"dateTime", "date"}:
            valid += f" AND (try_cast({_DATE_PART} AS DATE) IS NOT NULL OR {_OUTSIDE_CALENDAR})"
        kind = int(_KINDS[name])
        whens.append(f"WHEN dt = '{_XSD}{name}' THEN CASE WHEN {valid} THEN {kind} ELSE 21 END")
    return "CASE " + " ".join(whens) + " ELSE 20 END"


_DATE_PART = "regexp_extract(lex, '^[0-9]+-[0-9]+-[0-9]+')"
_OUTSIDE_CALENDAR = r"regexp_matches(lex, '^(-|[0-9]{6,}-)')"
"""Years that the engine's calendar may not hold: kept as they are, without typed value."""

_WITHOUT_ZONE = f"regexp_replace(lex, '{_ZONE[:-1]}$', '')"
_OFFSET = (
    "CASE WHEN ends_with(lex, 'Z') THEN 0 WHEN regexp_matches(lex, '[+-][0-9]{2}:[0-9]{2}$')"
    " THEN (CASE WHEN lex[-6] = '-' THEN -1 ELSE 1 END)"
    " * (lex[-5:-4]::SMALLINT * 60 + lex[-2:]::SMALLINT) END"
)


def _timestamp(name: str) -> str:
    """Return the SQL expression of the local time of a temporal literal, NULL when impossible."""
    before, after = _BEFORE_CLOCK.get(name, ""), _AFTER_DATE.get(name, "")
    local = f"try_cast('{before}' || {_WITHOUT_ZONE} || '{after}' AS TIMESTAMP)"
    return (
        rf"CASE WHEN NOT starts_with(lex, '-') AND NOT regexp_matches(lex, '\.[0-9]{{6}}0*[1-9]')"
        f" THEN {local} END"
    )


def typed(relation: str, datatypes: Collection[str] | None = None, *, hashed: bool = False) -> str:
    """Return SQL that adds `kind, num, dbl, ts, tz, h` to a relation with `lex, dt, lang`.

    With datatypes, no term of the relation is a literal of another one. A `hashed` relation has
    `h` already.
    Exact numbers with more than 10 decimals or 28 digits before the point, and times finer than
    a microsecond, get no typed value: they are "wide" (see `WIDE`).
    """
    temporal = " ".join(
        f"WHEN {int(_KINDS[name])} THEN {_timestamp(name)}"
        for name in ("dateTime", "date", "time", "gYearMonth", "gYear")
        if datatypes is None or _XSD + name in datatypes
    )
    local = f"CASE kind {temporal} END" if temporal else "NULL::TIMESTAMP"
    zone = f"CASE WHEN kind BETWEEN 10 AND 14 THEN ({_OFFSET})::SMALLINT END"
    return f"""
SELECT * EXCLUDE (local, zone),
    local - to_minutes(coalesce(zone, 0)) AS ts,
    CASE WHEN local IS NOT NULL THEN zone END AS tz
FROM (
    SELECT *,
        CASE WHEN kind = 5 THEN (lex IN ('true', '1'))::INTEGER::DECIMAL(38, 10)
             WHEN kind IN (6, 7) AND NOT regexp_matches(lex, '\\.[0-9]{{10}}[0-9]*[1-9]')
             THEN try_cast(lex AS DECIMAL(38, 10)) END AS num,
        CASE WHEN kind = 8 THEN try_cast(lex AS FLOAT)::DOUBLE
             WHEN kind BETWEEN 6 AND 9 THEN try_cast(lex AS DOUBLE) END AS dbl,
        {local} AS local,
        {zone if temporal else "NULL::SMALLINT"} AS zone{"" if hashed else _HASH}
    FROM (SELECT *, ({_kind_case(datatypes)})::UTINYINT AS kind FROM ({relation}))
)"""


WIDE = (
    f"(kind IN ({', '.join(str(int(k)) for k in EXACT)}) AND num IS NULL"
    f" OR kind IN ({', '.join(str(int(k)) for k in TEMPORAL)}) AND ts IS NULL)"
)
"""SQL condition: the term has a value that the typed columns cannot hold exactly."""
