"""The steps in which a property table is built, from what a predicate or class is worth on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import and_, or_

import duckdb

from kg.namespaces import RDF
from kg.store import property_wholes as wholes
from kg.store.property_table import (
    FACETS,
    MEMBERS,
    NARROW,
    PREFIX,
    Column,
    Form,
    Part,
    PropertyTable,
    drop,
    load,
)
from kg.store.schema import Kind
from kg.store.terms import lookup_nodes

_LEAST = 2
_MOST = 60
"""Columns at least and at most; the membership of a subject in them is one bit each of a BIGINT."""
_STEP = 400_000
_STEPS = 32
"""Ids of subjects that one step of the building covers at least, and how many steps at most."""
_ERROR = 0.15
"""By how much the engine may estimate a number of different values too low."""
_ALIKE = 0.5
_MOST_PARTS = 16
"""Parts at most, and the share of common columns from which on subjects are in the same one."""
_TYPES = {
    "k": "UTINYINT",
    "dbl": "DOUBLE",
    "ts": "TIMESTAMP",
    "tz": "SMALLINT",
}

Ids = tuple[int, int]
"""A range of ids, without its end."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What makes a column worth it.

    That is as many `quads` of a predicate or class at least, for joins of fewer cost little, and of
    a predicate so many different subjects, or objects, a quad.
    """

    quads: int = 10_000
    once: float = 0.97


WORTH = Worth()


_Found = tuple[int, Callable[[int], Column]]
"""How many quads a column would hold, and the column with a number."""


def survey(cursor: duckdb.DuckDBPyConnection, worth: Worth = WORTH) -> tuple[Column, ...]:
    """Return the columns that are worth it, those of most quads; none where they are less than two.

    It reads all that is live.
    """
    [class_of] = lookup_nodes(cursor, [RDF.type])
    found = [*_of_predicates(cursor, class_of, worth), *_of_classes(cursor, class_of, worth)]
    found.sort(key=lambda entry: -entry[0])
    columns = tuple(make(number) for number, (_, make) in enumerate(found[:_MOST]))
    return columns if len(columns) >= _LEAST else ()


def begin(
    cursor: duckdb.DuckDBPyConnection, commit: int, columns: tuple[Column, ...]
) -> tuple[PropertyTable, list[Ids]]:
    """Drop the former property table, and begin one of what is live after a commit.

    Returns it without parts, and the ranges of ids whose members are to be found.
    """
    drop(cursor)
    table = PropertyTable(commit, commit, columns, complete=True)
    if not columns:
        return table, []
    cursor.execute("INSERT INTO setting VALUES (?, ?)", [MEMBERS, str(commit)])
    cursor.execute(f"CREATE TABLE {table.rest} (s BIGINT NOT NULL, bits BIGINT NOT NULL)")
    cursor.execute(
        f"CREATE TABLE {table.members} (s BIGINT NOT NULL, bits BIGINT NOT NULL,"
        " twice BOOLEAN NOT NULL)"
    )
    return table, _ranges(cursor, "SELECT min(least(s, o)), max(greatest(s, o)) FROM live")


def add_members(cursor: duckdb.DuckDBPyConnection, table: PropertyTable, ids: Ids) -> None:
    """Find the subjects of a range of ids that have several properties, and which they have.

    An instance of a class is there whatever else it has, so that the table has all of them, and so
    is an object of which it has the subject, whose row may carry what is said of that. So is the
    subject of a number that is read faster from the table than among the quads.
    """
    alone = _alone(table)
    quads = " UNION ALL ".join(
        f"SELECT {column.owner} AS s, {1 << column.number}::BIGINT AS bit FROM live"
        f" WHERE {_condition(column, ids)}"
        for column in table.columns
    )
    cursor.execute(
        f"INSERT INTO {table.members} SELECT s, bit_or(bit) AS bits,"
        f" count(*) > bit_count(bits) FROM ({quads}) GROUP BY s"
        f" HAVING count(*) > 1 OR bits & {alone} <> 0"
    )


def _alone(table: PropertyTable) -> int:
    """Return the columns, as bits, whose members are in the table also without another one."""
    return sum(1 << column.number for column in table.columns if column.alone)


def divide(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable
) -> tuple[PropertyTable, list[tuple[Part, str, Ids]]]:
    """Divide the members into parts.

    Returns the table with its parts, empty as yet, and in what steps they are to be filled: the
    part, the condition on members that are in it, and a range of ids.
    """
    alike = cursor.execute(
        f"SELECT bits, count(*) FROM {table.members} WHERE NOT twice GROUP BY bits ORDER BY 2 DESC"
    ).fetchall()
    groups = _divided(alike)
    carried = wholes.find_carried(cursor, table, groups)
    wholes.leave_out_parts(cursor, table, carried)
    cursor.execute(f"INSERT INTO {table.rest} SELECT s, bits FROM {table.members} WHERE twice")
    parts: list[Part] = []
    filling: list[tuple[Part, str, Ids]] = []
    for number, patterns in enumerate(groups):
        some, every = reduce(or_, patterns), reduce(and_, patterns)
        columns = tuple(column for column in table.columns if some >> column.number & 1)
        always = frozenset(column.number for column in columns if every >> column.number & 1)
        more = [one for one in carried if some >> one.step.number & 1]
        columns += tuple(one.column for one in more)
        always |= {one.column.number for one in more if one.always}
        part = Part(f"{PREFIX}{table.built}_{number}", columns, always)
        definitions = ", ".join(definition for column in columns for definition in _defined(column))
        cursor.execute(f"CREATE TABLE {part.name} (s BIGINT NOT NULL, {definitions})")
        parts.append(part)
        within = f"NOT twice AND bits IN ({', '.join(map(str, patterns))})"
        range_of = f"SELECT min(s), max(s) FROM {table.members} WHERE {within}"
        filling += [(part, within, ids) for ids in _ranges(cursor, range_of)]
    columns = (*table.columns, *(one.column for one in carried))
    return replace(table, columns=columns, parts=tuple(parts)), filling


def _divided(alike: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return groups of sets of columns that have much in common, as bits.

    The sets come with the number of their subjects, the most frequent ones first: these stand
    apart where they differ by half, and the others go with the one that they resemble most.
    """
    groups: list[list[int]] = []
    for bits, _ in alike:
        near = max(groups, key=lambda group: _likeness(group[0], bits), default=None)
        if near is None or (_likeness(near[0], bits) < _ALIKE and len(groups) < _MOST_PARTS):
            groups.append([bits])
        else:
            near.append(bits)
    return groups


def _likeness(some: int, other: int) -> float:
    """Return the share of the columns of either that both have."""
    return (some & other).bit_count() / (some | other).bit_count()


def fill(
    cursor: duckdb.DuckDBPyConnection, table: PropertyTable, part: Part, within: str, ids: Ids
) -> None:
    """Fill a part with those of its members that have ids in a range."""
    shown = ["m.s"]
    joins = []
    ranges = wholes.ids_of_wholes(cursor, part, ids)
    for column in part.columns:
        alias = f"q{column.number}"
        shown += [f"{alias}.{source} AS {name}" for name, source in column.sources.items()]
        within_ids, owner = (ids, "m.s") if column.via is None else ranges[column.via]
        scan = f"SELECT * FROM live WHERE {_condition(column, within_ids)}"
        side = "" if column.number in part.always else "LEFT "
        joins.append(f"{side}JOIN ({scan}) AS {alias} ON {alias}.{column.owner} = {owner}")
    first, end = ids
    cursor.execute(
        f"INSERT INTO {part.name} BY NAME SELECT {', '.join(shown)} FROM {table.members} AS m"
        f" {' '.join(joins)} WHERE {within} AND m.s >= {first} AND m.s < {end}"
        f" ORDER BY {', '.join([*wholes.days(part)[:1], 'm.s'])}"
    )


def finish(cursor: duckdb.DuckDBPyConnection, table: PropertyTable) -> PropertyTable | None:
    """Note that the parts are filled; return the table as it is now, None where it has no part."""
    if not table.parts:
        drop(cursor)
        return None
    cursor.execute(f"DROP TABLE {table.members}")
    cursor.executemany(
        "INSERT INTO property_column VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(table.built, part.name, one.form, one.p, one.o, one.number),
                *([*one.stored], one.kind, one.number in part.always, one.via, one.digits),
            )
            for part in table.parts
            for one in part.columns
        ],
    )
    return load(cursor)


def _ranges(cursor: duckdb.DuckDBPyConnection, query: str) -> list[Ids]:
    """Return the ranges of ids, from the least to the greatest that a query tells, for steps."""
    least, greatest = cursor.execute(query).fetchone() or (None, None)
    if least is None:
        return []
    width = max(_STEP, (greatest - least) // _STEPS + 1)
    return [(start, start + width) for start in range(least, greatest + 1, width)]


def _condition(column: Column, ids: Ids) -> str:
    """Return the condition that a quad is in a column, in the row of an id of a range."""
    first, end = ids
    return f"{column.condition} AND {column.owner} >= {first} AND {column.owner} < {end}"


def _defined(column: Column) -> list[str]:
    types = {**_TYPES, "num": column.number_type}
    return [f"{name} {types.get(source, 'BIGINT')}" for name, source in column.sources.items()]


def _of_predicates(
    cursor: duckdb.DuckDBPyConnection, class_of: int | None, worth: Worth
) -> Iterator[_Found]:
    """Yield the columns of predicates that are given once, by subject or by object."""
    values = FACETS[1:]
    rows = cursor.execute(
        "SELECT p, count(*) AS quads, approx_count_distinct(s), approx_count_distinct(o), min(k),"
        f" max(k), {', '.join(f'count({name})' for name in values)} FROM live"
        " WHERE p IS DISTINCT FROM ? GROUP BY p HAVING quads >= ?",
        [class_of, worth.quads],
    ).fetchall()
    for p, quads, subjects, objects, least, most, *counts in rows:
        if _once(cursor, p, "s", quads, subjects, worth):
            stored = {name for name, count in zip(values, counts, strict=True) if count}
            kind = least if least == most else None
            facets = frozenset(stored if least == most else stored | {"k"})
            digits = _digits(cursor, p) if "num" in stored else None
            made = partial(Column, Form.OBJECT, p, None, stored=facets, kind=kind, digits=digits)
            yield quads, made
            if most <= Kind.IRI and _always_once(cursor, p, quads, objects):
                yield quads, partial(Column, Form.SUBJECT, p, None)
        elif most <= Kind.IRI and _once(cursor, p, "o", quads, objects, worth):
            yield quads, partial(Column, Form.SUBJECT, p, None)


def _digits(cursor: duckdb.DuckDBPyConnection, p: int) -> int | None:
    """Return the decimals of the exact numbers of a predicate, None where some are too long."""
    row = cursor.execute(
        "SELECT max(digits), (SELECT max(abs(num)) FROM live WHERE p = $p) FROM predicate"
        " WHERE p = $p",
        {"p": p},
    ).fetchone()
    digits, most = row or (None, None)
    if digits is None or most is None or most >= 10 ** (NARROW - digits):
        return None
    return int(digits)


def _once(
    cursor: duckdb.DuckDBPyConnection,
    p: int,
    name: str,
    quads: int,
    estimate: int,
    worth: Worth,
) -> bool:
    """Return whether hardly a subject, or object, is in two quads of a predicate."""
    if not worth.once - _ERROR <= estimate / quads < worth.once:
        return estimate >= worth.once * quads
    row = cursor.execute(f"SELECT count(DISTINCT {name}) FROM live WHERE p = {p}").fetchone()
    return row is not None and row[0] >= worth.once * quads


def _always_once(cursor: duckdb.DuckDBPyConnection, p: int, quads: int, estimate: int) -> bool:
    """Return whether no object is in two quads of a predicate.

    Where subjects have it once, too, the subject tells of the object already: nothing may be left
    out of the table for the sake of telling it the other way round as well.
    """
    if estimate < (1 - _ERROR) * quads:
        return False
    row = cursor.execute(f"SELECT count(DISTINCT o) FROM live WHERE p = {p}").fetchone()
    return row is not None and row[0] == quads


def _of_classes(
    cursor: duckdb.DuckDBPyConnection, class_of: int | None, worth: Worth
) -> Iterator[_Found]:
    """Yield the columns of classes."""
    rows = cursor.execute(
        "SELECT o, count(*) AS quads FROM live WHERE p = ? GROUP BY o HAVING quads >= ?",
        [class_of, worth.quads],
    ).fetchall()
    for of, quads in rows:
        yield quads, partial(Column, Form.CLASS, class_of or 0, of)
