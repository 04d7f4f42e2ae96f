"""Stars: triple patterns about one node, found in one row of the property table.

Those about a whole that the node is a part of may be found there, too (`kg.store.property_wholes`).
What the table leaves out is found by scans of the quads, as if there were no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rdflib import RDF, URIRef
from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context, graph_traits, is_variable, resource_traits, variable_name
from kg.sparql.equalities import Place
from kg.sparql.keys import Dependency
from kg.sparql.scans import Graph, Scanned, distinct_scan, graph_condition, ids_told, is_repeated
from kg.sparql.sources import OBJECT_FACETS, Sources, constant_of
from kg.sparql.told import Told
from kg.sparql.values import FACETS, NARROW
from kg.store.property_table import Column, Form, Part, PropertyTable

_LEAST = 2
"""Triple patterns that make a star. One alone is found as fast among the quads, which lie by
predicate; but the instances of one class lie among those of all others there."""


@dataclass(frozen=True, slots=True)
class Star:
    """Triple patterns about one node, and for each the column that has what it matches."""

    table: PropertyTable
    centre: Node
    members: tuple[tuple[Scanned, Column], ...]

    @property
    def triples(self) -> list[Scanned]:
        """The triple patterns."""
        return [triple for triple, _ in self.members]


def stars_of(context: Context, triples: Sequence[Scanned]) -> tuple[list[Star], list[Scanned]]:
    """Return the stars among triple patterns, and the patterns that are in none."""
    table = context.properties
    if table is None:
        return [], list(triples)
    found: dict[Node, dict[Column, int]] = {}
    lonely: list[int] = []
    for index, triple in enumerate(triples):
        column = _column(context, table, triple)
        around = found.setdefault(triple[0], {})
        if column is None or column in around:
            lonely.append(index)
        else:
            around[column] = index
    lonely += [index for around in found.values() if len(around) == 1 for index in around.values()]
    for index in lonely:
        _add_inverse(context, table, found, index, triples[index])
    for index, triple in enumerate(triples):
        _add_whole(context, table, found, index, triple)
    several = {
        centre: around for centre, around in found.items() if _is_star(table, centre, around)
    }
    stars = [
        Star(table, centre, tuple((triples[index], column) for column, index in around.items()))
        for centre, around in several.items()
    ]
    placed = {index for around in several.values() for index in around.values()}
    return stars, [triple for index, triple in enumerate(triples) if index not in placed]


def _is_star(table: PropertyTable, centre: Node, columns: Iterable[Column]) -> bool:
    """Return whether patterns that these columns answer are found faster in the table."""
    alone = [column.form is Form.CLASS or column.digits is not None for column in columns]
    if len(alone) >= _LEAST:
        return True
    return table.complete and is_variable(centre) and any(alone)


def _column(context: Context, table: PropertyTable, triple: Scanned) -> Column | None:
    """Return the column with the object of a triple pattern, or with the class that it is."""
    _, predicate, object_ = triple
    if not isinstance(predicate, URIRef):
        return None
    p = context.constant(predicate).id
    if predicate == RDF.type and isinstance(object_, URIRef):
        return table.column(Form.CLASS, p, context.constant(object_).id)
    return table.column(Form.OBJECT, p)


def _add_inverse(
    context: Context,
    table: PropertyTable,
    found: dict[Node, dict[Column, int]],
    index: int,
    triple: Scanned,
) -> None:
    """Let a pattern that is in no star join the one about its object, if there is a column."""
    subject, predicate, object_ = triple
    around = found.get(object_)
    own = found.get(subject, {})
    if not around or around is own or not isinstance(predicate, URIRef):
        return
    column = table.column(Form.SUBJECT, context.constant(predicate).id)
    if column is None or column in around or (index in own.values() and len(own) > 1):
        return
    around[column] = index
    found[subject] = {key: other for key, other in own.items() if other != index}


def _add_whole(
    context: Context,
    table: PropertyTable,
    found: dict[Node, dict[Column, int]],
    index: int,
    triple: Scanned,
) -> None:
    """Let what is asked about a whole join the star of a part of it, whose row carries that.

    Where the row of the whole tells its part, too, that is so if the part is asked for something,
    and carries all that the whole is asked for.
    """
    subject, predicate, object_ = triple
    if not isinstance(predicate, URIRef) or subject == object_:
        return
    own, around = found.get(subject, {}), found.get(object_, {})
    step = table.column(Form.SUBJECT, context.constant(predicate).id)
    if step is None or not table.complete or around.get(step, index) != index:
        return
    carried: dict[Column, int] = {}
    for column, other in own.items():
        twin = table.column(column.form, column.p, column.o, step.number)
        if twin is not None and column.via is None:
            carried[twin] = other
    left = {key: one for key, one in own.items() if one not in (index, *carried.values())}
    if index in own.values() and (left or not around):
        return
    if carried:
        found[subject] = left
        found[object_] = {**around, step: index, **carried}


def add_star(context: Context, sources: Sources, star: Star, graph: Graph, told: Told) -> None:
    """Add the rows of a star."""
    alias = context.fresh("w")
    columns = [column for _, column in star.members]
    parts, left_out = star.table.parts_with(columns), star.table.leaves_out(columns)
    if len(parts) == 1 and not left_out:
        sources.tables.append(sql.table(parts[0].name, alias))
        sources.conditions += _present(context, alias, star, parts[0], graph)
    else:
        found = [_rows(context, star, part, graph) for part in parts]
        if left_out or not parts:
            found.append(_rest(context, star, graph))
        sources.tables.append(sql.subquery(sql.union_all(found), alias))
    _bind(context, sources, Place(alias, "s", resource_traits(), typed=False), star.centre, told)
    if not left_out:
        sources.dependencies += _dependencies(context, star, graph)
    for (subject, _, object_), column in star.members:
        if isinstance(graph, str):
            sources.bind(graph, Place(alias, column.graph, graph_traits(), typed=False))
        if column.form is Form.SUBJECT:
            place = Place(alias, column.value, resource_traits(), typed=False)
            _bind(context, sources, place, subject, told)
        elif column.form is Form.OBJECT:
            traits = context.statistics_of([column.p]).traits
            place = Place(
                alias,
                column.value,
                traits,
                typed=True,
                facets=_facets(alias, column),
            )
            _bind(context, sources, place, object_, told)


def _dependencies(context: Context, star: Star, graph: Graph) -> Iterator[Dependency]:
    """Yield that the centre determines what stands in its row, and a whole what is carried."""

    def free(nodes: Iterable[Node]) -> frozenset[str]:
        return frozenset(variable_name(one) for one in nodes if constant_of(context, one) is None)

    graphs = frozenset({graph} if isinstance(graph, str) else ())
    nodes = [node for subject, _, object_ in star.triples for node in (subject, object_)]
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


def _present(context: Context, alias: str, star: Star, part: Part, graph: Graph) -> list[sql.Expr]:
    """Return the conditions that a row has all of the columns, from graphs that are asked for."""
    conditions = []
    for _, column in star.members:
        if column.number not in part.always:
            conditions.append(sql.is_not_null(sql.column(alias, column.graph)))
        conditions.append(graph_condition(context, alias, graph, column.graph))
    return conditions


def _rows(context: Context, star: Star, part: Part, graph: Graph) -> exp.Query:
    """Return the rows of a part of the table that have all of the columns."""
    alias = context.fresh("w")
    names = ["s", *(name for _, column in star.members for name in _names(column, graph))]
    source = sql.table(part.name, alias)
    where = sql.both(*_present(context, alias, star, part, graph))
    return sql.select([sql.column(alias, name) for name in names], source, where)


def _names(column: Column, graph: Graph) -> list[str]:
    """Return the columns of the table that a query reads of one."""
    return [name for name in column.sources if name != column.graph or isinstance(graph, str)]


def _rest(context: Context, star: Star, graph: Graph) -> exp.Query:
    """Return what the quads have of the subjects that are left out, in the same columns."""
    rest = context.fresh("w")
    shown = [sql.column(rest, "s")]
    conditions: list[sql.Expr] = []
    tables: list[sql.Expr] = []
    aliases = {column.number: context.fresh("q") for _, column in star.members}
    for _, column in star.members:
        alias = aliases[column.number]
        owner = sql.column(rest if column.via is None else aliases[column.via], "s")
        conditions.append(sql.eq(sql.column(alias, column.owner), owner))
        tables.append(_scan(context, alias, column, graph, conditions))
        shown += [
            sql.alias(_in_type(column, source, sql.column(alias, source)), name)
            for name, source in column.sources.items()
            if name in _names(column, graph)
        ]
    query = sql.select(shown, sql.table(star.table.rest, rest), sql.both(*conditions))
    for table in tables:
        query.append("joins", exp.Join(this=table))
    return query


def _in_type(column: Column, source: str, value: sql.Expr) -> sql.Expr:
    """Return what a quad has in the type that it has in the table."""
    if source != "num" or column.digits is None:
        return value
    return sql.cast(value, column.number_type)


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
