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
from kg.sparql.pathforms import inverted, is_scanned, outward
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


def links_of(context: Context, path: MulPath, graph: Graph) -> exp.Query:
    """Return the pairs that one round of a path connects in the active graph."""
    return _Paths(context, graph).pairs(path.path, Ends())


def nodes_among(context: Context, graph: Graph, ids: exp.Query) -> exp.Query:
    """Return those of some ids, in a column x, that are nodes of the active graph."""
    paths = _Paths(context, graph)
    found: list[exp.Query] = []
    for column in ("s", "o"):
        alias, quad = context.fresh("x"), context.fresh("q")
        nodes = sql.select([sql.column(quad, column)], sql.table("quad", quad), paths.seen(quad))
        x = sql.column(alias, "x")
        found.append(sql.select([x], sql.subquery(ids.copy(), alias), _among(x.copy(), nodes)))
    return sql.union(found)


class _Paths:
    """The compilation of one path in one active graph."""

    def __init__(self, context: Context, graph: Graph) -> None:
        self.context = context
        self.graph = graph
        self.per_graph = isinstance(graph, str)
        self.columns = ["a", "b", "g"] if self.per_graph else ["a", "b"]
        self.inner = False
        """Whether a closure stands within another one."""

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
        where = sql.both(self.seen(alias), condition)
        distinct = repeats and self.graph is None and not self.context.default_is_one_graph
        if distinct:
            columns.append(sql.alias(sql.column(alias, "p"), "p"))
        query = sql.select(columns, sql.table("quad", alias), where, distinct=distinct)
        return self._pair_columns(query) if distinct else query

    def _pair_columns(self, query: exp.Query) -> exp.Select:
        alias = self.context.fresh("d")
        columns = [sql.column(alias, name) for name in self.columns]
        return sql.select(columns, sql.subquery(query, alias))

    def seen(self, alias: str) -> sql.Expr:
        """Return the condition that a row of `quad` is live and in the active graph."""
        return sql.both(self.context.visible(alias), self._in_graph(alias))

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
                backward.append(self.context.constant(inverted(argument)).id)
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
        if ends.start is not None or not self.context.stages or self.inner or self.context.alone:
            return self._closure(path, ends.start)
        return self._everywhere(path)

    def _everywhere(self, path: MulPath) -> exp.Query:
        """Return the closure from everywhere, which is made once for a query."""
        key = (repr(path), self.graph.id if isinstance(self.graph, Constant) else self.graph)
        table = self.context.closures.get(key)
        if table is None:
            table = self.context.stage("path", self._recursion(path, None), recursive=True)
            self.context.closures[key] = table
        return self._table(table)

    def _closure(self, path: MulPath, seeds: exp.Query | None) -> exp.Query:
        """Return the transitive closure from the seeds, the reflexive one for `*`."""
        result = self._recursion(path, seeds)
        if self.context.alone and not self.inner:
            return result
        return self._kept(result, recursive=True)

    def _recursion(self, path: MulPath, seeds: exp.Query | None) -> exp.Query:
        """Return the recursive query of a closure."""
        name = self.context.fresh("c")
        inner, self.inner = self.inner, True
        if path.mod == "*":
            first = self._zero_length(seeds)
            if seeds is None:
                first = self._kept(first)
        else:
            first = self._pair_columns(self._scanned(path.path, Ends(seeds)))
        source = sql.table(name, name)
        again = self._further(path.path, source, name)
        result = sql.select(
            [sql.column(name, column) for column in self.columns], sql.table(name, name)
        )
        sql.with_recursive(result, name, self.columns, sql.recursion(first, again))
        self.inner = inner
        return result

    def _further(self, path: Path | URIRef, source: sql.Expr, alias: str) -> exp.Query:
        """Return pairs that are one path longer than those of a source.

        Each join looks whether the query is still wanted, and has a side that is only scanned:
        whatever the path, the recursion comes to its end soon after it is told to.
        """
        path = outward(path)
        if isinstance(path, SequencePath):
            *steps, last = path.args
            for step in steps:
                query = self._further(step, source, alias)
                alias = self.context.fresh("f")
                source = sql.subquery(query, alias)
            return self._further(last, source, alias)
        if isinstance(path, AlternativePath) and not is_scanned(path):
            return sql.union_all([self._further(arg, source.copy(), alias) for arg in path.args])
        return self._step_on(self._scanned(path, Ends()), source, alias)

    def _step_on(self, links: exp.Query, source: sql.Expr, alias: str) -> exp.Query:
        """Return the pairs of a source made longer by one link each."""
        link = self.context.fresh("l")
        columns = [sql.column(alias, "a"), sql.column(link, "b")]
        on = sql.eq(sql.column(alias, "b"), sql.column(link, "a"))
        if self.per_graph:
            columns.append(sql.column(alias, "g"))
            on = sql.both(on, sql.eq(sql.column(alias, "g"), sql.column(link, "g")))
        query = sql.select(columns, source, sql.wanted())
        sql.join(query, sql.subquery(links, link), on)
        return query

    def _scanned(self, path: Path | URIRef, ends: Ends) -> exp.Query:
        """Return the pairs of a path as no more than a scan of a table."""
        pairs = self.pairs(path, ends)
        kept = isinstance(path, MulPath) and path.mod != "?"
        return pairs if kept or is_scanned(path) else self._kept(pairs)

    def _kept(self, pairs: exp.Query, *, recursive: bool = False) -> exp.Query:
        """Return pairs read from a table that is made beforehand, where that may be."""
        if not self.context.stages:
            return pairs
        return self._table(self.context.stage("path", pairs, recursive=recursive))

    def _table(self, name: str) -> exp.Query:
        """Return the pairs that a table holds."""
        return sql.select(
            [sql.column(name, column) for column in self.columns], sql.table(name, name)
        )

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
