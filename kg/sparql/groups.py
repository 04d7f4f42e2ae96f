"""The query of groups under construction, and what set functions over numbers share."""

from __future__ import annotations

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.arithmetic import rounded
from kg.sparql.computed import exact_part, integer
from kg.sparql.eager import by_days
from kg.sparql.expressions import value_of
from kg.sparql.keys import Key
from kg.sparql.relation import Layer, Relation, Scope, columns_of, layer
from kg.sparql.values import (
    EXACT,
    FLOATING,
    NUMERIC,
    Choice,
    Shape,
    Unbound,
    Value,
    decimal_type,
)
from kg.store import Kind

_MOST_BITS = 1 << 29
"""Bits of all groups up to which different terms are counted as such: 64 MB for each thread."""


class Groups:
    """The grouped query under construction: set functions below, what is made of them above."""

    def __init__(
        self, layer: Layer, scope: Scope, every: Relation | None = None, most: int | None = None
    ) -> None:
        """Begin a query of groups, of which there are `most` at most; None: of any number."""
        self.scope = scope
        self._most = most
        self._layer = layer
        self._every = every
        self._alias = layer.context.fresh("a")
        self._raw: dict[str, sql.Expr] = {}

    def raw(self, expression: sql.Expr) -> sql.Expr:
        """Compute a set function once in the query below; return its column."""
        name = self._name("s", expression)
        return sql.column(self._alias, name)

    def _name(self, prefix: str, expression: sql.Expr) -> str:
        for name, known in self._raw.items():
            if known == expression:
                return name
        name = f"{prefix}{len(self._raw)}"
        self._raw[name] = expression
        return name

    def relation(
        self,
        groups: list[sql.Expr],
        columns: list[sql.Expr],
        shapes: dict[str, Shape],
        keys: tuple[Key, ...] = (),
    ) -> Relation:
        """Return the relation of the groups; `columns` are made of columns of the query below."""
        inner_columns = [sql.alias(raw, name) for name, raw in self._raw.items()]
        # Without a set function the query below would not be grouped at all.
        inner_columns = inner_columns or [sql.alias(count_rows(), "one")]
        inner = by_days(self._layer, groups, inner_columns)
        if inner is None:
            inner = sql.select(inner_columns, self._layer.source())
            if groups:
                inner.set("group", exp.Group(expressions=[group.copy() for group in groups]))
        source = sql.subquery(inner, self._alias)
        if self._every is None:
            return Relation(sql.select(columns or [_one()], source), shapes, keys=keys)
        # Without GROUP BY there is a group in each graph, also where there is no solution.
        [graph] = self._every.shapes
        outer = layer(self._layer.context, self._every)
        columns += columns_of(self._layer.context, graph, outer.value(graph), shapes[graph])
        query = sql.select(columns, outer.source())
        on = sql.eq(self.raw(self.graph(graph)), outer.value(graph).facet("id"))
        sql.join(query, source, on, side="LEFT")
        return Relation(query, shapes, keys=keys)

    def graph(self, name: str) -> sql.Expr:
        """Return the column of the active graph in the query below."""
        return sql.column(self._layer.alias, self._layer.context.name(name, "id"))

    def count_distinct(self, value: Value) -> sql.Expr:
        """Count different terms once in the query below.

        In few groups stored terms are counted as bits, one for each id there is: that takes a
        fraction of the time that it takes to keep them in a table.
        """
        context = self._layer.context
        if self._most is None or not value.stored or context.prebound or context.has_strangers:
            return self.count(count_distinct(value))
        last = context.last_id()
        if last * self._most > _MOST_BITS:
            return self.count(count_distinct(value))
        bits = sql.call("bitstring_agg", value.facet("id"), sql.number(0), sql.number(last))
        return self.count(sql.call("coalesce", sql.call("bit_count", bits), sql.number(0)))

    def count(self, expression: sql.Expr) -> sql.Expr:
        """Compute a count once in the query below; 0 for a group that is not there."""
        count = self.raw(expression)
        return count if self._every is None else sql.call("coalesce", count, sql.number(0))


def _one() -> sql.Expr:
    return sql.alias(sql.number(1), "one")


def count_distinct(value: Value) -> sql.Expr:
    """Return the aggregate that counts different terms."""
    identity = value.identity()
    whole = identity[0]
    if len(identity) > 1:
        whole = sql.case([(value.present(), sql.call("row", *identity))])
    return sql.aggregate("count", whole, distinct=True)


def folded_distinct(function: str | None, value: Value, part: sql.Expr) -> sql.Expr:
    """Return an aggregate, or a list, of a part of a value, each different term taken once.

    Terms that differ may have equal values, so that DISTINCT cannot be left to the aggregate.
    """
    terms = sql.aggregate("list", sql.call("row", *value.identity(), part), distinct=True)
    last = sql.number(len(value.identity()) + 1)
    one = exp.Column(this=exp.Identifier(this="one"))
    parts = sql.call(
        "list_transform",
        terms,
        exp.Lambda(
            this=sql.call("struct_extract", one, last), expressions=[exp.Identifier(this="one")]
        ),
    )
    return sql.call("list_aggregate", parts, sql.string(function)) if function else parts


def count_rows() -> sql.Expr:
    """Return the aggregate that counts solutions."""
    return exp.Count(this=exp.Star())


class Total:
    """The sum of the numbers of a group: `num` where all are exact, else `dbl`."""

    def __init__(self, node: CompValue, groups: Groups) -> None:
        self.value = value_of(node.vars, groups.scope)
        self.kinds = self.value.kinds & NUMERIC
        self._distinct = bool(node.distinct)
        self._rows = groups.count(count_rows())
        self._numbers = self._rows
        if self._distinct and self.kinds:
            self._numbers = groups.count_distinct(self.value)
        self._good = self._numeric(groups)
        self.num: sql.Expr | None = None
        self.dbl: sql.Expr | None = None
        self.widest: sql.Expr = sql.number(int(max(self.kinds, default=Kind.INTEGER)))
        if len(self.kinds) > 1:
            self.widest = groups.raw(sql.call("max", self.value.facet("k")))
        if self.kinds & EXACT:
            self.num = self._exact_sum(groups)
        if self.kinds & FLOATING:
            total = groups.raw(self._sum(self.value.number("dbl")))
            self.dbl = rounded(total, self.kinds, self.widest)
            if self.num is not None:
                floating = sql.compare(">=", self.widest, sql.number(int(Kind.FLOAT)))
                self.dbl = sql.case([(floating, self.dbl)])
                self.num = sql.case([(floating, sql.null())], self.num)

    @property
    def count(self) -> sql.Expr:
        """How many numbers there are, when all values are numbers."""
        return self._numbers

    def _exact_sum(self, groups: Groups) -> sql.Expr:
        """Return the sum of the exact numbers of a group."""
        narrow = None if self._distinct else self.value.narrow()
        if narrow is not None:
            return sql.cast(groups.raw(self._sum(narrow)), decimal_type(self.value.traits.scale))
        exact = exact_part(self.value)
        assert exact is not None  # noqa: S101
        return groups.raw(self._sum(exact))

    def _sum(self, numbers: sql.Expr) -> sql.Expr:
        """Return the sum of the numbers of a group; equal terms count once with DISTINCT."""
        if not self._distinct:
            return sql.call("sum", numbers)
        return folded_distinct("sum", self.value, numbers)

    def _numeric(self, groups: Groups) -> sql.Expr:
        """Return the condition that all values of the group are numbers."""
        numeric = self.value.is_kind(NUMERIC)
        if isinstance(numeric, exp.Boolean) and numeric.this:
            return sql.boolean(True)
        good = sql.call("coalesce", numeric, sql.boolean(False))
        return groups.raw(sql.call("bool_and", good))

    def when_numeric(self, result: Value) -> Value:
        """Return a result, 0 for an empty group, an error when some value is no number."""
        empty = sql.eq(self._rows, sql.number(0))
        return Choice([(empty, integer(sql.number(0))), (self._good, result)], Unbound())

    def unless_other(self, result: Value) -> Value:
        """Return a result, an error when some value is no number."""
        return Choice([(self._good, result)], Unbound())
