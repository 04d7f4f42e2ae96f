"""Where quads come from that groups of rows made: the rows that each group holds."""

from __future__ import annotations

from collections.abc import Sequence

from kg.ingest.production import Producer
from kg.store import Cursor


def find_lineage(cursor: Cursor, producer: Producer) -> None:
    """Fill `grouping` (rule, number of its groups) and `lineage` (groups, first row, row), once."""
    if producer.led_back:
        return
    producer.led_back = True
    rules = producer.rules
    groups = list(dict.fromkeys(rule.groups for rule in rules if rule.groups))
    pairs = [(i, groups.index(rule.groups)) for i, rule in enumerate(rules) if rule.groups]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE grouping AS SELECT unnest(?::INTEGER[]) AS rule,"
        " unnest(?::INTEGER[]) AS number",
        [[rule for rule, _ in pairs], [number for _, number in pairs]],
    )
    rows = [
        f"SELECT {number} AS groups, _row AS first, unnest(_rows) AS row FROM temp.{table}"
        for number, table in enumerate(groups)
    ]
    collect(cursor, "lineage", "groups INTEGER, first BIGINT, row BIGINT", rows)


def collect(cursor: Cursor, name: str, columns: str, queries: Sequence[str]) -> None:
    """Keep the rows of several queries in a temporary table."""
    if queries:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {' UNION ALL '.join(queries)}")
    else:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
