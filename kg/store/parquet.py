"""Writes a table as a Parquet file, each column in the type that was told, if it holds it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import duckdb
from sqlglot import exp

_BATCH = 10_000
"""Rows handed to the engine at a time."""

TYPES = {
    "BIGINT": "TRUE",
    "DECIMAL(38, 10)": r"regexp_full_match({text}, '[+-]?[0-9]{{0,28}}(\.[0-9]{{0,10}})?')",
    "DOUBLE": "TRUE",
    "BOOLEAN": "TRUE",
    "DATE": r"regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')",
    "TIMESTAMP": r"NOT regexp_matches({text}, '(Z|[+-][0-9]{{2}}:[0-9]{{2}}|\.[0-9]{{7,}})$')",
    "TIMESTAMPTZ": r"regexp_matches({text}, '(Z|[+-][0-9]{{2}}:[0-9]{{2}})$')"
    r" AND NOT regexp_matches({text}, '\.[0-9]{{7,}}')",
    "VARCHAR": "TRUE",
}
"""The engine's types of columns, each with the condition on a text that it holds it whole."""


def write_parquet(
    names: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    types: Callable[[], Sequence[Sequence[str]]],
    path: Path,
) -> None:
    """Write rows of texts to a file, by the names of their columns, of which there is one at least.

    `types` is asked after the rows, for the types of `TYPES` that each column may have, the
    preferred one first; a column that has none of them is of texts.
    """
    limits: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(path.parent),
        "memory_limit": "512MB",
        "threads": 1,
    }
    with duckdb.connect(config=limits) as connection:
        columns = [f"c{place}" for place in range(len(names))]
        connection.execute(f"CREATE TABLE told ({', '.join(f'{c} VARCHAR' for c in columns)})")
        gaps = ", ".join("unnest(?::VARCHAR[])" for _ in columns)
        waiting = iter(rows)
        while batch := list(islice(waiting, _BATCH)):
            connection.execute(
                f"INSERT INTO told SELECT {gaps}",
                [list(column) for column in zip(*batch, strict=True)],
            )
        casts = ", ".join(
            f"CAST({column} AS {_type_of(connection, column, allowed)})"
            f" AS {exp.to_identifier(name, quoted=True).sql(dialect='duckdb')}"
            for column, name, allowed in zip(columns, names, types(), strict=True)
        )
        target = exp.Literal.string(str(path)).sql(dialect="duckdb")
        connection.execute(f"COPY (SELECT {casts} FROM told) TO {target} (FORMAT parquet)")


def _type_of(connection: duckdb.DuckDBPyConnection, column: str, allowed: Sequence[str]) -> str:
    """Return the first type that holds every text of a column whole."""
    for one in allowed:
        whole = f"TRY_CAST({column} AS {one}) IS NOT NULL AND {TYPES[one].format(text=column)}"
        found = connection.execute(
            f"SELECT 1 FROM told WHERE {column} IS NOT NULL AND NOT ({whole}) LIMIT 1"
        )
        if not found.fetchall():
            return one
    return "VARCHAR"
