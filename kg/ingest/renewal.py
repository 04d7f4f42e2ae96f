"""A newer export of a source: what it says again, what it changes, and what it no longer says.

Keys are a source's own, so the same key there is the same node of the graph. What the store holds
of a node from earlier imports of the source is replaced, predicate by predicate, by what the new
data say; a predicate whose column a file does not have stays as it is. Nodes that the data do not
name stay too, unless the export is said to be complete.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from typing import Any

from kg.ingest.functions import Context
from kg.ingest.inputs import template, template_names
from kg.ingest.report import Difference, ImportReport
from kg.namespaces import ID
from kg.store import Kind, Transaction, counted, lookup
from kg.store.schema import file_of

EARLIER = "earlier"
"""Temporary table of the ids of the graphs of earlier imports of the source."""

_KEEP_DATES = """
UPDATE temp.staged_quad SET o = old.o FROM (
    SELECT s.lex AS s, p.lex AS p, min(o.lex) AS o
    FROM live AS q JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
    JOIN term AS o ON o.id = q.o
    WHERE {ours} AND p.lex IN (SELECT p FROM temp.rule WHERE dated)
        AND s.lex IN (SELECT s FROM temp.subject WHERE n >= 0) GROUP BY ALL
) AS old, temp.rule AS r, temp.subject AS u
WHERE r.rule = staged_quad.rule AND r.dated AND u.n = staged_quad.subject AND old.s = u.s
    AND old.p = r.p AND coalesce(staged_quad.o, r.o) = $now
"""
"""A node keeps the time at which it was first recorded, where the data do not say another one."""

_KNOWN = """
CREATE TEMP TABLE known_before AS
SELECT DISTINCT c.s FROM {coded} AS c WHERE c.origin IS NOT NULL AND EXISTS (
    SELECT 1 FROM live AS q WHERE q.s = c.s AND {ours}
)
"""

_SPOKEN = """
CREATE TEMP TABLE spoken AS
SELECT DISTINCT c.s, c.p FROM {coded} AS c JOIN known_before USING (s) WHERE c.origin IS NOT NULL
UNION
SELECT kin.s, p.id FROM (
    SELECT DISTINCT k.s, r.kin FROM known_before AS k JOIN term ON term.id = k.s
    JOIN temp.subject AS u ON u.s = term.lex JOIN temp.staged_quad AS t ON t.subject = u.n
    JOIN temp.rule AS r USING (rule) WHERE t.file >= 0
) AS kin
JOIN (SELECT DISTINCT kin, p FROM temp.rule WHERE covers) AS rule ON rule.kin = kin.kin
JOIN term AS p ON p.h = md5_number_lower(rule.p) AND p.lex = rule.p AND p.dt IS NULL
"""
"""Pairs of a node and a predicate that the data speak of."""

_IN_OWN_GRAPHS = """
q.born < $number AND q.origin IS NOT NULL AND q.g IN (SELECT id FROM earlier)
"""
_IN_NAMED_GRAPHS = """
q.born < $number AND q.origin IS NOT NULL AND (q.g IN (SELECT id FROM earlier)
    OR (q.g IN (SELECT id FROM named_before) AND q.born IN (SELECT number FROM earlier_commit)))
"""
"""What earlier imports of the source said: others may have written in graphs that documents name.

What a commit revived that took such an import back was the source's, too.
"""

_SAME = "SELECT 1 FROM {coded} AS c WHERE c.s = q.s AND c.p = q.p AND c.o = q.o"
_ENDED = f"""
CREATE TEMP TABLE ended AS
SELECT q.s, q.p, q.o, q.g FROM live AS q JOIN spoken USING (s, p)
WHERE {{ours}} AND NOT EXISTS ({_SAME})
"""
_MOVED = f"""
INSERT INTO ended
SELECT q.s, q.p, q.o, q.g FROM live AS q JOIN spoken USING (s, p)
WHERE {{ours}} AND q.g IN (SELECT id FROM named_before)
    AND q.g NOT IN (SELECT id FROM earlier) AND EXISTS ({_SAME})
    AND NOT EXISTS ({_SAME} AND c.g = q.g)
"""
"""What the data say in another graph than the one that an earlier document named for it."""

_ABSENT = f"""
INSERT INTO ended
SELECT q.s, q.p, q.o, q.g FROM live AS q
WHERE {{ours}} AND ({file_of("q.origin")}, q.born) IN (SELECT file, number FROM same_document)
    AND q.s NOT IN (SELECT s FROM {{coded}}) AND q.s NOT IN (SELECT s FROM held_before)
"""

_HELD = """
CREATE TEMP TABLE held_before AS
SELECT t.id AS s FROM (SELECT unnest(?::VARCHAR[]) AS lex) AS h
JOIN term AS t ON t.h = md5_number_lower(h.lex) AND t.lex = h.lex AND t.dt IS NULL
"""
"""Nodes that the files name in rows which were not taken: they are not absent."""

_ORPHANS = f"""
INSERT INTO ended
SELECT q.s, q.p, q.o, q.g FROM live AS q
WHERE {{ours}} AND q.s IN (
    SELECT e.o FROM ended AS e JOIN term AS t ON t.id = e.o
    WHERE (t.kind = {Kind.BLANK:d} OR (t.kind = {Kind.IRI:d}
            AND regexp_extract(t.lex, $pattern, 1) NOT IN ('', {{keyed}})))
        AND e.o NOT IN (SELECT s FROM {{coded}}) AND e.o NOT IN (SELECT s FROM ended)
        AND NOT EXISTS (
            SELECT 1 FROM live AS r WHERE r.o = e.o
                AND NOT EXISTS (SELECT 1 FROM ended AS x
                    WHERE x.s = r.s AND x.p = r.p AND x.o = r.o AND x.g = r.g)
        )
)
"""
"""What is said of nodes without a key of their own (an address, a line, a blank node) that nothing
names now."""

_CHANGED = """
WITH changed AS (
    SELECT s FROM quad WHERE born = $number AND origin IS NOT NULL UNION SELECT s FROM ended
), said AS (SELECT DISTINCT s FROM {coded} WHERE origin IS NOT NULL)
SELECT
    (SELECT count(*) FROM said WHERE s NOT IN (SELECT s FROM known_before)),
    (SELECT count(*) FROM known_before WHERE s IN (SELECT s FROM changed)),
    (SELECT count(DISTINCT s) FROM ended WHERE s NOT IN (SELECT s FROM live)),
    (SELECT count(*) FROM known_before WHERE s NOT IN (SELECT s FROM changed))
"""

_SAID = "SELECT count(DISTINCT s) FROM {coded} WHERE origin IS NOT NULL"

_NAMED_GRAPHS = """
SELECT DISTINCT coalesce(q.g, r.g) FROM temp.staged_quad AS q JOIN temp.rule AS r USING (rule)
WHERE r.rule >= 0 AND (r.g IS NULL OR r.g NOT IN ($facts, $personal))
"""
"""Graphs that the mapping document itself names for what it makes of rows."""


class Renewal:
    """The comparison of staged data with what earlier imports of their source left."""

    def __init__(self, tx: Transaction, context: Context, report: ImportReport) -> None:
        self._tx = tx
        self._context = context
        self._report = report
        self._earlier = _earlier_reports(tx, context.source)
        self.turn = counted(tx.cursor.execute("SELECT coalesce(max(turn), 0) + 1 FROM import_run"))
        graphs = ("facts_graph", "personal_graph")
        names = {str(report[graph]) for _, report in self._earlier for graph in graphs}
        ids = lookup(tx.cursor, [(name, None, None) for name in names])
        tx.cursor.execute(
            f"CREATE TEMP TABLE {EARLIER} AS SELECT unnest(?::BIGINT[]) AS id",
            [[one for one in ids if one is not None]],
        )
        self._ours = _IN_NAMED_GRAPHS if self._find_named() else _IN_OWN_GRAPHS

    def _find_named(self) -> bool:
        """Fill the tables of graphs that earlier documents named, where there are any."""
        cursor = self._tx.cursor
        names = {name for _, report in self._earlier for name in report.get("named_graphs", ())}
        if not names:
            return False
        ids = lookup(cursor, [(name, None, None) for name in names])
        cursor.execute(
            "CREATE TEMP TABLE named_before AS SELECT unnest(?::BIGINT[]) AS id",
            [[one for one in ids if one is not None]],
        )
        cursor.execute(
            "CREATE TEMP TABLE earlier_commit AS SELECT unnest([number, undone]) AS number"
            " FROM import_run WHERE source = ?",
            [self._context.source],
        )
        return True

    def keep_dates(self) -> None:
        """Let nodes that the store knows keep the time at which they were recorded."""
        if self._earlier:
            asked = _KEEP_DATES.format(ours=self._ours)
            names = {"number": self._tx.number, "now": self._context.now}
            self._tx.cursor.execute(asked, names)

    def replace(self, coded: str, *, complete: bool, held: Collection[str] = ()) -> None:
        """End what the inserted data replace, and enter the difference into the report.

        `coded` is the table of the data's quads as ids. With `complete`, nodes that an earlier
        file of the same mapping document named and these data do not are removed, but for those
        that rows name which were `held` back.
        """
        cursor = self._tx.cursor
        if self._earlier:
            self._end(coded, complete=complete, held=held)
            found = cursor.execute(_CHANGED.format(coded=coded), {"number": self._tx.number})
            self._report.difference = Difference(*found.fetchall()[0])
        else:
            self._report.difference = Difference(counted(cursor.execute(_SAID.format(coded=coded))))
        spoken = cursor.execute("SELECT DISTINCT p FROM temp.rule WHERE covers AND p IS NOT NULL")
        self._report.covered = sorted(row[0] for row in spoken.fetchall())
        graphs = {"facts": self._report.facts_graph, "personal": self._report.personal_graph}
        named = cursor.execute(_NAMED_GRAPHS, graphs).fetchall()
        self._report.named_graphs = sorted(row[0] for row in named if row[0])

    def _end(self, coded: str, *, complete: bool, held: Collection[str]) -> None:
        """End what the inserted data replace."""
        cursor = self._tx.cursor
        number = {"number": self._tx.number}
        cursor.execute(_KNOWN.format(coded=coded, ours=self._ours), number)
        cursor.execute(_SPOKEN.format(coded=coded))
        cursor.execute(_ENDED.format(coded=coded, ours=self._ours), number)
        if self._ours is _IN_NAMED_GRAPHS:
            cursor.execute(_MOVED.format(coded=coded, ours=self._ours), number)
        if complete:
            self._find_same_documents()
            cursor.execute(_HELD, [list(held)])
            cursor.execute(_ABSENT.format(coded=coded, ours=self._ours), number)
        keyed = ", ".join(f"'{kind}'" for kind in sorted(keyed_kinds()))
        orphans = _ORPHANS.format(coded=coded, keyed=keyed, ours=self._ours)
        while counted(cursor.execute(orphans, {**number, "pattern": f"^{ID}([a-z-]+)/"})):
            pass
        self._report.quads_removed = self._tx.delete_codes("ended")
        cursor.execute("INSERT INTO restated SELECT s, ? FROM known_before", [self.turn])

    def _find_same_documents(self) -> None:
        """Fill the table of the earlier files (number, file) that the same documents mapped."""
        ours = {file.document for file in self._report.files if file.document}
        pairs = [
            (number, position)
            for number, report in self._earlier
            for position, file in enumerate(report["files"])
            if file.get("document") in ours
        ]
        self._tx.cursor.execute(
            "CREATE TEMP TABLE same_document AS SELECT unnest(?::BIGINT[]) AS number,"
            " unnest(?::BIGINT[]) AS file",
            [[number for number, _ in pairs], [file for _, file in pairs]],
        )


def _earlier_reports(tx: Transaction, source: str) -> list[tuple[int, dict[str, Any]]]:
    """Return commit number and report of the imports of a source that were not taken back."""
    rows = tx.cursor.execute(
        "SELECT number, report FROM import_run"
        " WHERE source = ? AND undone IS NULL AND number IS NOT NULL",
        [source],
    ).fetchall()
    return [(number, json.loads(report)) for number, report in rows]


@cache
def keyed_kinds() -> frozenset[str]:
    """Return the kinds of nodes that have a key of their own in a template."""
    return frozenset(
        cell.names
        for name in template_names()
        for source in template(name).sources
        for cell in source.cells
        if cell.names is not None
    )
