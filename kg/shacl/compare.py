"""SPARQL's `<` and `<=` between typed values, as SQL over their columns (section 17.3).

Values that cannot be compared are not less: an ordering between them is false, never unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlglot import exp

from kg.shacl import spans
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
    "dt": "VARCHAR",
}

Side = dict[str, exp.Expr]
"""One side of a comparison: the SQL expression of each column of `_TYPES`."""

Kinds = frozenset[Kind] | None
"""The kinds that a side may have, None for any."""

_EXACT = frozenset({Kind.INTEGER, Kind.DECIMAL})
_NUMBERS = _EXACT | {Kind.FLOAT, Kind.DOUBLE}
_TIMES = frozenset({Kind.DATETIME, Kind.DATE, Kind.TIME, Kind.YEARMONTH, Kind.YEAR})


@dataclass(frozen=True, slots=True)
class _Case:
    """How values of some kinds compare; with `alone`, `then` says it all of certain kinds."""

    kinds: frozenset[Kind]
    when: str
    then: str
    alone: bool = False
    one_kind: bool = False

    def may_apply(self, left: Kinds, right: Kinds) -> bool:
        """Tell whether a left and a right side may be of these kinds."""
        lefts = self.kinds if left is None else self.kinds & left
        rights = self.kinds if right is None else self.kinds & right
        return bool(lefts & rights if self.one_kind else lefts and rights)

    def applies(self, left: Kinds, right: Kinds) -> bool:
        """Tell whether every left and right side is of these kinds, and nothing else matters."""
        if not self.alone or left is None or right is None:
            return False
        same = left == right and len(left) == 1 if self.one_kind else True
        return same and left | right <= self.kinds


# Kinds: 3 string, 5 boolean, 6 integer, 7 decimal, 8 float, 9 double, 10 to 14 times. The engine
# puts NaN above every number and equal to itself, where SPARQL has it beside them. A time without
# zone may be up to 14 hours away from where it looks (XSD 1.0 part 2, section 3.2.7.4).
_CASES = (
    _Case(
        _EXACT,
        ":l_kind IN (6, 7) AND :r_kind IN (6, 7) AND :l_num IS NOT NULL AND :r_num IS NOT NULL",
        ":l_num < :r_num",
        alone=True,
    ),
    _Case(
        _NUMBERS,
        ":l_kind BETWEEN 6 AND 9 AND :r_kind BETWEEN 6 AND 9",
        """NOT isnan(:l_dbl) AND NOT isnan(:r_dbl) AND CASE
            WHEN 8 IN (:l_kind, :r_kind) AND NOT 9 IN (:l_kind, :r_kind)
                THEN CAST(:l_dbl AS FLOAT) < CAST(:r_dbl AS FLOAT)
            ELSE :l_dbl < :r_dbl END""",
    ),
    _Case(
        frozenset({Kind.STRING}),
        ":l_kind = 3 AND :r_kind = 3",
        ":l_lex < :r_lex",
        alone=True,
        one_kind=True,
    ),
    _Case(
        frozenset({Kind.BOOLEAN}),
        ":l_kind = 5 AND :r_kind = 5",
        ":l_num < :r_num",
        alone=True,
        one_kind=True,
    ),
    _Case(
        _TIMES,
        ":l_kind = :r_kind AND :l_kind BETWEEN 10 AND 14",
        """CASE
        WHEN (:l_tz IS NULL) = (:r_tz IS NULL) THEN :l_ts < :r_ts
        ELSE :r_ts > :l_ts + INTERVAL 14 HOUR END""",
        alone=True,
        one_kind=True,
    ),
    _Case(frozenset({Kind.OTHER}), spans.BOTH, spans.LESS, one_kind=True),
)


_HALF_ZONE_SPAN = 14 * 3600 * 1_000_000


def _key(template: str, side: str, shift: int = 0) -> str:
    return template.format(lex=f":{side}_lex", shift=shift)


_WIDE_CASES = (
    _Case(
        _EXACT,
        ":l_kind IN (6, 7) AND :r_kind IN (6, 7) AND (:l_num IS NULL OR :r_num IS NULL)",
        f"{_key(NUMBER_KEY, 'l')} < {_key(NUMBER_KEY, 'r')}",
    ),
    _Case(
        frozenset({Kind.DATETIME, Kind.TIME}),
        ":l_kind = :r_kind AND :l_kind IN (10, 12) AND (:l_ts IS NULL OR :r_ts IS NULL)",
        f"""CASE WHEN {_key(ZONED, "l")} = {_key(ZONED, "r")}
            THEN {_key(TIME_KEY, "l")} < {_key(TIME_KEY, "r")}
        ELSE {_key(TIME_KEY, "r")} > {_key(TIME_KEY, "l", _HALF_ZONE_SPAN)} END""",
        one_kind=True,
    ),
)


@lru_cache(maxsize=512)
def _template(*, or_equal: bool, wide: bool, left: Kinds, right: Kinds) -> str:
    """Return the template of a comparison between sides of some kinds."""
    several = (*_WIDE_CASES, *_CASES) if wide else _CASES
    cases = [case for case in several if case.may_apply(left, right)]
    if not cases:
        return "FALSE"
    whens = " ".join(f"WHEN {case.when} THEN {case.then}" for case in cases)
    alone = cases[0].applies(left, right)
    template = f"coalesce({cases[0].then if alone else f'CASE {whens} ELSE FALSE END'}, FALSE)"
    # Across zones there is no equality, hence the order of that comparison's sides.
    return template.replace(" < ", " <= ") if or_equal else template


def text_columns(left: Kinds, right: Kinds, *, wide: bool) -> tuple[str, ...]:
    """Return the columns of texts that a comparison may look at: of the value, of its datatype."""

    def both_may_be(kind: Kind) -> bool:
        return all(kinds is None or kind in kinds for kinds in (left, right))

    if both_may_be(Kind.OTHER):
        return ("lex", "dt")
    return ("lex",) if wide or both_may_be(Kind.STRING) else ()


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


def less(
    left: Side,
    right: Side,
    *,
    or_equal: bool,
    wide: bool,
    kinds: tuple[Kinds, Kinds] = (None, None),
) -> exp.Expr:
    """Return the SQL condition `left < right`, or `left <= right`, never NULL.

    `wide` says that some value may be one that the typed columns cannot hold, `kinds` of which
    kinds the values of the two sides are at most: the fewer, the shorter the condition.
    """
    parts = {f"l_{name}": side for name, side in left.items()}
    parts |= {f"r_{name}": side for name, side in right.items()}
    return fill(_template(or_equal=or_equal, wide=wide, left=kinds[0], right=kinds[1]), **parts)
