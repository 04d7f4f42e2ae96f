"""The functions of mapping documents: a fixed set, each compiled to one SQL expression.

Every value is a text or missing. A missing argument gives a missing result, save where the
description says otherwise. A *partial* function gives nothing for some texts (a date that is none):
such a row is a violation that names the cell, never a silent gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlglot.expressions as exp

from kg.ingest import dates
from kg.ingest.lookups import looked_up
from kg.ingest.minting import joined_key_sql, mint_sql
from kg.ingest.numbers import arithmetic, compared, localised, rounded
from kg.ingest.sql import call, case, cast, concat, every, missing, present, text
from kg.minting import mint

Args = Sequence[exp.Expr]


@dataclass(frozen=True, slots=True)
class Context:
    """What functions know besides their arguments."""

    secret: str
    source: str
    organization: str
    currency: str
    now: str
    """Time of the import, as the text of an `xsd:dateTime`."""
    keys_of: str | None = None
    """The source whose keys are used; None: the source itself."""
    new_keys: bool = False
    """What is named by a key has to be new."""

    @property
    def key_source(self) -> str:
        """The source that keys are those of."""
        return self.source if self.keys_of is None else self.keys_of


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its parameters, its SQL, and what kind of thing it returns."""

    parameters: tuple[str, ...]
    build: Callable[[Context, Args], exp.Expr]
    about: str
    variadic: bool = False
    """The last parameter may be given once or often."""
    optional: int = 0
    """How many of the last parameters may be left out."""
    returns: str = "literal"
    """`literal`, `iri` or `condition`."""
    partial: bool = False
    fixed: tuple[str, ...] = ()
    """Parameters whose value must be a constant of the document."""
    looked_up: bool = False
    """The values are found before, by `kg.ingest.lookups`."""


def _simple(name: str) -> Callable[[Context, Args], exp.Expr]:
    """Return the builder of an engine's function of the same arguments."""
    return lambda _, args: call(name, *args)


def _parse_date(_: Context, args: Args) -> exp.Expr:
    """Turn a date in a given format into an ISO date."""
    return call("strftime", call("try_strptime", *args), text("%Y-%m-%d"))


def _parse_date_time(_: Context, args: Args) -> exp.Expr:
    """Turn a time in a given format into an ISO time."""
    return call("strftime", call("try_strptime", *args), text("%Y-%m-%dT%H:%M:%S"))


def iri_safe(value: exp.Expr) -> exp.Expr:
    """Return a text with all but unreserved characters percent-encoded (R2RML, section 7.3)."""
    plain = call("regexp_full_match", value, text(r"[A-Za-z0-9\-._~\x{A0}-\x{10FFFF}]*"))
    letter = exp.to_identifier("letter")
    outside = call("regexp_full_match", exp.column("letter"), text(r"[\x{A0}-\x{10FFFF}]"))
    encoded = case([(outside, exp.column("letter"))], call("url_encode", exp.column("letter")))
    letters = call("string_split", value, text(""))
    mapped = call("list_transform", letters, exp.Lambda(this=encoded, expressions=[letter]))
    return case([(plain, value)], call("array_to_string", mapped, text("")))


def _slug(_: Context, args: Args) -> exp.Expr:
    """Turn a label into lower-case ASCII words joined by hyphens."""
    folded = call("lower", call("strip_accents", args[0]))
    words = call("regexp_replace", folded, text("[^a-z0-9]+"), text("-"), text("g"))
    return call("nullif", call("trim", words, text("-")), text(""))


def _mailto(_: Context, args: Args) -> exp.Expr:
    """Turn an e-mail address into a mailto IRI, its domain in lower case."""
    given = call("regexp_replace", call("trim", args[0]), text(r"^.*<([^<>]*)>$"), text(r"\1"))
    address = call("regexp_replace", given, text("^mailto:"), text(""), text("i"))
    domain = call("regexp_extract", address, text("@[^@]*$"))
    name = call("regexp_replace", address.copy(), text("@[^@]*$"), text(""))
    written = concat(name, call("lower", domain))
    return concat(text("mailto:"), call("replace", iri_safe(written), text("%40"), text("@")))


def _tel(_: Context, args: Args) -> exp.Expr:
    """Turn a phone number into a tel IRI, in international form where a country code is given."""
    digits = call("regexp_replace", args[0], text(r"^\s*tel:"), text(""), text("i"))
    digits = call("replace", digits, text("(0)"), text(""))
    digits = call("regexp_replace", digits, text(r"[\s.()/\-\x{A0}\x{202F}]"), text(""), text("g"))
    digits = call("regexp_replace", digits, text("^00"), text("+"))
    if len(args) > 1:
        national = call("regexp_replace", digits, text("^0"), text(""))
        begins = call("starts_with", digits, text("0"))
        digits = case([(begins, concat(text("+"), args[1], national))], digits)
    return concat(text("tel:"), call("replace", iri_safe(digits), text("%2B"), text("+")))


def _phone(_: Context, args: Args) -> exp.Expr:
    """Turn a phone number into a tel IRI in E.164, or as it is written."""
    return call("coalesce", looked_up("phone", args), _tel(_, args[:1]))


def _mint(context: Context, args: Args) -> exp.Expr:
    """Make the opaque IRI of a record by its key; the focal organisation has one in all sources."""
    kind, *parts = args
    name = str(kind.this)
    key = joined_key_sql(parts)
    minted = mint_sql(context.secret, name, text(context.key_source), key)
    if name != "party":
        return minted
    focal = exp.EQ(this=key, expression=text(context.organization))
    return case([(focal, text(focal_iri(context)))], minted)


def focal_iri(context: Context) -> str:
    """Return the IRI of the focal organisation, the same in every source."""
    return mint(context.secret, "party", "", context.organization)


def _missing_if(_: Context, args: Args) -> exp.Expr:
    """Make the given texts missing."""
    value, *marks = args
    return case([(exp.Not(this=exp.In(this=call("trim", value), expressions=marks)), value)])


def _part(_: Context, args: Args) -> exp.Expr:
    """Return one part of a text, counted from 1, or from the end when negative."""
    part = call("list_extract", call("string_split", args[0], args[1]), cast(args[2], "BIGINT"))
    return call("nullif", part, text(""))


def _all_of(_: Context, args: Args) -> exp.Expr:
    return exp.Paren(this=every(args))


def _any_of(_: Context, args: Args) -> exp.Expr:
    return exp.Paren(this=exp.or_(*[exp.Paren(this=argument) for argument in args]))


def _when(_: Context, args: Args) -> exp.Expr:
    condition, value, *others = args
    return case([(condition, value)], others[0] if others else None)


def _last(_: Context, args: Args) -> exp.Expr:
    return call("coalesce", *reversed(args))


_V = ("value",)
_TWO = ("value", "other")

FUNCTIONS: dict[str, Function] = {
    "trim": Function(_V, _simple("trim"), "without spaces at both ends"),
    "lower": Function(_V, _simple("lower"), "in lower case"),
    "upper": Function(_V, _simple("upper"), "in upper case"),
    "concat": Function(_V, lambda _, args: concat(*args), "texts joined", variadic=True),
    "missingIf": Function(
        ("value", "mark"), _missing_if, "missing where it is one of the marks", variadic=True
    ),
    "replace": Function(
        ("value", "pattern", "by"),
        lambda _, args: call("regexp_replace", *args, text("g")),
        "every match of a regular expression (RE2) replaced",
        fixed=("pattern",),
    ),
    "part": Function(
        ("value", "separator", "position"),
        _part,
        "one part of a text, from the end if negative",
        fixed=("separator", "position"),
    ),
    "first": Function(_V, _simple("coalesce"), "the first value present", variadic=True),
    "last": Function(_V, _last, "the last value present", variadic=True),
    "when": Function(
        ("condition", "value", "otherwise"), _when, "a value under a condition", optional=1
    ),
    "number": Function(
        ("value", "decimal", "thousands"),
        localised,
        "a decimal; decimal comma and spaces by default",
        optional=2,
        partial=True,
        fixed=("decimal", "thousands"),
    ),
    "add": Function(_TWO, arithmetic(exp.Add), "exact sum", partial=True),
    "subtract": Function(_TWO, arithmetic(exp.Sub), "exact difference", partial=True),
    "multiply": Function(_TWO, arithmetic(exp.Mul), "exact product", partial=True),
    "round": Function(("value", "digits"), rounded, "rounded", partial=True, fixed=("digits",)),
    "parseDate": Function(
        ("value", "format"),
        _parse_date,
        "ISO date of a text in a strptime format",
        partial=True,
        fixed=("format",),
    ),
    "parseDateTime": Function(
        ("value", "format"),
        _parse_date_time,
        "ISO time of a text in a strptime format",
        partial=True,
        fixed=("format",),
    ),
    "date": Function(
        ("value", "order"),
        dates.parse_any,
        "ISO date of a text in the order `dmy`, `mdy` or `ymd`, or in ISO form; the day may be"
        " missing",
        optional=1,
        partial=True,
        fixed=("order",),
    ),
    "excelDate": Function(
        _V, dates.from_serial, "ISO date of the number by which Excel counts days", partial=True
    ),
    "slug": Function(_V, _slug, "lower-case ASCII words joined by hyphens"),
    "mint": Function(
        ("kind", "key"),
        _mint,
        "opaque IRI of a record of this source; missing further keys are taken as empty",
        variadic=True,
        returns="iri",
        fixed=("kind",),
    ),
    "mailto": Function(
        _V, _mailto, "mailto: IRI of an e-mail address, its domain in lower case", returns="iri"
    ),
    "tel": Function(
        ("value", "country"),
        _tel,
        "tel: IRI of a phone number; the country code replaces a leading 0",
        optional=1,
        returns="iri",
        fixed=("country",),
    ),
    "phone": Function(
        ("value", "country"),
        _phone,
        "tel: IRI of a phone number in international form (E.164), by its country where it has no"
        " prefix; as written where that is not known",
        optional=1,
        returns="iri",
        looked_up=True,
    ),
    "country": Function(
        ("value", "otherwise"),
        lambda _, a: looked_up("country", a),
        "two-letter code of a country, by its English or French name or its code; `otherwise` for"
        " what is none",
        optional=1,
        partial=True,
        looked_up=True,
    ),
    "organization": Function(
        (),
        lambda context, _: text(focal_iri(context)),
        "IRI of the focal organisation",
        returns="iri",
    ),
    "currency": Function(
        (), lambda context, _: text(context.currency), "currency of the focal organisation"
    ),
    "importTime": Function((), lambda context, _: text(context.now), "time of the import"),
    "equal": Function(
        _TWO, lambda _, a: exp.EQ(this=a[0], expression=a[1]), "the same text", returns="condition"
    ),
    "notEqual": Function(
        _TWO, lambda _, a: exp.NEQ(this=a[0], expression=a[1]), "another text", returns="condition"
    ),
    "in": Function(
        ("value", "candidate"),
        lambda _, a: exp.In(this=a[0], expressions=list(a[1:])),
        "one of the candidates",
        variadic=True,
        returns="condition",
    ),
    "isNull": Function(_V, lambda _, a: missing(a[0]), "missing", returns="condition"),
    "isNotNull": Function(_V, lambda _, a: present(a[0]), "present", returns="condition"),
    "matches": Function(
        ("value", "pattern"),
        lambda _, a: call("regexp_full_match", *a),
        "a regular expression (RE2) matches the whole text",
        returns="condition",
        fixed=("pattern",),
    ),
    "startsWith": Function(_TWO, _simple("starts_with"), "begins with a text", returns="condition"),
    "less": Function(_TWO, compared(exp.LT), "a smaller number", returns="condition"),
    "lessOrEqual": Function(_TWO, compared(exp.LTE), "a number not greater", returns="condition"),
    "greater": Function(_TWO, compared(exp.GT), "a greater number", returns="condition"),
    "greaterOrEqual": Function(
        _TWO, compared(exp.GTE), "a number not smaller", returns="condition"
    ),
    "not": Function(
        ("condition",),
        lambda _, a: exp.Not(this=exp.Paren(this=a[0])),
        "not so",
        returns="condition",
    ),
    "all": Function(("condition",), _all_of, "all hold", variadic=True, returns="condition"),
    "any": Function(("condition",), _any_of, "one holds", variadic=True, returns="condition"),
}
"""Name -> function; `cgf:` may stand before a name."""

ALIASES = {
    "idlab-fn:equal": "equal",
    "idlab-fn:notEqual": "notEqual",
    "idlab-fn:slugify": "slug",
    "grel:toLowerCase": "lower",
    "grel:toUpperCase": "upper",
    "grel:string_trim": "trim",
}
"""Names of common YARRRML documents for functions of ours."""

PARAMETER_ALIASES = {
    "valueParameter": "value",
    "valueParam": "value",
    "valueParameter2": "other",
    "valueParam2": "other",
    "str": "value",
    "input": "value",
    "str1": "value",
    "str2": "other",
}
"""Names of parameters there, without their prefix, for those of ours."""
