"""How the engine is opened on a file, and what its errors about files mean."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import duckdb
from sqlglot import exp

from kg.errors import StoreError, StoreFormatError, StoreFullError, StoreLockedError
from kg.store import kept_tables, signals

_PARTS = 3
"""Threads from which on the engine groups rows in small tables that are put together later.

For fewer it lets one table grow. To double that takes up to half a second for a query of a few
seconds, which nothing interrupts; and what is in small tables is found faster.
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A file, None for memory, and the limits that the engine is opened with (see `Store.open`)."""

    path: Path | None
    memory_limit: str = "3GB"
    threads: int = 0
    spill_limit: str = ""
    workers: int | None = None
    on_call: int = 0

    @property
    def total(self) -> int:
        """Threads that a statement is cut up for."""
        most = max(self.workers or 0, self.on_call)
        return max(self.threads or os.cpu_count() or 1, most + 1, _PARTS)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a connection, on a new file where there is none.

        Raises:
            StoreLockedError: another process holds the file.
            StoreFormatError: the file is no store, or of another version.
            StoreError: its folder cannot be made.
        """
        path = self.path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            opened = duckdb.connect(config=self._config())
            try:
                attach(opened, path, DATABASE)
                opened.execute(f"CREATE MACRO {OPENED}() AS {next(_numbers):d}")
            except BaseException:
                opened.close()
                raise
        except duckdb.Error as error:
            raise _open_error(path, error) from error
        except OSError as error:
            raise StoreError(
                f"The folder {path.parent if path else ''} cannot be made: {error.strerror}."
                " Choose another one with --data-dir."
            ) from error
        if self.spill_limit:
            # As an option of the connection, DuckDB 2.0.0 shows it and does not keep to it.
            opened.execute("SET max_temp_directory_size = ?", [self.spill_limit])
        use(opened)
        return opened

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.memory_limit
        }
        if self.threads:
            config["threads"] = self.threads
        if self.workers is not None:
            total = self.total
            config.update(threads=total, external_threads=total - self.workers)
        if self.on_call:
            # A thread that is to leave would else do all of its task before, such as a whole join.
            config["scheduler_process_partial"] = True
        if self.path is None:
            config["temp_directory"] = str(Path(tempfile.gettempdir()) / "clientgraph")
        else:
            config["temp_directory"] = f"{self.path}.tmp"
        return config


_PATIENCE = 10.0
"""Seconds that closing waits for what runs, such as a look at the quality of the whole graph."""
DATABASE = "store"
"""Name under which the engine knows the store."""
OPENED = "memory.main.opened"
"""Macro that gives the number of an opening, which no other one has in this process."""
_numbers = count(1)
_ROW_GROUP = 20_480
"""Rows for which the engine keeps the least and the greatest value of each column.

A sixth of the engine's own number: a scan that looks for one subject or object then reads a sixth
of the rows, a scan of everything takes as long, and the file is a few percent larger.
"""


def attach(connection: duckdb.DuckDBPyConnection, path: Path | None, name: str) -> None:
    """Let a connection have a store's file under a name, made where it is missing.

    Raises:
        duckdb.Error: another process holds the file, or it is no database.
    """
    file = exp.Literal.string(":memory:" if path is None else str(path)).sql("duckdb")
    connection.execute(f"ATTACH {file} AS {name} (ROW_GROUP_SIZE {_ROW_GROUP})")


def use(cursor: duckdb.DuckDBPyConnection) -> None:
    """Let the names of tables in a cursor's statements be those of the store."""
    cursor.execute(f"USE {DATABASE}")


def close_the_door(connection: duckdb.DuckDBPyConnection) -> None:
    """Set what holds for every statement from now on, and let nothing change it."""
    # This optimizer of DuckDB 2.0.0 drops a LIMIT above a LEFT JOIN whose right side it proves
    # empty: ten rows are asked for and all come, and EXISTS finds nothing.
    connection.execute("SET disabled_optimizers = 'projection_pullup'")
    signals.prepare(connection)
    kept_tables.prepare(connection)
    # No statement reached by any means may read a file or the network.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET allowed_configs = ['operator_memory_limit', 'external_threads']")
    connection.execute("SET lock_configuration = true")


def close(connection: duckdb.DuckDBPyConnection) -> None:
    """Close a connection and its cursors, once a thread that is using one lets go of it.

    Raises:
        duckdb.Error: a cursor is still in use after `_PATIENCE` seconds.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.close()
        except duckdb.Error as error:
            if "busy with another call" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def write_error(error: duckdb.Error) -> StoreFullError | None:
    """Return the error of ours for a write that the disk did not take, None for other errors."""
    if not (
        isinstance(error, duckdb.IOException)
        or leaves_unusable(error)
        or "Failed to commit: Could not write" in str(error)
    ):
        return None
    reason = str(error).splitlines()[0].rstrip(".")
    return StoreFullError(
        f"The write did not fit on the disk, and nothing of it was kept: {reason}. Make room where"
        " the store and its temporary files are, then try again."
    )


def leaves_unusable(error: duckdb.Error) -> bool:
    """Return whether the engine answers nothing more from the file after an error.

    It is so after a commit that was kept but could not be copied to the main file.
    """
    return isinstance(error, duckdb.FatalException) or "has been invalidated" in str(error)


def is_held(error: duckdb.Error) -> bool:
    """Return whether an error tells that a file is open already, here or in another process."""
    reason = str(error).lower()
    return "lock on file" in reason or "already attached" in reason


def _open_error(path: Path | None, error: Exception) -> StoreError:
    """Return the error of ours that says why a file cannot be opened."""
    if isinstance(error, duckdb.Error) and is_held(error):
        return StoreLockedError(
            f"{path} is in use by another process, probably a running server. Stop it, or speak"
            " to it with --url http://HOST:PORT."
        )
    return StoreFormatError(
        f"{path} cannot be opened as a clientgraph store: it is not one, or it cannot be read."
        " Choose another data folder."
    )
