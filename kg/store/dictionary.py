"""The dictionary of terms grows: the ids of terms, those that are missing being added."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import duckdb

from kg.store.typing import typed

_KNOWN = """
SELECT t.id, t.lex, t.dt, t.lang FROM {terms} AS t
WHERE EXISTS (
    SELECT 1 FROM _seen WHERE _seen.h = t.h AND _seen.lex = t.lex
        AND _seen.dt IS NOT DISTINCT FROM t.dt AND _seen.lang IS NOT DISTINCT FROM t.lang
)
"""

_UNKNOWN = """
SELECT lex, dt, lang, row_number() OVER (ORDER BY first, lex, dt, lang) + {before} AS id
FROM _seen
WHERE NOT EXISTS (
    SELECT 1 FROM _ids WHERE _ids.lex = _seen.lex AND _ids.dt IS NOT DISTINCT FROM _seen.dt
        AND _ids.lang IS NOT DISTINCT FROM _seen.lang
)
"""
"""Ids follow the order of first appearance, so that what came together lies together."""

_INSERT_TERMS = """
INSERT INTO term BY NAME
SELECT id, kind, lex, dt, lang, num, dbl, ts, tz, h FROM ({typed})
ORDER BY id
"""

_FEW_TERMS = 2000
"""Terms up to which the index on the hash is asked, instead of reading the dictionary."""


def prime(cursor: duckdb.DuckDBPyConnection, table: str, columns: str) -> None:
    """Insert a row into a table and delete it again, before a transaction inserts anything else.

    In DuckDB 2.0.0, when the first insertion of a transaction into a table is empty, the rows of a
    later one with more rows than a row group (122,880) are not seen before the commit. The first
    of `columns` gets -1, which no other row has; the others get 0.
    """
    first, *others = columns.split(", ")
    values = ", ".join(["-1", *("0" for _ in others)])
    cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})")
    cursor.execute(f"DELETE FROM {table} WHERE {first} = -1")


def next_id(cursor: duckdb.DuckDBPyConnection) -> int:
    """Return the first id that no term has."""
    row = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM term").fetchone()
    return int(row[0]) if row else 1


@contextlib.contextmanager
def identified(
    cursor: duckdb.DuckDBPyConnection,
    occurrences: str,
    parameters: Sequence[object] = (),
    *,
    add_missing: bool,
) -> Iterator[None]:
    """Hold the ids of terms in `_ids`, with their lex, dt and lang; missing ones can be added.

    `occurrences` is SQL with the columns lex, dt, lang and `first`, by which new terms are sorted.
    """
    cursor.execute(
        "CREATE TEMP TABLE _seen AS SELECT lex, dt, lang, min(first) AS first,"
        f" md5_number_lower(lex) AS h FROM ({occurrences}) GROUP BY lex, dt, lang",
        list(parameters),
    )
    try:
        cursor.execute(f"CREATE TEMP TABLE _ids AS {_KNOWN.format(terms=_candidates(cursor))}")
        prime(cursor, "_ids", "id")
        if add_missing:
            _add_terms(cursor)
        yield
    finally:
        drop(cursor, "_ids")
        drop(cursor, "_seen")


def _candidates(cursor: duckdb.DuckDBPyConnection) -> str:
    """Return the part of the dictionary that holds the terms of `_seen` that are known."""
    hashes = cursor.execute(f"SELECT DISTINCT h FROM _seen LIMIT {_FEW_TERMS + 1}").fetchall()
    if not 0 < len(hashes) <= _FEW_TERMS:
        return "term"
    return f"(SELECT * FROM term WHERE h IN ({', '.join(str(int(row[0])) for row in hashes)}))"


def _add_terms(cursor: duckdb.DuckDBPyConnection) -> None:
    """Add the terms of `_seen` that have no id to the dictionary and to `_ids`."""
    before = next_id(cursor) - 1
    cursor.execute(f"CREATE TEMP TABLE _new AS {_UNKNOWN.format(before=before)}")
    try:
        found = cursor.execute("SELECT DISTINCT dt FROM _new WHERE dt IS NOT NULL").fetchall()
        typing = typed("SELECT * FROM _new", {row[0] for row in found})
        cursor.execute(_INSERT_TERMS.format(typed=typing))
        cursor.execute("INSERT INTO _ids SELECT id, lex, dt, lang FROM _new")
    finally:
        drop(cursor, "_new")


def drop(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop a temporary table, unless the transaction is already beyond use."""
    # An error being raised, or an interruption, aborted it: its rollback drops the table.
    with contextlib.suppress(duckdb.TransactionException, duckdb.InterruptException):
        cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextlib.contextmanager
def temporary(
    cursor: duckdb.DuckDBPyConnection, name: str, query: str, parameters: Sequence[object] = ()
) -> Iterator[str]:
    """Hold the rows of a query in a temporary table; yield its name."""
    cursor.execute(f"CREATE TEMP TABLE {name} AS {query}", list(parameters))
    try:
        yield name
    finally:
        drop(cursor, name)
