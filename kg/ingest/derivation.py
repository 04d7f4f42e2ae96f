"""Sources of mapping documents become queries: selection, match, groups, computed columns."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import sqlglot.expressions as exp

from kg.ingest.compile import ROW, ROWS, Check, Relation, Values
from kg.ingest.functions import Context
from kg.ingest.lookups import Lookup
from kg.ingest.mapping import (
    Aggregate,
    Call,
    ColumnRule,
    Match,
    Ordinal,
    Running,
    Source,
    Value,
)
from kg.ingest.numbers import decimal, decimal_text
from kg.ingest.sql import call, cast, column, temporary


@dataclass(frozen=True, slots=True)
class Derived:
    """The query that fills a source's relation, and the checks of what it computes."""

    query: exp.Select
    relation: Relation
    checks: tuple[Check, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    """What has to be looked up, in order, before the query can run."""

    def with_lookups(self, values: Values, *read: Value) -> Derived:
        """Return it with what has to be looked up for values over its rows so far."""
        found = tuple(
            replace(one, keys=exp.select(*one.keys.expressions).from_(self.query.subquery("rows")))
            for one in values.lookups(*read)
        )
        return replace(self, lookups=self.lookups + found)


def derive(
    source: Source,
    parent: Relation,
    matched: Relation | None,
    table: str,
    context: Context,
    needed: Set[str],
) -> Derived:
    """Return how the rows of a source come out of its parent's, its steps in their fixed order.

    `parent` is the relation of the file or of the source it derives from, `matched` that of the
    source it matches; only columns of the parent that the document names are carried along.

    Raises:
        MappingError: a column is not there.
    """
    derived = _carried(parent, table, needed)
    if source.where is not None:
        derived = _where(derived, source.where, context, source.place)
    if source.match is not None and matched is not None:
        derived = _matched(derived, source.match, matched, source.place)
    if source.group:
        return _grouped(derived, source)
    for name, rule in source.columns:
        derived = _computed(derived, name, rule, context, source.place)
    return derived


def _carried(parent: Relation, table: str, needed: Set[str]) -> Derived:
    """Return the parent's rows with the columns that are needed."""
    columns = {name: sql for name, sql in parent.columns.items() if name in needed}
    kept = [ROW, *([ROWS] if parent.grouped else []), *columns.values()]
    query = exp.select(*kept).from_(temporary(parent.table))
    return Derived(query, replace(parent, table=table, columns=columns))


def _over(derived: Derived) -> exp.Select:
    """Return a query over all of a query."""
    return exp.select("*").from_(derived.query.subquery("rows"))


def _where(derived: Derived, condition: Call, context: Context, place: str) -> Derived:
    """Keep the rows for which a condition holds."""
    values = Values(derived.relation, context, place)
    query = _over(derived).where(values.sql(condition))
    chosen_by = (*derived.relation.chosen_by, *derived.relation.shown(condition))
    relation = replace(derived.relation, chosen_by=chosen_by)
    return replace(derived.with_lookups(values, condition), query=query, relation=relation)


def _fresh(relation: Relation) -> str:
    """Return the SQL name of a relation's next column."""
    used = [int(name[1:]) for name in relation.columns.values()]
    return f"c{max(used, default=-1) + 1}"


def _computed(
    derived: Derived, name: str, rule: ColumnRule, context: Context, place: str
) -> Derived:
    """Add a computed column; a name that exists already is replaced."""
    relation = derived.relation
    checks: tuple[Check, ...] = ()
    made_of = dict(relation.made_of)
    beyond = relation.beyond
    if isinstance(rule, Ordinal):
        sql = _ordinal(relation, rule, place)
        made_of[name] = relation.sources(rule.by)
    elif isinstance(rule, Running):
        sql = _running(relation, rule, place)
        read = (rule.total, *rule.by, *rule.order)
        made_of[name], beyond = relation.sources(read), relation.outside(read)
    elif isinstance(rule, Aggregate):
        raise TypeError("an aggregate stands in a group only")
    else:
        values = Values(relation, context, place)
        sql = values.sql(rule)
        checks = tuple(values.checks(rule))
        made_of[name] = relation.shown(rule)
        derived = derived.with_lookups(values, rule)
    fresh = _fresh(relation)
    query = exp.select("*", exp.alias_(sql, fresh)).from_(derived.query.subquery("rows"))
    columns = relation.columns | {name: fresh}
    empty = relation.empty - {name}
    relation = replace(relation, columns=columns, made_of=made_of, beyond=beyond, empty=empty)
    return replace(derived, query=query, relation=relation, checks=derived.checks + checks)


def _window(value: exp.Expr, by: Sequence[exp.Expr], order: Sequence[exp.Expr]) -> exp.Expr:
    """Return a window over the rows up to this one."""
    frame = exp.WindowSpec(
        kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
    )
    ordered = exp.Order(expressions=[exp.Ordered(this=item) for item in order])
    return exp.Window(this=value, partition_by=list(by), order=ordered, spec=frame)


def _ordinal(relation: Relation, rule: Ordinal, place: str) -> exp.Expr:
    """Return the position of a row among those that agree on columns."""
    by = [relation.column(name, place) for name in rule.by]
    return exp.cast(_window(call("row_number"), by, [column(ROW)]), "TEXT")


def _running(relation: Relation, rule: Running, place: str) -> exp.Expr:
    """Return the total of a column up to a row; rows that tie come in the order of the file."""
    by = [relation.column(name, place) for name in rule.by]
    order = [relation.column(name, place) for name in rule.order]
    total = call("sum", decimal(relation.column(rule.total, place)))
    return decimal_text(_window(total, by, [*order, column(ROW)]))


def _matched(derived: Derived, match: Match, other: Relation, place: str) -> Derived:
    """Bring in columns of the row of another source that agrees."""
    relation = derived.relation
    names = {name: f"m{i}" for i, (name, _) in enumerate(match.columns)}
    candidates = _candidates(match, other, names, place)
    conditions: list[exp.Expr] = [
        exp.EQ(
            this=column(relation.column(name, place).name, "rows"),
            expression=column(f"s{i}", "other"),
        )
        for i, (name, _) in enumerate(match.same)
    ]
    if match.latest is not None:
        own = column(relation.column(match.latest, place).name, "rows")
        conditions.append(exp.GTE(this=own, expression=column("latest", "other")))
    columns = dict(relation.columns)
    carried = [ROW, *([ROWS] if relation.grouped else []), *relation.columns.values()]
    selected: list[exp.Expr] = [column(name, "rows") for name in carried]
    for name, brought in names.items():
        fresh = _fresh(replace(relation, columns=columns))
        columns[name] = fresh
        selected.append(exp.alias_(column(brought, "other"), fresh))
    query = exp.select(*selected).from_(derived.query.subquery("rows"))
    join = exp.Join(
        this=candidates.subquery("other"),
        method="ASOF" if match.latest is not None else None,
        side="LEFT",
        on=exp.and_(*conditions),
    )
    query.append("joins", join)
    ours, theirs = _read_by(match)
    relation = replace(
        relation,
        columns=columns,
        made_of=relation.made_of | dict.fromkeys(names, relation.sources(ours)),
        beyond=relation.beyond | other.outside(theirs),
        empty=relation.empty - names.keys(),
    )
    return replace(derived, query=query, relation=relation)


def _read_by(match: Match) -> tuple[list[str], list[str]]:
    """Return the columns that a match reads of its own source, and of the other one."""
    latest = [match.latest] if match.latest is not None else []
    ours = [one for one, _ in match.same]
    theirs = [one for _, one in (*match.same, *match.columns)]
    return ours + latest, theirs + latest


def _candidates(match: Match, other: Relation, names: dict[str, str], place: str) -> exp.Select:
    """Return one row per combination of the columns that must agree: the last of the file."""
    keys = [_under_alias(other, name, f"s{i}", place) for i, (_, name) in enumerate(match.same)]
    if match.latest is not None:
        keys.append(_under_alias(other, match.latest, "latest", place))
    brought = [
        exp.alias_(call("arg_max", other.column(theirs, place), column(ROW)), names[ours])
        for ours, theirs in match.columns
    ]
    return (
        exp.select(*keys, *brought)
        .from_(temporary(other.table))
        .group_by(*[key.this for key in keys])
    )


def _under_alias(relation: Relation, name: str, alias: str, place: str) -> exp.Alias:
    """Return a column of a relation under another SQL name."""
    return exp.Alias(this=relation.column(name, place), alias=exp.to_identifier(alias))


def _grouped(derived: Derived, source: Source) -> Derived:
    """Return one row per combination of columns."""
    relation, place = derived.relation, source.place
    keys = {name: relation.column(name, place) for name in source.group}
    columns = {name: f"c{i}" for i, name in enumerate(keys)}
    made_of = dict(relation.made_of)
    selected: list[exp.Expr] = [
        exp.alias_(call("min", column(ROW)), ROW),
        exp.alias_(_lineage(relation), ROWS),
        *[exp.alias_(key, columns[name]) for name, key in keys.items()],
    ]
    for name, rule in source.columns:
        columns[name] = f"c{len(columns)}"
        if isinstance(rule, Aggregate):
            selected.append(exp.alias_(_aggregate(rule, relation, place), columns[name]))
            made_of[name] = relation.sources([rule.column])
    query = exp.select(*selected).from_(derived.query.subquery("rows"))
    query = query.group_by(*[key.copy() for key in keys.values()])
    grouped = replace(
        relation,
        columns=columns,
        grouped=True,
        made_of=made_of,
        grouped_by=(*relation.grouped_by, *relation.sources(source.group)),
        empty=frozenset(),
    )
    return replace(derived, query=query, relation=grouped)


def _lineage(relation: Relation) -> exp.Expr:
    """Return the rows of the file that a group comes from."""
    if relation.grouped:
        return call("flatten", call("list", column(ROWS)))
    return call("list", column(ROW))


def _aggregate(rule: Aggregate, relation: Relation, place: str) -> exp.Expr:
    """Return the value of a group, as a text."""
    value = relation.column(rule.column, place)
    if rule.kind in {"first", "last"}:
        if rule.column in relation.empty:
            return cast(exp.Null(), "TEXT")
        function = "arg_min" if rule.kind == "first" else "arg_max"
        return call(function, value, column(ROW))
    if rule.kind == "sum":
        return decimal_text(call("sum", decimal(value)))
    return call(rule.kind, value)
