"""What has to leave with nodes that are gone: facts that name them, and all that needs these.

A node that names a gone one cannot stand without it: everything that imports said of it leaves, and
it is gone itself. So is a node without a key of its own (an address, a line, a blank node) that
nothing names any more. The focal organisation needs no description, and is never gone.
"""

from __future__ import annotations

from rdflib import PROV

from kg.ingest.renewal import keyed_kinds
from kg.namespaces import CG, ID
from kg.store import Kind, Transaction, counted, lookup_nodes

LEAVING = "leaving"
"""Temporary table of the nodes that leave: `node`, and `rule`, the shape that it would break."""
DETACHED = "detached"
"""Temporary table of the facts that leave: ids and `origin`."""

_NODES = f"{Kind.IRI:d}, {Kind.BLANK:d}"

_LOST = """
CREATE OR REPLACE TEMP TABLE lost AS
SELECT DISTINCT s AS node FROM ended
WHERE s NOT IN (SELECT s FROM live WHERE origin IS NOT NULL) AND s <> coalesce($focal, 0)
"""
"""Nodes of which imports say nothing any more."""

_TABLES = f"""
CREATE OR REPLACE TEMP TABLE {LEAVING} (node BIGINT, rule VARCHAR);
CREATE OR REPLACE TEMP TABLE {DETACHED} AS
SELECT s, p, o, g, k, origin FROM quad LIMIT 0;
INSERT INTO {LEAVING} VALUES (-1, NULL);
INSERT INTO lost VALUES (-1);
"""
"""They begin with a row of nothing, for the engine's sake (see `kg.store.dictionary.prime`)."""

_NAMING = f"""
INSERT INTO {LEAVING}
SELECT DISTINCT q.s, NULL FROM live AS q
WHERE q.k IN ({_NODES}) AND q.origin IS NOT NULL AND q.s NOT IN (SELECT node FROM {LEAVING})
    AND (q.o IN (SELECT node FROM lost)
        OR (q.o IN (SELECT node FROM {LEAVING}) AND q.o <> coalesce($focal, 0)))
"""

_UNNAMED = f"""
INSERT INTO {LEAVING}
SELECT DISTINCT q.o, NULL FROM live AS q JOIN term AS t ON t.id = q.o
WHERE q.k IN ({_NODES}) AND q.origin IS NOT NULL AND q.s IN (SELECT node FROM {LEAVING})
    AND q.o NOT IN (SELECT node FROM {LEAVING})
    AND q.o IN (SELECT s FROM live WHERE origin IS NOT NULL)
    AND (q.k = {Kind.BLANK:d} OR regexp_extract(t.lex, $pattern, 1) NOT IN ('', {{keyed}}))
    AND NOT EXISTS (
        SELECT 1 FROM live AS r
        WHERE r.o = q.o AND r.k = q.k AND r.s NOT IN (SELECT node FROM {LEAVING})
    )
"""

_COLLECTED = f"""
INSERT INTO {DETACHED}
SELECT s, p, o, g, k, origin FROM live
WHERE origin IS NOT NULL AND s IN (SELECT node FROM {LEAVING})
"""

_WITHDRAWN = """
CREATE OR REPLACE TEMP TABLE withdrawn AS
SELECT s, p, o, g FROM live
WHERE origin IS NULL AND s IN (SELECT s FROM live WHERE p = $invalidated) AND s IN (
    SELECT s FROM live
    WHERE origin IS NULL AND p IN ($duplicate, $canonical) AND o IN (SELECT s FROM ended)
        AND o NOT IN (SELECT s FROM live WHERE origin IS NOT NULL)
)
"""
"""Merges by decision that were taken back, of records that are gone: they hold nothing any more."""


def leave_withdrawn(tx: Transaction) -> int:
    """Let merges that were taken back be gone with their records; return the number of facts."""
    names = ("invalidated", "duplicate", "canonical")
    nodes = (PROV.invalidatedAtTime, CG.duplicate, CG.canonical)
    known = dict(zip(names, lookup_nodes(tx.cursor, nodes), strict=True))
    if known["invalidated"] is None:
        return 0
    tx.cursor.execute(_WITHDRAWN, known)
    return tx.delete_codes("withdrawn")


class Detachment:
    """Everything that cannot stand without what a transaction has taken away."""

    def __init__(self, tx: Transaction, focal: int | None) -> None:
        """Begin with the nodes of the table `ended`; `focal` is the id of the organisation."""
        self._tx = tx
        self._focal = {"focal": focal}
        tx.cursor.execute(_LOST, self._focal)
        tx.cursor.execute(_TABLES)

    def spread(self) -> int:
        """Take out what needs the nodes that are gone; return the number of facts taken out."""
        cursor = self._tx.cursor
        keyed = ", ".join(f"'{kind}'" for kind in sorted(keyed_kinds()))
        pattern = {"pattern": f"^{ID}([a-z-]+)/"}
        while True:
            new = counted(cursor.execute(_NAMING, self._focal))
            new += counted(cursor.execute(_UNNAMED.format(keyed=keyed), pattern))
            if not new:
                break
        cursor.execute(_COLLECTED)
        return self._tx.delete_codes(DETACHED)

    def add_violating(self, checks: dict[int, str]) -> bool:
        """Let nodes leave that break rules, by the number of the check; tell whether that helps.

        Reads the results of the last validation of the transaction's cursor.
        """
        cursor = self._tx.cursor
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE breaking AS SELECT r.focus AS node, min(c.rule) AS rule"
            " FROM temp.shacl_result AS r JOIN (SELECT unnest(?::INTEGER[]) AS check_no,"
            " unnest(?::VARCHAR[]) AS rule) AS c USING (check_no) GROUP BY r.focus",
            [list(checks), list(checks.values())],
        )
        new = cursor.execute(
            f"INSERT INTO {LEAVING} SELECT node, rule FROM breaking WHERE node IN"
            f" (SELECT s FROM live WHERE origin IS NOT NULL) AND node NOT IN"
            f" (SELECT node FROM {LEAVING})"
        )
        return counted(new) > 0
