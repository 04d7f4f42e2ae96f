"""Property paths as relations of pairs (SPARQL 1.1, sections 9 and 18.4).

A path becomes a query with the columns a and b (and g when the graph is a variable). Sequences
and alternatives keep multiplicities; `?`, `*` and `+` are sets, the latter two recursive queries
that explore only what is reachable from the end that is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.values import Constant, NotCompiledError

Graph = Constant | str | None


@dataclass(frozen=True, slots=True)
class Ends:
    """What is known of the two ends: queries of one column x, None where anything may stand."""

    start: exp.Query | None = None
    end: exp.Query | None = None

    def swapped(self) -> Ends:
        """Return the ends of the inverse path."""
        return Ends(self.end, self.start)


def path_query(context: Context, path: Path | URIRef, graph: Graph, ends: Ends) -> exp.Query:
    """Return the pairs that a path connects in the active graph.

    `ends` narrows the search; the caller still has to compare the ends.

    Raises:
        NotCompiledError: the path has a form that is not compiled.
    """
    return _Paths(context, graph).pairs(path, ends)


class _Paths:
    """The compilation of one path in one active graph."""

    def __init__(self, context: Context, graph: Graph) -> None:
        self.context = context
        self.graph = graph
        self.per_graph = isinstance(graph, str)
        self.columns = ["a", "b", "g"] if self.per_graph else ["a", "b"]

    def pairs(self, path: Path | URIRef, ends: Ends) -> exp.Query:
        """Return the pairs of a path of any form."""
        match path:
            case URIRef():
                return self._step(path, ends)
            case InvPath():
                return self._swapped(self.pairs(path.arg, ends.swapped()))
            case SequencePath():
                return self._sequence(list(path.args), ends)
            case AlternativePath():
                return sql.union_all([self.pairs(arg, ends) for arg in path.args])
            case NegatedPath():
                return self._negated(path)
            case MulPath():
                return self._repeated(path, ends)
        raise NotCompiledError(f"a property path of the form {path}")

    def _step(self, predicate: URIRef, ends: Ends) -> exp.Query:
        """Return the subjects and objects of a predicate."""
        constant = self.context.constant(predicate)
        alias = self.context.fresh("q")
        condition = sql.eq(sql.column(alias, "p"), sql.number(constant.id))
        narrowed = [
            _among(sql.column(alias, column), known)
            for column, known in (("s", ends.start), ("o", ends.end))
            if known is not None
        ]
        repeats = self.context.object_statistics(constant.id).dup
        return self._scan(alias, "s", "o", sql.both(condition, *narrowed), repeats=repeats)

    def _scan(
        self, alias: str, start: str, end: str, condition: sql.Expr, *, repeats: bool
    ) -> exp.Select:
        columns = [
            sql.alias(sql.column(alias, start), "a"),
            sql.alias(sql.column(alias, end), "b"),
        ]
        if self.per_graph:
            columns.append(sql.alias(sql.column(alias, "g"), "g"))
        where = sql.both(self.context.visible(alias), self._in_graph(alias), condition)
        distinct = repeats and self.graph is None and not self.context.default_is_one_graph
        if distinct:
            columns.append(sql.alias(sql.column(alias, "p"), "p"))
        query = sql.select(columns, sql.table("quad", alias), where, distinct=distinct)
        return self._pair_columns(query) if distinct else query

    def _pair_columns(self, query: exp.Query) -> exp.Select:
        alias = self.context.fresh("d")
        columns = [sql.column(alias, name) for name in self.columns]
        return sql.select(columns, sql.subquery(query, alias))

    def _in_graph(self, alias: str) -> sql.Expr:
        if self.graph is None:
            return self.context.in_default_graph(alias)
        named = self.context.in_named_graph(alias)
        if isinstance(self.graph, Constant):
            return sql.both(named, sql.eq(sql.column(alias, "g"), sql.number(self.graph.id)))
        return named

    def _swapped(self, query: exp.Query) -> exp.Query:
        alias = self.context.fresh("i")
        names = {"a": "b", "b": "a", "g": "g"}
        columns = [sql.alias(sql.column(alias, names[name]), name) for name in self.columns]
        return sql.select(columns, sql.subquery(query, alias))

    def _sequence(self, steps: list[Path | URIRef], ends: Ends) -> exp.Query:
        """Return the pairs connected by one path after another."""
        parts = [
            self.pairs(
                step,
                Ends(
                    ends.start if index == 0 else None,
                    ends.end if index == len(steps) - 1 else None,
                ),
            )
            for index, step in enumerate(steps)
        ]
        names = [self.context.fresh("s") for _ in parts]
        columns = [
            sql.alias(sql.column(names[0], "a"), "a"),
            sql.alias(sql.column(names[-1], "b"), "b"),
        ]
        if self.per_graph:
            columns.append(sql.column(names[0], "g"))
        query = sql.select(columns, sql.subquery(parts[0], names[0]))
        for before, name, part in zip(names, names[1:], parts[1:], strict=False):
            on = sql.eq(sql.column(before, "b"), sql.column(name, "a"))
            if self.per_graph:
                on = sql.both(on, sql.eq(sql.column(before, "g"), sql.column(name, "g")))
            sql.join(query, sql.subquery(part, name), on)
        return query

    def _negated(self, path: NegatedPath) -> exp.Query:
        """Return the pairs connected by a predicate that is not one of a set."""
        forward: list[int] = []
        backward: list[int] = []
        for argument in path.args:
            if isinstance(argument, URIRef):
                forward.append(self.context.constant(argument).id)
            else:
                backward.append(self.context.constant(_inverted(argument)).id)
        queries: list[exp.Query] = []
        if forward or not backward:
            queries.append(self._others("s", "o", forward))
        if backward:
            queries.append(self._others("o", "s", backward))
        return sql.union_all(queries)

    def _others(self, start: str, end: str, excluded: list[int]) -> exp.Query:
        alias = self.context.fresh("q")
        condition = sql.negation(sql.in_numbers(sql.column(alias, "p"), excluded))
        repeats = self.context.object_statistics(None).dup
        return self._scan(alias, start, end, condition, repeats=repeats)

    def _repeated(self, path: MulPath, ends: Ends) -> exp.Query:
        """Return the pairs of path?, path* or path+, each once."""
        if ends.start is None and ends.end is not None:
            inverse = MulPath(InvPath(path.path), path.mod)
            return self._swapped(self._repeated(inverse, ends.swapped()))
        if path.mod == "?":
            step = self.pairs(path.path, Ends(ends.start))
            return sql.union([self._zero_length(ends.start), self._pair_columns(step)])
        return self._closure(path, ends.start)

    def _closure(self, path: MulPath, seeds: exp.Query | None) -> exp.Query:
        """Return the transitive closure from the seeds, the reflexive one for `*`."""
        name, link = self.context.fresh("c"), self.context.fresh("l")
        if path.mod == "*":
            first = self._zero_length(seeds)
        else:
            first = self._pair_columns(self.pairs(path.path, Ends(seeds)))
        columns = [sql.column(name, "a"), sql.column(link, "b")]
        on = sql.eq(sql.column(name, "b"), sql.column(link, "a"))
        if self.per_graph:
            columns.append(sql.column(name, "g"))
            on = sql.both(on, sql.eq(sql.column(name, "g"), sql.column(link, "g")))
        again = sql.select(columns, sql.table(name, name))
        sql.join(again, sql.subquery(self.pairs(path.path, Ends()), link), on)
        result = sql.select(
            [sql.column(name, column) for column in self.columns], sql.table(name, name)
        )
        sql.with_recursive(result, name, self.columns, sql.union([first, again]))
        return result

    def _zero_length(self, seeds: exp.Query | None) -> exp.Query:
        """Return each seed, or each node of the active graph, paired with itself."""
        if seeds is not None and not self.per_graph:
            alias = self.context.fresh("x")
            x = sql.column(alias, "x")
            columns = [sql.alias(x, "a"), sql.alias(x, "b")]
            return sql.select(columns, sql.subquery(seeds.copy(), alias))
        nodes = []
        for column in ("s", "o"):
            alias = self.context.fresh("q")
            everything = self._scan(alias, column, column, sql.boolean(True), repeats=False)
            everything.set("distinct", exp.Distinct())
            nodes.append(everything)
        if self.per_graph and seeds is not None:
            nodes.append(self._seeds_in_every_graph(seeds))
        return sql.union(list(nodes))

    def _seeds_in_every_graph(self, seeds: exp.Query) -> exp.Select:
        """Return each seed paired with itself in each named graph."""
        alias, seed = self.context.fresh("q"), self.context.fresh("x")
        graphs = sql.select(
            [sql.column(alias, "g")],
            sql.table("quad", alias),
            sql.both(self.context.visible(alias), self.context.in_named_graph(alias)),
            distinct=True,
        )
        each = self.context.fresh("g")
        x = sql.column(seed, "x")
        columns = [sql.alias(x, "a"), sql.alias(x, "b"), sql.column(each, "g")]
        query = sql.select(columns, sql.subquery(seeds.copy(), seed))
        sql.join(query, sql.subquery(graphs, each), None)
        return query


def _among(column: sql.Expr, seeds: exp.Query) -> sql.Expr:
    return exp.In(this=column, query=exp.Subquery(this=seeds.copy()))


def _inverted(argument: object) -> URIRef:
    """Return the predicate of an inverse within a negated set."""
    if isinstance(argument, InvPath) and isinstance(argument.arg, URIRef):
        return argument.arg
    raise NotCompiledError("a negated property set of this form")
