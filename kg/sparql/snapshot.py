"""The state of the store that a query reads: the last one, which it presumes without asking.

A transaction shows one state, but to begin and to end it takes longer than a small statement. What
is read without one is of one state where no commit began meanwhile.
"""

from __future__ import annotations

from kg.sparql.staged import Read
from kg.store import Cursor, Store, head_of
from kg.store.lookup_index import LookupIndex
from kg.store.property_table import PropertyTable
from kg.store.statements import read


class HeadMovedError(Exception):
    """A commit began before all was read that has to be of one state."""


class Snapshot:
    """What the cursor of one query sees."""

    def __init__(self, store: Store, cursor: Cursor, as_of: int | None, *, own: bool) -> None:
        """See the state after a commit `as_of`, None for the last one.

        A cursor that is not the query's own is in a transaction of its owner.
        """
        self._store = store
        self._cursor = cursor
        self._as_of = as_of
        self.own = own
        """Whether the cursor is the query's own."""
        self._begun = False
        self._turns: int | None = None
        """The turns of the store when its head was presumed, until that is known to be right."""
        self.properties: PropertyTable | None = None
        self.index: LookupIndex | None = None

    @property
    def lasting(self) -> bool:
        """Whether what is compiled for this state serves until the next commit."""
        # A caller's transaction may hold what no commit has yet.
        return self.own and self._as_of is None

    def presumed(self) -> int:
        """Return the commit that is asked for, or the last one."""
        if not self.lasting:
            self.begin()
            return self.commit()
        # The state that the cursor sees is fixed by its first statement, a moment from now.
        self._turns = self._store.turns
        head = self._store.head
        self.properties = self._store.properties_at(head)
        self.index = self._store.index_at(head)
        return head

    def commit(self) -> int:
        """Return the commit that is asked for, or the last one that the cursor sees."""
        return head_of(self._cursor) if self._as_of is None else self._as_of

    def begin(self) -> None:
        """Let all statements from now on read one state."""
        if self.own and not self._begun:
            self._cursor.begin()
            self._begun = True

    def end(self) -> None:
        """Let go of the state."""
        if self._begun:
            self._cursor.rollback()
            self._begun = False

    def renew(self) -> None:
        """See the state of now, in a transaction."""
        self.end()
        self._turns = self.properties = self.index = None
        self.begin()

    def is_settled(self) -> bool:
        """Return whether the cursor saw the state that was presumed."""
        return self._turns is None or (self._turns % 2 == 0 and self._turns == self._store.turns)

    def check(self) -> None:
        """Check that all that was read is of one state.

        Raises:
            HeadMovedError: it may not be.
        """
        if not self.is_settled():
            raise HeadMovedError
        if self._begun:
            self._turns = None

    def execute(self, statement: str | Read) -> None:
        """Execute a statement on the state that was presumed.

        Raises:
            HeadMovedError: it may have read another one.
        """
        if isinstance(statement, Read):
            self._cursor.execute(statement.statement, statement.ids)
        else:
            self._cursor.execute(read(self._cursor, statement))
        self.check()
