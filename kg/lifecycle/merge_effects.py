"""What merges of records change in classifications (competency question G6)."""

from __future__ import annotations

from kg.lifecycle.classify import build_facts, classify_facts
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.events import evidence_notes
from kg.lifecycle.records import build_records
from kg.store import Cursor

MERGE_COLUMNS = (
    "record", "record_key", "alone_stage", "alone_depth", "party", "party_key", "stage", "depth",
    "as_of", "params",
)  # fmt: skip


def merge_effects(cursor: Cursor, context: Context) -> Table:
    """Return the records that have another stage or depth by being merged, with both.

    `alone_` columns are what a record would be at T had no record been merged, under what is known
    at K; `party` is what it is read as. Records merged into the focal organisation, which has no
    stage, are left out.
    """
    with snapshot(cursor):
        alone = Evaluation(cursor, context)
        build_records(alone)
        alone.table("merged_record", _MERGED)
        alone.merging = False
        build_records(alone)
        _classify_merged(alone)
        alone.run("CREATE OR REPLACE TEMP TABLE alone AS FROM classification")
        together = Evaluation(cursor, context)
        build_records(together)
        _classify_merged(together)
        rows = together.run(
            _EFFECTS.format(
                record_keys=together.source_keys("merged_record", "id"),
                party_keys=together.source_keys("classification", "party"),
            )
        ).fetchall()
        notes = evidence_notes(together)
    return Table(MERGE_COLUMNS, rows, notes)


_MERGED = """
SELECT id, canonical FROM merged WHERE canonical <> (SELECT id FROM self)
UNION SELECT canonical, canonical FROM merged WHERE canonical <> (SELECT id FROM self)
"""
"""The records that a merge joins, that which the others are read as included."""


def _classify_merged(evaluation: Evaluation) -> None:
    """Make the table `classification` of these records."""
    evaluation.table("focus", "SELECT id FROM merged_record")
    evaluation.focused = True
    build_facts(evaluation)
    classify_facts(evaluation)


_EFFECTS = """
SELECT a.lex, r.key, b.stage, b.depth, t.lex, k.key, c.stage, c.depth, $as_of, $params
FROM merged_record AS m
JOIN alone AS b ON b.party = m.id
JOIN classification AS c ON c.party = m.canonical
JOIN term AS a ON a.id = m.id
JOIN term AS t ON t.id = m.canonical
LEFT JOIN {record_keys} AS r ON r.id = m.id
LEFT JOIN {party_keys} AS k ON k.id = m.canonical
WHERE (b.stage, b.depth) IS DISTINCT FROM (c.stage, c.depth)
ORDER BY k.key, t.lex, r.key, a.lex
"""
