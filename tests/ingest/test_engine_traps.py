"""Traps of the engine that imports must not fall into."""

from __future__ import annotations

from kg.store import Store

MANY = 150_000
"""More rows than a row group of the engine (122,880)."""


def test_insertions_after_an_empty_one_are_seen_inside_the_transaction(store: Store) -> None:
    """DuckDB 2.0.0 hides them when nothing is the first thing that a transaction inserts."""
    quad = (
        "SELECT 'urn:s' || range AS s, 'urn:p' AS p, 'urn:o' AS o, NULL::VARCHAR AS odt,"
        " NULL::VARCHAR AS olang, NULL::VARCHAR AS g FROM range({first}, {last})"
    )
    with store.write() as tx:
        added = [
            tx.insert(quad.format(first=first, last=last))
            for first, last in ((0, 0), (0, MANY), (MANY, MANY + 3))
        ]
        for table in ("quad", "live"):
            seen = tx.cursor.execute(f"SELECT count(*) FROM {table}").fetchall()
            assert (added, seen) == ([0, MANY, 3], [(MANY + 3,)])
        tx.rollback()
