"""Stars: triple patterns about one node, found in one row of the property table.

Those about a whole that the node is a part of may be found there, too (`kg.store.property_wholes`),
and those of an OPTIONAL about the node: what the row lacks is not bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rdflib import RDF, URIRef
from rdflib.term import Node

from kg.sparql.context import Context, is_variable
from kg.sparql.scans import Scanned, Triple
from kg.store.property_table import Column, Form, PropertyTable

_LEAST = 2
"""Triple patterns that make a star. One alone is found as fast among the quads, which lie by
predicate; but the instances of one class lie among those of all others there."""


Members = tuple[tuple[Scanned, Column], ...]
"""Triple patterns about one node, each with the column that has what it matches."""


@dataclass(frozen=True, slots=True)
class Star:
    """Triple patterns about one node, which a row matches, and others that it need not match.

    Each group of those in `beside` is the pattern of an OPTIONAL.
    """

    table: PropertyTable
    centre: Node
    members: Members
    beside: tuple[Members, ...] = ()

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


def with_beside(
    context: Context, stars: Sequence[Star], patterns: Iterable[Sequence[Triple]]
) -> list[Star]:
    """Return stars with the patterns of OPTIONALs that `beside` finds for one of them."""
    found = {star.centre: star for star in stars}
    for triples in patterns:
        told = beside(context, list(found.values()), triples)
        assert told is not None  # noqa: S101
        centre, members = told
        found[centre] = replace(found[centre], beside=(*found[centre].beside, members))
    return list(found.values())


def beside(
    context: Context, stars: Iterable[Star], triples: Sequence[Triple]
) -> tuple[Node, Members] | None:
    """Return the centre of the star whose rows tell the pattern of an OPTIONAL, and the columns.

    Each triple pattern has to be about that node, and its other end a variable. None where there is
    no such star.
    """
    for star in stars:
        taken = {column for _, column in star.members}
        taken |= {column for members in star.beside for _, column in members}
        members = [(triple, _beside(context, star, triple)) for triple in triples]
        columns = [column for _, column in members if column is not None and column not in taken]
        ends = {node for triple in triples for node in (triple[0], triple[2])} - {star.centre}
        if is_variable(star.centre) and len(set(columns)) == len(triples) == len(ends):
            return star.centre, tuple(members)  # type: ignore[arg-type]
    return None


def _beside(context: Context, star: Star, triple: Triple) -> Column | None:
    """Return the column with the variable that a pattern connects with the centre of a star."""
    subject, predicate, object_ = triple
    if not isinstance(predicate, URIRef) or subject == object_:
        return None
    p = context.constant(predicate).id
    if subject == star.centre and is_variable(object_):
        return star.table.column(Form.OBJECT, p)
    if object_ == star.centre and is_variable(subject):
        return star.table.column(Form.SUBJECT, p)
    return None
