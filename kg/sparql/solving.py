"""The solutions of the WHERE clause of an update, in a temporary table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Identifier

from kg.sparql.compiled import CompiledWhere, GraphChoice, compile_where
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import Row, run_fallback
from kg.sparql.statements import Columns
from kg.sparql.steps import drop_steps, run_steps
from kg.sparql.templates import SOLUTIONS, Solutions
from kg.sparql.values import Kinds, NotCompiledError
from kg.store import Cursor, EngineError, EngineInterrupted, EngineOutOfMemory, Store, drop

_BATCH = 10_000
_FACETS = (("k", "UTINYINT"), ("lex", "VARCHAR"), ("dt", "VARCHAR"), ("lang", "VARCHAR"))


_UNBOUND = (None, None, None, None)


class EngineFailedError(Exception):
    """The engine failed on a compiled WHERE clause, and its transaction is beyond use."""


class Solving:
    """The solving of WHERE clauses within one transaction."""

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        bindings: Mapping[str, Identifier],
        deadline: Deadline,
        memory: str | None = None,
    ) -> None:
        self._store = store
        self._cursor = cursor
        self._bindings = bindings
        self._deadline = deadline
        self._memory = memory

    @contextmanager
    def solutions(
        self, where: Query, graphs: GraphChoice, variables: Mapping[str, Kinds], *, compiled: bool
    ) -> Iterator[Solutions]:
        """Hold the solutions of a clause in the table `SOLUTIONS`, numbered by its column `n`.

        Raises:
            EngineFailedError: the clause is compiled and the engine fails on it.
            QueryTimeoutError: the deadline passed.
            QueryEvaluationError: the clause asks for what is not offered.
        """
        clause = self._compiled(where, graphs, variables) if compiled else None
        if clause is None:
            with self._evaluated(where, graphs, variables) as columns:
                yield Solutions(columns, {})
            return
        try:
            run_steps(self._cursor, clause.steps)
            self._cursor.execute(
                f"CREATE TEMP TABLE {SOLUTIONS} AS"
                f" SELECT row_number() OVER () AS n, * FROM ({clause.sql})"
            )
        except (EngineInterrupted, EngineOutOfMemory):
            raise
        except EngineError as error:
            raise EngineFailedError from error
        try:
            drop_steps(self._cursor, clause.steps)
            yield Solutions(clause.columns, clause.own)
        finally:
            drop(self._cursor, SOLUTIONS)

    def _compiled(
        self, where: Query, graphs: GraphChoice, variables: Mapping[str, Kinds]
    ) -> CompiledWhere | None:
        """Return a clause as SQL, None where it is not compiled."""
        try:
            return compile_where(self._cursor, where, self._bindings, graphs, variables)
        except NotCompiledError:
            return None

    @contextmanager
    def _evaluated(
        self, where: Query, graphs: GraphChoice, variables: Mapping[str, Kinds]
    ) -> Iterator[dict[str, Columns]]:
        """Hold the solutions that the evaluator finds."""
        _, found, rows = run_fallback(
            self._store,
            self._cursor,
            where,
            bindings=self._bindings,
            graphs=graphs,
            deadline=self._deadline,
            memory=self._memory,
        )
        assert not isinstance(rows, bool)  # noqa: S101 - the clause is a SELECT
        places = {name: found.index(name) for name in variables if name in found}
        names = [f"v{i}_{facet} {kind}" for i in range(len(places)) for facet, kind in _FACETS]
        self._cursor.execute(f"CREATE TEMP TABLE {SOLUTIONS} ({', '.join(['n BIGINT', *names])})")
        try:
            self._fill(rows, list(places.values()))
            yield {name: Columns(f"v{i}", stored=False, kind=True) for i, name in enumerate(places)}
        finally:
            drop(self._cursor, SOLUTIONS)

    def _fill(self, rows: Iterator[Row], places: list[int]) -> None:
        """Put solutions into the table, some of their variables only."""
        first = 0
        units = ", ".join(
            ["unnest(?::BIGINT[])"]
            + [f"unnest(?::{kind}[])" for _ in places for _, kind in _FACETS]
        )
        while batch := list(itertools.islice(rows, _BATCH)):
            columns: list[list[object]] = [list(range(first, first + len(batch)))]
            for place in places:
                terms = [row[place] or _UNBOUND for row in batch]
                columns += [list(column) for column in zip(*terms, strict=True)]
            self._cursor.execute(f"INSERT INTO {SOLUTIONS} SELECT {units}", columns)
            first += len(batch)
