"""Functions on terms, strings and numbers (SPARQL 1.1, sections 17.4.1 to 17.4.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kg.sparql import sql
from kg.sparql.comparison import identical
from kg.sparql.computed import DATATYPES, Number, Text, TextLike, Truth, exact_part, integer, when_not_null
from kg.sparql.sql import Expr
from kg.sparql.values import (
    COLUMN_DIGITS,
    EXACT,
    FLOATING,
    LITERALS,
    NUMERIC,
    STRINGS,
    Choice,
    Computed,
    Constant,
    NotCompiledError,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind
from kg.store.typing import XSD_STRING

_STRING = frozenset({Kind.STRING})
_LANG = frozenset({Kind.LANG})
_IRI = frozenset({Kind.IRI})
_BLANK = frozenset({Kind.BLANK})

Function = Callable[..., Value]


def string_of(value: Value) -> Expr:
    """Return the text of a string literal, NULL for another term."""
    return _guarded(value, STRINGS, value.facet("lex"))


def _guarded(value: Value, kinds: frozenset[Kind], result: Expr) -> Expr:
    """Return a result where the value is of some kinds, else NULL."""
    if value.kinds <= kinds:
        return result
    return sql.case([(value.is_kind(kinds), result)])


def _plain(value: Value) -> Expr:
    """Return the text of an xsd:string, NULL for another term."""
    return _guarded(value, _STRING, value.facet("lex"))


def _compatible(first: Value, second: Value) -> Expr:
    """Return the text of a second string argument that fits the first (section 17.4.3.1.1)."""
    if second.kinds <= _STRING:
        return second.facet("lex")
    same_language = sql.both(
        first.is_kind(_LANG),
        second.is_kind(_LANG),
        sql.eq(first.facet("lang"), second.facet("lang")),
    )
    fits = sql.either(second.is_kind(_STRING), same_language)
    return sql.case([(fits, second.facet("lex"))])


def _string_result(model: Value, lex: Expr) -> Value:
    """Return a text of the same string type as an argument."""
    if model.kinds <= _STRING:
        return Text(lex)
    return TextLike(lex, model, model.kinds & STRINGS)


def str_(value: Value) -> Value:
    """STR."""
    return Text(_guarded(value, LITERALS | _IRI, value.facet("lex")))


def lang(value: Value) -> Value:
    """LANG."""
    language = sql.call("coalesce", value.facet("lang"), sql.string(""))
    return Text(sql.case([(value.is_kind(LITERALS), language)]))


def datatype(value: Value) -> Value:
    """DATATYPE."""
    return Text(_guarded(value, LITERALS, value.facet("dt")), Kind.IRI)


def iri(value: Value) -> Value:
    """IRI of an absolute IRI; relative ones need the query's base and are not compiled."""
    text = _guarded(value, _STRING | _IRI, value.facet("lex"))
    if not value.kinds <= _IRI:
        absolute = sql.call("regexp_matches", text, sql.string("^[A-Za-z][A-Za-z0-9+.-]*:"))
        raising = sql.call("error", sql.string("not compiled: IRI() of a relative IRI"))
        safe = sql.case([(sql.is_null(text), sql.typed_null("VARCHAR")), (absolute, text)], raising)
        return Text(safe, Kind.IRI)
    return Text(text, Kind.IRI)


def strlen(value: Value) -> Value:
    """STRLEN, in characters."""
    return integer(sql.call("length", string_of(value)))


def substr(value: Value, start: Value, length: Value | None = None) -> Value:
    """SUBSTR with positions counted from 1."""
    text = string_of(value)
    begin = _whole(start)
    if length is None:
        return _string_result(value, sql.call("substr", text, _from_one(begin)))
    end = sql.arithmetic("+", begin, _whole(length))
    first = _from_one(begin)
    size = sql.call("greatest", sql.arithmetic("-", end, first), sql.number(0))
    return _string_result(value, sql.call("substr", text, first, size))


def _from_one(position: Expr) -> Expr:
    return sql.case([(sql.compare("<", position, sql.number(1)), sql.number(1))], position)


def _whole(value: Value) -> Expr:
    """Return an integer argument.

    Raises:
        NotCompiledError: the argument may not be an integer.
    """
    if not value.kinds <= EXACT or value.traits.digits:
        raise NotCompiledError("a position in a string that may not be an integer")
    return sql.cast(value.number("num"), "BIGINT")


def ucase(value: Value) -> Value:
    """UCASE."""
    # The engine maps one character to one: the sharp s becomes two.
    sharp = sql.call("replace", string_of(value), sql.string("ß"), sql.string("SS"))
    return _string_result(value, sql.call("upper", sharp))


def lcase(value: Value) -> Value:
    """LCASE."""
    return _string_result(value, sql.call("lower", string_of(value)))


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
    part = _string_result(value, sql.case([(occurs, found)]))
    absent = Text(when_not_null(needle, sql.string("")))
    return Choice([(occurs, part), (sql.negation(occurs), absent)], Unbound())


def concat(*values: Value) -> Value:
    """CONCAT."""
    if not values:
        return Text(sql.string(""))
    text = sql.concat(*(string_of(value) for value in values))
    if all(value.kinds <= _STRING for value in values):
        return Text(text)
    if len(values) == 1:
        return _string_result(values[0], text)
    languages = [value.facet("lang") for value in values]
    same = sql.both(*(sql.eq(languages[0], other) for other in languages[1:]))
    one = TextLike(sql.case([(same, text)]), values[0], _LANG)
    return Choice([(same, one)], Text(text))


def encode_for_uri(value: Value) -> Value:
    """ENCODE_FOR_URI."""
    return Text(sql.call("url_encode", string_of(value)))


def langmatches(value: Value, pattern: Value) -> Value:
    """LANGMATCHES (RFC 4647, basic filtering)."""
    language = sql.call("lower", _plain(value))
    wanted = sql.call("lower", _plain(pattern))
    some = sql.compare("!=", language, sql.string(""))
    prefix = sql.call("starts_with", language, sql.concat(wanted, sql.string("-")))
    matches = sql.either(sql.eq(language, wanted), prefix)
    return Truth(sql.case([(sql.eq(wanted, sql.string("*")), some)], matches))


def regex(value: Value, pattern: Value, flags: Value | None = None) -> Value:
    """REGEX with a pattern known at compile time."""
    translated = _pattern(pattern, flags)
    return Truth(sql.call("regexp_matches", string_of(value), sql.string(translated)))


def replace(value: Value, pattern: Value, new: Value, flags: Value | None = None) -> Value:
    """REPLACE with a pattern and a replacement known at compile time."""
    translated = _pattern(pattern, flags)
    if not isinstance(new, Constant) or not new.kinds <= _STRING:
        raise NotCompiledError("REPLACE by a text that is not constant")
    if re.search(r"\\[^\\$]|\\$|\$(?![0-9])", new.term.lex):
        raise NotCompiledError("REPLACE with an escape in the replacement")
    template = re.sub(r"(?<!\\)\$([0-9])", r"\\\1", new.term.lex).replace("\\$", "$")
    text = string_of(value)
    done = sql.call(
        "regexp_replace", text, sql.string(translated), sql.string(template), sql.string("g")
    )
    return _string_result(value, done)


_UNTRANSLATABLE = re.compile(r"\\[icIC1-9]|-\[|&&|\(\?|\\[pP]\{Is|[*+?}]\+|\\[bBAzZ]")


def _pattern(pattern: Value, flags: Value | None) -> str:
    """Return an XPath regular expression in the engine's syntax (RE2).

    Raises:
        NotCompiledError: the two syntaxes may differ on this pattern.
    """
    if not isinstance(pattern, Constant) or not pattern.kinds <= _STRING:
        raise NotCompiledError("a regular expression that is not constant")
    if flags is not None and not isinstance(flags, Constant):
        raise NotCompiledError("flags of a regular expression that are not constant")
    letters = flags.term.lex if isinstance(flags, Constant) else ""
    text = pattern.term.lex
    if set(letters) - set("imsxq"):
        raise NotCompiledError("unknown flags of a regular expression")
    if "q" in letters:
        text = re.sub(r"([^\w\s])", r"\\\1", text)
    else:
        if "x" in letters:
            text = "".join(_without_spaces(text))
        text = _unicode_classes(text)
    engine_letters = "".join(letter for letter in "ims" if letter in letters)
    return f"(?{engine_letters}){text}" if engine_letters else text


def _without_spaces(pattern: str) -> Iterator[str]:
    """Yield a pattern without the white space outside its character classes."""
    depth = 0
    escaped = False
    for character in pattern:
        if not escaped:
            depth += {"[": 1, "]": -1}.get(character, 0)
        escaped = character == "\\" and not escaped
        if depth > 0 or character not in " \t\n\r":
            yield character


def _unicode_classes(pattern: str) -> str:
    """Return a pattern whose classes mean all of Unicode, as in XPath."""
    if _UNTRANSLATABLE.search(pattern) or re.search(r"\\[wWsS]", pattern):
        raise NotCompiledError("a regular expression beyond the engine's syntax")
    return pattern.replace(r"\d", r"\p{Nd}").replace(r"\D", r"\P{Nd}")


def same_term(left: Value, right: Value) -> Value:
    """The function sameTerm."""
    same = identical(left, right)
    present = sql.both(left.present(), right.present())
    return Truth(sql.case([(present, sql.call("coalesce", same, sql.boolean(False)))]))


def _test(kinds: frozenset[Kind]) -> Function:
    def test(value: Value) -> Value:
        if isinstance(value, Unbound):
            return Unbound()
        return Truth(sql.case([(value.present(), value.is_kind(kinds))]))

    return test


def strlang(text: Value, language: Value) -> Value:
    """STRLANG with a constant language."""
    if not isinstance(language, Constant) or not language.kinds <= _STRING:
        raise NotCompiledError("STRLANG with a language that is not constant")
    lex = _plain(text)
    facets = {
        "lex": lex,
        "k": when_not_null(lex, sql.number(int(Kind.LANG))),
        "dt": when_not_null(lex, sql.string(DATATYPES[Kind.LANG])),
        "lang": when_not_null(lex, sql.string(language.term.lex.lower())),
    }
    return Computed(Traits(_LANG, 0), facets)


def strdt(text: Value, type_iri: Value) -> Value:
    """STRDT to xsd:string; other datatypes need their typing rules and are not compiled."""
    if isinstance(type_iri, Constant) and type_iri.term.lex == XSD_STRING:
        return Text(_plain(text))
    raise NotCompiledError("STRDT")


def hash_function(name: str) -> Function:
    """Return MD5, SHA1 or SHA256."""

    def digest(value: Value) -> Value:
        return Text(sql.call(name, _plain(value)))

    return digest


def _rounding(name: str) -> Function:
    """Return ABS, CEIL, FLOOR or ROUND, which keep the kind of their argument."""

    def function(value: Value) -> Value:
        kinds = value.kinds & NUMERIC
        if not kinds:
            return Unbound()
        num = exact_part(value)
        dbl = _guarded(value, FLOATING, value.number("dbl")) if kinds & FLOATING else None
        digits = value.traits.digits if name == "abs" else 0
        exact = None
        if num is not None:
            rounded = _round_exact(name, num)
            exact = sql.cast(rounded, decimal_type(max(COLUMN_DIGITS, digits)))
        floating = _round_double(name, dbl) if dbl is not None else None
        return Number(Traits(kinds, digits), exact, floating, value.facet("k"))

    return function


def _round_exact(name: str, num: Expr) -> Expr:
    if name == "round":
        # XPath rounds halves up, the engine away from zero.
        half = sql.cast(sql.string("0.5"), "DECIMAL(2, 1)")
        return sql.call("floor", sql.arithmetic("+", num, half))
    return sql.call(name, num)


def _round_double(name: str, dbl: Expr) -> Expr:
    if name == "round":
        return sql.call("floor", sql.arithmetic("+", dbl, sql.cast(sql.string("0.5"), "DOUBLE")))
    return sql.call(name, dbl)


FUNCTIONS: dict[str, Function] = {
    "STR": str_,
    "LANG": lang,
    "DATATYPE": datatype,
    "IRI": iri,
    "URI": iri,
    "STRLEN": strlen,
    "SUBSTR": substr,
    "UCASE": ucase,
    "LCASE": lcase,
    "STRSTARTS": strstarts,
    "STRENDS": strends,
    "CONTAINS": contains,
    "STRBEFORE": strbefore,
    "STRAFTER": strafter,
    "CONCAT": concat,
    "ENCODE_FOR_URI": encode_for_uri,
    "LANGMATCHES": langmatches,
    "REGEX": regex,
    "REPLACE": replace,
    "sameTerm": same_term,
    "isIRI": _test(_IRI),
    "isURI": _test(_IRI),
    "isBLANK": _test(_BLANK),
    "isLITERAL": _test(LITERALS),
    "isNUMERIC": _test(NUMERIC),
    "STRLANG": strlang,
    "STRDT": strdt,
    "MD5": hash_function("md5"),
    "SHA1": hash_function("sha1"),
    "SHA256": hash_function("sha256"),
    "ABS": _rounding("abs"),
    "CEIL": _rounding("ceil"),
    "FLOOR": _rounding("floor"),
    "ROUND": _rounding("round"),
}
"""Functions by the name that the parser gives them after `Builtin_`."""
