"""Random queries: every operator of the algebra, over a few variables that meet often."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from fuzz_data import GRAPHS, Term
from fuzz_expressions import Expressions
from fuzz_trees import Tree, tree

PATHS = (
    *("{p}+", "{p}*", "{p}?", "^{p}", "{p}/{p}", "{p}|{p}", "({p}|{p})+", "({p}/{p})*", "^{p}/{p}"),
    *("!{n}", "!({n}|{n})", "!^{n}", "!({n}|^{n})", "({p}+/{p})?", "(^{p})+", "({p}|^{p})*"),
    *("({p}?)+", "({p}*)/{p}", "{p}/{p}*", "(!{n})+", "({p}/^{p})+"),
)
NATURAL = ("?a :p ?b", "?a :q ?c", "?a :r ?d", "?b :q ?d", "?b :p ?c", "?a :q ?d", "?a ?c ?d")
SOLUTIONS = ("SELECT", "SELECT", "SELECT", "SELECT", "SELECT", "ASK", "CONSTRUCT")
AGGREGATES = ("COUNT", "COUNT", "SUM", "SUM", "AVG", "MIN", "MAX")


class Queries:
    """A source of queries on some data."""

    def __init__(self, random: Random, terms: Sequence[Term]) -> None:
        self.random = random
        self.expressions = Expressions(random, terms)
        self.expressions.pattern = self._exists
        self._names = 0
        self._depth = 0

    def query(self) -> Tree:
        """Return a query without its prologue."""
        form = self.random.choice(SOLUTIONS)
        if form == "ASK":
            return tree("query", "ASK { ", self.group(self._deep()), " }")
        if form == "CONSTRUCT":
            return tree("query", *self._construct())
        return tree("query", *self._select(self._deep(), top=True))

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

    # Patterns

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
            target = self.expressions.constant()
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
                return tree("element", "{ ", tree("select", *self._select(depth - 1)), " }")
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

    # Forms

    def _select(self, depth: int, *, top: bool = False) -> list[str | Tree]:
        """Return the parts of a SELECT query."""
        pattern = tree("where", " WHERE { ", self.group(depth), " }")
        if self._maybe(0.25):
            return self._aggregated(pattern, top=top)
        chosen = sorted({self.expressions.variable() for _ in range(self.random.randint(1, 3))})
        shown: list[str | Tree] = [tree("item", f" {name}", optional=True) for name in chosen]
        known = list(self.expressions.variables)
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            expression = self.expressions.any(self._deep())
            self._names += 1
            name = f"?v{self._names}"
            self.expressions.variables.append(name)
            shown.append(tree("item", " (", expression, f" AS {name})", optional=True))
        words = ("", "", "", " DISTINCT", " DISTINCT", " REDUCED") if top else ("", "", " DISTINCT")
        distinct = tree("word", self.random.choice(words), optional=True)
        names = [name for item in shown for name in re.findall(r"\?\w+(?=\)?$)", str(item))]
        if self._maybe(0.1):
            shown, names = [" *"], []
            self.expressions.variables = known
        modifiers = self._modifiers(names) if top and "REDUCED" not in str(distinct) else []
        return ["SELECT", distinct, *shown, pattern, *modifiers]

    def _modifiers(self, names: list[str]) -> list[Tree]:
        found = []
        if self._maybe(0.3):
            found.append(self._order(names))
        if self._maybe(0.05):
            found.append(tree("word", " ", *self._values(), optional=True))
        return found

    def _order(self, names: list[str]) -> Tree:
        """Return an ORDER BY, with a limit only where it decides between any two solutions."""
        keys = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            word = self.random.choice((" ASC(", " DESC(", " ("))
            expression = self.expressions.any(self.random.choice((0, 0, 1)))
            keys.append(tree("item", word, expression, ")", optional=True))
        if names and self._maybe(0.4):
            limit = f" LIMIT {self.random.randint(0, 5)}"
            offset = self.random.choice(("", f" OFFSET {self.random.randint(0, 3)}"))
            last = [" " + name for name in names]
            keys.append(tree("word", *last, limit, offset))
        return tree("word", " ORDER BY", *keys, optional=True)

    def _aggregated(self, pattern: Tree, *, top: bool) -> list[str | Tree]:
        """Return a SELECT query with set functions."""
        keys: list[Tree] = []
        shown: list[str | Tree] = []
        known = list(self.expressions.variables)
        for _ in range(self.random.choice((0, 1, 1, 2))):
            if self._maybe(0.7):
                name = self.random.choice(known)
                keys.append(tree("key", f" {name}"))
            else:
                name = self._fresh_result()
                keys.append(tree("key", " (", self.expressions.any(self._deep()), f" AS {name})"))
            shown.append(tree("item", f" {name}", optional=True))
        for _ in range(self.random.choice((1, 1, 2))):
            expression = self._over_aggregates(known)
            item = tree("item", " (", expression, f" AS {self._fresh_result()})", optional=True)
            shown.append(item)
        group = [tree("word", " GROUP BY", *keys)] if keys else []
        having = []
        if self._maybe(0.3):
            test = tree("expression", self._aggregate(known), self._comparison())
            having.append(tree("word", " HAVING (", test, ")", optional=True))
        distinct = tree("word", " DISTINCT" if self._maybe(0.1) else "", optional=True)
        self.expressions.variables = [*known, *self.expressions.variables[len(known) :][-1:]]
        return ["SELECT", distinct, *shown, pattern, *group, *having]

    def _fresh_result(self) -> str:
        self._names += 1
        name = f"?v{self._names}"
        self.expressions.variables.append(name)
        return name

    def _comparison(self) -> str:
        return f" {self.random.choice(('>', '=', '<', '!='))} {self.random.choice('012')}"

    def _aggregate(self, known: list[str]) -> Tree:
        """Return the call of a set function."""
        kept, self.expressions.variables = self.expressions.variables, known
        pattern, self.expressions.pattern = self.expressions.pattern, None
        depth = self.random.choice((0, 0, 0, 1, 2))
        argument = self.expressions.any(depth)
        self.expressions.variables, self.expressions.pattern = kept, pattern
        distinct = tree("word", "DISTINCT " if self._maybe(0.35) else "", optional=True)
        if self._maybe(0.15):
            return tree("aggregate", "COUNT(", distinct, "*)")
        if self._maybe(0.12):
            separator = self.random.choice(("", '; separator=","', '; separator=""'))
            # Engines differ in what an error does to the others.
            text = tree("text", "COALESCE(STR(", argument, '), "")')
            joined = tree("aggregate", "GROUP_CONCAT(", distinct, text, separator, ")")
            return tree("aggregate", "STRLEN(", joined, ")") if self._maybe(0.5) else joined
        name = self.random.choice(AGGREGATES)
        if name == "COUNT" and depth:
            argument = tree("text", "COALESCE(", argument, ", 0)")
        if name in ("MIN", "MAX"):
            # Which of two kinds is the larger is not specified.
            one, other = self.random.choice((("STR(", ")"), ("COALESCE(0 + ", ", 0)")))
            argument = tree("text", one, argument, other)
        return tree("aggregate", f"{name}(", distinct, argument, ")")

    def _over_aggregates(self, known: list[str]) -> Tree:
        """Return an expression made of set functions."""
        first = self._aggregate(known)
        forms = ("{}", "{}", "({} + {})", "COALESCE({}, 0)", "IF({} > 1, {}, 'few')", "STR({})")
        if "GROUP_CONCAT" in str(first):
            return tree("expression", first)
        parts: list[str | Tree] = []
        pieces = self.random.choice(forms).split("{}")
        for index, piece in enumerate(pieces):
            parts.append(piece)
            if index + 1 < len(pieces):
                parts.append(first if index == 0 else self._numeric_aggregate(known))
        return tree("expression", *parts)

    def _numeric_aggregate(self, known: list[str]) -> Tree:
        while "GROUP_CONCAT" in str(made := self._aggregate(known)):
            pass
        return made

    def _construct(self) -> list[str | Tree]:
        """Return the parts of a CONSTRUCT query."""
        nodes = ("?a", "?b", "?c", "?d", ":a", "_:new", "[]")
        pattern = tree("where", " WHERE { ", self.group(2), " }")
        template = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            subject = self.random.choice(nodes)
            verb = self.random.choice((":p", ":q", ":new", "?c", "?b"))
            target = self.random.choice((*nodes, self.expressions.variable(), '"x"', "1"))
            template.append(tree("item", f"{subject} {verb} {target} . ", optional=True))
        return ["CONSTRUCT { ", *template, "}", pattern]


def graph_clauses(random: Random) -> tuple[list[str], list[str]] | None:
    """Return the graphs of FROM and FROM NAMED, None in most cases."""
    if random.random() < 0.85:
        return None
    default = random.sample(GRAPHS, random.randint(0, 2))
    named = random.sample(GRAPHS, random.randint(0, 2))
    return (default, named) if default or named else None
