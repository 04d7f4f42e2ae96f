"""Single named graphs, as the Graph Store Protocol handles them."""

from __future__ import annotations

import duckdb

from kg.store.schema import DEFAULT_GRAPH
from kg.store.terms import lookup


def graph_id(cursor: duckdb.DuckDBPyConnection, name: str | None) -> int | None:
    """Return the id of a graph, None standing for the unnamed one; None where it has none."""
    if name is None:
        return DEFAULT_GRAPH
    return lookup(cursor, [(name, None, None)])[0]


def graph_exists(cursor: duckdb.DuckDBPyConnection, name: str | None) -> bool:
    """Tell whether a graph holds a triple that a cursor sees; one without any is not there."""
    query = "SELECT 1 FROM live WHERE g = ? LIMIT 1"
    return cursor.execute(query, [graph_id(cursor, name)]).fetchone() is not None


def graph_version(cursor: duckdb.DuckDBPyConnection, name: str | None) -> int:
    """Return the last commit that changed a graph, 0 when none did."""
    query = "SELECT max(greatest(born, coalesce(died, 0))) FROM quad WHERE g = ?"
    row = cursor.execute(query, [graph_id(cursor, name)]).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
