"""Steps before the statement of a query: temporary tables that it reads.

A path of any length is such a step. The engine must not be interrupted while it recurs (see
`kg.store.signals`), so a recursive statement does nothing else, and everything else is in
statements that can be interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kg.sparql.components import find_components
from kg.sparql.deadline import recursion
from kg.store import Cursor, drop


@dataclass(frozen=True, slots=True)
class Step:
    """The making of a temporary table."""

    table: str
    sql: str
    recursive: bool = False
    links: str = ""
    """The table of the links among which the made table's nodes may lie on rings."""

    def without_data(self) -> Step:
        """Return the making of the same table without any row."""
        return replace(self, sql=f"{self.sql} LIMIT 0", links="")


def run_steps(
    cursor: Cursor, steps: Iterable[Step], execute: Callable[[str], object] | None = None
) -> None:
    """Make the tables of a query, by `execute` where it is given.

    Raises:
        QueryTimeoutError: the deadline that guards the cursor passed.
        QueryStoppedError: somebody stopped it.
    """
    execute = execute or cursor.execute
    for step in steps:
        if step.recursive:
            with recursion(cursor):
                execute(step.sql)
        else:
            execute(step.sql)
        if step.links:
            find_components(cursor, step.table, step.links)


def drop_steps(cursor: Cursor, steps: Iterable[Step]) -> None:
    """Drop the tables of a query, for a transaction that goes on after it."""
    for step in steps:
        drop(cursor, step.table)
