"""What follows from the whole graph, computed anew: for a store not derived yet, and as a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kg.derivation.joins import FRONT, Known, rows_of, saturate
from kg.derivation.levels import Level, open_level, personal_level, reads_personal
from kg.derivation.rules import Clause
from kg.store import Cursor, drop, prime, temporary

_ALL = "rule_all"
MISSING = "rule_missing"
SURPLUS = "rule_surplus"


@dataclass(frozen=True, slots=True)
class Difference:
    """How the graph of a level differs from what follows: triples that it lacks and that it has."""

    graph: str
    missing: int
    surplus: int


def differences(cursor: Cursor, clauses: Iterable[Clause]) -> list[Difference]:
    """Compare the graphs of what is derived with what follows; return those that differ.

    Reads only, but for temporary tables.
    """
    found = []
    known = Known.of(cursor, clauses)
    for level in levels(cursor, known):
        with compared(cursor, known, level) as (missing, surplus):
            if missing or surplus:
                found.append(Difference(level.graph, missing, surplus))
    return found


def levels(cursor: Cursor, known: Known) -> Iterator[Level]:
    """Yield the levels that there is something to derive at, the first one before the second."""
    yield open_level(cursor)
    if reads_personal(cursor, known.predicates):
        yield personal_level(cursor)


@contextmanager
def compared(cursor: Cursor, known: Known, level: Level) -> Iterator[tuple[int, int]]:
    """Hold what the graph of a level lacks and has too much (s, p, o); yield their numbers."""
    stated = f"(SELECT s, p, o, k FROM live WHERE {level.stated})"
    with temporary(cursor, _ALL, "SELECT s, p, o, k FROM quad LIMIT 0"):
        prime(cursor, _ALL, "s, p, o, k")
        _close(cursor, known, stated)
        own = f"SELECT s, p, o FROM live WHERE g = {-1 if level.own is None else level.own}"
        lacking = f"SELECT s, p, o FROM {_ALL} EXCEPT {own}"
        beyond = f"{own} EXCEPT SELECT s, p, o FROM {_ALL}"
        with temporary(cursor, MISSING, lacking), temporary(cursor, SURPLUS, beyond):
            yield rows_of(cursor, MISSING), rows_of(cursor, SURPLUS)
    drop(cursor, FRONT)


def _close(cursor: Cursor, known: Known, stated: str) -> None:
    """Fill the table of all that follows and is not stated."""
    state = f"(SELECT * FROM {stated} UNION ALL SELECT s, p, o, k FROM {_ALL})"

    def add(found: str) -> bool:
        new = (
            f"SELECT * FROM {found} AS f WHERE NOT EXISTS"
            f" (SELECT 1 FROM {state} AS c WHERE c.s = f.s AND c.p = f.p AND c.o = f.o)"
        )
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {FRONT} AS {new}")
        cursor.execute(f"INSERT INTO {_ALL} SELECT s, p, o, k FROM {FRONT}")
        return rows_of(cursor, FRONT) > 0

    saturate(cursor, known, FRONT, state, add, all_first=True)
