"""The sources of a basic graph pattern, and the relation of all of them joined."""

from __future__ import annotations

from dataclasses import dataclass, field

from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context, is_variable, variable_name
from kg.sparql.equalities import Place, equalities
from kg.sparql.keys import Dependency, keys_of_pattern
from kg.sparql.relation import Relation
from kg.sparql.values import NARROW, Constant, Shape

OBJECT_FACETS = ("k", "num", "dbl", "ts", "tz")
"""Facets that the object of a scan has as columns."""


@dataclass(slots=True)
class Sources:
    """The sources of one basic graph pattern with their conditions and bindings."""

    tables: list[sql.Expr] = field(default_factory=list)
    conditions: list[sql.Expr] = field(default_factory=list)
    places: dict[str, list[Place]] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)
    """Variables that stand for a subject or an object, so for a node of the graph."""
    dependencies: list[Dependency] = field(default_factory=list)
    """Variables that determine others."""
    each_once: bool = False
    """Whether no two rows of a source are alike."""

    def bind(self, variable: str, place: Place) -> None:
        """Let a variable stand at a place, equal to where it stands already."""
        self.places.setdefault(variable, []).append(place)


def constant_of(context: Context, node: Node) -> Constant | None:
    """Return the constant that a node of a pattern stands for, None for a variable."""
    if not is_variable(node):
        return context.constant(node)
    return context.bindings.get(variable_name(node))


def relation_of(context: Context, sources: Sources) -> Relation:
    """Return the relation of all sources joined."""
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for variable, places in sources.places.items():
        shapes[variable] = _add_columns(context, columns, variable, places)
    if not columns:
        columns.append(sql.alias(sql.number(1), "one"))
    first = sources.tables[0] if sources.tables else None
    equal = equalities(context, sources.places)
    query = sql.select(columns, first, sql.both(*sources.conditions, *equal))
    for table in sources.tables[1:]:
        query.append("joins", exp.Join(this=table))
    keys = keys_of_pattern(shapes, sources.dependencies) if sources.each_once else ()
    return Relation(query, shapes, keys=keys)


def parts_of(sources: Sources) -> list[Sources]:
    """Return the sources in parts of which no two share a variable or a condition."""
    groups = [{place.source for place in places} for places in sources.places.values()]
    groups += [_mentioned(condition) for condition in sources.conditions]
    names = [table.alias_or_name for table in sources.tables]
    parts: list[set[str]] = [{name} for name in names]
    for group in groups:
        joined = [part for part in parts if part & group]
        if len(joined) > 1:
            parts = [*(part for part in parts if not part & group), set().union(*joined)]
    parts.sort(key=lambda part: min(map(names.index, part)))
    return [_part(sources, part, first=part is parts[0]) for part in parts]


def _part(sources: Sources, names: set[str], *, first: bool) -> Sources:
    """Return the sources of some names; a condition that names none belongs to the first ones."""
    part = Sources(tables=[table for table in sources.tables if table.alias_or_name in names])
    for condition in sources.conditions:
        named = _mentioned(condition)
        if named & names or (first and not named & _all_names(sources)):
            part.conditions.append(condition)
    for variable, places in sources.places.items():
        if places[0].source in names:
            part.places[variable] = places
    return part


def _all_names(sources: Sources) -> set[str]:
    return {table.alias_or_name for table in sources.tables}


def _mentioned(condition: sql.Expr) -> set[str]:
    """Return the names of the tables whose columns a condition reads."""
    return {column.table for column in condition.find_all(exp.Column)}


def _add_columns(
    context: Context, columns: list[sql.Expr], variable: str, places: list[Place]
) -> Shape:
    """Add the columns of a variable; return its shape."""
    traits = places[0].traits
    for place in places[1:]:
        traits = traits.meet(place.traits)
    first = places[0]
    columns.append(sql.alias(sql.column(first.source, first.column), context.name(variable, "id")))
    typed = next((place for place in places if place.typed), None)
    if typed is None:
        return Shape(frozenset({"id"}), traits, first.certain)
    facets = [*OBJECT_FACETS, *([NARROW] if typed.facets and NARROW in typed.facets else [])]
    columns += [sql.alias(typed.facet(facet), context.name(variable, facet)) for facet in facets]
    return Shape(frozenset({"id", *facets}), traits, first.certain)
