"""Random expressions: every operator and function, mostly on operands that suit it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from fuzz_data import INTEGERS, TEXTS, TIMES, Term, written
from fuzz_trees import Tree, tree

NUMBER = (
    *("({n} + {n})", "({n} - {n})", "({n} * {n})", "({n} / {n})", "({n} * {n} - {n})"),
    *("(- {n})", "(+ {n})", "ABS({n})", "FLOOR({n})", "CEIL({n})", "ROUND({n})"),
    *("STRLEN({t})", "STRLEN(STR({a}))", "YEAR({d})", "MONTH({d})", "DAY({d})"),
    *("HOURS({d})", "MINUTES({d})", "SECONDS({d})"),
    *("xsd:integer({a})", "xsd:decimal({a})", "xsd:double({a})", "xsd:float({a})"),
    *("xsd:integer({t})", "xsd:decimal({n})", "xsd:double({n})", "xsd:float({n})"),
)
TEXT = (
    *("STR({a})", "LANG({a})", "UCASE({t})", "LCASE({t})", "CONCAT({t}, {t})", "CONCAT({t})"),
    *("CONCAT({t}, {a}, STR({a}))", "CONCAT()", "SUBSTR({t}, 2)", "SUBSTR({t}, 1, 1)"),
    *("SUBSTR({t}, {i}, {i})", "SUBSTR({t}, {n}, 2)", "STRBEFORE({t}, {t})", "STRAFTER({t}, {t})"),
    *("SUBSTR({t}, 1, STRLEN({t}))", "SUBSTR(STR({a}), 3, STRLEN(STR({a})))"),
    *('REPLACE({t}, "a", "z")', 'REPLACE({t}, "(b)", "[$1]")', 'REPLACE({t}, "A", "", "i")'),
    *("ENCODE_FOR_URI({t})", "STRLANG({t}, 'de')", "STRLANG(STR({a}), LANG({a}))"),
    *("STRDT({t}, xsd:string)", "STRDT(STR({a}), xsd:integer)", "STRDT({t}, DATATYPE({a}))"),
    *("MD5({t})", "SHA1({t})", "SHA256(STR({a}))", "SHA384({t})", "SHA512({t})", "TZ({d})"),
    *('REPLACE({t}, "^.", "<$0>", "s")', 'REPLACE({t}, "a.", "$", "q")'),
    *("xsd:string({a})", "xsd:string({n})", "xsd:string({d})"),
)
RESOURCE = ("DATATYPE({a})", "IRI(CONCAT('urn:x:', {t}))", "URI(STR({a}))", "IRI({a})")
TIME = ("xsd:dateTime({a})", "xsd:date({a})", "xsd:dateTime({d})", "xsd:date({d})", "TIMEZONE({d})")
ANY = ("IF({c}, {a}, {a})", "COALESCE({a}, {a})", "COALESCE({a}, {n}, {t})", "IF({e}, {a}, {t})")
CONDITION = (
    *("({c} && {c})", "({c} || {c})", "(! {c})", "({c} && {e})", "({e} || {c})"),
    *("({a} IN ({a}, {k}))", "({a} NOT IN ({k}, {a}))", "({n} IN ({n}, {n}, {a}))", "({a} IN ())"),
    *("({v} IN ({k}, {k}))", "({v} NOT IN ({k}, {k}))", "BOUND({v})", "(! BOUND({v}))"),
    *("isIRI({a})", "isURI({a})", "isBLANK({a})", "isLITERAL({a})", "isNUMERIC({a})"),
    *("sameTerm({a}, {a})", "sameTerm({v}, {k})", "LANGMATCHES(LANG({a}), {l})"),
    *("CONTAINS({t}, {t})", "STRSTARTS({t}, {t})", "STRENDS({t}, {t})", "REGEX({t}, {r})"),
    *("REGEX(STR({a}), {r})", "xsd:boolean({a})", "xsd:boolean({n})", "(LANG({a}) = 'en')"),
    *("(DATATYPE({a}) = xsd:integer)", "isBLANK(BNODE())", "(STRLEN(STRUUID()) = 36)"),
    *("isBLANK(BNODE({t}))", "(BNODE({t}) = BNODE({t}))", "({d} IN ({d}, {d}, {a}))"),
    *("(RAND() < 1)", "(NOW() >= {d})", "isIRI(UUID())"),
)
COMPARISONS = tuple(
    f"({{{left}}} {operator} {{{right}}})"
    for left, right in ("aa", "nn", "nn", "tt", "dd", "vk", "vk", "vv", "vv", "cc")
    for operator in ("=", "!=", "<", ">", "<=", ">=")
)
EFFECTIVE = ("STR({a})", "({n} + 0)", "NOW()", "{c}")
"""Expressions with a truth value: other engines know no false ill-typed literals."""
REGEXES = (
    *('"a"', '"^A", "i"', '"[b-z]$"', '"^$"', '"a.b"', '"\\\\d+"', '"^(a|b)+$"', '"É", "i"'),
    *('"[^a]"', '"a b", "x"', '"."', '"a", "q"', '"A.*E", "si"', '"^b", "m"', '"\\\\s"'),
    *('"^\\\\w+$"', '"[\\\\w ]+[^\\\\w]"', '"^\\\\D*\\\\W"', '"(?:a|é)+"'),
)
SUITED = {"n": (NUMBER, INTEGERS), "t": (TEXT, TEXTS), "d": (TIME, TIMES)}
"""Forms and terms that suit a place."""
TAGS = ("'en'", "'*'", "'EN'", "'fr'", "'en-GB'", "''")
WORDS = {"i": ("0", "1", "2", "3", "-1"), "l": TAGS, "r": REGEXES}
PLAIN = ('"a"', '"a"@en', "1", "2", "1.5", "1e0", "true", ":a", ":b", '""', '"a"@EN')


@dataclass(slots=True)
class Expressions:
    """A source of expressions over some variables."""

    random: Random
    terms: Sequence[Term]
    """What the data hold: constants are drawn from it."""
    variables: list[str] = field(default_factory=lambda: ["?a", "?b", "?c", "?d"])
    pattern: Callable[[], Tree] | None = None
    """Makes patterns for EXISTS."""

    def constant(self) -> str:
        """Return a term as written in a query."""
        if self.terms and self.random.random() < 0.6:
            term = self.random.choice(self.terms)
            if not term[0].startswith("_:"):
                return written(term)
        return self.random.choice(PLAIN)

    def variable(self) -> str:
        """Return a variable, of the newest ones more often."""
        return self.random.choice([*self.variables, *self.variables[4:]])

    def any(self, depth: int = 2) -> Tree:
        """Return an expression of any type."""
        if depth <= 0 or self.random.random() < 0.25:
            leaf = self.variable() if self.random.random() < 0.75 else self.constant()
            return tree("expression", leaf)
        kinds = (NUMBER, NUMBER, TEXT, TEXT, ANY, ANY, RESOURCE, TIME)
        if self.random.random() < 0.2:
            return tree("expression", self.condition(depth))
        return self._made(self.random.choice(kinds), depth)

    def condition(self, depth: int = 2) -> Tree:
        """Return an expression whose value is a truth value, in most cases."""
        if self.pattern is not None and depth > 0 and self.random.random() < 0.12:
            negation = tree("word", self.random.choice(("", "NOT ")), optional=True)
            return tree("condition", negation, "EXISTS { ", self.pattern(), " }")
        forms = self.random.choice((CONDITION, COMPARISONS))
        made = self._made(forms, max(depth, 1))
        return tree("condition", *made.parts)

    def _made(self, forms: Sequence[str], depth: int) -> Tree:
        """Return one of some forms, its places filled."""
        parts: list[str | Tree] = []
        for piece in self.random.choice(forms).split("{"):
            if "}" in piece:
                letter, rest = piece.split("}")
                parts += [self._place(letter, depth - 1), rest]
            else:
                parts.append(piece)
        return tree("expression", *parts)

    def _place(self, letter: str, depth: int) -> Tree:
        """Return an operand: any, number, text, date, condition, variable, constant ..."""
        if letter in WORDS:
            return tree("word", self.random.choice(WORDS[letter]))
        if letter == "c":
            return self.condition(depth)
        if letter == "e":
            return self._made(EFFECTIVE, depth + 1)
        if letter == "v":
            return tree("variable", self.variable())
        if letter == "k":
            return tree("expression", self.constant())
        if letter in SUITED and self.random.random() < 0.8:
            forms, terms = SUITED[letter]
            if depth > 0:
                return self._made(forms, depth)
            if self.random.random() < 0.2:
                return tree("expression", written(self.random.choice(terms)))
        return self.any(depth)
