"""Short constructors of SQL expression objects; everything the compiler emits passes here.

Operands are wrapped in parentheses where precedence could matter, and copied where they already
stand in another expression, so that callers may use one operand several times.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sqlglot import exp, parse_one

from kg.store.signals import WANTED

Expr = exp.Expr

_ATOMS = (
    exp.Column,
    exp.Literal,
    exp.Anonymous,
    exp.Cast,
    exp.TryCast,
    exp.Paren,
    exp.Null,
    exp.Boolean,
    exp.Case,
    exp.Exists,
    exp.Var,
)


def _use(operand: Expr) -> Expr:
    """Return an operand that can be put under a new parent."""
    return operand.copy() if operand.parent is not None else operand


def _term(operand: Expr) -> Expr:
    """Return an operand of an operator, in parentheses unless it is atomic."""
    used = _use(operand)
    return used if isinstance(used, _ATOMS) else exp.Paren(this=used)


def column(table: str, name: str) -> Expr:
    """Return `table.name`."""
    return exp.Column(
        this=exp.Identifier(this=name, quoted=False),
        table=exp.Identifier(this=table, quoted=False),
    )


def string(text: str) -> Expr:
    """Return a string literal."""
    return exp.Literal.string(text)


def number(value: int) -> Expr:
    """Return an integer literal."""
    if value < 0:
        return exp.Paren(this=exp.Neg(this=exp.Literal.number(-value)))
    return exp.Literal.number(value)


_GAP = f"gap_{secrets.token_hex(8)}_"
"""How a gap is written; no text of a query can know it."""
_GAPS = re.compile(rf"{_GAP}([0-9]+)_([a-z]+)_")


def gap(index: int, facet: str) -> Expr:
    """Return the place of a value that is filled in later (see `split`)."""
    return exp.Var(this=f"{_GAP}{index}_{facet}_")


def split(statement: str) -> tuple[list[str], list[tuple[int, str]]]:
    """Return the parts of a statement between its gaps, and the gaps."""
    parts = _GAPS.split(statement)
    gaps = zip(parts[1::3], parts[2::3], strict=True)
    return parts[::3], [(int(index), facet) for index, facet in gaps]


def null() -> Expr:
    """Return NULL."""
    return exp.Null()


def boolean(value: bool) -> Expr:  # noqa: FBT001
    """Return TRUE or FALSE."""
    return exp.Boolean(this=value)


@lru_cache(maxsize=64)
def _type(name: str) -> exp.DataType:
    return exp.DataType.build(name, dialect="duckdb")


def cast(operand: Expr, type_name: str) -> Expr:
    """Return CAST(operand AS type)."""
    return exp.Cast(this=_use(operand), to=_type(type_name).copy())


def try_cast(operand: Expr, type_name: str) -> Expr:
    """Return TRY_CAST(operand AS type), NULL where the type does not hold it."""
    return exp.TryCast(this=_use(operand), to=_type(type_name).copy())


def typed_null(type_name: str) -> Expr:
    """Return a NULL of a type."""
    return cast(null(), type_name)


def call(name: str, *arguments: Expr) -> Expr:
    """Return a call of an engine function by its own name."""
    return exp.Anonymous(this=name, expressions=[_use(a) for a in arguments])


def aggregate(name: str, argument: Expr, *, distinct: bool = False) -> Expr:
    """Return an aggregate call."""
    used = _use(argument)
    return exp.Anonymous(
        this=name, expressions=[exp.Distinct(expressions=[used]) if distinct else used]
    )


def _binary(kind: type[exp.Binary], left: Expr, right: Expr) -> Expr:
    return kind(this=_term(left), expression=_term(right))


def eq(left: Expr, right: Expr) -> Expr:
    """Return left = right."""
    return _binary(exp.EQ, left, right)


_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def compare(operator: str, left: Expr, right: Expr) -> Expr:
    """Return a comparison by one of = != < <= > >=."""
    return _binary(_COMPARISONS[operator], left, right)


_ARITHMETIC: dict[str, type[exp.Binary]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "//": exp.IntDiv,
    "%": exp.Mod,
}


def arithmetic(operator: str, left: Expr, right: Expr) -> Expr:
    """Return left operator right."""
    return _binary(_ARITHMETIC[operator], left, right)


def negative(operand: Expr) -> Expr:
    """Return -operand."""
    return exp.Neg(this=_term(operand))


def concat(*parts: Expr) -> Expr:
    """Return the concatenation of texts, NULL when a part is NULL."""
    result = _term(parts[0])
    for part in parts[1:]:
        result = exp.DPipe(this=result, expression=_term(part))
    return result


def both(*conditions: Expr) -> Expr:
    """Return the conjunction of conditions; TRUE of none."""
    return _connect(exp.And, conditions, empty=True)


def either(*conditions: Expr) -> Expr:
    """Return the disjunction of conditions; FALSE of none."""
    return _connect(exp.Or, conditions, empty=False)


def _connect(kind: type[exp.Connector], conditions: tuple[Expr, ...], *, empty: bool) -> Expr:
    neutral = [c for c in conditions if not (isinstance(c, exp.Boolean) and c.this is empty)]
    if not neutral:
        return boolean(empty)
    if len(neutral) == 1:
        return _use(neutral[0])
    operands = [operand for condition in neutral for operand in _operands(kind, condition)]
    return _balanced(kind, operands)


def _operands(kind: type[exp.Connector], condition: Expr) -> Iterator[Expr]:
    """Yield what a condition connects in one way, from left to right."""
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        within = one.this if isinstance(one, exp.Paren) else one
        if isinstance(within, kind):
            waiting += [within.expression, within.this]
        else:
            yield one


def _balanced(kind: type[exp.Connector], operands: Sequence[Expr]) -> Expr:
    """Return a connection of conditions in which many do not nest deeply."""
    if len(operands) == 1:
        return operands[0]
    middle = len(operands) // 2
    left, right = _balanced(kind, operands[:middle]), _balanced(kind, operands[middle:])
    return kind(this=_term(left), expression=_term(right))


def negation(condition: Expr) -> Expr:
    """Return NOT condition."""
    return exp.Not(this=_term(condition))


def is_null(operand: Expr) -> Expr:
    """Return operand IS NULL."""
    return exp.Is(this=_term(operand), expression=null())


def is_not_null(operand: Expr) -> Expr:
    """Return operand IS NOT NULL."""
    return negation(exp.Paren(this=is_null(operand)))


def same(left: Expr, right: Expr) -> Expr:
    """Return left IS NOT DISTINCT FROM right."""
    return exp.NullSafeEQ(this=_term(left), expression=_term(right))


def in_numbers(operand: Expr, values: list[int]) -> Expr:
    """Return operand IN (values); FALSE of no value."""
    if not values:
        return boolean(False)
    if len(values) == 1:
        return eq(operand, number(values[0]))
    return exp.In(this=_term(operand), expressions=[number(value) for value in values])


def case(branches: list[tuple[Expr, Expr]], default: Expr | None = None) -> Expr:
    """Return CASE WHEN ... THEN ... ELSE default END."""
    if not branches:
        return _use(default) if default is not None else null()
    ifs = [exp.If(this=_use(when), true=_use(then)) for when, then in branches]
    return exp.Case(ifs=ifs, default=_use(default) if default is not None else None)


def alias(expression: Expr, name: str) -> Expr:
    """Return expression AS name."""
    return exp.Alias(this=_use(expression), alias=exp.Identifier(this=name, quoted=False))


def table(name: str, alias_name: str) -> exp.Table:
    """Return a table of the store under an alias."""
    return exp.Table(
        this=exp.Identifier(this=name, quoted=False),
        alias=exp.TableAlias(this=exp.Identifier(this=alias_name, quoted=False)),
    )


def subquery(query: exp.Query, alias_name: str) -> exp.Subquery:
    """Return a query as a source of rows under an alias."""
    return exp.Subquery(
        this=query, alias=exp.TableAlias(this=exp.Identifier(this=alias_name, quoted=False))
    )


def select(
    columns: list[Expr],
    source: Expr | None = None,
    where: Expr | None = None,
    *,
    distinct: bool = False,
) -> exp.Select:
    """Return SELECT columns FROM source WHERE where."""
    query = exp.Select(expressions=columns)
    if distinct:
        query.set("distinct", exp.Distinct())
    if source is not None:
        query.set("from_", exp.From(this=source))
    add_where(query, where)
    return query


def add_where(query: exp.Select, where: Expr | None) -> None:
    """Put a condition on a query that has none yet."""
    if where is not None and not (isinstance(where, exp.Boolean) and where.this):
        query.set("where", exp.Where(this=_use(where)))


def join(query: exp.Select, source: Expr, on: Expr | None, *, side: str = "") -> None:
    """Add a join to a query: inner, `LEFT`, or a cross product when `on` is None."""
    condition = on if on is not None else boolean(True)
    clause = exp.Join(this=source, on=_use(condition), side=side or None)
    query.append("joins", clause)


_WANTED = parse_one(WANTED, dialect="duckdb")


def wanted() -> Expr:
    """Return the condition that fails, now and then, when a recursive query has to end."""
    return _WANTED.copy()


def exists(query: exp.Query) -> Expr:
    """Return EXISTS (query)."""
    return exp.Exists(this=exp.Subquery(this=query))


def union_all(queries: Sequence[exp.Query]) -> exp.Query:
    """Return the concatenation of the rows of queries."""
    return _set_operation(queries, distinct=False)


def union(queries: Sequence[exp.Query]) -> exp.Query:
    """Return the set union of the rows of queries."""
    return _set_operation(queries, distinct=True)


def _set_operation(queries: Sequence[exp.Query], *, distinct: bool) -> exp.Query:
    """Return a balanced union, so that many branches do not nest deeply."""
    if len(queries) == 1:
        return queries[0]
    middle = len(queries) // 2
    left = _set_operation(queries[:middle], distinct=distinct)
    right = _set_operation(queries[middle:], distinct=distinct)
    return exp.Union(this=_part(left), expression=_part(right), distinct=distinct)


def recursion(first: exp.Query, again: exp.Query) -> exp.Query:
    """Return the union that a recursive query is of its first part and the one that recurs."""
    whole = exp.Subquery(this=again) if isinstance(again, exp.Union) else again
    return exp.Union(this=_part(first), expression=whole, distinct=True)


def _part(query: exp.Query) -> exp.Query:
    """Return a query as a part of a union: one with CTEs of its own stands in parentheses."""
    return exp.Subquery(this=query) if query.args.get("with_") else query


def with_query(query: exp.Query, name: str, body: exp.Query, *, materialized: bool) -> None:
    """Put `WITH name AS (body)` before a query."""
    cte = exp.CTE(
        this=body,
        alias=exp.TableAlias(this=exp.Identifier(this=name, quoted=False)),
        materialized=True if materialized else None,
    )
    _with(query).append("expressions", cte)


def with_recursive(query: exp.Query, name: str, columns: list[str], body: exp.Query) -> None:
    """Put `WITH RECURSIVE name(columns) AS (body)` before a query."""
    cte = exp.CTE(
        this=body,
        alias=exp.TableAlias(
            this=exp.Identifier(this=name, quoted=False),
            columns=[exp.Identifier(this=c, quoted=False) for c in columns],
        ),
    )
    clause = _with(query)
    clause.set("recursive", value=True)
    clause.append("expressions", cte)


def _with(query: exp.Query) -> exp.With:
    clause = query.args.get("with_")
    if clause is None:
        clause = exp.With(expressions=[])
        query.set("with_", clause)
    assert isinstance(clause, exp.With)  # noqa: S101
    return clause


def text(query: Expr) -> str:
    """Return the statement in the engine's dialect."""
    return query.sql(dialect="duckdb", comments=False, copy=False)
