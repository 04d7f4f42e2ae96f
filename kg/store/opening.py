"""How the engine is opened on a file, and what its errors about files mean."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.errors import StoreError, StoreFormatError, StoreFullError, StoreLockedError
from kg.store import signals


@dataclass(frozen=True, slots=True)
class Opening:
    """A file, None for memory, and the limits that the engine is opened with (see `Store.open`)."""

    path: Path | None
    memory_limit: str = "3GB"
    threads: int = 0
    spill_limit: str = ""
    workers: int | None = None

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
            opened = duckdb.connect(
                ":memory:" if path is None else str(path), config=self._config()
            )
        except (duckdb.IOException, duckdb.SerializationException) as error:
            raise _open_error(path, error) from error
        except OSError as error:
            raise StoreError(
                f"The folder {path.parent if path else ''} cannot be made: {error.strerror}."
                " Choose another one with --data-dir."
            ) from error
        if self.spill_limit:
            # As an option of the connection, DuckDB 2.0.0 shows it and does not keep to it.
            opened.execute("SET max_temp_directory_size = ?", [self.spill_limit])
        return opened

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.memory_limit
        }
        if self.threads:
            config["threads"] = self.threads
        if self.workers is not None:
            total = max(self.threads or os.cpu_count() or 1, self.workers + 1)
            config.update(threads=total, external_threads=total - self.workers)
        if self.path is None:
            config["temp_directory"] = str(Path(tempfile.gettempdir()) / "clientgraph")
        return config


def close_the_door(connection: duckdb.DuckDBPyConnection) -> None:
    """Set what holds for every statement from now on, and let nothing change it."""
    # This optimizer of DuckDB 2.0.0 drops a LIMIT above a LEFT JOIN whose right side it proves
    # empty: ten rows are asked for and all come, and EXISTS finds nothing.
    connection.execute("SET disabled_optimizers = 'projection_pullup'")
    signals.prepare(connection)
    # No statement reached by any means may read a file or the network.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET allowed_configs = ['operator_memory_limit']")
    connection.execute("SET lock_configuration = true")


def write_error(error: duckdb.Error) -> StoreFullError | None:
    """Return the error of ours for a write that the disk did not take, None for other errors."""
    if not isinstance(error, duckdb.IOException | duckdb.FatalException) and (
        "Failed to commit: Could not write" not in str(error)
    ):
        return None
    reason = str(error).splitlines()[0].rstrip(".")
    return StoreFullError(
        f"The write did not fit on the disk, and nothing of it was kept: {reason}. Make room where"
        " the store and its temporary files are, then try again."
    )


def _open_error(path: Path | None, error: Exception) -> StoreError:
    """Return the error of ours that says why a file cannot be opened."""
    if "lock" in str(error).lower():
        return StoreLockedError(
            f"{path} is in use by another process, probably a running server. Stop it, or speak"
            " to it with --url http://HOST:PORT."
        )
    return StoreFormatError(
        f"{path} cannot be opened as a clientgraph store: it is not one, or it cannot be read."
        " Choose another data folder."
    )
