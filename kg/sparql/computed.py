"""Values that expressions make: truth, numbers, texts, IRIs."""

from __future__ import annotations

from dataclasses import replace

from kg.sparql import sql
from kg.sparql.exact import decimal_text, double_of, integer_text
from kg.sparql.lexical import DATATYPES
from kg.sparql.sql import Expr
from kg.sparql.values import EXACT, FLOATING, Computed, Kinds, Traits, Value, decimal_type
from kg.store import Kind
from kg.store.typing import XSD_STRING


class Truth(Value):
    """A boolean given by an SQL condition."""

    stored = False
    traits = Traits(frozenset({Kind.BOOLEAN}), 0)

    def __init__(self, condition: Expr) -> None:
        self.condition = condition

    def facet(self, name: str) -> Expr:
        match name:
            case "k":
                return when_not_null(self.condition, sql.number(int(Kind.BOOLEAN)))
            case "lex":
                return self._either(sql.string("true"), sql.string("false"))
            case "dt":
                return when_not_null(self.condition, sql.string(DATATYPES[Kind.BOOLEAN]))
            case "truth":
                return self.condition
            case "num":
                return sql.cast(self._either(sql.number(1), sql.number(0)), "DECIMAL(38, 10)")
            case _:
                return sql.null()

    def identity(self) -> list[Expr]:
        return [self.condition]

    def _either(self, yes: Expr, no: Expr) -> Expr:
        return sql.case([(self.condition, yes), (sql.negation(self.condition), no)])

    def present(self) -> Expr:
        return sql.is_not_null(self.condition)


class Text(Value):
    """A string (`xsd:string`) or an IRI given by its text."""

    stored = False

    def __init__(self, lex: Expr, kind: Kind = Kind.STRING) -> None:
        self._lex = lex
        self._kind = kind
        self.traits = Traits(frozenset({kind}), 0)

    def facet(self, name: str) -> Expr:
        match name:
            case "lex":
                return self._lex
            case "k":
                return when_not_null(self._lex, sql.number(int(self._kind)))
            case "dt" if self._kind is Kind.STRING:
                return when_not_null(self._lex, sql.string(XSD_STRING))
            case _:
                return sql.null()

    def identity(self) -> list[Expr]:
        return [self._lex]

    def present(self) -> Expr:
        return sql.is_not_null(self._lex)


class TextLike(Value):
    """A text with the datatype and the language of another value."""

    stored = False

    def __init__(self, lex: Expr, model: Value, kinds: Kinds) -> None:
        self._lex = lex
        self._model = model
        self.traits = Traits(kinds, 0)

    def facet(self, name: str) -> Expr:
        match name:
            case "lex":
                return self._lex
            case "k" | "dt" | "lang":
                return when_not_null(self._lex, self._model.facet(name))
            case _:
                return sql.null()

    def present(self) -> Expr:
        return sql.is_not_null(self._lex)


class Number(Value):
    """A number: exact in `num`, floating in `dbl`, its kind known before or given by SQL."""

    stored = False

    def __init__(
        self,
        traits: Traits,
        num: Expr | None,
        dbl: Expr | None,
        kind: Expr | None = None,
    ) -> None:
        self.traits = replace(traits, wide=False)
        self._num = num
        self._dbl = dbl
        self._kind = kind

    def facet(self, name: str) -> Expr:
        match name:
            case "num":
                return self._num if self._num is not None else sql.null()
            case "dbl":
                return self._double()
            case "k":
                return self._k()
            case "lex":
                return self._lex()
            case "dt":
                return self._by_kind({kind: sql.string(DATATYPES[kind]) for kind in self.kinds})
            case _:
                return sql.null()

    def present(self) -> Expr:
        parts = [part for part in (self._num, self._dbl) if part is not None]
        return sql.either(*(sql.is_not_null(part) for part in parts))

    def identity(self) -> list[Expr]:
        # Computed numbers have one lexical form for each value of a kind.
        parts = [part for part in (self._num, self._dbl) if part is not None]
        return parts if len(self.kinds) == 1 else [*parts, self._k()]

    def _k(self) -> Expr:
        if len(self.kinds) == 1:
            return sql.case([(self.present(), sql.number(int(next(iter(self.kinds)))))])
        assert self._kind is not None  # noqa: S101
        return sql.case([(self.present(), self._kind)])

    def _double(self) -> Expr:
        if self._num is None:
            return self._dbl if self._dbl is not None else sql.null()
        lifted = double_of(self._num, self.traits.digits)
        if self._dbl is None:
            return lifted
        return sql.case([(sql.is_not_null(self._num), lifted)], self._dbl)

    def _lex(self) -> Expr:
        texts: dict[Kind, Expr] = {}
        if self._num is not None:
            texts[Kind.INTEGER] = integer_text(self._num, self.traits.scale)
            texts[Kind.DECIMAL] = decimal_text(self._num, self.traits.digits)
        if self._dbl is not None:
            texts[Kind.DOUBLE] = floating_text(self._dbl, "DOUBLE")
            texts[Kind.FLOAT] = floating_text(self._dbl, "FLOAT")
        return self._by_kind({kind: texts[kind] for kind in self.kinds if kind in texts})

    def _by_kind(self, results: dict[Kind, Expr]) -> Expr:
        if len(self.kinds) == 1:
            return sql.case([(self.present(), result) for result in results.values()])
        kind = self._k()
        return sql.case([(sql.eq(kind, sql.number(int(k))), results[k]) for k in sorted(results)])


def when_not_null(operand: Expr, result: Expr) -> Expr:
    """Return a result where an operand is not NULL."""
    return sql.case([(sql.is_not_null(operand), result)])


def literal(lex: Expr, kind: Kind, datatype: str) -> Computed:
    """Return a literal given by its text, of a datatype without typed values."""
    facets = {
        "lex": lex,
        "k": when_not_null(lex, sql.number(int(kind))),
        "dt": when_not_null(lex, sql.string(datatype)),
    }
    return Computed(Traits(frozenset({kind}), 0), facets)


def floating_text(dbl: Expr, type_name: str) -> Expr:
    """Return a text in the lexical space of xsd:double."""
    plain = sql.call("upper", sql.cast(sql.cast(dbl, type_name), "VARCHAR"))
    return sql.case(
        [
            (sql.call("isnan", dbl), sql.string("NaN")),
            (sql.eq(dbl, _INFINITY), sql.string("INF")),
            (sql.eq(dbl, sql.negative(_INFINITY)), sql.string("-INF")),
        ],
        sql.call("replace", plain, sql.string("E+"), sql.string("E")),
    )


_INFINITY = sql.cast(sql.string("inf"), "DOUBLE")


def integer(num: Expr) -> Number:
    """Return the value of an SQL integer."""
    traits = Traits(frozenset({Kind.INTEGER}), 0)
    return Number(traits, sql.cast(num, decimal_type(traits.scale)), None)


def decimal(num: Expr, digits: int) -> Number:
    """Return the value of an SQL decimal with at most so many decimals."""
    traits = Traits(frozenset({Kind.DECIMAL}), digits)
    return Number(traits, sql.cast(num, decimal_type(traits.scale)), None)


def exact_part(value: Value, scale: int | None = None) -> Expr | None:
    """Return the exact number of a value, NULL for other kinds; None when it never is one."""
    if not value.kinds & EXACT:
        return None
    num = value.exact(value.traits.scale if scale is None else scale)
    if Kind.BOOLEAN in value.kinds:
        return sql.case([(value.is_kind(EXACT), num)])
    return num


def double_part(value: Value) -> Expr | None:
    """Return the double of a numeric value, exact ones included; None when it never is one."""
    if not value.kinds & (EXACT | FLOATING):
        return None
    return value.number("dbl")
