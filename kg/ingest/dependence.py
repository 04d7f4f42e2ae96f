"""Which rows an import cannot take: those refused, and all that needs what they describe.

A row describes the nodes that it states something of. A node cannot be taken when it breaks a rule,
when no row that describes it can be taken, or when it names such a node and the store does not hold
that one from before. A row cannot be taken when a cell of it is wrong, when a node that it
describes cannot be taken, or when another row with the same key cannot. What is left once nothing
more follows is the largest part of the import that stands without the refused rows.

Everything is computed over whole sets: each round of the fixpoint is a few statements, and there
are as many rounds as the longest chain of needs has links.
"""

from __future__ import annotations

from rdflib import RDF

from kg.ingest.execution import Execution
from kg.ingest.lineage import collect, find_lineage
from kg.namespaces import ID
from kg.store import Cursor, Transaction, counted

_REACH = 2
"""Steps in the graph from a node that breaks a rule to one that the import describes."""

_DESCRIBED = """
CREATE TEMP TABLE stating AS
SELECT DISTINCT t.s, t.file, t.row, g.number AS groups
FROM temp.staged AS t LEFT JOIN temp.grouping AS g USING (rule) WHERE t.file >= 0;
CREATE TEMP TABLE described AS
SELECT DISTINCT d.s AS node, d.file, coalesce(k.record, d.row) AS record FROM (
    SELECT s, file, row FROM temp.stating WHERE groups IS NULL
    UNION ALL
    SELECT t.s, t.file, l.row FROM temp.stating AS t
    JOIN temp.lineage AS l ON l.groups = t.groups AND l.first = t.row
) AS d LEFT JOIN temp.same_record AS k ON k.file = d.file AND k.row = d.row;
"""

_OBJECTS = """
SELECT DISTINCT t.s, t.o FROM temp.staged AS t JOIN temp.rule AS r USING (rule)
WHERE t.file >= 0 AND coalesce(t.odt, r.odt) IS NULL AND t.o <> t.s
"""

_STORED = """
CREATE TEMP TABLE stored AS
SELECT $focal AS node UNION
SELECT n.node FROM (SELECT DISTINCT o AS node FROM temp.linked
    UNION SELECT node FROM temp.described) AS n
JOIN term AS t ON t.h = md5_number_lower(n.node) AND t.lex = n.node AND t.dt IS NULL
WHERE EXISTS (
    SELECT 1 FROM quad AS q
    WHERE q.s = t.id AND q.born < $number AND (q.died IS NULL OR q.died = $number)
)
"""

_NEEDS = """
CREATE TEMP TABLE needs AS
SELECT l.s AS node, l.o AS other FROM temp.linked AS l
WHERE l.o IN (SELECT node FROM temp.described) AND l.o NOT IN (SELECT node FROM temp.stored)
"""

_NEAR = """
SELECT near.start, t.lex FROM (
    SELECT f.start, q.s AS id FROM {frontier} AS f JOIN quad AS q ON q.o = f.id
    WHERE (q.died IS NULL OR q.died = $number) AND q.p NOT IN (SELECT id FROM temp.no_way)
    UNION
    SELECT f.start, q.o FROM {frontier} AS f JOIN quad AS q ON q.s = f.id
    WHERE (q.died IS NULL OR q.died = $number) AND q.p NOT IN (SELECT id FROM temp.no_way)
        AND q.k <= 2
) AS near JOIN term AS t ON t.id = near.id WHERE t.lex <> $focal
"""

_GONE = """
INSERT INTO gone
SELECT node, any_value(other), $round FROM (
    SELECT n.node, n.other FROM temp.needs AS n JOIN temp.gone AS g ON g.node = n.other
    WHERE g.round = $round - 1
    UNION ALL
    SELECT DISTINCT d.node, NULL FROM temp.described AS d JOIN temp.bad AS b USING (file, record)
    WHERE b.round = $round - 1 AND d.node NOT IN (SELECT node FROM temp.stored)
        AND NOT EXISTS (
            SELECT 1 FROM temp.described AS e WHERE e.node = d.node
                AND NOT EXISTS (
                    SELECT 1 FROM temp.bad AS x WHERE x.file = e.file AND x.record = e.record
                )
        )
) WHERE node NOT IN (SELECT node FROM temp.gone) GROUP BY node
"""

_BAD = """
INSERT INTO bad
SELECT d.file, d.record, any_value(g.other), $round
FROM temp.described AS d JOIN temp.gone AS g USING (node)
WHERE g.round = $round AND NOT EXISTS (
    SELECT 1 FROM temp.bad AS b WHERE b.file = d.file AND b.record = d.record
) GROUP BY d.file, d.record
"""

_SEEDS = """
CREATE TEMP TABLE gone AS
SELECT DISTINCT node, NULL::VARCHAR AS other, 0 AS round FROM temp.violating
WHERE node IS NOT NULL UNION ALL SELECT '', NULL, -1;
CREATE TEMP TABLE bad AS
SELECT DISTINCT w.file, coalesce(k.record, w.row) AS record, NULL::VARCHAR AS other, 0 AS round
FROM temp.wrong AS w LEFT JOIN temp.same_record AS k ON k.file = w.file AND k.row = w.row
WHERE w.file >= 0 UNION ALL SELECT -1, -1, NULL, -1;
INSERT INTO bad
SELECT DISTINCT d.file, d.record, NULL, 0 FROM temp.described AS d JOIN temp.gone AS g USING (node)
WHERE NOT EXISTS (SELECT 1 FROM temp.bad AS b WHERE b.file = d.file AND b.record = d.record);
"""

"""Each begins with a row of nothing, for the engine's sake (see `kg.store.dictionary.prime`)."""

_MISSING = """
SELECT DISTINCT d.file, d.record, l.o
FROM temp.bad AS b JOIN temp.described AS d USING (file, record)
JOIN temp.linked AS l ON l.s = d.node
WHERE starts_with(l.o, $ours) AND l.o NOT IN (SELECT node FROM temp.stored)
    AND (l.o IN (SELECT node FROM temp.gone) OR l.o NOT IN (SELECT node FROM temp.described))
    AND NOT EXISTS (
        SELECT 1 FROM temp.described AS e
        WHERE e.node = l.o AND e.file = d.file AND e.record = d.record
    )
"""


def spread(tx: Transaction, execution: Execution, focal: str) -> bool:
    """Fill `bad` (file, record) and `gone` (node) from the tables `wrong` and `violating`.

    `focal` is the IRI of the focal organisation, which needs no description. False: a node that
    breaks a rule leads to nothing that the import describes, so no row can be held for it.
    """
    cursor = tx.cursor
    _find_described(cursor, execution)
    cursor.execute(f"CREATE TEMP TABLE linked AS {_OBJECTS}")
    cursor.execute(_STORED, {"focal": focal, "number": tx.number})
    cursor.execute(_NEEDS)
    if not _place_violating(tx, focal):
        return False
    cursor.execute(_SEEDS)
    number = 1
    while True:
        new = counted(cursor.execute(_GONE, {"round": number}))
        new += counted(cursor.execute(_BAD, {"round": number}))
        if not new:
            return True
        number += 1


def missing(cursor: Cursor) -> list[tuple[int, int, str]]:
    """Return the nodes that bad records name and nobody describes: (file, record, IRI)."""
    return cursor.execute(_MISSING, {"ours": str(ID)}).fetchall()


def _find_described(cursor: Cursor, execution: Execution) -> None:
    """Fill `described` (node, file, record), groups led back to all of their rows."""
    find_lineage(cursor, execution.producer)
    keyed = [
        f"SELECT {position} AS file, _row AS row, min(_row) OVER (PARTITION BY {read.key}) AS"
        f" record FROM temp.{read.table.relation} WHERE {read.key} IS NOT NULL"
        for position, read in enumerate(execution.tables)
        if read.key is not None
    ]
    collect(cursor, "same_record", "file INTEGER, row BIGINT, record BIGINT", keyed)
    cursor.execute(_DESCRIBED)


def _place_violating(tx: Transaction, focal: str) -> bool:
    """Lead nodes that break a rule to nodes that the import describes; tell whether all do."""
    cursor = tx.cursor
    cursor.execute(
        "UPDATE violating SET node = focus WHERE focus IN (SELECT node FROM temp.described)"
    )
    cursor.execute("CREATE TEMP TABLE no_way AS SELECT id FROM term WHERE lex = ?", [str(RDF.type)])
    start = (
        "(SELECT DISTINCT v.focus AS start, t.id FROM temp.violating AS v JOIN term AS t"
        " ON t.lex = v.focus AND t.dt IS NULL WHERE v.node IS NULL)"
    )
    given = {"number": tx.number, "focal": focal}
    for _ in range(_REACH):
        if not counted(cursor.execute("SELECT count(*) FROM temp.violating WHERE node IS NULL")):
            return True
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE near AS {_NEAR.format(frontier=start)}", given
        )
        cursor.execute(
            "INSERT INTO violating SELECT v.focus, v.check_no, n.lex FROM temp.violating AS v"
            " JOIN temp.near AS n ON n.start = v.focus"
            " JOIN (SELECT DISTINCT node FROM temp.described) AS d ON d.node = n.lex"
            " WHERE v.node IS NULL"
        )
        cursor.execute(
            "DELETE FROM violating WHERE node IS NULL AND focus IN"
            " (SELECT focus FROM temp.violating WHERE node IS NOT NULL)"
        )
        cursor.execute("CREATE OR REPLACE TEMP TABLE further AS SELECT * FROM temp.near")
        start = (
            "(SELECT DISTINCT f.start, t.id FROM temp.further AS f JOIN term AS t"
            " ON t.lex = f.lex AND t.dt IS NULL JOIN temp.violating AS v"
            " ON v.focus = f.start AND v.node IS NULL)"
        )
    return not counted(cursor.execute("SELECT count(*) FROM temp.violating WHERE node IS NULL"))
