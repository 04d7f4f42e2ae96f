"""The triples of CONSTRUCT and DESCRIBE as a relation (SPARQL 1.1, sections 16.2, 16.4, 18.5).

They are held by ids as far as they can be, so that the same triple is found by numbers, and its
terms are looked up once it is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import BNode
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, URIRef, Variable
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.compiler import Compiler
from kg.sparql.computed import Text
from kg.sparql.context import Context, predicate_traits, resource_traits
from kg.sparql.relation import COMPUTED, Layer, Relation, columns_of, layer, shape_of
from kg.sparql.sql import Expr
from kg.sparql.values import ANY, IRIS, RESOURCES, Kinds, Shape, Traits, Unbound, Value
from kg.store import Kind

TRIPLE = (" subject", " predicate", " object")
"""Names of the variables of a relation of triples, which no query can write."""

_NUMBER = " number"
"""Name of the variable that numbers the solutions, where they make new nodes."""
_ROLES: tuple[Kinds, ...] = (RESOURCES, IRIS, ANY)
_ID = frozenset({"id"})

Template = Sequence[tuple[Node, Node, Node]]


def constructed(context: Context, relation: Relation, template: Template) -> Relation:
    """Return the triples of a template, each once, invalid ones left out."""
    if not template:
        return _nothing(context)
    solutions = context.fresh("w")
    kept = _kept(context, relation, template)
    filled = [_Filled(context, kept, solutions, triple) for triple in template]
    shapes = {
        name: _shape([one.values[place] for one in filled], _ROLES[place])
        for place, name in enumerate(TRIPLE)
    }
    parts: list[exp.Query] = [one.query(shapes) for one in filled]
    query = sql.union(parts) if len(parts) > 1 else _once(context, parts[0])
    sql.with_query(query, solutions, kept.query, materialized=True)
    return Relation(query, shapes)


def _kept(context: Context, relation: Relation, template: Template) -> Relation:
    """Return the solutions with the variables of a template; with a number each for new nodes."""
    side = layer(context, relation)
    used = {str(node) for triple in template for node in triple if isinstance(node, Variable)}
    columns: list[Expr] = [sql.alias(sql.number(1), "one")]
    shapes: dict[str, Shape] = {}
    if any(isinstance(node, BNode) for triple in template for node in triple):
        traits = Traits(frozenset({Kind.INTEGER}), 0)
        shapes[_NUMBER] = Shape(frozenset({"num"}), traits, certain=True, form="number")
        number = exp.Window(this=sql.call("row_number"))
        columns.append(sql.alias(number, context.name(_NUMBER, "num")))
    for name in sorted(used & relation.shapes.keys()):
        value = side.value(name)
        shapes[name] = shape_of(value, certain=True)
        columns += columns_of(context, name, value, shapes[name])
    return Relation(sql.select(columns, side.source()), shapes)


class _Filled:
    """One triple of a template in all solutions."""

    def __init__(
        self,
        context: Context,
        solutions: Relation,
        table: str,
        triple: tuple[Node, Node, Node],
    ) -> None:
        self._context = context
        alias = context.fresh("s")
        rows = sql.select([exp.Star()], sql.table(table, alias))
        self._side = layer(context, Relation(rows, solutions.shapes))
        self.values = [self._value(node) for node in triple]

    def _value(self, node: Node) -> Value:
        if isinstance(node, BNode):
            column = sql.column(self._side.alias, self._context.name(_NUMBER, "num"))
            number = sql.cast(column, "VARCHAR")
            label = sql.concat(sql.string("_:c"), number, sql.string(f"x{node}"))
            return Text(label, Kind.BLANK)
        if isinstance(node, Variable):
            return _bound(self._context, self._side, str(node))
        return self._context.constant(node)

    def query(self, shapes: dict[str, Shape]) -> exp.Query:
        """Return the valid triples, their terms held as the shapes say."""
        columns: list[Expr] = []
        conditions: list[Expr] = []
        for (name, shape), value, role in zip(shapes.items(), self.values, _ROLES, strict=True):
            columns += columns_of(self._context, name, value, shape)
            conditions.append(value.is_kind(role) if value.kinds - role else value.present())
        return sql.select(columns, self._side.source(), sql.both(*conditions))


def _bound(context: Context, side: Layer, name: str) -> Value:
    if name in side.relation.shapes:
        return side.value(name)
    return context.bindings.get(name, Unbound())


def _shape(values: Sequence[Value], role: Kinds) -> Shape:
    """Return how the values that stand in one place of the triples of a template are held."""
    bound = [value for value in values if value.kinds]
    traits = Traits(frozenset(), 0)
    for value in bound:
        traits = traits.join(value.traits)
    kinds = Traits(traits.kinds & role, traits.digits, traits.wide, traits.zoned)
    stored = all(value.stored for value in bound)
    return Shape(_ID if stored else COMPUTED, kinds, certain=True)


def _once(context: Context, query: exp.Query) -> exp.Query:
    alias = context.fresh("d")
    return sql.select([exp.Star()], sql.subquery(query, alias), distinct=True)


def _nothing(context: Context) -> Relation:
    columns = [sql.alias(sql.typed_null("BIGINT"), context.name(name, "id")) for name in TRIPLE]
    return Relation(sql.select(columns, where=sql.boolean(False)), _stored())


def _stored() -> dict[str, Shape]:
    """Return the shapes of triples that are in the store."""
    traits = (resource_traits(), predicate_traits(), Traits())
    return {name: Shape(_ID, one, certain=True) for name, one in zip(TRIPLE, traits, strict=True)}


def described(context: Context, compiler: Compiler, algebra: CompValue) -> Relation:
    """Return the triples about resources, blank nodes followed."""
    parts: list[exp.Query] = []
    variables = []
    for node in algebra.PV:
        if isinstance(node, URIRef):
            parts.append(sql.select([sql.alias(context.constant(node).facet("id"), "id")]))
        else:
            variables.append(str(node))
    if variables and algebra.p is not None:
        relation = compiler.relation(algebra.p)
        found = sql.union([_ids(context, relation, name) for name in variables])
        table = context.stage("found", found)
        parts.append(sql.select([sql.column(table, "id")], sql.table(table, table)))
    return _about(context, sql.union(parts)) if parts else _nothing(context)


def _ids(context: Context, relation: Relation, name: str) -> exp.Query:
    side = layer(context, relation)
    value = _bound(context, side, name)
    if isinstance(value, Unbound) or not value.stored:
        return sql.select([sql.alias(sql.typed_null("BIGINT"), "id")])
    return sql.select([sql.alias(value.facet("id"), "id")], side.source())


def _about(context: Context, resources: exp.Query) -> Relation:
    """Return the triples whose subject is a resource, or a blank node met on the way."""
    name, alias, quad = context.fresh("c"), context.fresh("r"), context.fresh("q")
    seen = sql.both(context.visible(quad), context.in_default_graph(quad))
    again = sql.select([sql.column(quad, "o")], sql.table(name, alias), sql.wanted())
    blank = sql.eq(sql.column(quad, "k"), sql.number(int(Kind.BLANK)))
    on = sql.eq(sql.column(quad, "s"), sql.column(alias, "id"))
    sql.join(again, sql.table("quad", quad), sql.both(on, seen, blank))
    recursion = sql.select([sql.column(name, "id")], sql.table(name, name))
    sql.with_recursive(recursion, name, ["id"], sql.union([resources, again]))
    met = context.stage("about", recursion, recursive=True)
    columns = [
        sql.alias(sql.column(quad, column), context.name(place, "id"))
        for column, place in zip("spo", TRIPLE, strict=True)
    ]
    about = sql.select(columns, sql.table(met, alias), distinct=True)
    sql.join(about, sql.table("quad", quad), sql.both(on, seen))
    return Relation(about, _stored())
