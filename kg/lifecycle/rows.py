"""Things with what they say, side by side: read from the property table where there is one.

To join the quads of each property takes longer than most of what is done with them, where these
are millions. What the property table leaves out, and all of it where there is none, is joined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from kg.lifecycle.evaluation import Evaluation, first_day, last_day
from kg.store.property_table import Column, Form, Part, PropertyTable


@dataclass(frozen=True, slots=True)
class Things:
    """Things of some classes with the property `needed`, and what else is read of them.

    Where none is needed, things that say nothing of what is read may be left out.
    Of properties in `objects` the object is read, of `dates` the first and the last possible day;
    with `keyed`, one source key. `within` is a table (s) of the only things that are wanted.
    """

    classes: tuple[str, ...]
    needed: str | None
    objects: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    keyed: bool = False
    within: str | None = None

    def properties(self) -> Iterator[tuple[str, bool]]:
        """Yield each property, and whether it is a date."""
        if self.needed:
            yield self.needed, False
        for name in self.objects:
            yield name, False
        for name in self.dates:
            yield name, True


def rows_of(evaluation: Evaluation, things: Things) -> str:
    """Return a relation of things: `s`, and their objects by the names of the properties.

    Of each date it has NAME_first and NAME_day, and the source key is `key`. A thing that has an
    object or a date twice is in two rows.
    """
    table = evaluation.properties()
    needed = None if table is None else _needed(evaluation, table, things)
    if table is None or needed is None:
        return _joined(evaluation, things, things.classes)
    classes = {name: _class_column(evaluation, table, name) for name in things.classes}
    told = {name: column for name, column in classes.items() if column is not None}
    others = tuple(name for name in classes if name not in told)
    found = [
        _of_part(evaluation, table, part, things, (needed, told.values()))
        for part in table.parts_with(needed)
        if not set(part.columns).isdisjoint(told.values())
    ]
    if any(table.leaves_out([*needed, column]) for column in told.values()):
        left_out = f"s IN (SELECT s FROM {table.rest})"
        found.append(_joined(evaluation, things, tuple(told), left_out))
    if not told or any(evaluation.value(f"class_{name}") >= 0 for name in others):
        besides = f"s NOT IN {evaluation.instances(*told)}" if told else "TRUE"
        found.append(_joined(evaluation, things, others, besides))
    return f"({' UNION ALL '.join(found)})"


def in_columns(evaluation: Evaluation, things: Things) -> bool:
    """Say whether the property table has a column of each property of things."""
    table = evaluation.properties()
    return table is not None and all(
        _column(evaluation, table, name) for name, _ in things.properties()
    )


def _needed(evaluation: Evaluation, table: PropertyTable, things: Things) -> list[Column] | None:
    """Return the column that things need to have, if any; None where the table lacks some things.

    It has those of which it has two columns: the class and another one.
    """
    if things.needed:
        column = _column(evaluation, table, things.needed)
        return None if column is None else [column]
    stored = [name for name, _ in things.properties() if evaluation.value(name) >= 0]
    told = all(_column(evaluation, table, name) for name in stored)
    return [] if told and not things.keyed else None


def _joined(
    evaluation: Evaluation, things: Things, classes: tuple[str, ...], among: str = "TRUE"
) -> str:
    """Return the relation of those things that meet a condition on `s`, of joined quads."""
    shown, joins = ["e.s"], list[str]()
    for name, dated in things.properties():
        shown += _shown(name, dated=dated)
        joins.append(_join(evaluation, name, dated=dated, needed=name == things.needed))
    if things.within:
        among = f"{among} AND s IN (SELECT s FROM {things.within})"
    instances = evaluation.instances(*classes, among=among)
    if things.keyed:
        shown.append("k.key")
        joins.append(f"LEFT JOIN {evaluation.source_keys(instances, 's')} AS k ON k.id = e.s")
    return f"(SELECT {', '.join(shown)} FROM {instances} AS e {' '.join(joins)})"


def _of_part(
    evaluation: Evaluation,
    table: PropertyTable,
    part: Part,
    things: Things,
    present: Iterable[Collection[Column]],
) -> str:
    """Return the relation of the things in a part of the property table.

    They have a column of each collection in `present`.
    """
    shown, joins = ["e.s"], list[str]()
    for name, dated in things.properties():
        column = _column(evaluation, table, name)
        if column is not None:
            shown += _cells(part, column, name, dated=dated)
        else:
            shown += _shown(name, dated=dated)
            joins.append(_join(evaluation, name, dated=dated))
    if things.keyed:
        key, join = _key(evaluation, part, _column(evaluation, table, "sourceKey"))
        shown.append(f"{key} AS key")
        joins.append(join)
    conditions = " AND ".join(_present(part, columns) for columns in present)
    if things.within:
        conditions += f" AND e.s IN (SELECT s FROM {things.within})"
    return f"(SELECT {', '.join(shown)} FROM {part.name} AS e {' '.join(joins)} WHERE {conditions})"


def _shown(name: str, *, dated: bool) -> list[str]:
    """Return what is shown of a property that is joined."""
    return _days(name, f"{name}.first_day", f"{name}.day") if dated else [f"{name}.o AS {name}"]


def _join(evaluation: Evaluation, name: str, *, dated: bool, needed: bool = False) -> str:
    """Return the join of the quads of a property."""
    quads = evaluation.dates(name) if dated else evaluation.triples(name)
    return f"{'' if needed else 'LEFT '}JOIN {quads} AS {name} ON {name}.s = e.s"


def _key(evaluation: Evaluation, part: Part, column: Column | None) -> tuple[str, str]:
    """Return the source key of the things in a part, and the join that it comes by."""
    if column is None:
        return "k.key", f"LEFT JOIN {evaluation.source_keys(part.name, 's')} AS k ON k.id = e.s"
    if column not in part.columns:
        return "NULL::VARCHAR", ""
    return "k.lex", f"LEFT JOIN term AS k ON k.id = e.{column.value}"


def _cells(part: Part, column: Column, name: str, *, dated: bool) -> list[str]:
    """Return what is shown of a column, which a part may lack."""
    if column not in part.columns:
        return _days(name, "NULL::DATE", "NULL::DATE") if dated else [f"NULL::BIGINT AS {name}"]
    if not dated:
        return [f"{column.value} AS {name}"]
    kind = column.facet("k") if "k" in column.stored else str(column.kind)
    ts = column.facet("ts") if "ts" in column.stored else "NULL::TIMESTAMP"
    tz = column.facet("tz") if "tz" in column.stored else "NULL::SMALLINT"
    return _days(name, first_day(kind, ts, tz), last_day(kind, ts, tz))


def _days(name: str, first: str, last: str) -> list[str]:
    return [f"{first} AS {name}_first", f"{last} AS {name}_day"]


def _present(part: Part, columns: Collection[Column]) -> str:
    """Return the condition that a row has one of some columns."""
    found = [column for column in columns if column in part.columns]
    if not columns or any(column.number in part.always for column in found):
        return "TRUE"
    return f"({' OR '.join(f'{column.graph} IS NOT NULL' for column in found)})"


def _column(evaluation: Evaluation, table: PropertyTable, name: str) -> Column | None:
    """Return the column of a property, if there is one."""
    return table.column(Form.OBJECT, evaluation.value(name))


def _class_column(evaluation: Evaluation, table: PropertyTable, name: str) -> Column | None:
    """Return the column of a class, if there is one."""
    return table.column(Form.CLASS, evaluation.value("type"), evaluation.value(f"class_{name}"))
