"""The store: one DuckDB file, one writer at a time, any number of readers.

A commit is a transaction of the engine: it is there whole, or not at all. Quads are never
overwritten: `born` and `died` name the commits between which a quad was live, so that the graph
as it was at any commit stays readable.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from weakref import WeakValueDictionary

import duckdb

from kg.errors import StoreBusyError, StoreError, StoreFormatError, UsageError
from kg.store import property_changes, property_table
from kg.store.cursors import Cursors
from kg.store.decoding import Terms
from kg.store.kept_tables import KeptTables
from kg.store.lookup_index import LookupIndex, View
from kg.store.opening import (
    OPENED,
    Opening,
    close,
    close_the_door,
    leaves_unusable,
    use,
    write_error,
)
from kg.store.property_table import PropertyTable
from kg.store.schema import TABLES, UPGRADES, VERSION
from kg.store.transaction import Transaction
from kg.store.visibility import State, hide, within_reach
from kg.store.workers import Workers

EngineError = duckdb.Error
EngineInterrupted = duckdb.InterruptException
EngineOutOfMemory = duckdb.OutOfMemoryException
Cursor = duckdb.DuckDBPyConnection
Statement = duckdb.Statement


class Store:
    """A clientgraph store, in a file or in memory."""

    def __init__(self, connection: Cursor) -> None:
        self._use(connection)
        self._writer = threading.RLock()
        self._turns = 0
        self._last = (-1, 0)
        self._opening: Opening | None = None
        self.property_table: PropertyTable | None = None
        """The property table that was built last; right for queries of the commit it shows."""
        self.lookup_index: LookupIndex | None = None
        """The look-up index, where one was built; right for queries of the commit it shows."""
        self.before_commit: Callable[[Transaction], None] | None = None
        """Called with each transaction that is to be recorded as a commit, and may add to it."""
        self.terms = Terms()
        """The terms that were decoded last."""
        self.workers: Workers | None = None
        """The threads that help on call, where there are any."""
        self.kept: KeptTables | None = None
        """Tables made of the last commit that are kept for others, where they are to be."""

    def _use(self, connection: Cursor) -> None:
        self._connection = connection
        row = connection.execute(f"SELECT {OPENED}()").fetchone()
        _OPEN[row[0] if row else 0] = self
        self.cursors = Cursors(lambda memory: self.cursor(memory=memory))
        """Cursors that are given back after a query."""
        self.before_close: list[Callable[[], None]] = []
        """Ends what works on the store in the background."""

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        memory_limit: str = "3GB",
        threads: int = 0,
        spill_limit: str = "",
        workers: int | None = None,
        on_call: int = 0,
    ) -> Store:
        """Open the store of a file, made when missing; None keeps it in memory.

        `memory_limit` and `spill_limit` bound what all its cursors take together, of memory and
        of the disk. `workers` threads help each statement; None leaves that to the engine, and
        with 0 a statement runs on the thread that executes it alone, but for `on_call` threads that
        come while one long statement is all that runs. Where there are workers, a
        recursive statement must not be interrupted (see `kg.store.signals`).

        Raises:
            StoreLockedError: another process holds the file.
            StoreFormatError: the file is no store, or of another version.
        """
        opening = Opening(path, memory_limit, threads, spill_limit, workers, on_call)
        connection = opening.connect()
        store = cls(connection)
        store._opening = opening
        store._prepare(path)
        if on_call:
            store.workers = Workers(store.cursor(), opening.total, on_call)
        return store

    def _prepare(self, path: Path | None) -> None:
        """Create the tables of a new file, check those of an old one, and close the door."""
        # In memory there is nothing yet, and to list it takes a quarter of the time of opening.
        listed = [] if path is None else self._connection.execute("SHOW TABLES").fetchall()
        names = {row[0] for row in listed}
        if not names:
            self._create()
        elif "setting" not in names or not self._upgrade():
            self._connection.close()
            raise StoreFormatError(
                f"{path} is not a clientgraph store of version {VERSION} or before. Choose another"
                " data folder, or export it with the version that wrote it and import it here."
            )
        self.property_table = property_table.load(self._connection)
        close_the_door(self._connection)

    def _create(self) -> None:
        """Create the tables and the settings of a new store, in one transaction."""
        self._connection.begin()
        self._connection.execute(TABLES)
        self._connection.execute(
            "INSERT INTO setting VALUES ('version', ?), ('iri_secret', ?), ('session_secret', ?)",
            [str(VERSION), secrets.token_hex(16), secrets.token_hex(32)],
        )
        self._connection.commit()

    def _upgrade(self) -> bool:
        """Bring the tables up to this version; tell whether they were of a known one."""
        version = int(self.setting("version") or 0)
        if version == VERSION:
            return True
        if version not in UPGRADES:
            return False
        self._connection.begin()
        for number in range(version, VERSION):
            self._connection.execute(UPGRADES[number])
        self._connection.execute(
            "UPDATE setting SET value = ? WHERE name = 'version'", [str(VERSION)]
        )
        if self.setting("session_secret") is None:
            self._connection.execute(
                "INSERT INTO setting VALUES ('session_secret', ?)", [secrets.token_hex(32)]
            )
        self._connection.commit()
        return True

    def close(self) -> None:
        """Close the store; its cursors end with it."""
        while self.before_close:
            self.before_close.pop()()
        if self.workers is not None:
            self.workers.end()
        if self.kept is not None:
            self.kept.close()
        self.cursors.close()
        close(self._connection)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def cursor(self, hidden_graphs: Collection[str] = (), *, memory: str | None = None) -> Cursor:
        """Return a cursor for reading; it sees the last commit at the start of its transaction.

        What the rules `hidden_graphs` hide (see `kg.store.visibility`) is out of its reach.
        `memory`, such as `512MB`, is what its statements may use for sorting and hashing before
        they spill to disk; what the whole store may use is the limit for all of them together.
        """
        cursor = self._connection.cursor()
        use(cursor)
        if memory:
            cursor.execute("SET operator_memory_limit = ?", [memory])
        if hidden_graphs:
            hide(cursor, hidden_graphs)
        return cursor

    @property
    def head(self) -> int:
        """Number of the last commit, 0 before the first."""
        turns, (known_at, number) = self._turns, self._last
        if known_at == turns:
            return number
        number = head_of(self.cursor())
        # While a commit goes on, the count is odd, and nobody can tell which one was seen.
        if turns % 2 == 0 and turns == self._turns:
            self._last = turns, number
        return number

    def keep_tables(self) -> None:
        """Keep tables that readers make of the last commit, in a part of the engine's memory."""
        self.kept = KeptTables(self._connection)

    def check_commit(self, number: int | None) -> None:
        """Raise UsageError for a number that no commit has; 0 stands for the empty graph before."""
        if number is not None and not 0 <= number <= self.head:
            raise UsageError(f"There is no commit {number}; the last one is {self.head}.")

    @property
    def turns(self) -> int:
        """How often a commit began or ended.

        What was read between two looks at the same even number was the state of `head`.
        """
        return self._turns

    def properties_at(self, commit: int) -> PropertyTable | None:
        """Return the property table, where it shows the state after a commit."""
        table = self.property_table
        return table if table is not None and table.shown == commit else None

    def index_at(self, commit: int) -> LookupIndex | None:
        """Return the look-up index, where it shows the state after a commit."""
        index = self.lookup_index
        return index if index is not None and index.shown == commit else None

    @property
    def path(self) -> Path | None:
        """The file, None for a store in memory."""
        return None if self._opening is None else self._opening.path

    def setting(self, name: str) -> str | None:
        """Return the value kept under a name, or None."""
        row = self.cursor().execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else None

    @contextlib.contextmanager
    def write(
        self,
        *,
        agent: str = "local",
        activity: str = "update",
        note: str = "",
        wait: float | None = None,
    ) -> Iterator[Transaction]:
        """Yield the one open write transaction; commit it at the end, roll back on any error.

        Raises:
            StoreBusyError: another write did not end within `wait` seconds (None: wait for ever).
            StoreFullError: the disk did not take what was written; nothing of it is kept.
        """
        with self._only_writer(wait):
            cursor = self.cursor()
            cursor.begin()
            tx = Transaction(cursor, self.head + 1, agent, activity, note)
            try:
                yield tx
                if not tx.rolled_back:
                    self.prepare(tx)
                    self._commit(tx)
            except BaseException as error:
                with contextlib.suppress(duckdb.Error):
                    tx.rollback()
                if isinstance(error, duckdb.Error) and (full := write_error(error)):
                    cursor.close()
                    if self._keeps(tx.number, error):
                        return
                    raise full from error
                raise
            finally:
                cursor.close()

    def prepare(self, tx: Transaction) -> None:
        """Do now, such as within a deadline, what is done at the end of each transaction."""
        if tx.recorded and not tx.prepared:
            if self.before_commit is not None:
                self.before_commit(tx)
            tx.prepared = True

    def _commit(self, tx: Transaction) -> None:
        """Commit, and let readers know when the head is being moved."""
        properties, index = self.property_table, self.lookup_index
        if tx.recorded:
            tx.record()
            if properties is not None and properties.shown == tx.number - 1:
                properties = property_changes.keep_up(tx.cursor, properties, tx.changes)
            if index is not None and index.shown == tx.number - 1:
                index = index.after(tx.cursor, tx.number)
        self._turns += 1
        try:
            tx.cursor.commit()
            self.property_table, self.lookup_index = properties, index
            if self.kept is not None and tx.recorded:
                self.kept.forget()
        finally:
            self._turns += 1

    def _keeps(self, number: int, error: duckdb.Error) -> bool:
        """Tell whether a commit was kept though an error followed it.

        Where the error left the engine unusable, the file is opened again: the engine reads it as
        it is.
        """
        if self._opening is None or not leaves_unusable(error):
            return False
        with contextlib.suppress(duckdb.Error, StoreError):  # while other cursors hold the file
            self.close()
            self._use(self._opening.connect())
            close_the_door(self._connection)
            if self.kept is not None:
                self.keep_tables()
            return self.head == number
        return False

    @contextlib.contextmanager
    def _only_writer(self, wait: float | None) -> Iterator[None]:
        if not self._writer.acquire(timeout=-1 if wait is None else wait):
            raise StoreBusyError(
                "Another write is going on and did not end in time. Try again when it is done."
            )
        try:
            yield
        finally:
            self._writer.release()

    def checkpoint(self) -> None:
        """Write everything committed into the main file."""
        with self._writer:
            self._connection.execute("CHECKPOINT")


_OPEN: WeakValueDictionary[int, Store] = WeakValueDictionary()
"""Stores by the numbers of their openings."""


def view_of(cursor: Cursor, state: State) -> View | None:
    """Return what the look-up index shows of the state that a cursor sees, None where nothing.

    The cursor has written nothing that is not committed.
    """
    store = _OPEN.get(state.opened)
    index = None if store is None else store.index_at(state.commit)
    if index is None or state.seen:
        return None
    graphs = index.reaches.get(state.reach)
    if graphs is None:
        graphs = index.reaches[state.reach] = within_reach(cursor, index.graphs(), state)
    return index.view(graphs)


def kept_of(state: State) -> KeptTables | None:
    """Return the kept tables of the store whose state a cursor sees, None where none are kept."""
    store = _OPEN.get(state.opened)
    return None if store is None else store.kept


def head_of(cursor: Cursor) -> int:
    """Return the number of the last commit that a cursor sees, 0 before the first."""
    row = cursor.execute('SELECT max(number) FROM "commit"').fetchone()
    return int(row[0]) if row and row[0] is not None else 0
