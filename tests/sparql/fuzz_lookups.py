"""Random look-ups: queries that the look-up index answers, as most of these are."""

from __future__ import annotations

from fuzz_queries import Queries
from fuzz_trees import Tree, tree

_NODES = (":a", ":b", ":c", ":a", ":b", ":z")
_VARIABLES = ("?a", "?b", "?c", "?d")
_WAYS = (
    *(":p+", ":p*", ":p?", "^:p", ":p/:q", ":p|:q", "(:p|:q)+", "(:p/:p)*", "(^:p)+", "!:p"),
    *("!(:p|^:q)", "(:p?)+", ":p/:q*", "(:p|:q/:p)", "(!:q)*", "(:p/^:q)+", "^(:p/:q)"),
    *("(:p|^:p)*", "^(:p|:q)?", "(:p+/:q?)", "((:p/:q)|:r)+", "!^:p"),
)


class LookUps(Queries):
    """A source of queries that begin at terms, with simple conditions and counts."""

    def query(self) -> Tree:
        """Return a query without its prologue."""
        if self._maybe(0.1):
            return tree("query", "ASK\nWHERE { ", self.group(self.random.choice((1, 1, 2))), " }")
        pattern = tree("where", "\nWHERE { ", self.group(self.random.choice((1, 1, 2))), " }")
        if self._maybe(0.2):
            return tree("query", *self._counted(pattern))
        names = sorted({self.random.choice((*_VARIABLES, "?x", "?y")) for _ in range(3)})
        shown = [tree("item", f" {name}", optional=True) for name in names]
        distinct = tree("word", self.random.choice(("", "", " DISTINCT")), optional=True)
        order = [f" {self.random.choice(('ASC', 'DESC'))}({self._name()})" for _ in range(2)]
        limit = f" LIMIT {self.random.randint(0, 5)}" if self._maybe(0.5) else ""
        modifiers = tree("word", " ORDER BY", *order, limit, optional=True)
        last = [modifiers] if self._maybe(0.3) else []
        return tree("query", "SELECT", distinct, *shown, pattern, *last)

    def _counted(self, pattern: Tree) -> list[str | Tree]:
        keys = sorted({self._name() for _ in range(self.random.choice((0, 1, 1, 2)))})
        distinct = "DISTINCT " if self._maybe(0.4) else ""
        counted = self.random.choice(("*", self._name(), self._name()))
        group = [f" GROUP BY {' '.join(keys)}"] if keys else []
        return [
            "SELECT",
            *(tree("item", f" {key}", optional=True) for key in keys),
            f" (COUNT({distinct}{counted}) AS ?n)",
            pattern,
            *group,
        ]

    def _name(self) -> str:
        return self.random.choice(_VARIABLES)

    def group(self, depth: int) -> Tree:
        """Return the inside of a group that begins at a term."""
        parts = [self._anchor()] if self._maybe(0.95 if depth else 0.6) else []
        parts += [self._triple() for _ in range(self.random.choice((0, 1, 1, 2)))]
        parts += [self._element(depth) for _ in range(self.random.choice((0, 1, 1, 2)))]
        return tree("group", *(tree("item", part, " ", optional=True) for part in parts))

    def _anchor(self) -> Tree:
        verb = self._predicate() if self._maybe(0.5) else self._verb()
        ends = [self.random.choice(_NODES), "?a" if self._maybe(0.6) else self._name()]
        if self._maybe(0.15):
            ends[1] = self.random.choice((*_NODES, self.expressions.constant()))
        if self._maybe(0.4) and not ends[1].startswith(('"', "'")):
            ends.reverse()
        return tree("element", tree("node", ends[0]), f" {verb} ", tree("node", ends[1]), " .")

    def _verb(self) -> str:
        """Return a path, or a variable."""
        if self._maybe(0.2):
            return "?p"
        return self.random.choice(_WAYS)

    def _element(self, depth: int) -> Tree:
        kinds = ("filter", "filter", "values")
        if depth:
            kinds += ("optional", "optional", "optional", "union", "graph", "group")
        match self.random.choice(kinds):
            case "filter":
                return tree("element", "FILTER (", self._test(), ")")
            case "values":
                return tree("element", *self._values())
            case "optional":
                return tree("element", "OPTIONAL { ", self.group(depth - 1), " }")
            case "union":
                branches = [self.group(depth - 1), " } UNION { ", self.group(depth - 1)]
                return tree("element", "{ ", *branches, " }")
            case "graph":
                name = self.random.choice((":g", ":g", ":g", ":h", ":h", ":z", "?g"))
                return tree("element", f"GRAPH {name} {{ ", self.group(depth - 1), " }")
        return tree("element", "{ ", self.group(depth - 1), " }")

    def _test(self) -> Tree:
        """Return a condition made of comparisons."""
        one, two = self._name(), self.random.choice((self._name(), *_NODES, "1"))
        if self._maybe(0.3):
            two = self.expressions.constant()
        sign = self.random.choice(("=", "!=", "<", "<=", ">", ">="))
        test = f"{one} {sign} {two}"
        match self.random.randint(0, 7):
            case 0:
                test = f"BOUND({one})"
            case 1:
                test = f"{one} IN ({two}, {self.expressions.constant()})"
            case 2:
                test = f"! ({test})"
            case 3:
                test = f"{test} || BOUND({self._name()})"
            case 4:
                test = f"{test} && {self._name()} != {self.random.choice(_NODES)}"
            case 5:
                test = one
        return tree("condition", test)
