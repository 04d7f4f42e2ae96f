"""Joins: rows of one source beside the rows of another that agree on values, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlglot.expressions as exp

from kg.errors import MappingError
from kg.ingest.compile import ROW, ROWS, Relation, Values
from kg.ingest.functions import Context
from kg.ingest.lookups import Lookup
from kg.ingest.mapping import Join, Mapping, Rule, TermMap, references, renamed
from kg.ingest.sql import column

_THEIRS = "joined "
"""What stands before the names of the other source's columns; no reference can begin so."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A relation of rows side by side, and the mapping that makes quads of it."""

    query: exp.Select
    relation: Relation
    mapping: Mapping
    lookups: tuple[Lookup, ...]


def join(
    mapping: Mapping,
    rule: Rule,
    wanted: Join,
    ours: Relation,
    target: Mapping,
    theirs: Relation,
    context: Context,
    table: str,
) -> Joined:
    """Return the join of the rows of a mapping with those of the mapping that it refers to.

    Raises:
        MappingError: a column is not there, or nothing says which rows belong together.
    """
    if not wanted.same and ours.table != theirs.table:
        raise MappingError(
            f"{wanted.place}: the mapping {target.name!r} reads another source; a condition"
            " 'equal' says which of its rows belong together."
        )
    own, other = Values(ours, context, wanted.place), Values(theirs, context, target.place)
    on: list[exp.Expr] = [
        exp.EQ(this=_of(own.sql(one), "ours"), expression=_of(other.sql(two), "theirs"))
        for one, two in wanted.same
    ]
    lookups = [*own.lookups(*(one for one, _ in wanted.same))]
    lookups += other.lookups(*(two for _, two in wanted.same))
    if not wanted.same:
        on.append(exp.EQ(this=column(ROW, "ours"), expression=column(ROW, "theirs")))
    if target.condition is not None:
        lookups += other.lookups(target.condition)
        on.append(exp.Paren(this=_of(other.sql(target.condition), "theirs")))
    names = {name: f"j{i}" for i, name in enumerate(theirs.columns)}
    query = _side_by_side(ours, theirs, names, on)
    shown = tuple(dict.fromkeys(name for one, _ in wanted.same for name in references(one)))
    relation = replace(
        ours,
        table=table,
        columns=ours.columns | {_THEIRS + name: j for name, j in names.items()},
        made_of=ours.made_of | {_THEIRS + name: shown for name in names},
        beyond=ours.beyond | theirs.outside(_read(wanted, target)),
    )
    objects = tuple(_object(subject) for subject in target.subjects)
    rules = (replace(rule, objects=objects, joins=()),)
    return Joined(query, relation, replace(mapping, rules=rules), tuple(lookups))


def _side_by_side(
    ours: Relation, theirs: Relation, names: dict[str, str], on: Sequence[exp.Expr]
) -> exp.Select:
    """Return the rows of two relations that belong together; `names` are of the other's columns."""
    kept = [ROW, *([ROWS] if ours.grouped else []), *dict.fromkeys(ours.columns.values())]
    rows = exp.select(
        *[column(name, "ours") for name in kept],
        *[exp.alias_(column(theirs.columns[name], "theirs"), j) for name, j in names.items()],
    ).from_(exp.alias_(exp.to_table(f"temp.{ours.table}"), "ours", table=True))
    return rows.join(
        exp.alias_(exp.to_table(f"temp.{theirs.table}"), "theirs", table=True), on=exp.and_(*on)
    )


def _read(wanted: Join, target: Mapping) -> list[str]:
    """Return the columns of the other mapping's rows by which they are joined and named."""
    values = [two for _, two in wanted.same]
    values += [value for subject in target.subjects for value in subject.values()]
    values += [] if target.condition is None else [target.condition]
    return [name for value in values for name in references(value)]


def _object(subject: TermMap) -> TermMap:
    """Return the subject of the other mapping as an object over the joined rows."""
    return replace(subject, value=renamed(subject.value, _THEIRS))


def _of(sql: exp.Expr, table: str) -> exp.Expr:
    """Return an expression whose columns are those of one side of the join."""

    def placed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table:
            return column(node.name, table)
        return node

    return sql.copy().transform(placed)
