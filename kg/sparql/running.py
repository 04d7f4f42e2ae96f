"""What runs on a store at this moment, so that it can be listed and stopped."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from kg.errors import QueryBusyError
from kg.sparql.deadline import Deadline
from kg.store import Store
from kg.store.workers import Workers

_PATIENCE = 5.0
"""Seconds that something waits for room."""
_LOOK = 0.25
"""Seconds between two looks at whether it still waits for somebody."""
_SHOWN = 500
"""Characters of a text that are kept."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """For whom something runs, and what it may use; None means no limit of its own."""

    owner: str = "local"
    kind: str = "query"
    max_rows: int | None = None
    """Rows of an answer; what is beyond is cut."""
    memory: str | None = None
    """Memory for sorting and hashing, such as `512MB`; what is beyond goes to disk."""
    max_running: int | None = None
    """What this owner may run at a time; more waits a little, then is refused."""
    capacity: int | None = None
    """The same for all owners together."""
    endpoints: Collection[str] = ()
    """Endpoints that SERVICE may ask."""
    gone: Callable[[], bool] | None = None
    """Tells that nobody waits for the answer any more."""


UNLIMITED = Allowance()
"""Nobody's limits: of those who own the store's file."""


@dataclass(slots=True, eq=False)
class Running:
    """A query, analysis or update in progress; `engine` is None until it is known."""

    id: int
    owner: str
    kind: str
    text: str
    deadline: Deadline
    started: float = field(default_factory=time.monotonic)
    engine: str | None = None
    progress: Mapping[str, object] | None = None
    """How far it is, of what tells it."""

    @property
    def age(self) -> float:
        """Seconds since it started."""
        return time.monotonic() - self.started


Finished = Callable[[Running, float], None]
"""Called with what ended, and the seconds that it took."""


class Registry:
    """The work in progress on one store."""

    def __init__(self, workers: Workers | None = None) -> None:
        self._workers = workers
        self._lock = threading.Condition()
        self._numbers = itertools.count(1)
        self._running: dict[int, Running] = {}
        self.finished: Finished = lambda _running, _seconds: None

    def enter(self, deadline: Deadline, allowance: Allowance, text: str) -> Running:
        """Add work in progress, when there is room; the caller takes it out with `leave`.

        Raises:
            QueryBusyError: there was no room for it in time.
            QueryStoppedError: nobody waits for it any more.
        """
        shown = text.strip()[:_SHOWN]
        with self._lock:
            end = time.monotonic() + _PATIENCE
            while not self._lock.wait_for(
                lambda: deadline.passed or self._has_room(allowance), timeout=_LOOK
            ):
                if time.monotonic() < end:
                    # Who left meanwhile is told of by the guard, not by what leaves.
                    continue
                raise QueryBusyError("Too much runs already. Ask again in a few seconds.")
            deadline.check()
            if self._workers is not None:
                deadline.unhelped = self._workers.away
            number = next(self._numbers)
            entry = Running(number, allowance.owner, allowance.kind, shown, deadline)
            self._running[entry.id] = entry
            self._tell()
        return entry

    def leave(self, entry: Running) -> None:
        """Take out what has ended, once."""
        with self._lock:
            found = self._running.pop(entry.id, None)
            self._lock.notify_all()
            self._tell()
        if found is not None:
            self.finished(found, found.age)

    def _tell(self) -> None:
        if self._workers is not None:
            self._workers.tell(len(self._running))

    def _has_room(self, allowance: Allowance) -> bool:
        """Tell whether what an owner wants to run may start."""
        own = sum(one.owner == allowance.owner for one in self._running.values())
        limits = ((allowance.max_running, own), (allowance.capacity, len(self._running)))
        return all(limit is None or number < limit for limit, number in limits)

    @contextmanager
    def entered(self, deadline: Deadline, allowance: Allowance, text: str) -> Iterator[Running]:
        """Hold work in progress for as long as a block runs."""
        entry = self.enter(deadline, allowance, text)
        try:
            yield entry
        finally:
            self.leave(entry)

    def listed(self) -> list[Running]:
        """Return what runs, the oldest first."""
        with self._lock:
            return list(self._running.values())

    def stop(self, number: int) -> Running | None:
        """Stop what has this number; return it, or None where nothing has."""
        with self._lock:
            entry = self._running.get(number)
        if entry is not None:
            entry.deadline.stop()
        return entry


_REGISTRIES: WeakKeyDictionary[Store, Registry] = WeakKeyDictionary()
# A query that is collected while the lock is held ends in the same thread, and asks for it again.
_LOCK = threading.RLock()


def running_on(store: Store) -> Registry:
    """Return the registry of a store."""
    with _LOCK:
        return _REGISTRIES.setdefault(store, Registry(store.workers))
