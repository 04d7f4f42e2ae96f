"""Functions on strings (SPARQL 1.1, section 17.4.3)."""

from __future__ import annotations

from kg.sparql import sql
from kg.sparql.computed import Number, Text, TextLike, Truth, when_not_null
from kg.sparql.search import asked, pattern
from kg.sparql.sql import Expr
from kg.sparql.values import (
    NUMERIC,
    PLAIN,
    STRINGS,
    TAGGED,
    Choice,
    Constant,
    NotCompiledError,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind

_LONGEST = 2**31 - 1
"""Characters that a text may have."""
_TO_SEVERAL = (
    r"[\x{149}\x{1f0}\x{390}\x{3b0}\x{587}\x{1e96}-\x{1e9a}\x{1f50}-\x{1ffc}\x{fb00}-\x{fb17}]"
)
"""Characters, among others, whose capital is several characters (Unicode, SpecialCasing)."""
_BY_PLACE = "Σ"
"""The character whose small form depends on where it stands."""


def string_of(value: Value) -> Expr:
    """Return the text of a string literal, NULL for another term."""
    return guarded(value, STRINGS, value.facet("lex"))


def guarded(value: Value, kinds: frozenset[Kind], result: Expr) -> Expr:
    """Return a result where the value is of some kinds, else NULL."""
    if value.kinds <= kinds:
        return result
    return sql.case([(value.is_kind(kinds), result)])


def plain(value: Value) -> Expr:
    """Return the text of an xsd:string, NULL for another term."""
    return guarded(value, PLAIN, value.facet("lex"))


def _compatible(first: Value, second: Value) -> Expr:
    """Return the text of a second string argument that fits the first (section 17.4.3.1.1)."""
    if second.kinds <= PLAIN:
        return second.facet("lex")
    same_language = sql.both(
        first.is_kind(TAGGED),
        second.is_kind(TAGGED),
        sql.eq(first.facet("lang"), second.facet("lang")),
    )
    fits = sql.either(second.is_kind(PLAIN), same_language)
    return sql.case([(fits, second.facet("lex"))])


def string_result(model: Value, lex: Expr) -> Value:
    """Return a text of the same string type as an argument."""
    if model.kinds <= PLAIN:
        return Text(lex)
    return TextLike(lex, model, model.kinds & STRINGS)


class _Length(Number):
    """The number of characters of a text; `count` is that as an integer of the engine."""

    def __init__(self, text: Expr) -> None:
        self.count = sql.call("length", text)
        traits = Traits(frozenset({Kind.INTEGER}), 0)
        super().__init__(traits, sql.cast(self.count, decimal_type(traits.scale)), None)


def strlen(value: Value) -> Value:
    """STRLEN, in characters."""
    return _Length(string_of(value))


def substr(value: Value, start: Value, length: Value | None = None) -> Value:
    """SUBSTR with positions counted from 1."""
    text = string_of(value)
    size = None if length is None else _size(length)
    if (place := _whole(start)) is not None and place > 0 and (length is None) == (size is None):
        rest = [] if size is None else [size]
        return string_result(value, sql.call("substr", text, sql.number(place), *rest))
    begin = _rounded(start)
    first = _within(begin, sql.number(1))
    if length is None:
        return string_result(value, _unless_nan(begin, sql.call("substr", text, first)))
    end = sql.arithmetic("+", begin, _rounded(length))
    size = _within(sql.arithmetic("-", end, first), sql.number(0))
    return string_result(value, _unless_nan(end, sql.call("substr", text, first, size)))


def _whole(value: Value) -> int | None:
    """Return a whole number of the query's text that no text is longer than, None for others."""
    if not isinstance(value, Constant) or not value.kinds <= {Kind.INTEGER}:
        return None
    number = value.term.num
    return None if number is None or abs(number) > _LONGEST else int(number)


def _size(value: Value) -> Expr | None:
    """Return a number of characters, where it needs no rounding and no look at its limits."""
    if isinstance(value, _Length):
        return value.count
    whole = _whole(value)
    return None if whole is None else sql.number(max(whole, 0))


def _rounded(value: Value) -> Expr:
    """Return a number, rounded half up, as a double; NULL for another term (XPath 3.1, 5.4.3)."""
    if not value.kinds & NUMERIC:
        return sql.typed_null("DOUBLE")
    half = sql.cast(sql.string("0.5"), "DOUBLE")
    number = guarded(value, NUMERIC, value.number("dbl"))
    return sql.call("floor", sql.arithmetic("+", number, half))


def _within(position: Expr, least: Expr) -> Expr:
    """Return a place or a size as an integer that no text is longer than."""
    most = sql.call("least", position, sql.number(_LONGEST))
    kept = sql.cast(sql.call("greatest", most, least), "BIGINT")
    return when_not_null(position, kept)


def _unless_nan(position: Expr, part: Expr) -> Expr:
    """Return a part of a text, the empty text where its place is no number."""
    return sql.case([(sql.call("isnan", position), sql.string(""))], part)


def ucase(value: Value) -> Value:
    """UCASE."""
    # The engine maps one character to one: the sharp s becomes two.
    sharp = sql.call("replace", string_of(value), sql.string("ß"), sql.string("SS"))
    return string_result(value, _cased("upper", sharp, _TO_SEVERAL))


def lcase(value: Value) -> Value:
    """LCASE."""
    dotted = sql.call("replace", string_of(value), sql.string("İ"), sql.string("i\u0307"))
    return string_result(value, _cased("lower", dotted, _BY_PLACE))


def _cased(function: str, text: Expr, beyond: str) -> Expr:
    """Return a text in another case, refused where the engine does not map by characters alone."""
    special = sql.call("regexp_matches", text, sql.string(beyond))
    refused = sql.call("error", sql.string("not compiled: the case of a special character"))
    return sql.case([(special, sql.cast(refused, "VARCHAR"))], sql.call(function, text))


def strstarts(value: Value, part: Value) -> Value:
    """STRSTARTS."""
    return Truth(sql.call("starts_with", string_of(value), _compatible(value, part)))


def strends(value: Value, part: Value) -> Value:
    """STRENDS."""
    return Truth(sql.call("ends_with", string_of(value), _compatible(value, part)))


def contains(value: Value, part: Value) -> Value:
    """CONTAINS."""
    return Truth(sql.call("contains", string_of(value), _compatible(value, part)))


def strbefore(value: Value, part: Value) -> Value:
    """STRBEFORE."""
    text, needle = string_of(value), _compatible(value, part)
    position = sql.call("instr", text, needle)
    size = sql.arithmetic("-", position, sql.number(1))
    return _part(value, text, needle, sql.call("substr", text, sql.number(1), size))


def strafter(value: Value, part: Value) -> Value:
    """STRAFTER."""
    text, needle = string_of(value), _compatible(value, part)
    begin = sql.arithmetic("+", sql.call("instr", text, needle), sql.call("length", needle))
    return _part(value, text, needle, sql.call("substr", text, begin))


def _part(value: Value, text: Expr, needle: Expr, found: Expr) -> Value:
    """Return a part of a text, the empty xsd:string when the needle does not occur."""
    occurs = sql.call("contains", text, needle)
    part = string_result(value, sql.case([(occurs, found)]))
    absent = Text(when_not_null(needle, sql.string("")))
    return Choice([(occurs, part), (sql.negation(occurs), absent)], Unbound())


def concat(*values: Value) -> Value:
    """CONCAT."""
    if not values:
        return Text(sql.string(""))
    text = sql.concat(*(string_of(value) for value in values))
    if all(value.kinds <= PLAIN for value in values):
        return Text(text)
    if len(values) == 1:
        return string_result(values[0], text)
    languages = [value.facet("lang") for value in values]
    same = sql.both(*(sql.eq(languages[0], other) for other in languages[1:]))
    one = TextLike(sql.case([(same, text)]), values[0], TAGGED)
    return Choice([(same, one)], Text(text))


def encode_for_uri(value: Value) -> Value:
    """ENCODE_FOR_URI."""
    return Text(sql.call("url_encode", string_of(value)))


def search(value: Value, wanted: Value) -> Value:
    """The function search of ours, for words known at compile time."""
    if not isinstance(wanted, Constant):
        raise NotCompiledError("a search for words that are not constant")
    if not wanted.kinds <= STRINGS:
        return Unbound()
    text = string_of(value)
    tests = [
        sql.call("regexp_matches", text, sql.string(pattern(word)))
        for word in asked(wanted.term.lex)
    ]
    # Words that are not there decide; of no word nothing is asked but that there is a text.
    return Truth(sql.both(*tests) if tests else when_not_null(text, sql.boolean(True)))


def langmatches(value: Value, pattern: Value) -> Value:
    """LANGMATCHES (RFC 4647, basic filtering)."""
    language = sql.call("lower", plain(value))
    wanted = sql.call("lower", plain(pattern))
    some = sql.compare("!=", language, sql.string(""))
    prefix = sql.call("starts_with", language, sql.concat(wanted, sql.string("-")))
    matches = sql.either(sql.eq(language, wanted), prefix)
    return Truth(sql.case([(sql.eq(wanted, sql.string("*")), some)], matches))
