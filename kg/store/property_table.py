"""The property table: what the quads say of a subject, side by side in one row.

A query that asks for several properties of the same subject reads one row of it, where it would
join as many scans of the quads. A column holds one of three things: the object of a predicate that
subjects have once, the subject of a predicate whose objects have it once, or the membership in a
class. The row of a subject that is part of a *whole*, as a line is of an order, also carries what
is said of that (see `kg.store.property_wholes`).
A subject of which a column would hold two values is not in the table but in its *rest*.
Subjects with much the same properties are a *part* of it, so that few of its cells are empty.

The table is built from the quads that are live after a commit (see `kg.store.upkeep`). A small
commit moves the subjects it touches to the rest (see `kg.store.property_changes`); after a larger
one the table is of no use. It can be dropped at any time: nothing else rests on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

import duckdb

from kg.store.visibility import is_narrowed

FACETS = ("k", "num", "dbl", "ts", "tz")
"""Columns of `quad` that hold the typed value of an object."""

NARROW = 18
"""Digits of an exact number that fits 64 bits, at most."""

PREFIX = "property_"
"""What the names of its tables begin with."""
SHOWN = "property_table"
"""The setting that holds the last commit whose state it shows, where that is not the one it was
built after."""

MEMBERS = "property_members"
"""The setting that holds the commit after which a table was built that is complete."""


def narrow_type(digits: int) -> str:
    """Return the engine's type of exact numbers of 64 bits with so many decimals."""
    return f"DECIMAL({NARROW}, {digits})"


class Form(StrEnum):
    """What a column holds."""

    OBJECT = "object"
    SUBJECT = "subject"
    CLASS = "class"


_Key = tuple[Form, int, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with what it holds of the quads of a predicate, or of those with a class `o`.

    `stored` are the facets of the objects that have columns. Of the others, each object has the
    kind `kind` and no value. A column that is carried tells not of the subject of the row, but of
    the whole of it: of what stands in the column with the number `via`. Where all exact numbers fit
    64 bits, they are held so, with as many decimals as `digits` tells; else it is None.
    """

    form: Form
    p: int
    o: int | None
    number: int
    stored: frozenset[str] = frozenset()
    kind: int | None = None
    via: int | None = None
    digits: int | None = None

    @property
    def condition(self) -> str:
        """The condition on a quad that it is in this column."""
        return f"p = {self.p}" if self.o is None else f"p = {self.p} AND o = {self.o}"

    @property
    def owner(self) -> str:
        """The column of `quad` that tells in whose row a quad is, or of what whole."""
        return "o" if self.form is Form.SUBJECT else "s"

    @property
    def alone(self) -> bool:
        """Whether a subject that has it is in the table also where it has no other column."""
        return self.form is not Form.OBJECT or self.digits is not None

    @property
    def value(self) -> str:
        """Name of the column of the object or subject."""
        return f"v{self.number}"

    @property
    def graph(self) -> str:
        """Name of the column of the graph of the quad; not null where there is one."""
        return f"g{self.number}"

    def facet(self, name: str) -> str:
        """Return the name of the column of a stored facet."""
        return f"{name}{self.number}"

    @property
    def number_type(self) -> str:
        """The engine's type of the exact numbers."""
        if self.digits is None:
            return "DECIMAL(38, 10)"
        return narrow_type(self.digits)

    def holds(self, number: Decimal) -> bool:
        """Return whether an exact number has a place in the type of these."""
        if self.digits is None:
            return True
        units = number.scaleb(self.digits)
        return abs(units) < 10**NARROW and units == units.to_integral_value()

    @property
    def sources(self) -> dict[str, str]:
        """The columns of the table by name, with those of `quad` that they are copies of."""
        sources = {self.graph: "g"}
        if self.form is not Form.CLASS:
            sources[self.value] = "s" if self.form is Form.SUBJECT else "o"
        return sources | {self.facet(name): name for name in FACETS if name in self.stored}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of subjects that have much the same properties: a table of its own.

    `always` are the numbers of those columns that no row lacks.
    """

    name: str
    columns: tuple[Column, ...]
    always: frozenset[int]


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """A property table that was built after a commit: its columns, and its parts.

    It shows the state after the commit `shown`. `left_out` has the sets of columns that subjects in
    the rest may have, each number a bit, and `moved` tells how many were moved there.
    `complete` tells that the instances of its classes, the objects of which it has the subject and
    the subjects of numbers of 64 bits are in it, or in the rest, also where nothing else is said of
    them.
    """

    built: int
    shown: int
    columns: tuple[Column, ...]
    parts: tuple[Part, ...] = ()
    left_out: frozenset[int] = frozenset()
    moved: int = field(default=0, compare=False)
    complete: bool = False
    _by: Mapping[_Key, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns."""
        found = {(column.form, column.p, column.o, column.via): column for column in self.columns}
        object.__setattr__(self, "_by", found)

    @property
    def rest(self) -> str:
        """Name of the table of the subjects that are left out."""
        return f"{PREFIX}{self.built}_rest"

    @property
    def members(self) -> str:
        """Name of the table of all subjects while the parts are filled."""
        return f"{PREFIX}{self.built}_members"

    def column(
        self, form: Form, p: int, o: int | None = None, via: int | None = None
    ) -> Column | None:
        """Return the column of a predicate, or of a class `o`, if there is one.

        With `via`, it is the one that is carried from the whole in the column with that number.
        """
        return self._by.get((form, p, o, via))

    def leaves_out(self, columns: Collection[Column]) -> bool:
        """Return whether a subject in the rest has some columns; its whole may have any."""
        wanted = sum({1 << column.number for column in columns if column.via is None})
        return any(bits & wanted == wanted for bits in self.left_out)

    def parts_with(self, columns: Collection[Column]) -> list[Part]:
        """Return the parts that have some columns."""
        return [part for part in self.parts if set(columns) <= set(part.columns)]


def steps(columns: Collection[Column]) -> list[Column]:
    """Return those of some columns with the wholes from which others of them are carried."""
    numbers = {column.via for column in columns}
    return [column for column in columns if column.number in numbers]


def load(cursor: duckdb.DuckDBPyConnection) -> PropertyTable | None:
    """Return the property table of a store, None where none was built to its end."""
    rows = cursor.execute("SELECT * FROM property_column ORDER BY part, number").fetchall()
    if not rows:
        return None
    built = rows[0][0]
    parts: dict[str, list[tuple[Column, bool]]] = {}
    for _, part, form, p, o, number, stored, kind, always, via, digits in rows:
        column = Column(Form(form), p, o, number, frozenset(stored), kind, via, digits)
        parts.setdefault(part, []).append((column, always))
    columns = dict.fromkeys(column for part in parts.values() for column, _ in part)
    kept = cursor.execute("SELECT max(value::BIGINT) FROM setting WHERE name = ?", [SHOWN])
    [shown] = kept.fetchone() or (None,)
    whole = cursor.execute(
        "SELECT 1 FROM setting WHERE name = ? AND value = ?", [MEMBERS, str(built)]
    ).fetchone()
    table = PropertyTable(
        built,
        max(built, shown or 0),
        tuple(columns),
        tuple(_part(*part) for part in parts.items()),
        complete=whole is not None,
    )
    sets = cursor.execute(f"SELECT DISTINCT bits FROM {table.rest}").fetchall()
    return replace(table, left_out=frozenset(bits for (bits,) in sets))


def shown_to(cursor: duckdb.DuckDBPyConnection) -> PropertyTable | None:
    """Return the property table that shows just what a cursor sees, None where none does.

    None does where quads are out of its reach, or where it has written some itself.
    """
    row = cursor.execute('SELECT max(number) FROM "commit"').fetchone()
    table = load(cursor)
    if table is None or row is None or table.shown != row[0] or is_narrowed(cursor):
        return None
    written = cursor.execute(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM quad WHERE born > $head)"
        " OR EXISTS (SELECT 1 FROM quad WHERE died > $head)",
        {"head": table.shown},
    ).fetchone()
    return None if written else table


def _part(name: str, columns: Sequence[tuple[Column, bool]]) -> Part:
    always = frozenset(column.number for column, always in columns if always)
    return Part(name, tuple(column for column, _ in columns), always)


def differences(table: PropertyTable) -> str:
    """Return the SQL of what the table does not say as the quads do: a row for each difference."""
    everyone = " UNION ALL ".join(f"SELECT s FROM {part.name}" for part in table.parts)
    apart = []
    numbered = {column.number: column for column in table.columns}
    for column in table.columns:
        shown = ", ".join(f"{source} AS {name}" for name, source in column.sources.items())
        live = f"SELECT {column.owner} AS s, {shown} FROM live WHERE {column.condition}"
        if column.via is not None:
            links = f"SELECT s, o FROM live WHERE {numbered[column.via].condition}"
            live = f"SELECT o AS s, * EXCLUDE (s, o) FROM ({live}) JOIN ({links}) USING (s)"
        said = f"SELECT * FROM ({live}) WHERE s IN ({everyone})"
        names = ", ".join(column.sources)
        held = " UNION ALL ".join(
            f"SELECT s, {names} FROM {part.name} WHERE {column.graph} IS NOT NULL"
            for part in table.parts_with([column])
        )
        apart += [f"SELECT s FROM ({one})" for one in _either_way(said, held)]
    members = " UNION ALL ".join(
        f"SELECT {column.owner} AS s, {column.alone} AS alone FROM live WHERE {column.condition}"
        for column in table.columns
        if column.via is None
    )
    apart.append(
        f"SELECT s FROM ({members}) WHERE s NOT IN (SELECT s FROM {table.rest} UNION ALL"
        f" {everyone}) GROUP BY s HAVING count(*) > 1 OR bool_or(alone)"
    )
    return " UNION ALL ".join(apart)


def _either_way(one: str, other: str) -> list[str]:
    """Return the queries of what is in one and not in the other."""
    return [f"({one}) EXCEPT ALL ({other})", f"({other}) EXCEPT ALL ({one})"]


def drop(cursor: duckdb.DuckDBPyConnection) -> None:
    """Drop the property table, be it filled or not."""
    names = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        f" AND regexp_full_match(table_name, '{PREFIX}[0-9]+_[a-z0-9]+')"
    ).fetchall()
    for (name,) in names:
        cursor.execute(f"DROP TABLE {name}")
    cursor.execute("DELETE FROM property_column")
    cursor.execute("DELETE FROM setting WHERE name = ?", [MEMBERS])
