"""Compaction: the store written anew, sorted, into a file that takes the place of the old one.

Nothing is lost: commits, history and imports stay. What erasures and rolled back work left behind
in the file is gone, rows lie in the order in which queries read them, and what is kept for speed
(index, notes on predicates, names of graphs, words of texts) is built from the quads, and so is the
property table at the end.

The old file is whole and locked until the new one, itself whole and on the disk, is renamed to its
name. Whatever stops the process before leaves the old one, and after it the new one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.errors import StoreError, StoreLockedError
from kg.store.database import Store
from kg.store.notes import REBUILT_NOTES
from kg.store.opening import attach, is_held
from kg.store.schema import DEFAULT_GRAPH
from kg.store.upkeep import build
from kg.store.words import WORDS

_ORDERS = {
    "term": "id",
    "quad": "p, s, o, g, born",
    "commit": "number",
    "import_run": "turn",
    "quarantine_file": "at_time, run, file",
    "quarantine_row": "run, file, row",
    "quarantine_node": "run, file, record",
    "restated": "turn, s",
    "setting": "name",
    "token": "id",
}
"""The tables that are copied, and the order of their rows."""

_NAMES = f"""
SELECT g, lex FROM (SELECT DISTINCT g FROM quad WHERE g <> {DEFAULT_GRAPH}) JOIN term ON id = g
"""
_DIGEST = 'SELECT count(*), bit_xor(hash(t)) FROM {}."{}" AS t'


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes of the file before and after."""

    before: int
    after: int


def compact(path: Path, *, memory_limit: str = "3GB", threads: int = 0) -> Compacted:
    """Write the store of a file anew, and return what that saved.

    Raises:
        StoreLockedError: another process holds the file.
        StoreFormatError: the file is no store, or of another version.
        StoreError: the new file cannot be written; the store is as it was.
    """
    _settle(path, memory_limit)
    part = path.with_name(path.name + ".compact")
    before = path.stat().st_size
    try:
        _remove(part)
        Store.open(part).close()
        with _both(path, part, memory_limit, threads) as connection:
            _copy(connection)
            _compare(connection)
            connection.execute("CHECKPOINT fresh")
            connection.execute("DETACH fresh")
            _replace(part, path)
    except (duckdb.Error, OSError) as error:
        raise StoreError(
            f"The store cannot be written anew beside {path}: {error}. The store is as it was; it"
            f" takes up to {before} bytes of free space there."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            _remove(part)
    with contextlib.suppress(StoreError), Store.open(path, memory_limit=memory_limit) as store:
        build(store)
        store.checkpoint()
    return Compacted(before, path.stat().st_size)


def _settle(path: Path, memory_limit: str) -> None:
    """Bring the tables up to this version and everything committed into the main file."""
    try:
        with Store.open(path, memory_limit=memory_limit) as store:
            store.checkpoint()
    except duckdb.Error as error:
        raise StoreError(
            f"{path} cannot be settled: {error}. The store is as it was; look for free space."
        ) from error


def _log_of(path: Path) -> Path:
    """Return the file in which the engine keeps what is not in the main file yet."""
    return path.with_name(path.name + ".wal")


def _remove(part: Path) -> None:
    for left in (part, _log_of(part)):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def _both(
    path: Path, part: Path, memory_limit: str, threads: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the old store, locked, as `old` and the new one as `fresh`."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": f"{part}.tmp",
    }
    if threads:
        config["threads"] = threads
    with duckdb.connect(":memory:", config=config) as connection:
        for name, file in (("old", path), ("fresh", part)):
            try:
                attach(connection, file, name)
            except duckdb.Error as error:
                if not is_held(error):
                    raise
                raise StoreLockedError(
                    f"{file} is in use by another process. Stop it, then compact again."
                ) from error
        yield connection


def _copy(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the tables of the new store."""
    # Filling a table with an index takes several times as long.
    connection.execute("DROP INDEX fresh.term_h")
    connection.execute("DELETE FROM fresh.setting")
    for table, order in _ORDERS.items():
        connection.execute(
            f'INSERT INTO fresh."{table}" BY NAME SELECT * FROM old."{table}" ORDER BY {order}'
        )
    connection.execute("USE fresh")
    connection.execute(f"INSERT INTO predicate BY NAME {REBUILT_NOTES} ORDER BY p")
    connection.execute(f"INSERT INTO graph {_NAMES} ORDER BY g")
    connection.execute("CREATE INDEX term_h ON term (h)")
    connection.execute(f"INSERT INTO word {WORDS} ORDER BY ALL")
    connection.execute("USE memory")


def _compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Check that the copied tables hold the same rows."""
    for table in _ORDERS:
        digests = [
            connection.execute(_DIGEST.format(name, table)).fetchone() for name in ("old", "fresh")
        ]
        if digests[0] != digests[1]:
            raise StoreError(
                f"The copy of the table {table} differs from the table, so the store stays as it"
                " was. Run 'clientgraph doctor'."
            )


def _replace(part: Path, path: Path) -> None:
    """Let a file, once it is on the disk, take the place of another one."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
