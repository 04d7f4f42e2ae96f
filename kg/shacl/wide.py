"""Sort keys, computed from lexical forms, of values that the typed columns cannot hold.

Those are exact numbers of more than 28 digits before or 10 after the point, and times finer than
a microsecond. Both are rare: the keys are used for predicates that have such values, and there
for the rows concerned. Years beyond the engine's calendar get no key: they compare with nothing.
"""

from __future__ import annotations

_WHOLE = r"ltrim(regexp_extract({lex}, '^[+-]?([0-9]*)', 1), '0')"
_DECIMALS = r"rtrim(regexp_extract({lex}, '\.([0-9]*)$', 1), '0')"
_DIGITS = f"lpad(CAST(length({_WHOLE}) AS VARCHAR), 6, '0') || {_WHOLE} || {_DECIMALS}"

NUMBER_KEY = f"""
CASE WHEN {_WHOLE} || {_DECIMALS} = '' THEN '1'
    WHEN starts_with({{lex}}, '-')
        THEN '0' || translate({_DIGITS}, '0123456789', '9876543210') || '~'
    ELSE '2' || {_DIGITS} END
"""
"""Text that sorts as the exact number whose lexical form is `{lex}`."""

_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})$"
_CUT = (
    rf"regexp_replace(regexp_replace({{lex}}, '{_ZONE.replace('{', '{{').replace('}', '}}')}', ''),"
    r" '(\.[0-9]{{6}})[0-9]+$', '\1')"
)
_MINUTES = (
    "CASE WHEN right({lex}, 6)[4] = ':' AND right({lex}, 6)[1] IN ('+', '-') THEN"
    " CAST(right({lex}, 6)[1:3] AS INTEGER) * 60"
    " + CAST(right({lex}, 6)[1] || right({lex}, 2) AS INTEGER) ELSE 0 END"
)
TIME_KEY = (
    "CASE WHEN NOT starts_with({lex}, '-') THEN printf('%020d', 1000000000000000000 + {shift}"
    " + epoch_us(try_cast(CASE WHEN contains({lex}, 'T') THEN '' ELSE '1970-01-01T' END"
    f" || {_CUT} AS TIMESTAMP) - to_minutes({_MINUTES})))"
    r" || rtrim(regexp_extract({lex}, '\.[0-9]{{6}}([0-9]*)', 1), '0') END"
)
"""Text that sorts as the dateTime or time `{lex}` put off by `{shift}` microseconds."""

ZONED = rf"regexp_matches({{lex}}, '{_ZONE.replace('{', '{{').replace('}', '}}')}')"
"""Whether the time `{lex}` has a zone."""
