"""Runs a query for the query page, and keeps the last answers so that paging is consistent.

A query without ORDER BY may answer in another order when it runs again: the pages of one table
must come from one run.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

from api.asking import ask
from api.config import services
from api.identity import caller
from kg.catalog import Term
from kg.sparql import Result
from kg.store import RawTerm

MAX_ROWS = 10_000
_ANSWERS_KEPT = 8

Row = tuple[RawTerm | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a query as a page shows it; of triples, each is a row."""

    form: str
    variables: list[str]
    rows: list[Row]
    cut: bool
    boolean: bool | None
    seconds: float
    engine: str
    reason: str | None
    commit: int


Key = tuple[str, tuple[tuple[str, str], ...], tuple[str, ...], int]


class RecentAnswers:
    """The last answers, by what was asked, of what and when; one more pushes the oldest out."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Answer | None:
        """Return the answer kept under a key."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep(self, key: Key, answer: Answer) -> None:
        """Keep an answer."""
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)


def run(recent: RecentAnswers, text: str, bindings: Mapping[str, Term], *, again: bool) -> Answer:
    """Return the answer of a query: a kept one for the further pages of a table, else a new one.

    Raises:
        QueryError: the query is wrong, or was not answered in time.
    """
    names = tuple(sorted((name, term.n3()) for name, term in bindings.items()))
    hidden = caller().hidden_graphs
    kept = recent.find((text, names, hidden, services().store.head))
    if kept and not again:
        return kept
    answer = _evaluate(text, bindings)
    recent.keep((text, names, hidden, answer.commit), answer)
    return answer


def _evaluate(text: str, bindings: Mapping[str, Term]) -> Answer:
    started = time.perf_counter()
    with closing(ask(text, bindings=bindings)) as result:
        rows = list(itertools.islice(_rows(result), MAX_ROWS + 1))
    return Answer(
        form=result.form,
        variables=list(result.variables) if result.form == "select" else [],
        rows=rows[:MAX_ROWS],
        cut=len(rows) > MAX_ROWS or not result.complete,
        boolean=result.boolean,
        seconds=time.perf_counter() - started,
        engine=result.engine,
        reason=result.reason,
        commit=result.commit,
    )


def _rows(result: Result) -> Iterable[Row]:
    if result.form == "ask":
        return ()
    return result.rows() if result.form == "select" else result.triples()
