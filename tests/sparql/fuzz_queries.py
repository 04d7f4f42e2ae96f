"""Random queries: every operator of the algebra, over a few variables that meet often."""

from __future__ import annotations

import re
from random import Random

from fuzz_data import GRAPHS
from fuzz_patterns import Patterns
from fuzz_trees import Tree, tree

FORMS = (*["SELECT"] * 12, *["ASK"] * 2, *["CONSTRUCT"] * 2, "DESCRIBE")
PLACES = (
    'BOUND({v}) COALESCE(STR({v}), "") COALESCE(STR(DATATYPE({v})), "") COALESCE(LANG({v}), "")'
)
"""Sort keys that decide between any two terms but blank nodes."""
AGGREGATES = ("COUNT", "COUNT", "SUM", "SUM", "AVG", "MIN", "MAX")


class Queries(Patterns):
    """A source of queries on some data."""

    def query(self) -> Tree:
        """Return a query without its prologue."""
        form = self.random.choice(FORMS)
        if form == "ASK":
            return tree("query", "ASK\nWHERE { ", self.group(self._deep()), " }")
        if form == "CONSTRUCT":
            return tree("query", *self._construct())
        if form == "DESCRIBE":
            return tree("query", *self._describe())
        return tree("query", *self._select(self._deep(), top=True))

    def _select(self, depth: int, *, top: bool = False) -> list[str | Tree]:
        """Return the parts of a SELECT query."""
        pattern = tree("where", "\n" if top else " ", "WHERE { ", self.group(depth), " }")
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
        modifiers: list[Tree] = []
        if top and "REDUCED" not in str(distinct):
            modifiers = self._modifiers(names)
        elif self._maybe(0.05):
            modifiers = [tree("word", " ", *self._values(), optional=True)]
        return ["SELECT", distinct, *shown, pattern, *modifiers]

    def _modifiers(self, names: list[str]) -> list[Tree]:
        found = []
        if names and self._maybe(0.2):
            found.append(self._whole_order(names))
        elif self._maybe(0.3):
            found.append(self._order(names))
        if self._maybe(0.05):
            found.append(tree("word", " ", *self._values(), optional=True))
        return found

    def _limited(self, depth: int) -> list[str | Tree]:
        # The limit is in lower case, to be told from those of which only the number is compared.
        names = sorted({self.random.choice(("?a", "?b", "?d")) for _ in range(2)})
        keys = " ".join(PLACES.replace("{v}", name) for name in names)
        nodes = [f" FILTER (! COALESCE(isBLANK({name}), false))" for name in names]
        distinct = tree("word", " DISTINCT" if self._maybe(0.5) else "", optional=True)
        limit = tree("word", f" limit {self.random.randint(0, 4)}", optional=True)
        offset = tree("word", f" OFFSET {self.random.randint(0, 2)}", optional=True)
        pattern = (" WHERE { ", self.group(depth), *nodes, " }")
        return [
            "SELECT",
            distinct,
            " ",
            " ".join(names),
            *pattern,
            f" ORDER BY {keys}",
            limit,
            offset,
        ]

    def _whole_order(self, names: list[str]) -> Tree:
        """Return an order of all solutions, in lower case: their sequence is compared."""
        keys = [" " + PLACES.replace("{v}", name) for name in names]
        first = [
            tree(
                "item",
                word,
                self.expressions.any(self.random.choice((0, 0, 1))),
                ")",
                optional=True,
            )
            for word in self.random.sample((" ASC(", " DESC(", " ("), self.random.choice((0, 1, 2)))
        ]
        limit = tree("word", f" limit {self.random.randint(0, 5)}", optional=True)
        last = [limit] if self._maybe(0.4) else []
        return tree("order", " order by", *first, *keys, *last, optional=True)

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
        names = [name for item in shown for name in re.findall(r"\?\w+(?=\)?$)", str(item))]
        if top and self._maybe(0.2):
            having.append(self._whole_order(names))
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
        pattern = tree("where", "\nWHERE { ", self.group(2), " }")
        template = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            subject = self.random.choice(nodes)
            verb = self.random.choice((":p", ":q", ":new", "?c", "?b"))
            target = self.random.choice((*nodes, self.expressions.variable(), '"x"', "1"))
            template.append(tree("item", f"{subject} {verb} {target} . ", optional=True))
        return ["CONSTRUCT { ", *template, "}", pattern]

    def _describe(self) -> list[str | Tree]:
        """Return the parts of a DESCRIBE query."""
        if self._maybe(0.3):
            return [
                "DESCRIBE",
                *(f" {self.random.choice((':a', ':b', ':z'))}" for _ in range(2)),
                "\n",
            ]
        names = " ".join(sorted({self.random.choice(("?a", "?b", "?d", ":c")) for _ in range(2)}))
        return [f"DESCRIBE {names}\n", "WHERE { ", self.group(self._deep()), " }"]


def graph_clauses(random: Random) -> tuple[list[str], list[str]] | None:
    """Return the graphs of FROM and FROM NAMED, None in most cases."""
    if random.random() < 0.85:
        return None
    default = random.sample(GRAPHS, random.randint(0, 2))
    named = random.sample(GRAPHS, random.randint(0, 2))
    return (default, named) if default or named else None
