"""Property paths whose ends lead to one another: rings, found without all pairs of a closure.

The nodes on rings, with their strongly connected components, are a table made beforehand (see
`kg.sparql.components`). It is linear in the links, while the closure of a ring is its square.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rdflib.paths import MulPath
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.paths import Graph, links_of

_TRIMS = 12
"""How often what leads nowhere is taken out of the links among which rings are looked for."""


@dataclass(frozen=True, slots=True)
class RingEnds:
    """What is known of the ends of a path on a ring: queries, None where anything may stand."""

    start: exp.Query | None = None
    """A column x, as `end` has."""
    end: exp.Query | None = None
    pairs: exp.Query | None = None
    """The columns a and b: both ends together."""
    same: bool = False
    """Whether both ends are one node."""


def ring_query(context: Context, path: MulPath, graph: Graph, ends: RingEnds) -> exp.Query:
    """Return the pairs that a path of one step or more connects there and back.

    The columns are those of `kg.sparql.paths.path_query`. The context has to allow stages.
    """
    graphs = ["g"] if isinstance(graph, str) else []
    table = _components(context, path, graph, graphs)
    if ends.pairs is not None:
        return _among(context, table, ends.pairs, graphs)
    here, there = context.fresh("r"), context.fresh("r")
    end = here if ends.same else there
    columns = [
        sql.alias(sql.column(here, "node"), "a"),
        sql.alias(sql.column(end, "node"), "b"),
        *(sql.column(here, name) for name in graphs),
    ]
    narrowed = [
        exp.In(this=sql.column(alias, "node"), query=exp.Subquery(this=known.copy()))
        for alias, known in ((here, ends.start), (end, ends.end))
        if known is not None
    ]
    query = sql.select(columns, sql.table(table, here), sql.both(*narrowed))
    if not ends.same:
        on = sql.eq(sql.column(here, "component"), sql.column(there, "component"))
        sql.join(query, sql.table(table, there), on)
    return query


def _among(context: Context, table: str, pairs: exp.Query, graphs: list[str]) -> exp.Query:
    """Return those of some pairs whose nodes are of one component.

    The components of the starts are looked up first, whatever the engine would think: it might
    join the nodes of each component with one another.
    """
    pair, node, start = context.fresh("k"), context.fresh("r"), context.fresh("k")
    columns = [*(sql.column(pair, name) for name in ("a", "b"))]
    columns += [sql.column(node, name) for name in ("component", *graphs)]
    starts = sql.select(columns, sql.subquery(pairs, pair))
    on = sql.eq(sql.column(node, "node"), sql.column(pair, "a"))
    sql.join(starts, sql.table(table, node), on)
    names = ("a", "b", *graphs)
    query = sql.select([sql.column(start, name) for name in names], sql.table(start, start))
    sql.with_query(query, start, starts, materialized=True)
    end = context.fresh("r")
    on = sql.both(
        sql.eq(sql.column(end, "node"), sql.column(start, "b")),
        sql.eq(sql.column(end, "component"), sql.column(start, "component")),
    )
    sql.join(query, sql.table(table, end), on)
    return query


def _components(context: Context, path: MulPath, graph: Graph, graphs: list[str]) -> str:
    """Return the table of the nodes on rings of a path, which is made once for a query."""
    key = ("rings", repr(path), graph if isinstance(graph, str) else graph and graph.id)
    table = context.closures.get(key)
    if table is None:
        links = context.stage("links", _trimmed(context, links_of(context, path, graph), graphs))
        node = context.fresh("n")
        nodes = sql.select(
            [sql.alias(sql.column(links, "a"), "node"), *(sql.column(links, g) for g in graphs)],
            sql.table(links, links),
            distinct=True,
        )
        columns = [
            *(sql.column(node, name) for name in ("node", *graphs)),
            # From 0 without gaps, as `find_components` takes them.
            sql.alias(
                sql.arithmetic("-", exp.Window(this=sql.call("row_number")), sql.number(1)),
                "number",
            ),
            sql.alias(sql.typed_null("BIGINT"), "component"),
        ]
        query = sql.select(columns, sql.subquery(nodes, node))
        table = context.closures[key] = context.stage("rings", query, links=links)
    return table


def _trimmed(context: Context, links: exp.Query, graphs: list[str]) -> exp.Query:
    """Return the pairs of one round of a path, each once, without many that lie on no ring.

    A pair that none leads to, or none leads on from, lies on none; few are left when these
    have been taken out some times over.
    """
    names = [context.fresh("e") for _ in range(_TRIMS + 1)]
    trimmed = sql.select(
        [sql.column(names[-1], column) for column in ("a", "b", *graphs)],
        sql.table(names[-1], names[-1]),
        distinct=True,
    )
    sql.with_query(trimmed, names[0], links, materialized=True)
    for before, name in itertools.pairwise(names):
        sql.with_query(trimmed, name, _between(context, before, graphs), materialized=True)
    return trimmed


def _between(context: Context, name: str, graphs: list[str]) -> exp.Query:
    """Return the pairs that begin where others end and end where others begin."""
    ends = {
        column: sql.select([sql.column(name, column)], sql.table(name, name))
        for column in ("a", "b")
    }
    alias = context.fresh("e")
    condition = sql.both(
        exp.In(this=sql.column(alias, "a"), query=exp.Subquery(this=ends["b"])),
        exp.In(this=sql.column(alias, "b"), query=exp.Subquery(this=ends["a"])),
    )
    columns = [sql.column(alias, column) for column in ("a", "b", *graphs)]
    return sql.select(columns, sql.table(name, alias), condition)
