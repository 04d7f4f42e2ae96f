"""Functions on terms and numbers, and the table of all (SPARQL 1.1, sections 17.4.1 to 17.4.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from kg.sparql import regexes, sql, strings
from kg.sparql.comparison import identical
from kg.sparql.computed import (
    Number,
    Text,
    Truth,
    exact_part,
    when_not_null,
)
from kg.sparql.iris import SCHEME
from kg.sparql.lexical import DATATYPES
from kg.sparql.sql import Expr
from kg.sparql.strings import guarded, plain
from kg.sparql.typedtext import TypedText
from kg.sparql.values import (
    COLUMN_DIGITS,
    FLOATING,
    IRIS,
    LITERALS,
    NUMERIC,
    PLAIN,
    TAGGED,
    Computed,
    Constant,
    NotCompiledError,
    Traits,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind
from kg.store.typing import RDF_LANG_STRING, XSD_STRING

_BLANK = frozenset({Kind.BLANK})

Function = Callable[..., Value]


LANGUAGE_TAG = "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"
"""What a tag of a language looks like."""

IN_NO_IRI = r'[\x00-\x20<>"{}|\\^`]'
"""Characters that no IRI holds (SPARQL 1.1, 19.8, IRIREF)."""


def str_(value: Value) -> Value:
    """STR."""
    return Text(guarded(value, LITERALS | IRIS, value.facet("lex")))


def lang(value: Value) -> Value:
    """LANG."""
    language = sql.call("coalesce", value.facet("lang"), sql.string(""))
    return Text(sql.case([(value.is_kind(LITERALS), language)]))


def datatype(value: Value) -> Value:
    """DATATYPE."""
    return Text(guarded(value, LITERALS, value.facet("dt")), Kind.IRI)


def iri(value: Value) -> Value:
    """IRI of an absolute IRI; a relative one that is no constant is not compiled."""
    text = guarded(value, PLAIN | IRIS, value.facet("lex"))
    if not value.kinds <= IRIS:
        absolute = sql.call("regexp_matches", text, sql.string(f"^{SCHEME}"))
        raising = sql.call("error", sql.string("not compiled: IRI() of a relative IRI"))
        never = sql.call("regexp_matches", text, sql.string(IN_NO_IRI))
        none = sql.either(sql.is_null(text), never)
        safe = sql.case([(none, sql.typed_null("VARCHAR")), (absolute, text)], raising)
        return Text(safe, Kind.IRI)
    return Text(text, Kind.IRI)


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
    """STRLANG; an error where the language is no tag (RFC 4647, section 2.1)."""
    tag = sql.call("lower", plain(language))
    valid = sql.call("regexp_full_match", tag, sql.string(LANGUAGE_TAG))
    lex = sql.case([(valid, plain(text))])
    facets = {
        "lex": lex,
        "k": when_not_null(lex, sql.number(int(Kind.LANG))),
        "dt": when_not_null(lex, sql.string(DATATYPES[Kind.LANG])),
        "lang": when_not_null(lex, tag),
    }
    return Computed(Traits(TAGGED, 0), facets)


def strdt(text: Value, type_iri: Value) -> Value:
    """STRDT with a constant datatype."""
    if not type_iri.kinds & IRIS:
        return Unbound()
    if not isinstance(type_iri, Constant):
        raise NotCompiledError("STRDT with a datatype that is not constant")
    name = type_iri.term.lex
    if name == XSD_STRING:
        return Text(plain(text))
    if name == RDF_LANG_STRING:
        raise NotCompiledError("STRDT of a language-tagged string without its language")
    return TypedText(plain(text), name, valid=False)


def hash_function(name: str) -> Function:
    """Return MD5, SHA1 or SHA256."""

    def digest(value: Value) -> Value:
        return Text(sql.call(name, plain(value)))

    return digest


def long_hash_function(name: str) -> Function:
    """Return SHA384 or SHA512 of a constant; the engine does not have them."""

    def digest(value: Value) -> Value:
        if not isinstance(value, Constant):
            raise NotCompiledError(f"{name.upper()} of what is no constant")
        if not value.kinds <= PLAIN:
            return Unbound()
        return Text(sql.string(hashlib.new(name, value.term.lex.encode()).hexdigest()))

    return digest


def _rounding(name: str) -> Function:
    """Return ABS, CEIL, FLOOR or ROUND, which keep the kind of their argument."""

    def function(value: Value) -> Value:
        kinds = value.kinds & NUMERIC
        if not kinds:
            return Unbound()
        num = exact_part(value)
        dbl = guarded(value, FLOATING, value.number("dbl")) if kinds & FLOATING else None
        digits = value.traits.digits if name == "abs" else 0
        exact = None
        if num is not None:
            changed = value.traits.digits or name == "abs"
            rounded = _round_exact(name, num) if changed else num
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
    "STRLEN": strings.strlen,
    "SUBSTR": strings.substr,
    "UCASE": strings.ucase,
    "LCASE": strings.lcase,
    "STRSTARTS": strings.strstarts,
    "STRENDS": strings.strends,
    "CONTAINS": strings.contains,
    "STRBEFORE": strings.strbefore,
    "STRAFTER": strings.strafter,
    "CONCAT": strings.concat,
    "ENCODE_FOR_URI": strings.encode_for_uri,
    "LANGMATCHES": strings.langmatches,
    "REGEX": regexes.regex,
    "REPLACE": regexes.replace,
    "sameTerm": same_term,
    "isIRI": _test(IRIS),
    "isURI": _test(IRIS),
    "isBLANK": _test(_BLANK),
    "isLITERAL": _test(LITERALS),
    "isNUMERIC": _test(NUMERIC),
    "STRLANG": strlang,
    "STRDT": strdt,
    "MD5": hash_function("md5"),
    "SHA1": hash_function("sha1"),
    "SHA256": hash_function("sha256"),
    "SHA384": long_hash_function("sha384"),
    "SHA512": long_hash_function("sha512"),
    "ABS": _rounding("abs"),
    "CEIL": _rounding("ceil"),
    "FLOOR": _rounding("floor"),
    "ROUND": _rounding("round"),
}
"""Functions by the name that the parser gives them after `Builtin_`."""
