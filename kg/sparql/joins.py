"""Join, OPTIONAL, UNION and MINUS of solution sequences (SPARQL 1.1, section 18.5).

Variables certainly bound on both sides make plain equi-joins; uncertain ones split a join into
the ways in which two solutions may be compatible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.compatibility import Shared, Way, compatible, ways
from kg.sparql.context import Context
from kg.sparql.keys import Key, keys_of_join, keys_of_optional
from kg.sparql.relation import (
    Layer,
    Relation,
    Scope,
    copied_columns,
    is_unit,
    layer,
    lifted,
)
from kg.sparql.values import FACETS, NARROW, Shape, decimal_type

Condition = Callable[[Scope], sql.Expr]


def join(context: Context, left: Relation, right: Relation) -> Relation:
    """Return the solutions of both, where compatible."""
    for one, other in ((left, right), (right, left)):
        if is_unit(one):
            # The engine does not see through a join with one row, such as to prune a scan.
            return replace(other, order=())
    left, right = _aligned(context, left, right)
    shared = _shared(left, right)
    several = ways(shared)
    if len(several) > 1:
        return _split_join(context, left, right, shared, several)
    sides = layer(context, left), layer(context, right)
    query, shapes = _joined(context, *sides)
    sql.join(query, sides[1].source(), _compatible(shared, {}, *sides))
    return Relation(query, shapes, keys=_keys(keys_of_join, left, right, shared))


def _split_join(
    context: Context, left: Relation, right: Relation, shared: list[Shared], several: list[Way]
) -> Relation:
    """Return a join on uncertain variables only, as a sum of equi-joins and cross products."""
    names = context.fresh("w"), context.fresh("w")
    parts: list[exp.Query] = []
    shapes: dict[str, Shape] = {}
    for way in several:
        sides = layer(context, left), layer(context, right)
        query, shapes = _joined(context, *sides, sources=names)
        on = _compatible(shared, way, *sides)
        sql.join(query, sql.table(names[1], sides[1].alias), on)
        parts.append(query)
    result = sql.union_all(parts)
    for name, relation in zip(names, (left, right), strict=True):
        sql.with_query(result, name, relation.query, materialized=True)
    return Relation(result, shapes)


def left_join(
    context: Context,
    left: Relation,
    right: Relation,
    condition: Condition | None,
    make_scope: Callable[..., Scope],
) -> Relation:
    """Return the solutions of the left, extended where a compatible right one passes the filter."""
    left, right = _aligned(context, left, right)
    shared = _shared(left, right)
    several = ways(shared)
    if len(several) > 1:
        return _split_left_join(context, left, right, (shared, several), condition, make_scope)
    sides = layer(context, left), layer(context, right)
    on = _compatible(shared, {}, *sides)
    if condition is not None:
        on = sql.both(on, condition(make_scope(*sides)))
    keys = _keys(keys_of_optional, left, right, shared)
    extended = _extended(context, sides, sides[0].source(), sides[1].source(), on)
    return replace(extended, keys=keys)


def _extended(
    context: Context, sides: tuple[Layer, Layer], left: sql.Expr, right: sql.Expr, on: sql.Expr
) -> Relation:
    """Return the left solutions with what a source has for them on the right, if anything."""
    optional = Layer(context, _uncertain(sides[1].relation), sides[1].alias)
    columns, shapes = _merged(context, sides[0], optional)
    query = sql.select(columns or [sql.alias(sql.number(1), "one")], left)
    sql.join(query, right, on, side="LEFT")
    return Relation(query, shapes)


def _split_left_join(
    context: Context,
    left: Relation,
    right: Relation,
    split: tuple[list[Shared], list[Way]],
    condition: Condition | None,
    make_scope: Callable[..., Scope],
) -> Relation:
    """Return OPTIONAL on uncertain variables only: the left is numbered, each way finds pairs."""
    shared, several = split
    shapes = left.shapes, right.shapes
    if condition is not None:
        # What the condition needs of the dictionary is asked for once, for all the ways.
        probes = layer(context, left), layer(context, right)
        condition(make_scope(*probes))
        left, right = probes[0].enriched(), probes[1].enriched()
    names = context.fresh("w"), context.fresh("w")
    number = context.fresh("n")
    pairs: list[exp.Query] = []
    for way in several:
        sides = layer(context, left), layer(context, right)
        on = _compatible(shared, way, *sides)
        if condition is not None:
            on = sql.both(on, condition(make_scope(*sides)))
        kept = copied_columns(context, replace(right, shapes=shapes[1]), sides[1].alias)
        columns = [sql.alias(sql.column(sides[0].alias, number), number), *kept]
        pair = sql.select(columns, sql.table(names[0], sides[0].alias))
        sql.join(pair, sql.table(names[1], sides[1].alias), on)
        pairs.append(pair)
    ends = (
        layer(context, replace(left, shapes=shapes[0])),
        layer(context, replace(right, shapes=shapes[1])),
    )
    on = sql.eq(*(sql.column(end.alias, number) for end in ends))
    found = sql.subquery(sql.union_all(pairs), ends[1].alias)
    result = _extended(context, ends, sql.table(names[0], ends[0].alias), found, on)
    sql.with_query(result.query, names[0], _numbered(context, left, number), materialized=True)
    sql.with_query(result.query, names[1], right.query, materialized=True)
    return result


def _numbered(context: Context, relation: Relation, number: str) -> exp.Query:
    """Return the rows of a relation with a number each."""
    side = layer(context, relation)
    columns = copied_columns(context, relation, side.alias)
    columns.append(sql.alias(exp.Window(this=sql.call("row_number")), number))
    return sql.select(columns, side.source())


def _uncertain(relation: Relation) -> Relation:
    """Return a relation none of whose variables is certainly bound any more."""
    shapes = {name: replace(shape, certain=False) for name, shape in relation.shapes.items()}
    return replace(relation, shapes=shapes)


def minus(context: Context, left: Relation, right: Relation, implicit: set[str]) -> Relation:
    """Return the left solutions with no compatible right one that shares a bound variable.

    `implicit` variables are compared, but do not count as shared.
    """
    left, right = _aligned(context, left, right)
    shared = _shared(left, right)
    counted = [one for one in shared if one.name not in implicit]
    if not counted:
        return left
    side = layer(context, left)
    name = context.fresh("w")
    conditions: list[sql.Expr] = []
    for way in ways(shared):
        if _apart(counted, way):
            continue
        other = layer(context, right)
        condition = _compatible(shared, way, side, other)
        if not any(one.certain or way.get(one.name) == "equal" for one in counted):
            condition = sql.both(condition, _both_bind(counted, side, other))
        inner = sql.select([sql.number(1)], sql.table(name, other.alias), condition)
        conditions.append(sql.negation(sql.exists(inner)))
    columns = copied_columns(context, left, side.alias)
    query = sql.select(
        columns or [sql.alias(sql.number(1), "one")], side.source(), sql.both(*conditions)
    )
    sql.with_query(query, name, right.query, materialized=len(conditions) > 1)
    return Relation(query, left.shapes, left.order, left.keys)


def _apart(counted: list[Shared], way: Way) -> bool:
    """Return whether a way leaves no variable that both sides bind."""
    return all(way.get(one.name, "equal") != "equal" for one in counted)


def _both_bind(counted: list[Shared], left: Layer, right: Layer) -> sql.Expr:
    return sql.either(
        *(
            sql.both(left.value(one.name).present(), right.value(one.name).present())
            for one in counted
        )
    )


def exists(
    context: Context, outer: Scope, inner: Relation, condition: Condition | None
) -> sql.Expr:
    """Return the SQL condition that some inner solution is compatible with the outer one."""
    shared = [
        Shared(name, isinstance(outer.value(name).present(), exp.Boolean), shape.certain)
        for name, shape in inner.shapes.items()
        if outer.value(name).kinds
    ]
    found: list[sql.Expr] = []
    for way in ways(shared):
        inside = layer(context, replace(inner, query=inner.query.copy()))
        conditions = [compatible(shared, way, outer.value, inside.value)]
        if condition is not None:
            conditions.append(condition(Scope(context, inside, outer=outer)))
        query = sql.select([sql.number(1)], inside.source(), sql.both(*conditions))
        found.append(sql.exists(query))
    return sql.either(*found)


def union(context: Context, left: Relation, right: Relation) -> Relation:
    """Return the solutions of both, one after the other."""
    left, right = _aligned(context, left, right)
    shapes = {
        name: _union_shape(left.shapes.get(name), right.shapes.get(name))
        for name in dict.fromkeys([*left.shapes, *right.shapes])
    }
    queries = [_with_shapes(context, relation, shapes) for relation in (left, right)]
    return Relation(sql.union_all(queries), shapes)


def _union_shape(left: Shape | None, right: Shape | None) -> Shape:
    """Return the shape of a variable that is in one or both branches."""
    if left is None or right is None:
        only = left or right
        assert only is not None  # noqa: S101
        return replace(only, facets=only.facets - {NARROW}, certain=False)
    return Shape(
        (left.facets & right.facets) - {NARROW},
        left.traits.join(right.traits),
        left.certain and right.certain,
        left.form,
    )


def _with_shapes(context: Context, relation: Relation, shapes: dict[str, Shape]) -> exp.Select:
    """Return a query of the columns of some shapes, NULL where the relation lacks a variable."""
    alias = context.fresh("u")
    columns: list[sql.Expr] = []
    for name, shape in shapes.items():
        for facet in sorted(shape.facets):
            column = context.name(name, facet)
            known = name in relation.shapes
            source = sql.column(alias, column) if known else sql.null()
            columns.append(sql.alias(_typed(source, facet, shape), column))
    return sql.select(
        columns or [sql.alias(sql.number(1), "one")], sql.subquery(relation.query, alias)
    )


def _typed(source: sql.Expr, facet: str, shape: Shape) -> sql.Expr:
    """Return a facet in the type that all branches of a union have."""
    if facet == "num":
        return sql.cast(source, decimal_type(shape.traits.scale))
    return sql.cast(source, FACETS[facet]) if isinstance(source, exp.Null) else source


def _shared(left: Relation, right: Relation) -> list[Shared]:
    return [
        Shared(name, shape.certain, right.shapes[name].certain)
        for name, shape in left.shapes.items()
        if name in right.shapes
    ]


def _keys(
    kind: Callable[[Sequence[Key], Sequence[Key], Key], tuple[Key, ...]],
    left: Relation,
    right: Relation,
    shared: list[Shared],
) -> tuple[Key, ...]:
    """Return the keys of a join of some kind, none where it is not one of equal terms alone."""
    if not all(one.certain for one in shared):
        return ()
    return kind(left.keys, right.keys, frozenset(one.name for one in shared))


def _aligned(context: Context, left: Relation, right: Relation) -> tuple[Relation, Relation]:
    """Return both relations, each shared variable held in the same way on both sides."""
    differing = [
        one.name
        for one in _shared(left, right)
        if not _alike(left.shapes[one.name], right.shapes[one.name])
    ]
    if not differing:
        return left, right
    return lifted(context, left, differing), lifted(context, right, differing)


def _alike(left: Shape, right: Shape) -> bool:
    if left.stored or right.stored:
        return left.stored and right.stored
    same_kind = left.form != "text" or left.traits.kinds == right.traits.kinds
    return left.form == right.form and left.facets == right.facets and same_kind


def _compatible(shared: list[Shared], way: Way, left: Layer, right: Layer) -> sql.Expr:
    return compatible(shared, way, left.value, right.value)


def _joined(
    context: Context, left: Layer, right: Layer, sources: tuple[str, str] | None = None
) -> tuple[exp.Select, dict[str, Shape]]:
    """Return SELECT of the merged columns FROM the left side, and the shapes."""
    columns, shapes = _merged(context, left, right)
    source = sql.table(sources[0], left.alias) if sources else left.source()
    return sql.select(columns or [sql.alias(sql.number(1), "one")], source), shapes


def _merged(context: Context, left: Layer, right: Layer) -> tuple[list[sql.Expr], dict[str, Shape]]:
    """Return the columns and the shapes of two sides put together."""
    columns: list[sql.Expr] = []
    shapes: dict[str, Shape] = {}
    for name in dict.fromkeys([*left.relation.shapes, *right.relation.shapes]):
        on_left = left.relation.shapes.get(name)
        on_right = right.relation.shapes.get(name)
        if on_left is None or on_right is None:
            side, shape = (left, on_left) if on_left is not None else (right, on_right)
            assert shape is not None  # noqa: S101
            shapes[name] = shape
            columns += [
                sql.column(side.alias, context.name(name, facet)) for facet in sorted(shape.facets)
            ]
            continue
        shapes[name] = _merge(context, columns, name, (left, on_left), (right, on_right))
    return columns, shapes


def _merge(
    context: Context,
    columns: list[sql.Expr],
    name: str,
    left: tuple[Layer, Shape],
    right: tuple[Layer, Shape],
) -> Shape:
    """Add the columns of a shared variable; return its shape."""
    (left_layer, on_left), (right_layer, on_right) = left, right
    if on_left.certain:
        extra = on_right.facets - on_left.facets if on_right.certain else frozenset()
        for facet in sorted(on_left.facets | extra):
            side = left_layer if facet in on_left.facets else right_layer
            columns.append(sql.column(side.alias, context.name(name, facet)))
        traits = on_left.traits.meet(on_right.traits) if on_right.certain else on_left.traits
        return Shape(on_left.facets | extra, traits, certain=True, form=on_left.form)
    facets = (on_left.facets & on_right.facets) - {NARROW}
    traits = on_left.traits.join(on_right.traits)
    shape = Shape(facets, traits, certain=on_right.certain, form=on_left.form)
    for facet in sorted(facets):
        column = context.name(name, facet)
        sides = (
            _typed(sql.column(side.alias, column), facet, shape)
            for side in (left_layer, right_layer)
        )
        columns.append(sql.alias(sql.call("coalesce", *sides), column))
    return shape
