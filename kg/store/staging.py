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

_CODES = """
SELECT ts.id AS s, tp.id AS p, tob.id AS o, coalesce(tg.id, 0) AS g
FROM {stage} AS q
JOIN term AS ts ON ts.lex = q.s AND ts.dt IS NULL
JOIN term AS tp ON tp.lex = q.p AND tp.dt IS NULL
JOIN term AS tob ON tob.lex = q.o AND tob.dt IS NOT DISTINCT FROM q.odt
    AND tob.lang IS NOT DISTINCT FROM q.olang
LEFT JOIN term AS tg ON tg.lex = q.g AND tg.dt IS NULL
"""

_LIVE_TWIN = "SELECT 1 FROM live AS q WHERE q.s = c.s AND q.p = c.p AND q.o = c.o"

_INSERT_QUADS = f"""
INSERT INTO quad BY NAME
SELECT c.s, c.p, c.o, c.g, t.kind AS k, t.num, t.dbl, t.ts, t.tz, ?::BIGINT AS born, NULL AS died
FROM (
    SELECT DISTINCT s, p, o, g FROM _coded AS c
    WHERE c.g >= ? OR NOT EXISTS ({_LIVE_TWIN} AND q.g = c.g)
) AS c
JOIN term AS t ON t.id = c.o
ORDER BY c.p, c.s, c.o
"""
"""A graph first seen in this insertion holds nothing that could be live already."""


class Insertion:
    """Quads being added: stages are encoded one by one, and become rows of the store together."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, number: int) -> None:
        self._cursor = cursor
        self._number = number
        self._first_new = _next_id(cursor)
        cursor.execute("CREATE TEMP TABLE _coded (s BIGINT, p BIGINT, o BIGINT, g BIGINT)")

    def add(self, stage: str) -> None:
        """Encode the quads of a stage."""
        _add_terms(self._cursor, stage)
        self._cursor.execute(f"INSERT INTO _coded {_CODES.format(stage=stage)}")

    def finish(self) -> int:
        """Insert the quads that are not live yet; return how many there were."""
        row = self._cursor.execute(_INSERT_QUADS, [self._number, self._first_new]).fetchone()
        _note_predicates(self._cursor, self._number)
        return int(row[0]) if row else 0

    def drop(self) -> None:
        """Forget the encoded quads."""
        _drop(self._cursor, "_coded")


def delete(cursor: duckdb.DuckDBPyConnection, stage: str, number: int) -> int:
    """End the life of the staged quads that are live; return how many there were."""
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


def _add_terms(cursor: duckdb.DuckDBPyConnection, stage: str) -> None:
    """Add the terms of the stage that are missing."""
    before = _next_id(cursor) - 1
    occurrences = _OCCURRENCES.format(stage=stage)
    cursor.execute(_NEW_TERMS.format(occurrences=occurrences))
    try:
        # Ids follow the order of first appearance, so that what came together lies together.
        numbered = (
            f"SELECT lex, dt, lang, row_number() OVER (ORDER BY first, lex, dt, lang)"
            f" + {before} AS id FROM _new"
        )
        cursor.execute(_INSERT_TERMS.format(typed=typed(numbered)))
    finally:
        _drop(cursor, "_new")


def _note_predicates(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    """Keep, for each predicate of the quads born now, what is known of its objects."""
    wide = WIDE.replace("kind", "k")
    zone = f"CASE WHEN ts IS NULL THEN 0 WHEN tz IS NULL THEN {1 << UNZONED_BIT}"
    decimals = "CASE " + " ".join(f"WHEN num = round(num, {n}) THEN {n}" for n in (0, 2, 4, 6))
    cursor.execute(
        f"""
        CREATE TEMP TABLE _noted AS
        SELECT p, bool_or({wide}) AS wide, false AS dup,
            bit_or((1::UBIGINT << k) | ({zone} ELSE {1 << ZONED_BIT} END)::UBIGINT) AS kinds,
            max(CASE WHEN num IS NULL THEN 0 ELSE {decimals} ELSE 10 END END) AS digits
        FROM quad WHERE born = {int(number)} GROUP BY p
        """
    )
    try:
        _note_repeats(cursor, number)
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


def _note_repeats(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    """Note the predicates with a triple that is live in two graphs, one of them filled now."""
    born = f"SELECT s, p, o, g FROM quad WHERE born = {int(number)}"
    several = f"SELECT p FROM ({born}) GROUP BY p HAVING count(DISTINCT g) > 1"
    cursor.execute(
        f"""
        UPDATE _noted SET dup = true WHERE p IN (
            SELECT c.p FROM ({born}) AS c
            WHERE EXISTS ({_LIVE_TWIN} AND q.born < {int(number)})
            UNION
            SELECT p FROM ({born}) WHERE p IN ({several})
            GROUP BY s, p, o HAVING count(*) > 1
        )
        """
    )


def _drop(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop a temporary table, unless the transaction is already beyond use."""
    try:
        cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    except duckdb.TransactionException:
        # The transaction was aborted by the error being raised; its rollback drops the table.
        return
