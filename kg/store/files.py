"""Tables in files, read by an engine of their own.

The connections of a store may touch no file (see `Store.open`). A second engine, which holds no
data of the store, reads the file into a table of its own in a scratch folder, so that a broken file
is found before any transaction sees it. The rows are then handed over as a stream through the Arrow
C interface, which both sides speak: no further library, and memory does not grow with the file.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

LINE_LIMIT = 4 * 1024 * 1024
"""Longest record of a CSV file, in bytes; the engine's buffers grow with it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a file: names of the columns, and the stream that a cursor can register once."""

    columns: tuple[str, ...]
    relation: duckdb.DuckDBPyRelation

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.relation.__arrow_c_stream__(requested_schema)


class FileReader:
    """Reads one table from a file, all cells as text; a context manager.

    Every relation has a column `_row`: the number of the row in its file, the header being row 1
    where there is one. Columns of CSV files are named c0, c1 ... by their position.
    """

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        """Keep rows in a folder; what is `small` stays in memory, without waiting for a disk."""
        self._connection = _kept_engine() if small else _engine(folder / "rows.duckdb")
        self._create = f"CREATE OR REPLACE {'TEMP ' if small else ''}TABLE rows AS"

    def __enter__(self) -> FileReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def csv(
        self, path: Path, width: int, delimiter: str, line_end: str, *, numbered: bool = False
    ) -> Rows:
        """Return the rows below the header of a UTF-8 file with `width` columns.

        `numbered`: the file has no header and its first column holds the row number.
        The engine is told a line feed as the line end, and finds the pair of carriage return and
        line feed by itself: its guess may be misled by carriage returns inside cells, and it does
        not understand the pair by name.
        Rows that do not fit are kept out and told by `rejected` afterwards.

        Raises:
            EngineError: the file has no regular form.
        """
        names = tuple(f"c{i}" for i in range(width))
        read = ("_row", *names) if numbered else names
        number = "_row::BIGINT AS _row" if numbered else "row_number() OVER () + 1 AS _row"
        columns = ", ".join(f"{name}: 'VARCHAR'" for name in read)
        told = r"new_line='\n'," if line_end == "\n" else ""
        self._connection.execute(
            f"""
            {self._create} SELECT {", ".join([number, *names])} FROM read_csv(
                $path, columns={{{columns}}}, header=false, skip=$skip, delim=$delimiter, {told}
                quote='"', escape='"', auto_detect=false, all_varchar=true, strict_mode=true,
                null_padding=false, store_rejects=true, rejects_limit=1,
                max_line_size={LINE_LIMIT}
            )
            """,
            {"path": str(path), "skip": 0 if numbered else 1, "delimiter": delimiter},
        )
        return Rows(names, self._connection.table("rows"))

    def rejected(self) -> bool:
        """Tell whether a CSV file read so far had a row that does not fit its columns."""
        with contextlib.suppress(duckdb.CatalogException):
            return bool(self._connection.execute("FROM reject_errors LIMIT 1").fetchall())
        return False

    def count(self) -> int:
        """Return the number of rows that were read."""
        return int(self._connection.execute("SELECT count(*) FROM rows").fetchall()[0][0])

    def parquet(self, path: Path) -> Rows:
        """Return the rows of a Parquet file, values written as text.

        Raises:
            EngineError: the file is not Parquet, or damaged.
        """
        source = self._connection.from_parquet(str(path))
        columns = list(zip(source.columns, source.types, strict=True))
        cells = [
            f"nullif({_as_text(name, kind)}, '') AS c{i}" for i, (name, kind) in enumerate(columns)
        ]
        selected = ", ".join(["row_number() OVER () AS _row", *cells])
        self._connection.execute(
            f"{self._create} SELECT {selected} FROM read_parquet($path)",
            {"path": str(path)},
        )
        return Rows(tuple(name for name, _ in columns), self._connection.table("rows"))


_kept: list[duckdb.DuckDBPyConnection] = []
_keeping = threading.Lock()


def _engine(place: str | Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(place, config={"memory_limit": "512MB"})


def _kept_engine() -> duckdb.DuckDBPyConnection:
    """Return a connection, with temporary tables of its own, to an engine that reads many files.

    To start an engine takes longer than to read a small file.
    """
    with _keeping:
        if not _kept:
            _kept.append(_engine(":memory:"))
        return _kept[0].cursor()


def copy_rows(cursor: duckdb.DuckDBPyConnection, rows: Rows, table: str) -> int:
    """Copy the rows of a file into a new temporary table of a store's cursor; return their number.

    Raises:
        EngineError: the file turned out to be unreadable on the way.
    """
    cursor.register("_file_rows", rows)
    try:
        cursor.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM _file_rows")
    finally:
        # After an error the transaction may be beyond use; the cursor ends with it then.
        with contextlib.suppress(duckdb.TransactionException):
            cursor.unregister("_file_rows")
    counted = cursor.execute(f"SELECT count(*) FROM temp.{table}").fetchone()
    return int(counted[0]) if counted else 0


def _as_text(name: str, kind: object) -> str:
    """Return the SQL text of a column's values in their XSD form."""
    column = '"' + name.replace('"', '""') + '"'
    if str(kind) == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')"
    if str(kind).startswith("TIMESTAMP"):
        return f"replace({column}::VARCHAR, ' ', 'T')"
    return f"{column}::VARCHAR"
