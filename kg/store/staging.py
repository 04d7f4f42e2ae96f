"""Staged quads of text become rows of the store: dictionary encoding, set semantics, statistics.

A staged relation has the columns s, p, o, odt, olang, g: texts of terms, a blank node as
`_:label`, `odt` NULL when the object is no literal, `g` NULL for the default graph.
"""

from __future__ import annotations

import duckdb

from kg.store.schema import UNZONED_BIT, ZONED_BIT
from kg.store.typing import WIDE, typed

_OCCURRENCES = """
SELECT s AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang, min(rowid) AS first
FROM {stage} GROUP BY s
UNION ALL SELECT p, NULL, NULL, min(rowid) FROM {stage} GROUP BY p
UNION ALL SELECT g, NULL, NULL, min(rowid) FROM {stage} WHERE g IS NOT NULL GROUP BY g
UNION ALL SELECT o, odt, olang, min(rowid) FROM {stage} GROUP BY o, odt, olang
"""

_NEW_TERMS = """
CREATE TEMP TABLE _new AS
SELECT lex, dt, lang, min(first) AS first FROM ({occurrences}) AS seen
WHERE NOT EXISTS (
    SELECT 1 FROM term
    WHERE term.h = md5_number_lower(seen.lex) AND term.lex = seen.lex
        AND term.dt IS NOT DISTINCT FROM seen.dt AND term.lang IS NOT DISTINCT FROM seen.lang
)
GROUP BY lex, dt, lang
"""

_INSERT_TERMS = """
INSERT INTO term BY NAME
SELECT id, kind, lex, dt, lang, num, dbl, ts, tz, h FROM ({typed})
ORDER BY id
"""

_ENCODED = """
CREATE TEMP TABLE _coded AS
SELECT DISTINCT ts.id AS s, tp.id AS p, tob.id AS o, coalesce(tg.id, 0) AS g,
    tob.kind AS k, tob.num, tob.dbl, tob.ts, tob.tz
FROM {stage} AS q
JOIN term AS ts ON ts.lex = q.s AND ts.dt IS NULL
JOIN term AS tp ON tp.lex = q.p AND tp.dt IS NULL
JOIN term AS tob ON tob.lex = q.o AND tob.dt IS NOT DISTINCT FROM q.odt
    AND tob.lang IS NOT DISTINCT FROM q.olang
LEFT JOIN term AS tg ON tg.lex = q.g AND tg.dt IS NULL
"""

_LIVE_TWIN = "SELECT 1 FROM live AS q WHERE q.s = c.s AND q.p = c.p AND q.o = c.o"


def insert(cursor: duckdb.DuckDBPyConnection, stage: str, number: int) -> int:
    """Insert the staged quads that are not live yet; return how many there were."""
    first_new = _add_terms(cursor, stage)
    cursor.execute(_ENCODED.format(stage=stage))
    try:
        # A graph first seen in this stage holds nothing that could be live already.
        cursor.execute(
            f"DELETE FROM _coded AS c WHERE c.g < ? AND EXISTS ({_LIVE_TWIN} AND q.g = c.g)",
            [first_new],
        )
        if not _has_rows(cursor, "_coded"):
            return 0
        _note_predicates(cursor)
        row = cursor.execute(
            "INSERT INTO quad BY NAME"
            " SELECT *, ?::BIGINT AS born, NULL AS died FROM _coded ORDER BY p, s, o",
            [number],
        ).fetchone()
    finally:
        _drop(cursor, "_coded")
    return int(row[0]) if row else 0


def delete(cursor: duckdb.DuckDBPyConnection, stage: str, number: int) -> int:
    """End the life of the staged quads that are live; return how many there were."""
    cursor.execute(_ENCODED.format(stage=stage))
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


def _add_terms(cursor: duckdb.DuckDBPyConnection, stage: str) -> int:
    """Add the terms of the stage that are missing; return the first id given to a new term."""
    row = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM term").fetchone()
    first_id = int(row[0]) if row else 1
    occurrences = _OCCURRENCES.format(stage=stage)
    cursor.execute(_NEW_TERMS.format(occurrences=occurrences))
    try:
        # Ids follow the order of first appearance, so that what came together lies together.
        numbered = (
            f"SELECT lex, dt, lang, row_number() OVER (ORDER BY first, lex, dt, lang)"
            f" + {first_id - 1} AS id FROM _new"
        )
        if _has_rows(cursor, "_new"):
            cursor.execute(_INSERT_TERMS.format(typed=typed(numbered)))
    finally:
        _drop(cursor, "_new")
    return first_id


def _has_rows(cursor: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Tell whether a temporary table has a row.

    DuckDB 2.0.0 must not be asked to insert nothing: when the first insertion of a transaction
    into a table is empty and the next has more rows than a row group, a third one hides all
    that the transaction has inserted until its commit.
    """
    return bool(cursor.execute(f"SELECT 1 FROM temp.{table} LIMIT 1").fetchall())


def _note_predicates(cursor: duckdb.DuckDBPyConnection) -> None:
    """Keep, for each predicate of `_coded`, whether it has duplicates or wide objects."""
    wide = WIDE.replace("kind", "k")
    zone = f"CASE WHEN ts IS NULL THEN 0 WHEN tz IS NULL THEN {1 << UNZONED_BIT}"
    decimals = "CASE " + " ".join(f"WHEN num = round(num, {n}) THEN {n}" for n in (0, 2, 4, 6))
    cursor.execute(
        f"""
        CREATE TEMP TABLE _noted AS
        SELECT p, bool_or({wide}) AS wide, false AS dup,
            bit_or((1::UBIGINT << k) | ({zone} ELSE {1 << ZONED_BIT} END)::UBIGINT) AS kinds,
            max(CASE WHEN num IS NULL THEN 0 ELSE {decimals} ELSE 10 END END) AS digits
        FROM _coded GROUP BY p
        """
    )
    try:
        several = "SELECT p FROM _coded GROUP BY p HAVING count(DISTINCT g) > 1"
        cursor.execute(
            f"""
            UPDATE _noted SET dup = true WHERE p IN (
                SELECT c.p FROM _coded AS c
                WHERE EXISTS ({_LIVE_TWIN})
                UNION
                SELECT p FROM _coded WHERE p IN ({several})
                GROUP BY s, p, o HAVING count(*) > 1
            )
            """
        )
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


def _drop(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop a temporary table, unless the transaction is already beyond use."""
    try:
        cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    except duckdb.TransactionException:
        # The transaction was aborted by the error being raised; its rollback drops the table.
        return
