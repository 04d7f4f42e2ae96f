"""Random graph patterns: every operator, its places filled with what joins well."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random

from fuzz_data import Term
from fuzz_expressions import Expressions
from fuzz_trees import Tree, tree

PATHS = (
    *("{p}+", "{p}*", "{p}?", "^{p}", "{p}/{p}", "{p}|{p}", "({p}|{p})+", "({p}/{p})*", "^{p}/{p}"),
    *("!{n}", "!({n}|{n})", "!^{n}", "!({n}|^{n})", "({p}+/{p})?", "(^{p})+", "({p}|^{p})*"),
    *("({p}?)+", "({p}*)/{p}", "{p}/{p}*", "(!{n})+", "({p}/^{p})+"),
)
NATURAL = ("?a :p ?b", "?a :q ?c", "?a :r ?d", "?b :q ?d", "?b :p ?c", "?a :q ?d", "?a ?c ?d")
_FALSE = re.compile(r'"([+-]?0*\.?0*(e0)?|false)"', re.IGNORECASE)


class Patterns(ABC):
    """A source of graph patterns over some data."""

    def __init__(self, random: Random, terms: Sequence[Term]) -> None:
        self.random = random
        self.expressions = Expressions(random, terms)
        self.expressions.pattern = self._exists
        self._names = 0
        self._depth = 0

    def _maybe(self, probability: float) -> bool:
        return self.random.random() < probability

    def _deep(self) -> int:
        """Return the depth of an expression."""
        return self.random.choice((1, 1, 2))

    def _fresh(self) -> str:
        """Return a variable to be bound: a new one, or one that other branches may bind too."""
        if self._maybe(0.3):
            name = self.random.choice(("?x", "?y"))
        else:
            self._names += 1
            name = f"?v{self._names}"
        if name not in self.expressions.variables:
            self.expressions.variables.append(name)
        return name

    def group(self, depth: int) -> Tree:
        """Return the inside of a group graph pattern."""
        first = "?a :p ?b . ?a ?c ?d ." if self._maybe(0.25) else None
        parts = [tree("element", first)] if first else []
        parts += [self._triple() for _ in range(self.random.choice((0, 1, 1, 2)))]
        for _ in range(self.random.choice((0, 1, 1, 2) if depth else (0, 0, 1))):
            parts.append(self._element(depth))
        parts = parts or [self._triple()]
        return tree("group", *(tree("item", part, " ", optional=True) for part in parts))

    def _triple(self) -> Tree:
        """Return a triple pattern: most often one that joins well with others."""
        if self._maybe(0.6):
            node, verb, target = self.random.choice(NATURAL).split()
            piece = tree("path", verb)
            if self._maybe(0.15):
                piece = self._path(self.random.choice(PATHS), 1)
            return tree("element", tree("node", node), " ", piece, " ", tree("node", target), " .")
        variables = ("?a", "?b", "?c", "?d", "?a", "?b")
        if self._maybe(0.1):
            variables = (self.expressions.variable(), *variables)
        subject = self.random.choice((*variables, *variables, ":a", ":b", "[]", "_:z"))
        if self._maybe(0.2):
            verb = tree("path", self.random.choice(variables))
        elif self._maybe(0.3):
            verb = self._path(self.random.choice(PATHS), 1)
        else:
            verb = tree("path", self._predicate())
        target = self.random.choice((*variables, *variables, ":a", ":b", "[]", "_:z"))
        if self._maybe(0.15):
            constant = self.expressions.constant()
            # Other engines find no path of no length at an end that counts as false.
            target = "1" if _FALSE.match(constant) and len(str(verb)) > 2 else constant
        elif self._maybe(0.05):
            target = f"[ {self._predicate()} {self.random.choice(variables)} ]"
        return tree("element", tree("node", subject), " ", verb, " ", tree("node", target), " .")

    def _predicate(self) -> str:
        return self.random.choice((":p", ":p", ":p", ":q", ":q", ":r"))

    def _path(self, form: str, depth: int) -> Tree:
        parts: list[str | Tree] = []
        for piece in form.split("{"):
            if "}" not in piece:
                parts.append(piece)
                continue
            letter, rest = piece.split("}")
            if letter == "p" and depth and self._maybe(0.2):
                inner = self._path(self.random.choice(PATHS), depth - 1)
                parts += [tree("path", "(", inner, ")"), rest]
            else:
                parts += [tree("path" if letter == "p" else "word", self._predicate()), rest]
        return tree("path", *parts)

    def _element(self, depth: int) -> Tree:
        """Return one more element of a group."""
        simple = ("filter", "filter", "filter", "bind", "bind", "values")
        nested = ("optional", "optional", "optional", "union", "minus", "graph", "select", "group")
        kind = self.random.choice(simple + nested if depth else simple)
        match kind:
            case "filter":
                return tree("element", "FILTER (", self.expressions.condition(self._deep()), ")")
            case "bind":
                expression = self.expressions.any(self._deep())
                return tree("element", "BIND (", expression, f" AS {self._fresh()})")
            case "values":
                return tree("element", *self._values())
            case "optional":
                return tree("element", "OPTIONAL { ", self.group(depth - 1), " }")
            case "union":
                more = [
                    tree("branch", " UNION { ", self.group(depth - 1), " }", optional=True)
                    for _ in range(self.random.choice((1, 1, 2)))
                ]
                return tree("element", "{ ", self.group(depth - 1), " }", *more)
            case "minus":
                return tree("element", "MINUS { ", self.group(depth - 1), " }")
            case "graph":
                name = self.random.choice(("?g", "?g", "?a", "?b", "?d", ":g", ":h", ":z"))
                return tree("element", f"GRAPH {name} {{ ", self.group(depth - 1), " }")
            case "select":
                make = self._limited if self._maybe(0.2) else self._select
                return tree("element", "{ ", tree("select", *make(depth - 1)), " }")
        return tree("element", "{ ", self.group(depth - 1), " }")

    def _exists(self) -> Tree:
        """Return the pattern of an EXISTS, seldom a deep one."""
        if self._depth >= 2:
            return tree("group", self._triple())
        self._depth += 1
        try:
            return self.group(1 if self._maybe(0.4) else 0)
        finally:
            self._depth -= 1

    def _values(self) -> list[str | Tree]:
        """Return the parts of a VALUES clause."""
        names = [self.random.choice(("?a", "?b", "?a", "?d"))]
        if self._maybe(0.6):
            names.append(self._fresh())
        rows = [
            tree(
                "row",
                "(",
                *(
                    tree("expression", " UNDEF" if self._maybe(0.2) else " " + self._inline())
                    for _ in names
                ),
                ") ",
                optional=True,
            )
            for _ in range(self.random.choice((0, 1, 2, 2, 3, 3)))
        ]
        return [f"VALUES ({' '.join(names)}) {{ ", *rows, "}"]

    def _inline(self) -> str:
        return self.random.choice((":a", ":b", ":c", self.expressions.constant()))

    @abstractmethod
    def _select(self, depth: int, *, top: bool = False) -> list[str | Tree]:
        """Return the parts of a SELECT query."""

    @abstractmethod
    def _limited(self, depth: int) -> list[str | Tree]:
        """Return the parts of a sub-select whose order decides which solutions its limit leaves."""
