"""The state of the graph at a commit: what validation finds, by rule."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

from kg.ingest.gate import severity_name
from kg.namespaces import COMPUTED_GRAPHS
from kg.shacl import Report, project_shapes, validate
from kg.shacl.model import PredicatePath
from kg.store import Store, head_of
from kg.store.visibility import rewind

LISTED = 5000
"""Results kept for each rule; all are counted."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result: the shape by its identifier, the thing, and the property and value at fault."""

    shape: str
    focus: str
    path: str | None
    value: str | None
    messages: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str | None, str | None]:
        """What the same result has in another state, too."""
        return (self.shape, self.focus, self.path, self.value)


@dataclass(frozen=True, slots=True)
class State:
    """What validation finds in the graph of a commit, as of a day.

    `counts` has (severity, number of results) of each shape that has any; `results` has `LISTED`
    of each shape at most. `made` is when the commit was, which tells it from another of its number.
    """

    commit: int
    made: str
    as_of: str
    seconds: float
    counts: Mapping[str, tuple[str, int]]
    results: tuple[Result, ...]

    def total(self, severity: str) -> int:
        """Return the number of results of a severity."""
        return sum(number for name, number in self.counts.values() if name == severity)

    def new_since(self, earlier: State) -> list[Result]:
        """Return the listed results that an earlier state has not."""
        known = {one.key for one in earlier.results}
        return [one for one in self.results if one.key not in known]

    def whole(self, shape: str) -> bool:
        """Tell whether all results of a shape are listed."""
        return self.counts.get(shape, ("", 0))[1] <= LISTED

    def as_json(self) -> dict[str, Any]:
        """Return the state as values that JSON knows."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> State:
        """Return the state that `as_json` told."""
        counts = {shape: (name, number) for shape, (name, number) in told["counts"].items()}
        results = tuple(Result(**one) for one in told["results"])
        return cls(**{**told, "counts": counts, "results": results})


def assess(store: Store, commit: int, as_of: date) -> State:
    """Validate the whole graph as it was after a commit, without what is computed from it.

    Raises:
        QueryMemoryError: there is no memory for it.
    """
    started = time.perf_counter()
    with closing(store.cursor(COMPUTED_GRAPHS)) as cursor:
        cursor.begin()
        if head_of(cursor) != commit:
            rewind(cursor, commit)
        found = validate(cursor, project_shapes(), as_of, limit=LISTED)
        made = moment_of(store, commit)
    return State(
        commit,
        made,
        as_of.isoformat(),
        time.perf_counter() - started,
        {
            _short(shape): (severity_name(severity), number)
            for (shape, severity), number in found.counts().items()
        },
        _results(found),
    )


def moment_of(store: Store, commit: int) -> str:
    """Return when a commit was made, "" where there is none."""
    row = (
        store.cursor().execute('SELECT at_time FROM "commit" WHERE number = ?', [commit]).fetchone()
    )
    return row[0].isoformat() if row else ""


def _results(found: Report) -> tuple[Result, ...]:
    return tuple(
        Result(
            _short(one.shape),
            one.focus[1],
            str(one.path.iri) if isinstance(one.path, PredicatePath) else None,
            one.value[1] if one.value else None,
            dict(one.messages),
        )
        for one in found.results
    )


def _short(shape: object) -> str:
    return str(shape).rpartition("#")[2]
