"""Join, OPTIONAL, UNION and MINUS of solution sequences (SPARQL 1.1, section 18.5).

Two solutions are compatible when each variable they share is equal or unbound on one side.
Variables certainly bound on both sides make plain equi-joins; an uncertain one splits the join
into parts by which side binds it, so that no join condition needs a disjunction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.comparison import identical
from kg.sparql.context import Context
from kg.sparql.relation import Layer, Relation, Scope, layer, lifted
from kg.sparql.values import FACETS, Shape, decimal_type

Condition = Callable[[Scope], sql.Expr]

_MOST_SPLIT = 2
"""Uncertain shared variables up to which a join is split (each makes three parts)."""


def join(context: Context, left: Relation, right: Relation) -> Relation:
    """Return the solutions of both, where compatible."""
    left, right = _aligned(context, left, right)
    shared = _shared(left, right)
    uncertain = [name for name in shared if not _certain(name, left, right)]
    if not uncertain or len(uncertain) < len(shared) or len(uncertain) > _MOST_SPLIT:
        sides = layer(context, left), layer(context, right)
        query, shapes = _joined(context, *sides)
        sql.join(query, sides[1].source(), _compatible(*sides, shared))
        return Relation(query, shapes)
    return _split_join(context, left, right, uncertain)


def _split_join(
    context: Context, left: Relation, right: Relation, uncertain: list[str]
) -> Relation:
    """Return a join on uncertain variables only, as a sum of equi-joins and cross products."""
    names = context.fresh("w"), context.fresh("w")
    parts: list[exp.Query] = []
    shapes: dict[str, Shape] = {}
    for cases in itertools.product(
        ("equal", "left unbound", "right unbound"), repeat=len(uncertain)
    ):
        sides = Layer(context, left, context.fresh("r")), Layer(context, right, context.fresh("r"))
        query, shapes = _joined(context, *sides, sources=names)
        conditions = [
            _case_condition(case, *sides, name) for name, case in zip(uncertain, cases, strict=True)
        ]
        sql.join(query, sql.table(names[1], sides[1].alias), sql.both(*conditions))
        parts.append(query)
    result = sql.union_all(parts)
    for name, relation in zip(names, (left, right), strict=True):
        sql.with_query(result, name, relation.query, materialized=True)
    return Relation(result, shapes)


def _case_condition(case: str, left: Layer, right: Layer, name: str) -> sql.Expr:
    on_left, on_right = left.value(name), right.value(name)
    match case:
        case "equal":
            return identical(on_left, on_right)
        case "left unbound":
            return sql.negation(on_left.present())
        case _:
            return sql.both(on_left.present(), sql.negation(on_right.present()))


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
    sides = layer(context, left), layer(context, right)
    on = _compatible(*sides, shared)
    if condition is not None:
        on = sql.both(on, condition(make_scope(*sides)))
    optional = _uncertain(right)
    columns, shapes = _merged(context, sides[0], Layer(context, optional, sides[1].alias))
    query = sql.select(columns, sides[0].source())
    sql.join(query, sides[1].source(), on, side="LEFT")
    return Relation(query, shapes)


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
    counted = [name for name in shared if name not in implicit]
    if not counted:
        return left
    sides = layer(context, left), layer(context, right)
    conditions = [_compatible(*sides, shared)]
    if not any(_certain(name, left, right) for name in counted):
        conditions.append(
            sql.either(
                *(
                    sql.both(sides[0].value(name).present(), sides[1].value(name).present())
                    for name in counted
                )
            )
        )
    inner = sql.select([sql.number(1)], sides[1].source(), sql.both(*conditions))
    columns = [
        sql.column(sides[0].alias, context.name(name, facet))
        for name, shape in left.shapes.items()
        for facet in sorted(shape.facets)
    ]
    query = sql.select(
        columns or [sql.alias(sql.number(1), "one")],
        sides[0].source(),
        sql.negation(sql.exists(inner)),
    )
    return Relation(query, left.shapes)


def exists(
    context: Context, outer: Scope, inner: Relation, condition: Condition | None
) -> sql.Expr:
    """Return the SQL condition that some inner solution is compatible with the outer one."""
    inner_layer = layer(context, inner)
    conditions: list[sql.Expr] = []
    for name, shape in inner.shapes.items():
        around = outer.value(name)
        if not around.kinds:
            continue
        inside = inner_layer.value(name)
        equal = identical(around, inside)
        if not shape.certain:
            equal = sql.either(equal, sql.negation(inside.present()))
        conditions.append(
            equal
            if isinstance(around.present(), exp.Boolean)
            else sql.either(equal, sql.negation(around.present()))
        )
    if condition is not None:
        conditions.append(condition(Scope(context, inner_layer, outer=outer)))
    query = sql.select([sql.number(1)], inner_layer.source(), sql.both(*conditions))
    return sql.exists(query)


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
        return replace(only, certain=False)
    return Shape(
        left.facets & right.facets,
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


def _shared(left: Relation, right: Relation) -> list[str]:
    return [name for name in left.shapes if name in right.shapes]


def _certain(name: str, left: Relation, right: Relation) -> bool:
    return left.shapes[name].certain and right.shapes[name].certain


def _aligned(context: Context, left: Relation, right: Relation) -> tuple[Relation, Relation]:
    """Return both relations, each shared variable held in the same way on both sides."""
    differing = [
        name for name in _shared(left, right) if not _alike(left.shapes[name], right.shapes[name])
    ]
    if not differing:
        return left, right
    return lifted(context, left, differing), lifted(context, right, differing)


def _alike(left: Shape, right: Shape) -> bool:
    if left.stored or right.stored:
        return left.stored and right.stored
    same_kind = left.form != "text" or left.traits.kinds == right.traits.kinds
    return left.form == right.form and left.facets == right.facets and same_kind


def _compatible(left: Layer, right: Layer, shared: list[str]) -> sql.Expr:
    """Return the condition that shared variables are equal or unbound."""
    conditions = []
    for name in shared:
        on_left, on_right = left.value(name), right.value(name)
        equal = identical(on_left, on_right)
        unbound = [
            sql.negation(value.present())
            for value, side in ((on_left, left), (on_right, right))
            if not side.relation.shapes[name].certain
        ]
        conditions.append(sql.either(equal, *unbound))
    return sql.both(*conditions)


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
    facets = on_left.facets & on_right.facets
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
