"""Figures of the whole graph that pages show: kept until the next commit, and then made anew.

A server makes them in the background, at its start and when commits have come to rest, so that
nobody waits for them; who asks before they are there has them made at once.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar, cast

from flask import Flask, current_app

from api.analyses import reading
from api.config import services_of
from api.identity import caller
from api.recent import Recent
from kg.errors import ClientgraphError
from kg.store import Cursor, EngineError, Store

_KEY = "clientgraph.figures"
_KEPT = 64
_PAUSE = 2.0
"""Seconds between two looks for commits; figures are made where two of them see the same."""

_MOMENT = 0.05
"""Seconds after which what is read is interrupted again, where it went on to the next statement."""

_log = logging.getLogger(__name__)

Value = TypeVar("Value")
Rules = tuple[str, ...]
"""Rules of the graphs that are hidden (see `kg.store.visibility`)."""


@dataclass(frozen=True, slots=True)
class Figure(Generic[Value]):
    """Something that is read from the whole graph, by a function of what a cursor sees.

    Figures of one name that are `given` the same are one.
    """

    name: str
    """What it is listed under while it is read for somebody."""
    read: Callable[[Cursor], Value] = field(compare=False)
    given: Hashable = None
    """What tells it apart from others of its name, such as a date; those are not made again after
    another commit until somebody asks for them."""

    def known(self) -> Value:
        """Return its value in the last commit, as far as the caller of the request may see it."""
        return cast(Value, figures_of(current_app).known(self))


class Figures:
    """The figures of one store that were asked for, by commit and by what is hidden."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Recent[Any] = Recent(_KEPT)
        self._asked: dict[tuple[Figure[Any], Rules], None] = {}
        self._of_today: Callable[[], Iterable[Figure[Any]]] = tuple
        self._are_looked_at = True
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._cursor: Cursor | None = None

    def known(self, figure: Figure[Any]) -> Any:
        """Return a figure of the last commit for the caller of the request, within its deadline.

        Raises:
            QueryError: the deadline passed, or there is no room or memory for it.
        """
        hidden = caller().hidden_graphs
        if figure.given is None:
            self._asked[figure, hidden] = None
        else:
            self._are_looked_at = True

        def read() -> Any:
            with reading(figure.name, {}) as cursor:
                return figure.read(cursor)

        return self._kept.get(self._key(figure, hidden), read)

    def keep_ready(
        self,
        figures: Iterable[Figure[Any]],
        prepare: Callable[[], None] | None = None,
        of_today: Callable[[], Iterable[Figure[Any]]] = tuple,
    ) -> None:
        """Make these figures now and after commits, in the background until the store closes.

        Those that somebody asks for are kept ready with them. Then come those `of_today`, unless
        nobody looked at such since the last time. What `prepare` does comes first.
        """
        self._asked |= dict.fromkeys((one, ()) for one in figures)
        self._of_today = of_today
        self._store.before_close.append(self.end)
        self._thread = threading.Thread(
            target=self._work, args=(prepare,), name="figures", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Make nothing any more."""
        self._ended.set()
        if self._thread is not None:
            while self._thread.is_alive():
                self._interrupt()
                self._thread.join(_MOMENT)

    def _interrupt(self) -> None:
        if (cursor := self._cursor) is not None:
            with contextlib.suppress(EngineError):  # nothing is read any more
                cursor.interrupt()

    def _key(self, figure: Figure[Any], hidden: Rules) -> Hashable:
        # A commit in between makes a figure newer than its key says, and never older.
        return self._store.head, figure, hidden

    def _read(self, figure: Figure[Any], hidden: Rules) -> Any:
        cursor = self._cursor = self._store.cursor(hidden)
        with closing(cursor):
            return figure.read(cursor)

    def _work(self, prepare: Callable[[], None] | None) -> None:
        if prepare is not None:
            prepare()
        made = seen = -1
        while not self._ended.is_set():
            turns = self._store.turns
            if turns == seen != made:
                made = turns
                self._make_all()
            seen = turns
            self._ended.wait(_PAUSE if made >= 0 else 0)

    def _make_all(self) -> None:
        of_today = self._of_today() if self._are_looked_at else ()
        self._are_looked_at = False
        for figure, hidden in [*self._asked, *((one, ()) for one in of_today)]:
            if self._ended.is_set():
                return
            try:
                self._kept.get(self._key(figure, hidden), partial(self._read, figure, hidden))
            except (ClientgraphError, EngineError) as error:
                _log.warning("A figure could not be made: %s", error)


def register_figures(app: Flask) -> None:
    """Let an application keep figures."""
    app.extensions[_KEY] = Figures(services_of(app).store)


def figures_of(app: Flask) -> Figures:
    """Return the figures of an application."""
    return cast(Figures, app.extensions[_KEY])
