"""The counts of what a caller sees, made once for each commit."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from contextlib import closing
from weakref import WeakKeyDictionary

from api.config import services
from api.identity import caller
from kg.sparql.deadline import Deadline
from kg.store import EngineInterrupted, Store
from kg.store.statistics import Statistics, statistics

_LOCK = threading.Lock()
_KNOWN: WeakKeyDictionary[Store, dict[Hashable, tuple[int, Statistics]]] = WeakKeyDictionary()
"""The last counts of each store, with their commit, for each choice of hidden graphs."""


def counted() -> tuple[int, Statistics]:
    """Return the counts for the caller of the current request, and their commit.

    Raises:
        QueryTimeoutError: they were not made in the time that a query has.
    """
    here = services()
    hidden = caller().hidden_graphs
    # One after the other: whoever waits for the same counts finds them made.
    with _LOCK:
        known = _KNOWN.setdefault(here.store, {})
        found = known.get(hidden)
        if found is None or found[0] != here.store.head:
            found = known[hidden] = _count(here.store, hidden, caller().limits.timeout)
        return found


def _count(store: Store, hidden: tuple[str, ...], seconds: float) -> tuple[int, Statistics]:
    with closing(store.cursor(hidden)) as cursor, Deadline(cursor, seconds) as deadline:
        cursor.begin()
        row = cursor.execute('SELECT coalesce(max(number), 0) FROM "commit"').fetchone()
        try:
            return int(row[0]) if row else 0, statistics(cursor)
        except EngineInterrupted:
            raise deadline.error() from None
