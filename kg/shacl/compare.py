"""SPARQL's `<` and `<=` between typed values, as SQL over their columns (section 17.3).

Values that cannot be compared are not less: an ordering between them is false, never unknown.
"""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from kg.shacl.sql import DIALECT, fill
from kg.shacl.wide import NUMBER_KEY, TIME_KEY, ZONED
from kg.store import Kind, TypedTerm

_TYPES = {
    "kind": "UTINYINT",
    "num": "DECIMAL(38, 10)",
    "dbl": "DOUBLE",
    "ts": "TIMESTAMP",
    "tz": "SMALLINT",
    "lex": "VARCHAR",
}

Side = dict[str, exp.Expr]
"""One side of a comparison: the SQL expression of each column of `_TYPES`."""

# Kinds: 3 string, 5 boolean, 6 integer, 7 decimal, 8 float, 9 double, 10 to 14 times. The engine
# puts NaN above every number and equal to itself, where SPARQL has it beside them. A time without
# zone may be up to 14 hours away from where it looks (XSD 1.0 part 2, section 3.2.7.4).
_LESS = """
coalesce(CASE
    WHEN :l_kind IN (6, 7) AND :r_kind IN (6, 7) AND :l_num IS NOT NULL AND :r_num IS NOT NULL
        THEN :l_num < :r_num
    WHEN :l_kind BETWEEN 6 AND 9 AND :r_kind BETWEEN 6 AND 9
        THEN NOT isnan(:l_dbl) AND NOT isnan(:r_dbl) AND CASE
            WHEN 8 IN (:l_kind, :r_kind) AND NOT 9 IN (:l_kind, :r_kind)
                THEN CAST(:l_dbl AS FLOAT) < CAST(:r_dbl AS FLOAT)
            ELSE :l_dbl < :r_dbl END
    WHEN :l_kind = 3 AND :r_kind = 3 THEN :l_lex < :r_lex
    WHEN :l_kind = 5 AND :r_kind = 5 THEN :l_num < :r_num
    WHEN :l_kind = :r_kind AND :l_kind BETWEEN 10 AND 14 THEN CASE
        WHEN (:l_tz IS NULL) = (:r_tz IS NULL) THEN :l_ts < :r_ts
        ELSE :r_ts > :l_ts + INTERVAL 14 HOUR END
    ELSE FALSE END, FALSE)
"""


_HALF_ZONE_SPAN = 14 * 3600 * 1_000_000


def _key(template: str, side: str, shift: int = 0) -> str:
    return template.format(lex=f":{side}_lex", shift=shift)


_WIDE_CASES = f"""
    WHEN :l_kind IN (6, 7) AND :r_kind IN (6, 7) AND (:l_num IS NULL OR :r_num IS NULL)
        THEN {_key(NUMBER_KEY, "l")} < {_key(NUMBER_KEY, "r")}
    WHEN :l_kind = :r_kind AND :l_kind IN (10, 12) AND (:l_ts IS NULL OR :r_ts IS NULL) THEN CASE
        WHEN {_key(ZONED, "l")} = {_key(ZONED, "r")}
            THEN {_key(TIME_KEY, "l")} < {_key(TIME_KEY, "r")}
        ELSE {_key(TIME_KEY, "r")} > {_key(TIME_KEY, "l", _HALF_ZONE_SPAN)} END"""


def _template(*, or_equal: bool, wide: bool) -> str:
    """Return the template of a comparison."""
    template = _LESS.replace("CASE\n", f"CASE{_WIDE_CASES}\n", 1) if wide else _LESS
    # Across zones there is no equality, hence the order of that comparison's sides.
    return template.replace(" < ", " <= ") if or_equal else template


def is_wide(term: TypedTerm) -> bool:
    """Tell whether a term has a value that the typed columns cannot hold."""
    exact = term.kind in {Kind.INTEGER, Kind.DECIMAL} and term.num is None
    return exact or (term.kind in {Kind.DATETIME, Kind.TIME} and term.ts is None)


def column_side(table: str) -> Side:
    """Return the side whose values are the columns of a table."""
    return {name: exp.column(name, table=table) for name in _TYPES}


def constant_side(term: TypedTerm) -> Side:
    """Return the side that is one term."""
    return {name: _literal(getattr(term, name), kind) for name, kind in _TYPES.items()}


def _literal(value: object, engine_type: str) -> exp.Expr:
    """Return a typed value as an SQL literal of the type of its column."""
    text = value.isoformat(sep=" ") if isinstance(value, datetime) else value
    literal = exp.Null() if value is None else exp.Literal.string(str(text))
    return exp.cast(literal, engine_type, dialect=DIALECT)


def less(left: Side, right: Side, *, or_equal: bool, wide: bool) -> exp.Expr:
    """Return the SQL condition `left < right`, or `left <= right`, never NULL.

    `wide` says that some value may be one that the typed columns cannot hold.
    """
    parts = {f"l_{name}": side for name, side in left.items()}
    parts |= {f"r_{name}": side for name, side in right.items()}
    return fill(_template(or_equal=or_equal, wide=wide), **parts)
