"""Staged quads become rows of the store: dictionary encoding, set semantics, statistics.

A staged relation has the columns s, p, o, odt, olang, g: texts of terms, a blank node as
`_:label`, `odt` NULL when the object is no literal, `g` NULL for the default graph. It may have
`origin`, the place that a quad comes from (see `kg.store.schema.origin_of`). A relation of codes
has the columns s, p, o, g: ids of the dictionary, `g` 0 for the default graph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import duckdb

from kg.store.counting import counted
from kg.store.dictionary import drop, identified, next_id, prime
from kg.store.notes import noted_values
from kg.store.schema import DEFAULT_GRAPH
from kg.store.stages import Shared, Stage
from kg.store.visibility import visible

SAME = "quad.s = c.s AND quad.p = c.p AND quad.o = c.o AND quad.g = c.g"
_LIVE_TWIN = "SELECT 1 FROM live AS q WHERE q.s = c.s AND q.p = c.p AND q.o = c.o"

_DISTINCT = {
    False: "SELECT DISTINCT s, p, o, g, origin FROM _coded",
    True: "SELECT s, p, o, g, min(origin) AS origin FROM _coded GROUP BY s, p, o, g",
}
"""The encoded quads as a set, by whether they come from several places."""

_FRESH = f"""
CREATE TEMP TABLE _fresh AS
SELECT s, p, o, g, origin FROM ({{distinct}}) AS c
WHERE c.g >= ? OR c.s >= ? OR NOT EXISTS ({_LIVE_TWIN} AND q.g = c.g)
"""
"""A graph or a subject first seen in this insertion has nothing that could be live already."""

_FRESH_BESIDES = f"""
CREATE TEMP TABLE _fresh AS
SELECT s, p, o, g, origin FROM ({{distinct}}) AS c
WHERE c.s >= ? OR NOT EXISTS (
    {_LIVE_TWIN} AND (q.g = c.g OR q.g IN (SELECT id FROM {{besides}}))
)
"""

INSERT_QUADS = """
INSERT INTO quad BY NAME
SELECT c.s, c.p, c.o, c.g, t.kind AS k, t.num, t.dbl, t.ts, t.tz, ?::BIGINT AS born,
    NULL AS died, {origin} AS origin
FROM {codes} AS c JOIN term AS t ON t.id = c.o
WHERE {terms}
ORDER BY c.p, c.s, c.o
"""

Tell = Callable[[float], None]
"""Is told which part of something is done, from 0 to 1."""
_ENCODING, _COMPARED, _INSERTED = 0.55, 0.67, 0.95
"""Parts of an insertion that are done at these points, as ten million quads take it."""


@dataclass(slots=True)
class Changes:
    """What a transaction has changed so far, for the commit of a number.

    `inserted` and `deleted` count the quads that are live now and were not, and the reverse.
    """

    number: int
    inserted: int = 0
    deleted: int = 0


class Insertion:
    """Quads being added: stages are encoded one by one, and become rows of the store together.

    Terms whose id is `first_new` or more are known to be in no quad before. `origin` is that of
    stages which do not say it themselves. A triple that is live in a graph of the temporary table
    `besides` (one column, `id`) is not added to another graph. `tell` is told which part is done,
    from 0 to 1, after each statement that takes long.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        changes: Changes,
        first_new: int | None = None,
        *,
        origin: int | None = None,
        besides: str | None = None,
        tell: Tell | None = None,
    ) -> None:
        self._tell = tell or (lambda _part: None)
        self.span = (0.0, 1.0)
        """Where the next stage begins and ends in all that is to be added."""
        self._cursor = cursor
        self._changes = changes
        self._first_new = next_id(cursor) if first_new is None else first_new
        self._origin = "NULL" if origin is None else str(origin)
        self._besides = besides
        self._several = False
        cursor.execute(
            "CREATE TEMP TABLE _coded (s BIGINT, p BIGINT, o BIGINT, g BIGINT, origin BIGINT)"
        )
        prime(cursor, "_coded", "s")

    @property
    def coded(self) -> str:
        """Name of the temporary table of the encoded quads: s, p, o, g and origin."""
        return "_coded"

    def add(self, stage: str, shared: Shared | None = None, origin: str | None = None) -> None:
        """Encode the quads of a stage.

        `shared` is what its quads share (see `kg.store.stages`), and `origin` the SQL of the place
        that a quad `q` comes from.
        """
        if origin is None and _has_column(self._cursor, stage, "origin"):
            origin = "q.origin"
        self._several |= origin is not None
        staged = Stage(stage, shared, origin or self._origin)
        with identified(
            self._cursor, staged.occurrences(), add_missing=True, tell=self._tell_encoded
        ) as key:
            self._cursor.execute(f"INSERT INTO _coded {staged.codes(self._cursor, key)}")
        self._tell_encoded(1.0)

    def _tell_encoded(self, part: float) -> None:
        """Tell that a part of encoding a stage is done."""
        begin, end = self.span
        self._tell(_ENCODING * (begin + (end - begin) * part))

    def add_codes(self, codes: str) -> None:
        """Take quads that are encoded already."""
        self._cursor.execute(f"INSERT INTO _coded SELECT s, p, o, g, {self._origin} FROM {codes}")

    def finish(self) -> int:
        """Insert the quads that are not live yet; return how many there were."""
        distinct = _DISTINCT[self._several]
        if self._besides is None:
            self._cursor.execute(
                _FRESH.format(distinct=distinct), [self._first_new, self._first_new]
            )
        else:
            fresh = _FRESH_BESIDES.format(distinct=distinct, besides=self._besides)
            self._cursor.execute(fresh, [self._first_new])
        self._tell(_COMPARED)
        try:
            named = "SELECT DISTINCT g FROM _fresh WHERE g <> ?"
            rows = self._cursor.execute(named, [DEFAULT_GRAPH]).fetchall()
            note_graphs(self._cursor, [row[0] for row in rows])
            _find_repeats(self._cursor, self._first_new)
            revived = self._revive() if self._changes.deleted else 0
            new = self._insert()
            self._tell(_INSERTED)
            _note_predicates(self._cursor, self._changes.number)
        finally:
            drop(self._cursor, "_repeated")
            drop(self._cursor, "_fresh")
        self._changes.inserted += new
        self._changes.deleted -= revived
        self._tell(1.0)
        return new + revived

    def _insert(self) -> int:
        """Insert the quads of `_fresh`; return their number."""
        # An empty insertion would be one too many (see `prime`).
        if not self._cursor.execute("SELECT 1 FROM _fresh LIMIT 1").fetchall():
            return 0
        inserted = INSERT_QUADS.format(codes="_fresh", terms="true", origin="c.origin")
        return counted(self._cursor.execute(inserted, [self._changes.number]))

    def _revive(self) -> int:
        """Let the quads of `_fresh` that died in this transaction live on; return their number."""
        revived = counted(
            self._cursor.execute(
                f"UPDATE quad SET died = NULL FROM _fresh AS c WHERE {SAME} AND died = ?",
                [self._changes.number],
            )
        )
        self._cursor.execute(f"DELETE FROM _fresh AS c WHERE EXISTS ({_LIVE_TWIN} AND q.g = c.g)")
        return revived

    def drop(self) -> None:
        """Forget the encoded quads."""
        drop(self._cursor, "_coded")


def delete(cursor: duckdb.DuckDBPyConnection, stage: str, changes: Changes) -> int:
    """End the life of the staged quads that are live; return how many there were."""
    staged = Stage(stage)
    with identified(cursor, staged.occurrences(), add_missing=False) as key:
        cursor.execute(f"CREATE TEMP TABLE _coded AS {staged.codes(cursor, key)}")
    try:
        return delete_codes(cursor, "_coded", changes)
    finally:
        drop(cursor, "_coded")


def delete_codes(cursor: duckdb.DuckDBPyConnection, codes: str, changes: Changes) -> int:
    """End the life of the encoded quads that are live; return how many there were."""
    return _delete(cursor, f"{codes} AS c", SAME, changes)


def _has_column(cursor: duckdb.DuckDBPyConnection, table: str, name: str) -> bool:
    """Tell whether a table has a column."""
    found = cursor.execute(f"SELECT * FROM {table} LIMIT 0").description
    return any(column[0] == name for column in found or ())


def clear(
    cursor: duckdb.DuckDBPyConnection,
    graphs: Collection[int] | None,
    kept: Collection[int],
    changes: Changes,
) -> int:
    """End the life of all live quads of some graphs (None: all but the kept ones)."""
    return _delete(cursor, None, visible(graphs=graphs, hidden=kept), changes)


def _delete(
    cursor: duckdb.DuckDBPyConnection, source: str | None, condition: str, changes: Changes
) -> int:
    where = f"WHERE {condition} AND died IS NULL"
    # What this transaction itself added was never part of any commit: it leaves no trace.
    using = f"USING {source} " if source else ""
    own = counted(cursor.execute(f"DELETE FROM quad {using}{where} AND born = ?", [changes.number]))
    origin = f"FROM {source} " if source else ""
    old = counted(cursor.execute(f"UPDATE quad SET died = ? {origin}{where}", [changes.number]))
    changes.inserted -= own
    changes.deleted += old
    return own + old


def _note_predicates(cursor: duckdb.DuckDBPyConnection, number: int) -> None:
    """Keep, for each predicate of what a commit inserted, what is known of its objects."""
    values = f"(SELECT p, k AS kind, num, ts, tz FROM quad WHERE born = {number:d})"
    repeated = "p IN (SELECT p FROM _repeated)"
    cursor.execute(
        f"CREATE TEMP TABLE _noted AS SELECT *, {repeated} AS dup FROM ({noted_values(values)})"
    )
    try:
        # What lives on again was noted when it was inserted, but for this.
        cursor.execute(f"UPDATE predicate SET dup = true WHERE NOT dup AND {repeated}")
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
        drop(cursor, "_noted")


def _find_repeats(cursor: duckdb.DuckDBPyConnection, first_new: int) -> None:
    """Hold the predicates with a triple that is live in two graphs, one of them filled now."""
    several = "SELECT p FROM _fresh GROUP BY p HAVING min(g) <> max(g)"
    cursor.execute(
        f"""
        CREATE TEMP TABLE _repeated AS
        SELECT c.p FROM _fresh AS c
        WHERE c.s < ? AND EXISTS ({_LIVE_TWIN} AND q.g <> c.g)
        UNION
        SELECT p FROM _fresh WHERE p IN ({several})
        GROUP BY s, p, o HAVING count(*) > 1
        """,
        [first_new],
    )


def note_graphs(cursor: duckdb.DuckDBPyConnection, graphs: Collection[int]) -> None:
    """Keep the names of those of some named graphs that hold their first quads."""
    if not graphs:
        return
    # Numbers in the text let the engine skip most of the dictionary.
    ids = ", ".join(str(int(graph)) for graph in sorted(graphs))
    known = cursor.execute(f"SELECT g FROM graph WHERE g IN ({ids})").fetchall()
    if new := set(graphs) - {row[0] for row in known}:
        ids = ", ".join(str(int(graph)) for graph in sorted(new))
        cursor.execute(f"INSERT INTO graph SELECT id, lex FROM term WHERE id IN ({ids})")
