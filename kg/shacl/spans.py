"""Durations in order, as SQL over their texts (XSD 1.1 part 2, section 3.3.6.2).

A duration stands for months and seconds. Two are in an order where their ends are in that order
from each of four months; `P1M` and `P30D` are in none.
"""

from __future__ import annotations

from kg.sparql.durations import DURATIONS, FORM, NOT_OF
from kg.store import Kind

_STARTS = ("1696-09-01", "1697-02-01", "1903-03-01", "1903-07-01")
_NAMES = "['sign', 'y', 'mo', 'd', 'h', 'mi', 's', 'f']"
_READ = f"regexp_extract({{lex}}, '^{FORM.replace('{', '{{').replace('}', '}}')}$', {_NAMES})"


def _whole(name: str) -> str:
    """Return the SQL of a whole number that was read."""
    return f"TRY_CAST(coalesce(nullif(r.{name}, ''), '0') AS DECIMAL(18, 0))"


_MONTHS = f"{_whole('y')} * 12 + {_whole('mo')}"
_SECONDS = (
    f"((({_whole('d')} * 24 + {_whole('h')}) * 60 + {_whole('mi')}) * 60 + {_whole('s')})"
    " + TRY_CAST('0' || r.f AS DECIMAL(19, 18))"
)
_PART = (
    f"list_transform([{_READ}], lambda r: {{{{"
    f"'m': CASE r.sign WHEN '-' THEN -1 ELSE 1 END * TRY_CAST({_MONTHS} AS INTEGER),"
    " 's': CASE r.sign WHEN '-' THEN -1 ELSE 1 END"
    f" * TRY_CAST({_SECONDS} AS DECIMAL(37, 18))}}}})[1]"
)
_TYPES = ", ".join(f"'{datatype}'" for datatype in sorted(DURATIONS))
_NO = " ".join(
    f"WHEN '{dt}' THEN regexp_matches({{lex}}, '{no}')" for dt, no in sorted(NOT_OF.items())
)
_IS = (
    f"{{kind}} = {Kind.OTHER:d} AND {{dt}} IN ({_TYPES})"
    f" AND regexp_full_match({{lex}}, '{FORM.replace('{', '{{').replace('}', '}}')}')"
    f" AND NOT CASE {{dt}} {_NO} END"
)
_ENDS = " AND ".join(
    f"0 > date_diff('day', DATE '{start}' + to_months(d.r.m), DATE '{start}' + to_months(d.l.m))"
    " * 86400 + (d.l.s - d.r.s)"
    for start in _STARTS
)


def _of(template: str, side: str) -> str:
    return template.format(**{name: f":{side}_{name}" for name in ("kind", "lex", "dt")})


BOTH = f"{_of(_IS, 'l')} AND {_of(_IS, 'r')}"
"""Condition that both sides are durations, in the lexical spaces of their types."""

LESS = f"""
list_transform([{{'l': {_of(_PART, "l")}, 'r': {_of(_PART, "r")}}}], lambda d: CASE
    WHEN d.l.m = d.r.m THEN d.l.s < d.r.s
    WHEN d.l.s = d.r.s OR (d.l.m < d.r.m) = (d.l.s < d.r.s) THEN d.l.m < d.r.m
    ELSE TRY({_ENDS}) END)[1]
"""
"""Condition that the left duration is less than the right one."""
