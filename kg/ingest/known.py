"""The keys that references between tables may point to: of this import, and of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kg.ingest.compile import Relation
from kg.ingest.functions import Context
from kg.ingest.mapping import Cell
from kg.ingest.minting import mint_sql
from kg.ingest.sql import column, rendered, text
from kg.store import Cursor

KNOWN = "known"
"""Temporary table of (kind, key): those that references may point to."""
TAKEN = "taken"
"""Temporary table of (kind, key): those that a new record may not have."""

_STORED = """
INSERT INTO {into}
SELECT {kind}, key FROM (
    SELECT key, {iri} AS iri FROM (
        SELECT DISTINCT {column} AS key FROM temp.{table}
        WHERE {column} IS NOT NULL
            AND {column} NOT IN (SELECT key FROM {into} WHERE kind = {kind})
    )
) AS wanted
JOIN term ON term.h = md5_number_lower(wanted.iri) AND term.lex = wanted.iri AND term.dt IS NULL
WHERE EXISTS (SELECT 1 FROM live WHERE live.s = term.id)
"""


def collect_known(
    cursor: Cursor, context: Context, tables: Sequence[tuple[Sequence[Cell], Relation]]
) -> None:
    """Fill the table `known`.

    A key is known when this import names it, when it is that of the focal organisation, or when
    the store says something of the record that this source's key stands for.
    """
    cursor.execute("CREATE TEMP TABLE known (kind VARCHAR, key VARCHAR)")
    cursor.execute("INSERT INTO known VALUES ('party', ?)", [context.organization])
    for kind, name, table in _columns(tables, "names"):
        cursor.execute(
            f"INSERT INTO known SELECT DISTINCT {rendered(text(kind))}, {name} FROM temp.{table}"
            f" WHERE {name} IS NOT NULL"
        )
    _collect_stored(cursor, context, _columns(tables, "refers_to"), KNOWN)


def collect_taken(
    cursor: Cursor, context: Context, tables: Sequence[tuple[Sequence[Cell], Relation]]
) -> None:
    """Fill the table `taken`: keys named in the files whose records the store knows already."""
    cursor.execute("CREATE TEMP TABLE taken (kind VARCHAR, key VARCHAR)")
    cursor.execute("INSERT INTO taken VALUES ('party', ?)", [context.organization])
    _collect_stored(cursor, context, _columns(tables, "names"), TAKEN)


def _collect_stored(
    cursor: Cursor, context: Context, columns: Iterable[tuple[str, str, str]], into: str
) -> None:
    """Add the keys in columns whose records the store says something of to a table."""
    for kind, name, table in columns:
        iri = mint_sql(context.secret, kind, text(context.key_source), column("key"))
        place = {"into": into, "column": name, "table": table}
        cursor.execute(_STORED.format(kind=rendered(text(kind)), iri=rendered(iri), **place))


def _columns(
    tables: Iterable[tuple[Sequence[Cell], Relation]], attribute: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind of record, column, table) of the cells that name or refer to records."""
    for cells, relation in tables:
        for cell in cells:
            kind = getattr(cell, attribute)
            if kind is not None:
                yield kind, relation.columns[cell.column], relation.table
