"""Staged quads of text become rows of the store: dictionary encoding, set semantics, statistics.

A staged relation has the columns s, p, o, odt, olang, g: texts of terms, a blank node as
`_:label`, `odt` NULL when the object is no literal, `g` NULL for the default graph.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

from kg.store.schema import DEFAULT_GRAPH, UNZONED_BIT, ZONED_BIT
from kg.store.typing import WIDE, typed

_OCCURRENCES = """
SELECT s AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang, min(rowid) AS first
FROM {stage} GROUP BY s
UNION ALL SELECT p, NULL, NULL, min(rowid) FROM {stage} GROUP BY p
UNION ALL SELECT g, NULL, NULL, min(rowid) FROM {stage} WHERE g IS NOT NULL GROUP BY g
UNION ALL SELECT o, odt, olang, min(rowid) FROM {stage} GROUP BY o, odt, olang
"""

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

_CODES = """
SELECT si.id AS s, pi.id AS p, oi.id AS o, coalesce(gi.id, 0) AS g
FROM {stage} AS q
JOIN _ids AS si ON si.lex = q.s AND si.dt IS NULL
JOIN _ids AS pi ON pi.lex = q.p AND pi.dt IS NULL
JOIN _ids AS oi ON oi.lex = q.o AND oi.dt IS NOT DISTINCT FROM q.odt
    AND oi.lang IS NOT DISTINCT FROM q.olang
LEFT JOIN _ids AS gi ON gi.lex = q.g AND gi.dt IS NULL
"""

_LIVE_TWIN = "SELECT 1 FROM live AS q WHERE q.s = c.s AND q.p = c.p AND q.o = c.o"

_FRESH = f"""
CREATE TEMP TABLE _fresh AS
SELECT DISTINCT s, p, o, g FROM _coded AS c
WHERE c.g >= ? OR c.s >= ? OR NOT EXISTS ({_LIVE_TWIN} AND q.g = c.g)
"""
"""A graph or a subject first seen in this insertion has nothing that could be live already."""

_INSERT_QUADS = """
INSERT INTO quad BY NAME
SELECT c.s, c.p, c.o, c.g, t.kind AS k, t.num, t.dbl, t.ts, t.tz, ?::BIGINT AS born, NULL AS died
FROM _fresh AS c JOIN term AS t ON t.id = c.o
ORDER BY c.p, c.s, c.o
"""

_FEW_TERMS = 2000
"""Terms up to which the index on the hash is asked, instead of reading the dictionary."""


class Insertion:
    """Quads being added: stages are encoded one by one, and become rows of the store together."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, number: int) -> None:
        self._cursor = cursor
        self._number = number
        self._first_new = _next_id(cursor)
        cursor.execute("CREATE TEMP TABLE _coded (s BIGINT, p BIGINT, o BIGINT, g BIGINT)")
        prime(cursor, "_coded", "s")

    def add(self, stage: str) -> None:
        """Encode the quads of a stage."""
        with _identified(self._cursor, stage, add_missing=True):
            self._cursor.execute(f"INSERT INTO _coded {_CODES.format(stage=stage)}")

    def finish(self) -> int:
        """Insert the quads that are not live yet; return how many there were."""
        self._cursor.execute(_FRESH, [self._first_new, self._first_new])
        try:
            row = self._cursor.execute(_INSERT_QUADS, [self._number]).fetchone()
            _note_predicates(self._cursor, self._first_new)
            _note_graphs(self._cursor)
        finally:
            _drop(self._cursor, "_fresh")
        return int(row[0]) if row else 0

    def drop(self) -> None:
        """Forget the encoded quads."""
        _drop(self._cursor, "_coded")


def prime_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Prime the tables that a write transaction fills, at its beginning (see `prime`)."""
    prime(cursor, "term", "id, kind, lex, h")
    prime(cursor, "quad", "born, s, p, o, g, k")
    prime(cursor, "graph", "g, iri")


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


def delete(cursor: duckdb.DuckDBPyConnection, stage: str, number: int) -> int:
    """End the life of the staged quads that are live; return how many there were."""
    with _identified(cursor, stage, add_missing=False):
        cursor.execute(f"CREATE TEMP TABLE _coded AS {_CODES.format(stage=stage)}")
    match = "quad.s = c.s AND quad.p = c.p AND quad.o = c.o AND quad.g = c.g"
    try:
        row = cursor.execute(
            "SELECT count(*) FROM live AS quad WHERE EXISTS"
            f" (SELECT 1 FROM _coded AS c WHERE {match})"
        ).fetchone()
        # What this transaction itself added was never part of any commit: it leaves no trace.
        cursor.execute(
            f"DELETE FROM quad USING _coded AS c WHERE {match} AND died IS NULL AND born = ?",
            [number],
        )
        cursor.execute(
            f"UPDATE quad SET died = ? FROM _coded AS c WHERE {match} AND died IS NULL", [number]
        )
    finally:
        _drop(cursor, "_coded")
    return int(row[0]) if row else 0


def _next_id(cursor: duckdb.DuckDBPyConnection) -> int:
    """Return the first id that no term has."""
    row = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM term").fetchone()
    return int(row[0]) if row else 1


@contextlib.contextmanager
def _identified(
    cursor: duckdb.DuckDBPyConnection, stage: str, *, add_missing: bool
) -> Iterator[None]:
    """Hold the ids of the terms of a stage in `_ids`; terms that are missing can be added."""
    occurrences = _OCCURRENCES.format(stage=stage)
    cursor.execute(
        "CREATE TEMP TABLE _seen AS SELECT lex, dt, lang, min(first) AS first,"
        f" md5_number_lower(lex) AS h FROM ({occurrences}) GROUP BY lex, dt, lang"
    )
    try:
        cursor.execute(f"CREATE TEMP TABLE _ids AS {_KNOWN.format(terms=_candidates(cursor))}")
        prime(cursor, "_ids", "id")
        if add_missing:
            _add_terms(cursor)
        yield
    finally:
        _drop(cursor, "_ids")
        _drop(cursor, "_seen")


def _candidates(cursor: duckdb.DuckDBPyConnection) -> str:
    """Return the part of the dictionary that holds the terms of `_seen` that are known."""
    hashes = cursor.execute(f"SELECT DISTINCT h FROM _seen LIMIT {_FEW_TERMS + 1}").fetchall()
    if not 0 < len(hashes) <= _FEW_TERMS:
        return "term"
    return f"(SELECT * FROM term WHERE h IN ({', '.join(str(int(row[0])) for row in hashes)}))"


def _add_terms(cursor: duckdb.DuckDBPyConnection) -> None:
    """Add the terms of `_seen` that have no id to the dictionary and to `_ids`."""
    before = _next_id(cursor) - 1
    cursor.execute(f"CREATE TEMP TABLE _new AS {_UNKNOWN.format(before=before)}")
    try:
        found = cursor.execute("SELECT DISTINCT dt FROM _new WHERE dt IS NOT NULL").fetchall()
        typing = typed("SELECT * FROM _new", {row[0] for row in found})
        cursor.execute(_INSERT_TERMS.format(typed=typing))
        cursor.execute("INSERT INTO _ids SELECT id, lex, dt, lang FROM _new")
    finally:
        _drop(cursor, "_new")


def _note_predicates(cursor: duckdb.DuckDBPyConnection, first_new: int) -> None:
    """Keep, for each predicate of `_fresh`, what is known of its objects."""
    zone = f"CASE WHEN ts IS NULL THEN 0 WHEN tz IS NULL THEN {1 << UNZONED_BIT}"
    decimals = "CASE " + " ".join(f"WHEN num = round(num, {n}) THEN {n}" for n in (0, 2, 4, 6))
    cursor.execute(
        f"""
        CREATE TEMP TABLE _noted AS
        SELECT p, bool_or({WIDE}) AS wide, false AS dup,
            bit_or((1::UBIGINT << kind) | ({zone} ELSE {1 << ZONED_BIT} END)::UBIGINT) AS kinds,
            max(CASE WHEN num IS NULL THEN 0 ELSE {decimals} ELSE 10 END END) AS digits
        FROM _fresh JOIN term ON term.id = _fresh.o GROUP BY p
        """
    )
    try:
        _note_repeats(cursor, first_new)
        cursor.execute(
            """
            UPDATE predicate SET dup = predicate.dup OR n.dup, wide = predicate.wide OR n.wide,
                kinds = predicate.kinds | n.kinds, digits = greatest(predicate.digits, n.digits)
            FROM _noted AS n WHERE n.p = predicate.p
                AND (n.dup > predicate.dup OR n.wide > predicate.wide
                    OR n.digits > predicate.digits OR n.kinds & ~predicate.kinds != 0)
            """
        )
        cursor.execute(
            "INSERT INTO predicate BY NAME SELECT p, dup, wide, kinds, digits FROM _noted"
            " WHERE p NOT IN (SELECT p FROM predicate)"
        )
    finally:
        _drop(cursor, "_noted")


def _note_repeats(cursor: duckdb.DuckDBPyConnection, first_new: int) -> None:
    """Note the predicates with a triple that is live in two graphs, one of them filled now."""
    several = "SELECT p FROM _fresh GROUP BY p HAVING min(g) <> max(g)"
    cursor.execute(
        f"""
        UPDATE _noted SET dup = true WHERE p IN (
            SELECT c.p FROM _fresh AS c
            WHERE c.s < ? AND EXISTS ({_LIVE_TWIN} AND q.g <> c.g)
            UNION
            SELECT p FROM _fresh WHERE p IN ({several})
            GROUP BY s, p, o HAVING count(*) > 1
        )
        """,
        [first_new],
    )


def _note_graphs(cursor: duckdb.DuckDBPyConnection) -> None:
    """Keep the names of the graphs of `_fresh` that hold their first quads."""
    new = cursor.execute(
        "SELECT DISTINCT g FROM _fresh WHERE g <> ? AND g NOT IN (SELECT g FROM graph)",
        [DEFAULT_GRAPH],
    ).fetchall()
    if new:
        # Numbers in the text let the engine skip most of the dictionary.
        ids = ", ".join(str(int(row[0])) for row in new)
        cursor.execute(f"INSERT INTO graph SELECT id, lex FROM term WHERE id IN ({ids})")


def _drop(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop a temporary table, unless the transaction is already beyond use."""
    try:
        cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    except duckdb.TransactionException:
        # The transaction was aborted by the error being raised; its rollback drops the table.
        return
