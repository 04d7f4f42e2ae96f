"""Expressions (SPARQL 1.1, section 19.8, rules 70 to 72 and 110 to 128)."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from rdflib import RDF, Literal
from rdflib.plugins.sparql import operators
from rdflib.plugins.sparql.parserutils import CompValue, Expr

from kg.sparql.extensions import AGGREGATES
from kg.sparql.parsing.lexer import KEYWORDS, NEAR, NestedAggregateError, ReadingError
from kg.sparql.parsing.triples import TripleParser

_ONE, _TWO = ("arg",), ("arg1", "arg2")
_FUNCTIONS: dict[str, tuple[int, tuple[str, ...]]] = {
    **dict.fromkeys(("RAND", "NOW", "UUID", "STRUUID"), (0, ())),
    **dict.fromkeys(("STR", "LANG", "DATATYPE", "IRI", "URI", "ABS", "CEIL", "FLOOR"), (1, _ONE)),
    **dict.fromkeys(("ROUND", "STRLEN", "UCASE", "LCASE", "ENCODE_FOR_URI"), (1, _ONE)),
    **dict.fromkeys(("YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS"), (1, _ONE)),
    **dict.fromkeys(("TIMEZONE", "TZ", "MD5", "SHA1", "SHA256", "SHA384", "SHA512"), (1, _ONE)),
    **dict.fromkeys(("isIRI", "isURI", "isBLANK", "isLITERAL", "isNUMERIC"), (1, _ONE)),
    **dict.fromkeys(("LANGMATCHES", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE"), (2, _TWO)),
    **dict.fromkeys(("STRAFTER", "STRLANG", "STRDT", "sameTerm"), (2, _TWO)),
    "BNODE": (0, _ONE),
    "IF": (3, ("arg1", "arg2", "arg3")),
    "SUBSTR": (2, ("arg", "start", "length")),
    "REPLACE": (3, ("arg", "pattern", "replacement", "flags")),
    "REGEX": (2, ("text", "pattern", "flags")),
}
"""How many arguments a function takes at least, and the names of all that it can take."""
_SPELLED = {name.upper(): name for name in _FUNCTIONS}
_LISTS = ("CONCAT", "COALESCE")
_SYNONYMS = {"URI": "IRI", "isURI": "isIRI"}
_AGGREGATES = {
    "COUNT": "Count",
    "SUM": "Sum",
    "MIN": "Min",
    "MAX": "Max",
    "AVG": "Avg",
    "SAMPLE": "Sample",
    "GROUP_CONCAT": "GroupConcat",
}
_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")
_UNARY = {"!": "UnaryNot", "+": "UnaryPlus", "-": "UnaryMinus"}
CONDITION = "a condition in parentheses or a call"
"""What is expected after FILTER and HAVING."""
_CALLS = frozenset({*_SPELLED, *_LISTS, *_AGGREGATES, "BOUND", "EXISTS", "NOT"})


def _expression(name: str, evaluation: str = "", **parts: Any) -> Expr:
    """Return a part of the tree that rdflib can evaluate."""
    return Expr(name, getattr(operators, evaluation or name), **parts)


class ExpressionParser(TripleParser):
    """Reads expressions; one that is a term alone is that term."""

    _in_aggregate = False

    @abstractmethod
    def group(self) -> CompValue:
        """Return the group graph pattern that stands here."""

    def expression(self) -> Any:
        """Return the expression that stands here."""
        return self._connected("ConditionalOrExpression", "||", self._conjunction)

    def _conjunction(self) -> Any:
        return self._connected("ConditionalAndExpression", "&&", self._relation)

    def _connected(self, name: str, sign: str, part: Callable[[], Any]) -> Any:
        """Return what stands between some signs, a part alone as it is."""
        first = part()
        others: list[Any] = []
        while self.accept(sign):
            others.append(part())
        return _expression(name, expr=first, other=others) if others else first

    def _relation(self) -> Any:
        left = self._sum()
        if self.kind == "sign" and self.written in _COMPARISONS:
            operator = self.advance()
            right = self._sum()
        elif self.accept_word("IN"):
            operator, right = "IN", self._list()
        elif self.accept_word("NOT"):
            self.expect_word("IN")
            operator, right = "NOT IN", self._list()
        else:
            return left
        return _expression("RelationalExpression", expr=left, op=operator, other=right)

    def _sum(self) -> Any:
        return self._computed("AdditiveExpression", ("+", "-"), self._product)

    def _product(self) -> Any:
        return self._computed("MultiplicativeExpression", ("*", "/"), self._unary)

    def _computed(self, name: str, operators: Sequence[str], part: Callable[[], Any]) -> Any:
        """Return what stands between some operators, with these; a part alone as it is."""
        first = part()
        signs: list[str] = []
        others: list[Any] = []
        while self.kind == "sign" and self.written in operators:
            signs.append(self.advance())
            others.append(part())
        return _expression(name, expr=first, op=signs, other=others) if signs else first

    def _unary(self) -> Any:
        self.signed()
        if self.kind == "sign" and self.written in _UNARY:
            name = _UNARY[self.advance()]
            return _expression(name, expr=self._primary_expression())
        return self._primary_expression()

    def _primary_expression(self) -> Any:
        found = self._operand()
        self.see_operator()
        return found

    def _operand(self) -> Any:
        if self.is_sign("("):
            return self.bracketed()
        if self.at_call():
            return self.call()
        if self.at_iri():
            start, iri = self.start, self.iri()
            return self._called(iri, start) if self.is_sign("(") else iri
        self.signed()
        if self.kind == "variable":
            return self.variable()
        if not self.at_literal():
            raise self._no_operand("an expression")
        return self.literal()

    def _no_operand(self, expected: str) -> ReadingError:
        """Return the error that neither an expression nor a call of a known function is here."""
        if self.is_sign("<"):
            return self.no_iri()
        wrong = self.unexpected(expected)
        called = self.kind == "word" and self.text[self.end :].lstrip().startswith("(")
        if not called or self.keyword in KEYWORDS:
            return wrong
        name, near = self.written, get_close_matches(self.keyword, sorted(_CALLS), 1, NEAR)
        hint = f"perhaps {near[0]} is meant" if near else "others are called by their IRI"
        return ReadingError(f"there is no function {name}; {hint}", self.start)

    def bracketed(self) -> Any:
        """Return an expression in parentheses."""
        self.expect("(")
        found = self.expression()
        self.expect(")")
        return found

    def constraint(self) -> Any:
        """Return an expression in parentheses, or a call."""
        if self.is_sign("("):
            return self.bracketed()
        if self.at_call():
            return self.call()
        if not self.at_iri() and not self.is_sign("<"):
            raise self._no_operand(CONDITION)
        start = self.start
        return self._called(self.iri(), start)

    @contextlib.contextmanager
    def _aggregating(self, *, within: bool = True) -> Iterator[None]:
        """Read what stands in an aggregate, or not `within` it: in the pattern of an EXISTS."""
        around, self._in_aggregate = self._in_aggregate, within
        try:
            yield
        finally:
            self._in_aggregate = around

    def _check_alone(self, start: int) -> None:
        """Check that the aggregate that begins at a place stands in no other (section 11.4)."""
        if self._in_aggregate:
            told = "an aggregate cannot stand in another: compute the inner one in a sub-select"
            raise NestedAggregateError(told, start)

    def at_call(self) -> bool:
        """Return whether the call of a function or of an aggregate with a name stands here."""
        return self.keyword in _CALLS

    def call(self) -> Any:
        """Return the call of a function or of an aggregate with a name that stands here."""
        word, start = self.keyword, self.start
        self.advance()
        if word in _AGGREGATES:
            self._check_alone(start)
            with self._aggregating():
                return self._aggregate(_AGGREGATES[word])
        if word in ("EXISTS", "NOT"):
            if word == "NOT":
                self.expect_word("EXISTS")
            name = "Builtin_EXISTS" if word == "EXISTS" else "Builtin_NOTEXISTS"
            with self._aggregating(within=False):
                return _expression(name, "Builtin_EXISTS", graph=self.group())
        if word in _LISTS:
            return _expression(f"Builtin_{word}", arg=self._list())
        if word == "BOUND":
            self.expect("(")
            asked = self.variable()
            self.expect(")")
            return _expression("Builtin_BOUND", arg=asked)
        return self._function(_SPELLED[word])

    def _function(self, name: str) -> Expr:
        least, names = _FUNCTIONS[name]
        start = self.start
        given = self._arguments()
        if not least <= len(given) <= len(names):
            taken = str(least) if least == len(names) else f"{least} to {len(names)}"
            told = f"another number of arguments is expected by {name}: {taken}, not {len(given)}"
            raise ReadingError(told, start)
        evaluation = f"Builtin_{_SYNONYMS.get(name, name)}"
        parts = dict(zip(names, given, strict=False))
        return _expression(f"Builtin_{name}", evaluation, **parts)

    def _arguments(self) -> list[Any]:
        """Return expressions in parentheses, none perhaps."""
        self.expect("(")
        found: list[Any] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            found.append(self.expression())
        return found

    def _list(self) -> Any:
        """Return expressions in parentheses, rdf:nil for none."""
        return self._arguments() or RDF.nil

    def _called(self, iri: Any, start: int) -> Expr:
        """Return the call of a function, or of one of our aggregates, by its IRI at a place."""
        if str(iri) not in AGGREGATES:
            return self._arguments_of(iri)
        self._check_alone(start)
        with self._aggregating():
            return self._arguments_of(iri)

    def _arguments_of(self, iri: Any) -> Expr:
        """Return the call of an IRI with the arguments that stand here."""
        self.expect("(")
        if self.accept(")"):
            return _expression("Function", iri=iri)
        distinct = self._distinct()
        given = [self.expression()]
        while self.accept(","):
            given.append(self.expression())
        self.expect(")")
        return _expression("Function", iri=iri, distinct=distinct, expr=given)

    def _distinct(self) -> Any:
        return self.accept_word("DISTINCT") or []

    def _aggregate(self, name: str) -> CompValue:
        self.expect("(")
        found = CompValue(f"Aggregate_{name}", distinct=self._distinct())
        every = name == "Count" and self.accept("*")
        found["vars"] = "*" if every else self.expression()
        if name == "GroupConcat" and self.accept(";"):
            self.expect_word("SEPARATOR")
            self.expect("=")
            found["separator"] = Literal(self.string())
        self.expect(")")
        return found
