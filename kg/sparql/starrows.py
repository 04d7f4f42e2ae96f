"""The rows of a star: those of the property table, and what it leaves out.

That is found by scans of the quads, as if there were no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context, graph_traits, resource_traits, variable_name
from kg.sparql.equalities import Place
from kg.sparql.keys import Dependency
from kg.sparql.scans import Graph, Scanned, distinct_scan, graph_condition, ids_told, is_repeated
from kg.sparql.sources import OBJECT_FACETS, Sources, constant_of
from kg.sparql.stars import Members, Star
from kg.sparql.told import Told
from kg.sparql.values import FACETS, NARROW
from kg.store.property_table import Column, Form, Part, PropertyTable


def add_star(context: Context, sources: Sources, star: Star, graph: Graph, told: Told) -> None:
    """Add the rows of a star."""
    alias = context.fresh("w")
    columns = [column for _, column in star.members]
    parts, left_out = star.table.parts_with(columns), star.table.leaves_out(columns)
    if len(parts) == 1 and not left_out and not star.beside:
        sources.tables.append(sql.table(parts[0].name, alias))
        sources.conditions += _present(context, alias, star.members, parts[0], graph)
    else:
        found = [_rows(context, star, part, graph) for part in parts]
        if left_out or not parts:
            found.append(_rest(context, star, graph))
        sources.tables.append(sql.subquery(sql.union_all(found), alias))
    _bind(context, sources, Place(alias, "s", resource_traits(), typed=False), star.centre, told)
    if not left_out:
        sources.dependencies += _dependencies(context, star, graph)
    for triple, column in star.members:
        if isinstance(graph, str):
            sources.bind(graph, Place(alias, column.graph, graph_traits(), typed=False))
        if (place := _place(context, alias, column)) is not None:
            _bind(context, sources, place, _other_end(triple, column), told)
    for triple, column in (one for members in star.beside for one in members):
        if (place := _place(context, alias, column)) is not None:
            name = variable_name(_other_end(triple, column))
            sources.bind(name, replace(place, certain=False))


def _other_end(triple: Scanned, column: Column) -> Node:
    """Return the end of a triple pattern that stands in a column."""
    return triple[0] if column.form is Form.SUBJECT else triple[2]


def _place(context: Context, alias: str, column: Column) -> Place | None:
    """Return where the subject or object in a column stands; None for a class."""
    if column.form is Form.CLASS:
        return None
    if column.form is Form.SUBJECT:
        return Place(alias, column.value, resource_traits(), typed=False)
    traits = context.statistics_of([column.p]).traits
    facets = _facets(alias, column)
    return Place(alias, column.value, traits, typed=True, facets=facets)


def _dependencies(context: Context, star: Star, graph: Graph) -> Iterator[Dependency]:
    """Yield that the centre determines what stands in its row, and a whole what is carried."""

    def free(nodes: Iterable[Node]) -> frozenset[str]:
        return frozenset(variable_name(one) for one in nodes if constant_of(context, one) is None)

    graphs = frozenset({graph} if isinstance(graph, str) else ())
    besides = [triple for members in star.beside for triple, _ in members]
    nodes = [node for triple in (*star.triples, *besides) for node in (triple[0], triple[2])]
    yield free([star.centre]), free(nodes) | graphs
    said: dict[Node, list[Node]] = {}
    for (subject, _, object_), column in star.members:
        if column.via is not None:
            said.setdefault(subject, []).append(object_)
    for whole, objects in said.items():
        yield free([whole]), free(objects) | graphs


def _bind(context: Context, sources: Sources, place: Place, node: Node, told: Told) -> None:
    """Let a node of a pattern stand at a place: a variable, or else the term that it has to be."""
    column = sql.column(place.source, place.column)
    constant = constant_of(context, node)
    if constant is not None:
        sources.conditions.append(sql.eq(column, constant.facet("id")))
        return
    if ids := ids_told(context, node, told):
        sources.conditions.append(sql.either(*(sql.eq(column, one) for one in ids)))
    sources.bind(variable_name(node), place)
    sources.nodes.add(variable_name(node))


def _facets(alias: str, column: Column) -> dict[str, sql.Expr]:
    """Return the typed columns of the objects of a column."""
    facets = {
        name: sql.column(alias, column.facet(name))
        if name in column.stored
        else sql.cast(
            sql.null() if name != "k" or column.kind is None else sql.number(column.kind),
            FACETS[name],
        )
        for name in OBJECT_FACETS
    }
    if column.digits is not None:
        facets[NARROW] = facets["num"]
        facets["num"] = sql.cast(facets["num"], FACETS["num"])
    return facets


def _present(
    context: Context, alias: str, members: Members, part: Part, graph: Graph
) -> list[sql.Expr]:
    """Return the conditions that a row has all of the columns, from graphs that are asked for."""
    conditions = []
    for _, column in members:
        if column.number not in part.always:
            conditions.append(sql.is_not_null(sql.column(alias, column.graph)))
        conditions.append(graph_condition(context, alias, graph, column.graph))
    return conditions


def _rows(context: Context, star: Star, part: Part, graph: Graph) -> exp.Query:
    """Return the rows of a part of the table that have all of the columns."""
    alias = context.fresh("w")
    names = ["s", *(name for _, column in star.members for name in _names(column, graph))]
    source = sql.table(part.name, alias)
    where = sql.both(*_present(context, alias, star.members, part, graph))
    columns = [sql.column(alias, name) for name in names]
    for members in star.beside:
        columns += _beside_cells(context, alias, members, part, graph)
    return sql.select(columns, source, where)


def _beside_cells(
    context: Context, alias: str, members: Members, part: Part, graph: Graph
) -> list[sql.Expr]:
    """Return what a part has for an OPTIONAL: NULL in rows that do not match all of it."""
    present = sql.both(*_present(context, alias, members, part, graph))
    # A cell is empty where its own pattern alone is not matched.
    alone = len(members) == 1 and graph_condition(context, alias, graph) == sql.boolean(True)
    cells: list[sql.Expr] = []
    for _, column in members:
        for name, source in _told_sources(column):
            cell: sql.Expr = sql.column(alias, name)
            if not {column for _, column in members} <= {*part.columns}:
                cell = sql.typed_null(_type(column, source))
            elif not alone:
                cell = sql.case([(present, cell)])
            cells.append(sql.alias(cell, name))
    return cells


def _told_sources(column: Column) -> list[tuple[str, str]]:
    """Return the columns of the table that tell of an object or subject, and what they copy."""
    return [(name, source) for name, source in column.sources.items() if name != column.graph]


def _names(column: Column, graph: Graph) -> list[str]:
    """Return the columns of the table that a query reads of one."""
    return [name for name in column.sources if name != column.graph or isinstance(graph, str)]


def _rest(context: Context, star: Star, graph: Graph) -> exp.Query:
    """Return what the quads have of the subjects that are left out, in the same columns."""
    query = _scanned(context, star.table, star.members, graph)
    for members in star.beside:
        outer, inner = context.fresh("w"), context.fresh("w")
        told = [name for _, column in members for name, _ in _told_sources(column)]
        columns = [sql.column(outer, name) for name in query.named_selects]
        columns += [sql.column(inner, name) for name in told]
        found = sql.subquery(_scanned(context, star.table, members, graph), inner)
        query = sql.select(columns, sql.subquery(query, outer))
        on = sql.eq(sql.column(inner, "s"), sql.column(outer, "s"))
        sql.join(query, found, on, side="LEFT")
    return query


def _scanned(context: Context, table: PropertyTable, members: Members, graph: Graph) -> exp.Select:
    """Return the subjects that are left out and have all of some columns, with these."""
    rest = context.fresh("w")
    shown = [sql.column(rest, "s")]
    conditions: list[sql.Expr] = []
    tables: list[sql.Expr] = []
    aliases = {column.number: context.fresh("q") for _, column in members}
    for _, column in members:
        alias = aliases[column.number]
        owner = sql.column(rest if column.via is None else aliases[column.via], "s")
        conditions.append(sql.eq(sql.column(alias, column.owner), owner))
        tables.append(_scan(context, alias, column, graph, conditions))
        shown += [
            sql.alias(_in_type(column, source, sql.column(alias, source)), name)
            for name, source in column.sources.items()
            if name in _names(column, graph)
        ]
    query = sql.select(shown, sql.table(table.rest, rest), sql.both(*conditions))
    for scan in tables:
        query.append("joins", exp.Join(this=scan))
    return query


def _in_type(column: Column, source: str, value: sql.Expr) -> sql.Expr:
    """Return what a quad has in the type that it has in the table."""
    if source != "num" or column.digits is None:
        return value
    return sql.cast(value, _type(column, source))


def _type(column: Column, source: str) -> str:
    """Return the engine's type of what a column copies from a column of `quad`."""
    return column.number_type if source == "num" else FACETS.get(source, FACETS["id"])


def _scan(
    context: Context, alias: str, column: Column, graph: Graph, conditions: list[sql.Expr]
) -> sql.Expr:
    """Return the quads of a column, as a source; add to the conditions that they meet."""
    found = [
        context.visible(alias),
        graph_condition(context, alias, graph),
        sql.eq(sql.column(alias, "p"), sql.number(column.p)),
    ]
    if column.o is not None:
        found.append(sql.eq(sql.column(alias, "o"), sql.number(column.o)))
    if is_repeated(context, [column.p], graph):
        return distinct_scan(alias, found)
    conditions += found
    return sql.table("quad", alias)
