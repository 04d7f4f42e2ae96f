"""Is the store whole? Each promise that its tables make, checked one by one.

A check counts the rows that break a promise; all checks read, and none repairs. What compaction
(see `kg.store.compaction`) builds anew is mended by it; anything else by a backup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from kg.store import property_table
from kg.store.notes import NOTES
from kg.store.schema import DEFAULT_GRAPH, VERSION, Kind, file_of
from kg.store.typing import typed
from kg.store.words import WORDS

_COMPACT = "Run 'clientgraph compact', which builds this anew."
_RESTORE = (
    "Restore a backup ('clientgraph restore'), or export the graph and import it into a new data"
    " folder."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken promise: the check's name, the rows that break it, what it means, what to do."""

    check: str
    rows: int
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A promise; `sql` yields one row for each time that it is broken."""

    name: str
    problem: str
    sql: str
    remedy: str = _RESTORE


_NODES = f"{Kind.BLANK:d}, {Kind.IRI:d}"
_TYPED = ("kind", "num", "dbl", "ts", "tz")
_UNLIKE = " OR ".join(f"t.{name} IS DISTINCT FROM r.{name}" for name in (*_TYPED, "h"))
_BESIDE = " OR ".join(
    f"q.{'k' if name == 'kind' else name} IS DISTINCT FROM t.{name}" for name in _TYPED
)
_SAMPLE = 1000
"""Terms that are looked up through the index on their hash."""

_CHECKS = (
    _Check(
        "version",
        f"the settings do not say that the tables are of version {VERSION}",
        f"SELECT 1 WHERE (SELECT list(value) FROM setting WHERE name = 'version')"
        f" IS DISTINCT FROM ['{VERSION}']",
    ),
    _Check(
        "settings",
        "a setting is there twice, or a secret is missing",
        "SELECT name FROM setting GROUP BY name HAVING count(*) > 1 UNION ALL SELECT name"
        " FROM (VALUES ('iri_secret'), ('session_secret')) AS v(name)"
        " WHERE name NOT IN (SELECT name FROM setting)",
    ),
    _Check(
        "commits",
        "the numbers of the commits do not run from 1 without gap",
        'SELECT 1 FROM "commit" HAVING count(*) <> coalesce(max(number), 0)'
        " OR count(DISTINCT number) <> count(*) OR min(number) < 1",
    ),
    _Check(
        "commit times",
        "a commit is older than the one before it",
        'SELECT 1 FROM (SELECT at_time < lag(at_time) OVER (ORDER BY number) AS late FROM "commit")'
        " WHERE late",
    ),
    _Check(
        "term ids",
        "an id stands for several terms",
        "SELECT id FROM term GROUP BY id HAVING count(*) > 1",
    ),
    _Check(
        "terms",
        "a term has several ids",
        "SELECT lex FROM term GROUP BY lex, dt, lang HAVING count(*) > 1",
    ),
    _Check(
        "typed values",
        "the typed values of a term are not those of its text",
        f"SELECT t.id FROM term AS t JOIN ({typed('SELECT id, lex, dt, lang FROM term')}) AS r"
        f" ON r.id = t.id WHERE {_UNLIKE}",
    ),
    _Check(
        "dictionary",
        "a quad holds an id that no term has",
        "SELECT id FROM (SELECT s AS id FROM quad UNION SELECT p FROM quad UNION SELECT o FROM quad"
        f" UNION SELECT g FROM quad WHERE g <> {DEFAULT_GRAPH})"
        " WHERE id NOT IN (SELECT id FROM term)",
    ),
    _Check(
        "positions",
        "a quad holds a literal where an IRI or a blank node belongs",
        "SELECT 1 FROM (SELECT s AS id FROM quad UNION SELECT g FROM quad) AS n"
        f" JOIN term AS t ON t.id = n.id WHERE t.kind NOT IN ({_NODES}) UNION ALL"
        " SELECT 1 FROM (SELECT DISTINCT p FROM quad) AS n JOIN term AS t ON t.id = n.p"
        f" WHERE t.kind <> {Kind.IRI:d}",
    ),
    _Check(
        "repeated values",
        "a quad does not repeat the typed values of its object",
        f"SELECT 1 FROM quad AS q JOIN term AS t ON t.id = q.o WHERE {_BESIDE}",
    ),
    _Check(
        "lives",
        "a quad is live twice at a time",
        "WITH repeated AS (SELECT s, p, o, g FROM quad GROUP BY s, p, o, g HAVING count(*) > 1)"
        " SELECT 1 FROM ("
        "SELECT q.died, lead(q.born) OVER (PARTITION BY s, p, o, g ORDER BY q.born) AS next"
        " FROM quad AS q JOIN repeated USING (s, p, o, g))"
        " WHERE next IS NOT NULL AND (died IS NULL OR next < died)",
    ),
    _Check(
        "history",
        "a quad was added or removed by a commit that is not recorded, or removed before it came",
        "SELECT 1 FROM (SELECT born, died FROM quad GROUP BY ALL) WHERE born NOT IN (SELECT number"
        ' FROM "commit") OR died NOT IN (SELECT number FROM "commit") OR died <= born',
    ),
    _Check(
        "notes on predicates",
        "what is noted of a predicate's objects leaves out some of them: answers may be wrong",
        f"SELECT n.p FROM ({NOTES}) AS n LEFT JOIN predicate AS k ON k.p = n.p"
        " WHERE k.p IS NULL OR n.dup > k.dup OR n.wide > k.wide OR n.digits > k.digits"
        " OR n.kinds & ~k.kinds <> 0"
        " UNION ALL SELECT p FROM predicate GROUP BY p HAVING count(*) > 1",
        _COMPACT,
    ),
    _Check(
        "names of graphs",
        "a graph with quads is not listed under its name, or listed twice",
        f"SELECT n.g FROM (SELECT DISTINCT g FROM quad WHERE g <> {DEFAULT_GRAPH}) AS n"
        " LEFT JOIN term AS t ON t.id = n.g LEFT JOIN graph AS k ON k.g = n.g"
        " WHERE k.iri IS DISTINCT FROM t.lex"
        " UNION ALL SELECT g FROM graph GROUP BY g HAVING count(*) > 1",
        _COMPACT,
    ),
    _Check(
        "words",
        "the words of a text are not those that are written for searches",
        f"(({WORDS}) EXCEPT ALL FROM word) UNION ALL (FROM word EXCEPT ALL ({WORDS}))",
        _COMPACT,
    ),
    _Check(
        "imports",
        "an import is recorded twice, or with a commit that is not recorded",
        "SELECT id FROM import_run GROUP BY id HAVING count(*) > 1 UNION ALL"
        ' SELECT id FROM import_run WHERE number NOT IN (SELECT number FROM "commit")'
        ' OR undone NOT IN (SELECT number FROM "commit") OR undone <= number',
    ),
    _Check(
        "origins",
        "a quad says that it comes from a file that its import did not read",
        f"SELECT 1 FROM (SELECT DISTINCT born, {file_of('origin')} AS file FROM quad"
        " WHERE origin IS NOT NULL) AS q JOIN import_run AS i ON i.number = q.born"
        " WHERE q.file >= json_array_length(i.report, '$.files')",
    ),
    _Check(
        "restatements",
        "a restated node is no term, or its import is not recorded",
        "SELECT 1 FROM (SELECT DISTINCT s, turn FROM restated) WHERE s NOT IN (SELECT id FROM"
        " term) OR turn NOT IN (SELECT turn FROM import_run)",
    ),
    _Check(
        "quarantine",
        "a row or a node in quarantine is of no file that is there",
        "SELECT run FROM quarantine_row WHERE (run, file) NOT IN"
        " (SELECT run, file FROM quarantine_file) UNION ALL"
        " SELECT run FROM quarantine_node WHERE run NOT IN (SELECT run FROM quarantine_file)",
    ),
)


def examine(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Finding | None]]:
    """Yield each check by its name, with what it found where the store breaks its promise.

    The cursor is best within a transaction where others may write. Takes a few reads of all
    tables.
    """
    for check in _CHECKS:
        yield check.name, _found(cursor, check)
    yield "index", _index(cursor)
    yield "properties", _properties(cursor)


def _found(cursor: duckdb.DuckDBPyConnection, check: _Check) -> Finding | None:
    """Return what one check finds."""
    try:
        row = cursor.execute(f"SELECT count(*) FROM ({check.sql})").fetchone()
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        return Finding(check.name, 1, f"a table cannot be read ({reason})", _RESTORE)
    rows = int(row[0]) if row else 0
    return Finding(check.name, rows, check.problem, check.remedy) if rows else None


def _properties(cursor: duckdb.DuckDBPyConnection) -> Finding | None:
    """Compare the property table, where it is that of the last commit, with the quads."""
    table = property_table.load(cursor)
    row = cursor.execute('SELECT max(number) FROM "commit"').fetchone()
    if table is None or row is None or row[0] != table.shown:
        return None
    problem = "the property table does not say what the quads say"
    sql = property_table.differences(table)
    return _found(cursor, _Check("properties", problem, sql, _COMPACT))


def _index(cursor: duckdb.DuckDBPyConnection) -> Finding | None:
    """Compare what the index on the hashes of terms finds with what is in the table."""
    hashes = cursor.execute(
        f"SELECT DISTINCT h FROM term USING SAMPLE reservoir({_SAMPLE} ROWS) REPEATABLE (1)"
    ).fetchall()
    listed = ", ".join(str(int(row[0])) for row in hashes)
    if not listed:
        return None
    # The engine asks the index where the hashes are numbers in the text, and never for a sum.
    asked = cursor.execute(f"SELECT count(*) FROM term WHERE h IN ({listed})").fetchone()
    read = cursor.execute(
        f"SELECT count(*) FROM term WHERE h + 0::UBIGINT IN ({listed})"
    ).fetchone()
    if asked == read:
        return None
    problem = "the index on the terms does not find all of them"
    missing = abs((read or (0,))[0] - (asked or (0,))[0])
    return Finding("index", missing, problem, _COMPACT)
