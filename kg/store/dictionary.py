"""The dictionary of terms grows: the ids of terms, those that are missing being added."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import duckdb

from kg.store.stages import Key
from kg.store.typing import typed

_SEEN = """
CREATE OR REPLACE TEMP TABLE _seen AS
SELECT lex, dt, lang, min(first) AS first, min(family) AS family, md5_number_lower(lex) AS h,
    {key} AS k
FROM ({occurrences}) GROUP BY lex, dt, lang
"""

_NAMESPACES = 1024
"""Families that IRIs are in at most: where each has a namespace of its own, as what belongs to one
party may, the order of appearance stays."""

_AMBIGUOUS = "SELECT count(DISTINCT k) < count(*) FROM _seen"

_KNOWN = """
SELECT t.id, _seen.k FROM {terms} AS t JOIN _seen ON _seen.h = t.h AND _seen.lex = t.lex
    AND _seen.dt IS NOT DISTINCT FROM t.dt AND _seen.lang IS NOT DISTINCT FROM t.lang
"""

_FAMILY = f"""
CASE WHEN dt IS NOT NULL THEN family
    ELSE hash(regexp_extract(lex, '^.*[/#:]')) % {_NAMESPACES} END
"""
_UNKNOWN = f"""
SELECT k, row_number() OVER (ORDER BY {_FAMILY}, first, k) + {{before}} AS id
FROM _seen WHERE NOT EXISTS (SELECT 1 FROM _ids WHERE _ids.k = _seen.k)
"""
"""Terms of one family lie together: the objects of one predicate, or the IRIs of one namespace.

An answer holds terms of few families, and who looks them up, or searches the texts, passes over the
others. Within a family ids follow the order of first appearance, as what is asked for often does.
"""

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


def _hashed(lex: str, dt: str, lang: str) -> str:
    """Return the SQL of a number that hardly any other term has."""
    return f"hash({lex}, {dt}, {lang})"


def _spelt(lex: str, dt: str, lang: str) -> str:
    """Return the SQL of a text that no other term has."""
    lengths = f"coalesce(strlen({dt}), -1) || ' ' || coalesce(strlen({lang}), -1)"
    return f"({lengths} || ' ' || coalesce({dt}, '') || coalesce({lang}, '') || {lex})"


@contextlib.contextmanager
def identified(
    cursor: duckdb.DuckDBPyConnection,
    occurrences: str,
    parameters: Sequence[object] = (),
    *,
    add_missing: bool,
    tell: Callable[[float], None] = lambda _part: None,
) -> Iterator[Key]:
    """Hold the ids of terms in `_ids`, with the keys `k` of the terms; missing ones can be added.

    `occurrences` is SQL with the columns lex, dt, lang, and `first` and `family` (a number of a
    literal), by which new terms are sorted.
    What is yielded gives the SQL of the key of a term. `tell` is told which part is done of this
    and of one pass over the quads that follows.
    """
    try:
        key = _see(cursor, occurrences, parameters)
        tell(0.4)
        cursor.execute(f"CREATE TEMP TABLE _ids AS {_KNOWN.format(terms=_candidates(cursor))}")
        prime(cursor, "_ids", "id")
        if add_missing:
            _add_terms(cursor)
        tell(0.7)
        yield key
    finally:
        drop(cursor, "_ids")
        drop(cursor, "_seen")


def add_iris(cursor: duckdb.DuckDBPyConnection, iris: Sequence[str]) -> list[int]:
    """Return the ids of IRIs, in no order; those that are missing are added."""
    occurrences = (
        "SELECT unnest(?::VARCHAR[]) AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang,"
        " 0 AS first, 0 AS family"
    )
    with identified(cursor, occurrences, [list(iris)], add_missing=True):
        return [number for (number,) in cursor.execute("SELECT id FROM _ids").fetchall()]


def _see(cursor: duckdb.DuckDBPyConnection, occurrences: str, parameters: Sequence[object]) -> Key:
    """Fill `_seen` with the terms that occur; return their key.

    It is a number, which is found and compared much faster than texts are, but where two of the
    terms have the same number.
    """
    for key in (_hashed, _spelt):
        seen = _SEEN.format(occurrences=occurrences, key=key("lex", "dt", "lang"))
        cursor.execute(seen, list(parameters))
        if not cursor.execute(_AMBIGUOUS).fetchall()[0][0]:
            break
    return key


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
        if not cursor.execute("SELECT 1 FROM _new LIMIT 1").fetchall():
            return
        new = "SELECT lex, dt, lang, h, id FROM _seen JOIN _new USING (k)"
        found = cursor.execute("SELECT DISTINCT dt FROM _seen WHERE dt IS NOT NULL").fetchall()
        typing = typed(new, {row[0] for row in found}, hashed=True)
        cursor.execute(_INSERT_TERMS.format(typed=typing))
        cursor.execute("INSERT INTO _ids BY NAME SELECT id, k FROM _new")
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
