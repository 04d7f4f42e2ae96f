"""A small commit keeps the property table right: what it touches moves to the table's rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal

import duckdb

from kg.store.property_table import FACETS, SHOWN, Column, Form, PropertyTable
from kg.store.property_wholes import parts_of
from kg.store.schema import Kind
from kg.store.staging import Changes

_MOST = 2_000
"""Quads of a commit up to which the table is kept right."""
_MOST_MOVED = 20_000
"""Subjects that may be moved to the rest, which is found by joins, before it is built anew."""

Quad = tuple[int, int, int, dict[str, object]]
"""A quad that was added or taken out: its subject, predicate and object, and facets of that."""


def keep_up(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, changes: Changes
) -> PropertyTable:
    """Let a table that shows the state before the commit being made show that after it.

    Returns the table as it is then; where the commit is large, or adds what a column cannot hold,
    it is as it was.
    """
    if changes.inserted + changes.deleted > _MOST:
        return table
    changed = _changed(cursor, table, changes.number)
    if len(changed) > _MOST:
        return table
    touched: set[int] = set()
    for column, quad in _told(table, changed):
        if not _fits(column, quad):
            return table
        touched.add(quad[2] if column.owner == "o" else quad[0])
    touched |= parts_of(cursor, table, touched, _MOST_MOVED)
    if table.moved + len(touched) > _MOST_MOVED:
        return table
    left_out = _move(cursor, table, sorted(touched)) if touched else set()
    cursor.execute("DELETE FROM setting WHERE name = ?", [SHOWN])
    cursor.execute("INSERT INTO setting VALUES (?, ?)", [SHOWN, str(changes.number)])
    return replace(
        table,
        shown=changes.number,
        left_out=table.left_out | left_out,
        moved=table.moved + len(touched),
    )


def _changed(cursor: duckdb.DuckDBPyConnection, table: PropertyTable, number: int) -> list[Quad]:
    """Return the quads of predicates of a table that a commit adds or takes out, or too many."""
    predicates = ", ".join(str(p) for p in sorted({column.p for column in table.columns}))
    asked = f"SELECT s, p, o, {', '.join(FACETS)} FROM quad WHERE p IN ({predicates}) AND"
    cursor.execute(f"{asked} born = {number:d} UNION ALL {asked} died = {number:d}")
    rows = cursor.fetchmany(_MOST + 1)
    return [(s, p, o, dict(zip(FACETS, facets, strict=True))) for s, p, o, *facets in rows]


def _told(table: PropertyTable, quads: Collection[Quad]) -> Iterator[tuple[Column, Quad]]:
    """Yield quads with the columns that tell them."""
    for quad in quads:
        for form, o in ((Form.OBJECT, None), (Form.SUBJECT, None), (Form.CLASS, quad[2])):
            if (column := table.column(form, quad[1], o)) is not None:
                yield column, quad


def _fits(column: Column, quad: Quad) -> bool:
    """Return whether a query that reads a column takes a quad for what it is."""
    facets = quad[3]
    if column.form is Form.SUBJECT:
        return facets["k"] in (Kind.IRI, Kind.BLANK)
    if column.form is Form.CLASS:
        return True
    number = facets["num"]
    if isinstance(number, Decimal) and not column.holds(number):
        return False
    values = (name for name in FACETS if name != "k" and name not in column.stored)
    known = "k" in column.stored or facets["k"] == column.kind
    return known and all(facets[name] is None for name in values)


def _move(cursor: duckdb.DuckDBPyConnection, table: PropertyTable, ids: list[int]) -> set[int]:
    """Move subjects to the rest; return the sets of columns that they may have."""
    for name in (*(part.name for part in table.parts), table.rest):
        cursor.execute(f"DELETE FROM {name} WHERE s IN (SELECT unnest(?::BIGINT[]))", [ids])
    # To look for who is the object of what takes longer than to take it for possible.
    possible = sum(1 << one.number for one in table.columns if one.form is Form.SUBJECT)
    bits = " ".join(
        f"WHEN {one.condition} THEN {1 << one.number}"
        for one in table.columns
        if one.form is not Form.SUBJECT and one.via is None
    )
    own = f"bit_or(CASE {bits} ELSE 0 END::BIGINT)" if bits else "0::BIGINT"
    cursor.execute(
        f"INSERT INTO {table.rest} SELECT s, coalesce({own}, 0) | {possible}"
        " FROM (SELECT unnest(?::BIGINT[]) AS s) LEFT JOIN live USING (s) GROUP BY s"
        " RETURNING bits",
        [ids],
    )
    return {found for (found,) in cursor.fetchall()}
