"""Checks of cells before anything is mapped: what a column must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlglot.expressions as exp

from kg.errors import SourceError
from kg.ingest.compile import ROW, Check, Relation
from kg.ingest.headers import recognise
from kg.ingest.known import KNOWN, TAKEN
from kg.ingest.mapping import Cell
from kg.ingest.readers import SourceTable
from kg.ingest.sql import call, case, cast, column, every, missing, present, temporary, text

_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
_TIME = _YEAR + "-[0-9]{2}-[0-9]{2}T" + _CLOCK + "(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"


def bind_columns(table: SourceTable, cells: Sequence[Cell]) -> tuple[dict[str, str], list[str]]:
    """Return column of the template -> column of the relation, and the names of columns left out.

    A column that the file lacks has no entry.

    Raises:
        SourceError: a required column is missing.
    """
    found = recognise(table.columns, [cell.column for cell in cells])
    absent = [cell.column for cell in cells if cell.required and cell.column not in found]
    if absent:
        listed = ", ".join(name or "(no name)" for name in table.columns)
        raise SourceError(
            f"{table.name}: the required column {absent[0]!r} is missing. Found: {listed}."
            + (f" Missing too: {', '.join(absent[1:])}." if absent[1:] else ""),
            file=table.name,
            row=1,
            column=absent[0],
        )
    bound = {name: f"c{table.columns.index(header)}" for name, header in found.items()}
    used = set(found.values())
    left_out = [
        name or f"(column {position})"
        for position, name in enumerate(table.columns, start=1)
        if name not in used
    ]
    return bound, left_out


def checks_of(cells: Sequence[Cell], relation: Relation, *, new: bool = False) -> Iterator[Check]:
    """Yield the checks of a relation's cells; those of keys read the tables of `kg.ingest.known`.

    Where records have to be `new`, no key that names one may be taken.
    """
    for cell in cells:
        value = relation.column(cell.column, cell.column)
        for code, condition, detail in _wrong(cell, value, relation):
            shown = call("coalesce", value.copy(), text(""))
            yield Check(condition, (cell.column,), shown, code, detail)
        if new and cell.names:
            taken = every([present(value), _among(value, TAKEN, cell.names)])
            yield Check(taken, (cell.column,), value.copy(), "taken", cell.names)


def _wrong(cell: Cell, value: exp.Expr, relation: Relation) -> Iterator[tuple[str, exp.Expr, str]]:
    """Yield (code, condition of being wrong, detail) for one column."""
    if cell.required:
        yield "required", missing(value), ""
    if cell.kind != "text":
        yield cell.kind, exp.Not(this=exp.Paren(this=_fits(cell.kind, value))), ""
    if cell.one_of:
        allowed = exp.In(this=value, expressions=[text(item) for item in cell.one_of])
        yield "one of", exp.Not(this=allowed), ", ".join(cell.one_of)
    if cell.refers_to:
        unknown = exp.Not(this=_among(value, KNOWN, cell.refers_to))
        yield "reference", every([present(value), unknown]), cell.refers_to
    if cell.same_per:
        yield "same per", _differs(value, relation, cell.same_per), cell.same_per
    if cell.required_when:
        needed = every([missing(value), _is_case(cell.required_when, relation)])
        yield "required when", needed, _case(cell.required_when)
    if cell.only_when:
        misplaced = every([present(value), exp.Not(this=_is_case(cell.only_when, relation))])
        yield "only when", misplaced, _case(cell.only_when)


def _is_case(case: tuple[str, tuple[str, ...]], relation: Relation) -> exp.Expr:
    """Return the condition that a column has one of some values."""
    name, values = case
    return exp.In(this=relation.column(name, name), expressions=[text(item) for item in values])


def _case(case: tuple[str, tuple[str, ...]]) -> str:
    """Return how a message tells a column with some values."""
    name, values = case
    return f"{name} = {' / '.join(values)}"


def _among(value: exp.Expr, table: str, kind: str) -> exp.Expr:
    """Return the condition that a value is a key of a kind in a table of (kind, key)."""
    keys = exp.select(column("key")).from_(temporary(table), copy=False)
    keys = keys.where(exp.EQ(this=column("kind"), expression=text(kind)), copy=False)
    return exp.In(this=value.copy(), query=keys.subquery(copy=False))


def _fits(kind: str, value: exp.Expr) -> exp.Expr:
    """Return the condition that a text is of a kind; missing for a missing text."""
    if kind == "decimal":
        return call("regexp_full_match", value, text(_NUMBER))
    if kind == "boolean":
        return exp.In(this=value, expressions=[text("true"), text("false")])
    if kind == "currency":
        return call("regexp_full_match", value, text("[A-Z]{3}"))
    if kind == "dateTime":
        local = call("substr", value, exp.Literal.number(1), exp.Literal.number(19))
        form = call("regexp_full_match", value, text(_TIME))
        return _when_present(value, [form, present(cast(local, "TIMESTAMP"))])
    day = [
        call("regexp_full_match", value, text(_YEAR + "-[0-9]{2}-[0-9]{2}")),
        present(cast(value, "DATE")),
    ]
    if kind == "day":
        return _when_present(value, day)
    partial = call("regexp_full_match", value, text(_YEAR + "(-(0[1-9]|1[0-2]))?"))
    return _when_present(value, [exp.or_(every(day), partial)])


def _when_present(value: exp.Expr, conditions: Sequence[exp.Expr]) -> exp.Expr:
    """Return the conjunction of conditions where a value is present, else missing."""
    return case([(present(value), every(conditions))])


def _differs(value: exp.Expr, relation: Relation, per: str) -> exp.Expr:
    """Return the condition that a value is not the first one of the rows that agree on a column."""
    first = exp.Window(
        this=call("arg_min", value.copy(), column(ROW)),
        partition_by=[relation.column(per, per)],
    )
    own = exp.alias_(value, "own", copy=False)
    ranked = exp.select(column(ROW), own, exp.alias_(first, "first_own", copy=False), copy=False)
    ranked = ranked.from_(temporary(relation.table), copy=False)
    differing = exp.select(column(ROW)).from_(ranked.subquery("ranked", copy=False), copy=False)
    unlike = exp.NEQ(this=column("own"), expression=column("first_own"))
    differing = differing.where(unlike, copy=False)
    return exp.In(this=column(ROW), query=differing.subquery(copy=False))
