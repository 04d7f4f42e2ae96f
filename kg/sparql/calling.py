"""The operators and functions of expressions for the evaluator (SPARQL 1.1, section 17).

rdflib's own take many terms for others: any literal for a string, a quotient of floats for one of
doubles, an unbound operand of `||` for the end of it. EXISTS, the functions that change and the
time of the query are left to rdflib.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from rdflib import RDF, BNode, Literal, URIRef, Variable
from rdflib.plugins.sparql.operators import Function
from rdflib.plugins.sparql.parserutils import Expr
from rdflib.plugins.sparql.sparql import NotBoundError, SPARQLError
from rdflib.term import Node

from kg.namespaces import XSD
from kg.sparql.calculating import CASTS, calculated, negated, rounded
from kg.sparql.comparing import compared, true
from kg.sparql.functions import LANGUAGE_TAG
from kg.sparql.iris import is_absolute
from kg.sparql.literals import (
    NUMERIC,
    Moment,
    exact_text,
    kind_of,
    like,
    number_of,
    read,
    string_of,
    text_of,
    truth,
    typed,
)
from kg.sparql.origins import EVALUATED as OF_FACTS
from kg.store import Kind, term_key

Call = Callable[[Expr, Any], Node]

_DATED = frozenset({Kind.DATETIME, Kind.DATE})
_TIMED = frozenset({Kind.DATETIME, Kind.TIME})
_ZONE = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})$")
_TAG = re.compile(LANGUAGE_TAG)


def _value(node: Any, solution: Any) -> Node:
    """Return the value of an expression.

    Raises:
        SPARQLError: it is an error, or a variable that is not bound.
    """
    found = node
    if isinstance(node, Expr):
        found = node.eval(solution)
    elif isinstance(node, Variable):
        try:
            found = solution[node]
        except KeyError:
            raise NotBoundError(f"{node} is not bound") from None
    if isinstance(found, SPARQLError):
        raise found
    if not isinstance(found, Node):
        raise SPARQLError("no term")
    return found


def _raw(expr: Expr, name: str) -> Any:
    """Return an operand as it is written; an empty list of arguments is rdf:nil."""
    found = dict.get(expr, name)
    return [] if found == RDF.nil else found


def _argument(expr: Expr, name: str, solution: Any) -> Node:
    return _value(_raw(expr, name), solution)


def _and(expr: Expr, solution: Any) -> Literal:
    return truth(_decided(expr, solution, deciding=False))


def _or(expr: Expr, solution: Any) -> Literal:
    return truth(_decided(expr, solution, deciding=True))


def _decided(expr: Expr, solution: Any, *, deciding: bool) -> bool:
    """Return the result of a chain in which one value decides, errors or not (section 17.2)."""
    failure: SPARQLError | None = None
    for operand in (_raw(expr, "expr"), *_raw(expr, "other")):
        try:
            if true(_value(operand, solution)) is deciding:
                return deciding
        except SPARQLError as error:
            failure = error
    if failure is not None:
        raise failure
    return not deciding


def _not(expr: Expr, solution: Any) -> Literal:
    return truth(not true(_argument(expr, "expr", solution)))


def _relational(expr: Expr, solution: Any) -> Literal:
    left, sign = _argument(expr, "expr", solution), str(_raw(expr, "op"))
    if sign not in ("IN", "NOT IN"):
        return truth(compared(sign, left, _argument(expr, "other", solution)))
    failure: SPARQLError | None = None
    for member in _raw(expr, "other"):
        try:
            if compared("=", left, _value(member, solution)):
                return truth(sign == "IN")
        except SPARQLError as error:
            failure = error
    if failure is not None:
        raise failure
    return truth(sign == "NOT IN")


def _chain(expr: Expr, solution: Any) -> Literal:
    others = [_value(other, solution) for other in _raw(expr, "other")]
    return calculated(_argument(expr, "expr", solution), _raw(expr, "op"), others)


def _plus(expr: Expr, solution: Any) -> Node:
    term = _argument(expr, "expr", solution)
    number_of(term)
    return term


def _bound(expr: Expr, solution: Any) -> Literal:
    try:
        _argument(expr, "arg", solution)
    except SPARQLError:
        return truth(value=False)
    return truth(value=True)


def _if(expr: Expr, solution: Any) -> Node:
    chosen = "arg2" if true(_argument(expr, "arg1", solution)) else "arg3"
    return _argument(expr, chosen, solution)


def _coalesce(expr: Expr, solution: Any) -> Node:
    arguments = _raw(expr, "arg")
    for argument in arguments if isinstance(arguments, list) else [arguments]:
        try:
            return _value(argument, solution)
        except SPARQLError:
            continue
    raise SPARQLError("nothing but errors")


def _called(expr: Expr, solution: Any) -> Node:
    name, arguments = str(_raw(expr, "iri")), _raw(expr, "expr")
    if name in OF_FACTS:
        fact = [_value(argument, solution) for argument in arguments]
        return OF_FACTS[name](fact, solution.ctx.dataset.store)
    cast = CASTS.get(name)
    if cast is None:
        return Function(expr, solution)
    if not isinstance(arguments, list) or len(arguments) != 1:
        raise SPARQLError("a cast of more or less than one term")
    return cast(_value(arguments[0], solution))


def _iri(expr: Expr, solution: Any) -> URIRef:
    term = _argument(expr, "arg", solution)
    if isinstance(term, URIRef):
        return term
    made = solution.prologue.absolutize(URIRef(text_of(term)))
    if not isinstance(made, URIRef) or not is_absolute(made):
        raise SPARQLError("a relative IRI without a base")
    return made


def _bnode(expr: Expr, solution: Any) -> BNode:
    """Return a new node, for a text the same one throughout a solution."""
    if _raw(expr, "arg") is None:
        return BNode()
    made = solution.bnodes[Literal(text_of(_argument(expr, "arg", solution)))]
    assert isinstance(made, BNode)  # noqa: S101
    return made


def _strict(function: Callable[..., Node]) -> Call:
    """Return the call of a function of terms, given in the order of its parameters."""
    names = ("arg", "text", "start", "length", "arg1", "arg2")

    def call(expr: Expr, solution: Any) -> Node:
        written = [_raw(expr, name) for name in names]
        arguments: list[Any] = []
        for one in written:
            arguments += one if isinstance(one, list) else [] if one is None else [one]
        return function(*(_value(argument, solution) for argument in arguments))

    return call


# Functions on terms


def _is(kinds: frozenset[Kind]) -> Call:
    return _strict(lambda term: truth(kind_of(term) in kinds))


def _str(term: Node) -> Literal:
    if isinstance(term, BNode):
        raise SPARQLError("a blank node has no text")
    return Literal(str(term))


def _literal(term: Node) -> Literal:
    if not isinstance(term, Literal):
        raise SPARQLError("no literal")
    return term


def _datatype(term: Node) -> URIRef:
    given = _literal(term)
    return RDF.langString if given.language else given.datatype or XSD.string


def _strdt(text: Node, datatype: Node) -> Literal:
    if not isinstance(datatype, URIRef) or datatype == RDF.langString:
        raise SPARQLError("no datatype of a text alone")
    given = text_of(text)
    return Literal(given) if datatype == XSD.string else typed(given, datatype)


def _strlang(text: Node, language: Node) -> Literal:
    tag = text_of(language)
    if not _TAG.fullmatch(tag):
        raise SPARQLError("no language tag")
    return Literal(text_of(text), lang=tag.lower())


# Functions on strings


def _compatible(first: Node, second: Node) -> tuple[str, str]:
    """Return two texts where the second fits the first (section 17.4.3.1.1)."""
    one, two = string_of(first), string_of(second)
    if two.language and one.language != two.language:
        raise SPARQLError("strings of different languages")
    return str(one), str(two)


def _test(method: Callable[[str, str], bool]) -> Call:
    return _strict(lambda first, second: truth(method(*_compatible(first, second))))


def _part(split: Callable[[str, str, int], str]) -> Call:
    """Return STRBEFORE or STRAFTER: a part, the empty xsd:string where the needle is not."""

    def call(first: Node, second: Node) -> Literal:
        text, needle = _compatible(first, second)
        place = text.find(needle)
        return Literal("") if place < 0 else like(string_of(first), split(text, needle, place))

    return _strict(call)


def _substr(source: Node, start: Node, length: Node | None = None) -> Literal:
    text = string_of(source)
    begin = _half_up(number_of(start))
    end = math.inf if length is None else begin + _half_up(number_of(length))
    kept = (letter for place, letter in enumerate(str(text), 1) if begin <= place < end)
    return like(text, "".join(kept))


def _half_up(value: Any) -> float:
    return value if math.isnan(value) or math.isinf(value) else math.floor(float(value) + 0.5)


def _concat(*terms: Node) -> Literal:
    texts = [string_of(term) for term in terms]
    languages = {text.language for text in texts}
    joined = "".join(map(str, texts))
    return like(texts[0], joined) if len(languages) == 1 else Literal(joined)


def _langmatches(tag: Node, wanted: Node) -> Literal:
    language, pattern = text_of(tag).lower(), text_of(wanted).lower()
    if pattern == "*":
        return truth(bool(language))
    return truth(language == pattern or language.startswith(pattern + "-"))


def _digest(name: str) -> Call:
    return _strict(lambda text: Literal(hashlib.new(name, text_of(text).encode()).hexdigest()))


# Functions on dates and times


def _moment(term: Node, kinds: frozenset[Kind]) -> Moment:
    kind, value = read(term)
    if kind not in kinds:
        raise SPARQLError("no date or time of this sort")
    assert isinstance(value, Moment)  # noqa: S101
    return value


def _field(name: str, kinds: frozenset[Kind]) -> Call:
    return _strict(lambda term: Literal(getattr(_moment(term, kinds), name)))


def _seconds(term: Node) -> Literal:
    return typed(exact_text(_moment(term, _TIMED).second), XSD.decimal)


def _tz(term: Node) -> Literal:
    _moment(term, frozenset({Kind.DATETIME}))
    zone = _ZONE.search(str(term))
    return Literal(zone[1] if zone else "")


def _timezone(term: Node) -> Literal:
    minutes = _moment(term, frozenset({Kind.DATETIME})).zone
    if minutes is None:
        raise SPARQLError("a time without a zone")
    hours, rest = divmod(abs(minutes), 60)
    parts = f"{hours}H" * bool(hours) + f"{rest}M" * bool(rest) or "0S"
    return typed(f"{'-' * (minutes < 0)}PT{parts}", XSD.dayTimeDuration)


def _filtered(expr: Expr, solution: Any) -> Literal:
    return truth(true(_argument(expr, "expr", solution)))


_LITERALS = frozenset(Kind) - {Kind.BLANK, Kind.IRI}

CALLS: dict[str, Call] = {
    "Truth": _filtered,
    "ConditionalAndExpression": _and,
    "ConditionalOrExpression": _or,
    "UnaryNot": _not,
    "RelationalExpression": _relational,
    "AdditiveExpression": _chain,
    "MultiplicativeExpression": _chain,
    "UnaryMinus": lambda expr, solution: negated(_argument(expr, "expr", solution)),
    "UnaryPlus": _plus,
    "Function": _called,
    "Builtin_BOUND": _bound,
    "Builtin_IF": _if,
    "Builtin_COALESCE": _coalesce,
    "Builtin_IRI": _iri,
    "Builtin_URI": _iri,
    "Builtin_BNODE": _bnode,
    "Builtin_sameTerm": _strict(lambda one, two: truth(term_key(one) == term_key(two))),
    "Builtin_isIRI": _is(frozenset({Kind.IRI})),
    "Builtin_isURI": _is(frozenset({Kind.IRI})),
    "Builtin_isBLANK": _is(frozenset({Kind.BLANK})),
    "Builtin_isLITERAL": _is(_LITERALS),
    "Builtin_isNUMERIC": _is(NUMERIC),
    "Builtin_STR": _strict(_str),
    "Builtin_LANG": _strict(lambda term: Literal(_literal(term).language or "")),
    "Builtin_DATATYPE": _strict(_datatype),
    "Builtin_STRDT": _strict(_strdt),
    "Builtin_STRLANG": _strict(_strlang),
    "Builtin_STRLEN": _strict(lambda term: Literal(len(string_of(term)))),
    "Builtin_SUBSTR": _strict(_substr),
    "Builtin_UCASE": _strict(lambda term: like(string_of(term), str(term).upper())),
    "Builtin_LCASE": _strict(lambda term: like(string_of(term), str(term).lower())),
    "Builtin_STRSTARTS": _test(str.startswith),
    "Builtin_STRENDS": _test(str.endswith),
    "Builtin_CONTAINS": _test(str.__contains__),
    "Builtin_STRBEFORE": _part(lambda text, _needle, place: text[:place]),
    "Builtin_STRAFTER": _part(lambda text, needle, place: text[place + len(needle) :]),
    "Builtin_CONCAT": _strict(_concat),
    "Builtin_ENCODE_FOR_URI": _strict(
        lambda term: Literal(quote(str(string_of(term)).encode(), safe=""))
    ),
    "Builtin_LANGMATCHES": _strict(_langmatches),
    **{
        f"Builtin_{name}": _digest(name.lower())
        for name in ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")
    },
    **{
        f"Builtin_{name}": _strict(lambda term, name=name: rounded(name, term))
        for name in ("ABS", "CEIL", "FLOOR", "ROUND")
    },
    "Builtin_YEAR": _field("year", _DATED),
    "Builtin_MONTH": _field("month", _DATED),
    "Builtin_DAY": _field("day", _DATED),
    "Builtin_HOURS": _field("hour", _TIMED),
    "Builtin_MINUTES": _field("minute", _TIMED),
    "Builtin_SECONDS": _strict(_seconds),
    "Builtin_TZ": _strict(_tz),
    "Builtin_TIMEZONE": _strict(_timezone),
}
"""Functions by the names that expressions have in the algebra; `Truth` is a condition's."""
