"""What is said of a whole, carried in the rows of its parts, as of an order in those of its lines.

A question about lines mostly asks for the day or the client of their order, too: what each line
carries of them is read where it would be joined. A whole is the subject in a column that no row
lacks where any has it: nothing of that sort is there without one. Where a whole is left out of the
property table because it says something twice, or is touched by a commit, so are its parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from kg.store.property_table import Column, Form, Part, PropertyTable, steps

_MOST_PARTS = 10
"""Parts that wholes have on average, at most: what is said of a whole is repeated for each."""
_SHARE = 0.5
"""The share of wholes that say a thing from which on it is carried."""
_MOST_CARRIED = 16
"""Columns that are carried from the same whole, at most."""

Ids = tuple[int, int]
"""A range of ids, without its end."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A column that is carried from the wholes in the column `step`.

    `always` tells that all wholes have it.
    """

    column: Column
    step: Column
    always: bool


def find_carried(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, groups: Sequence[Sequence[int]]
) -> list[Carried]:
    """Return what is to be carried, where the parts of a table have some sets of columns, as bits.

    The members of the table have to be known.
    """
    carried: list[Carried] = []
    for step in table.columns:
        if step.form is Form.SUBJECT and _never_lacking(step, groups):
            carried += _from_wholes(cursor, table, step)
    first = len(table.columns)
    return [
        replace(one, column=replace(one.column, number=first + index))
        for index, one in enumerate(carried)
    ]


def _never_lacking(step: Column, groups: Sequence[Sequence[int]]) -> bool:
    """Return whether of sets of columns that are alike all have a column, or none does."""
    return all(len({bits >> step.number & 1 for bits in group}) == 1 for group in groups)


def _from_wholes(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, step: Column
) -> Iterator[Carried]:
    """Yield the columns that most of the wholes in a column have."""
    links = f"SELECT s FROM live WHERE {step.condition}"
    counted = cursor.execute(f"SELECT count(*), count(DISTINCT s) FROM ({links})").fetchone()
    parts, wholes = counted or (0, 0)
    if not parts or parts > _MOST_PARTS * wholes:
        return
    of = f"SELECT bits FROM {table.members} WHERE s IN ({links})"
    alike = cursor.execute(f"SELECT bits, count(*) FROM ({of}) GROUP BY bits").fetchall()
    own = [one for one in table.columns if one.form is not Form.SUBJECT and one.p != step.p]
    counts = {
        column: sum(count for bits, count in alike if bits >> column.number & 1) for column in own
    }
    frequent = sorted(own, key=lambda column: -counts[column])[:_MOST_CARRIED]
    for column in frequent:
        if counts[column] >= _SHARE * wholes:
            yield Carried(replace(column, via=step.number), step, counts[column] == wholes)


def leave_out_parts(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, carried: Collection[Carried]
) -> None:
    """Leave out the members that would carry something twice, because a whole says it twice."""
    for condition in sorted({one.step.condition for one in carried}):
        cursor.execute(
            f"UPDATE {table.members} SET twice = TRUE WHERE s IN (SELECT o FROM live"
            f" WHERE {condition} AND s IN (SELECT s FROM {table.members} WHERE twice))"
        )


def ids_of_wholes(
    cursor: duckdb.DuckDBPyConnection, part: Part, ids: Ids
) -> dict[int, tuple[Ids, str]]:
    """Return where the wholes of those subjects of a part are found that have ids in a range.

    By the number of their column, it is the range of their ids, and the SQL of the id of one beside
    the alias `q<number>` of the quads of that column.
    """
    found = {}
    for step in steps(part.columns):
        row = cursor.execute(
            f"SELECT min(s), max(s) FROM live WHERE {step.condition} AND o >= ? AND o < ?", [*ids]
        ).fetchone()
        least, greatest = row or (None, None)
        wholes = (0, 0) if least is None else (least, greatest + 1)
        found[step.number] = (wholes, f"q{step.number}.s")
    return found


def days(part: Part) -> list[str]:
    """Return the columns with times in a part whose rows carry something, none in another one.

    Orders and their lines are asked for by their days rather than each by itself. Where rows of
    near ids are in the order of their days, the engine skips most of them.
    """
    if not steps(part.columns):
        return []
    return [column.facet("ts") for column in part.columns if "ts" in column.stored]


def parts_of(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, ids: Collection[int], most: int
) -> set[int]:
    """Return the subjects that carry what is said of some others, or more than `most` of them."""
    found: set[int] = set()
    for step in steps(table.columns) if ids else ():
        cursor.execute(
            f"SELECT o FROM live WHERE {step.condition} AND s IN (SELECT unnest(?::BIGINT[]))"
            " LIMIT ?",
            [[*ids], most + 1],
        )
        found |= {part for (part,) in cursor.fetchall()}
    return found
