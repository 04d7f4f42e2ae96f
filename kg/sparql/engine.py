"""Answers queries: compiled to SQL, or by the evaluator over the same tables."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from weakref import ref

from rdflib.term import Identifier

from kg.errors import QueryEvaluationError
from kg.sparql.answer import Result
from kg.sparql.compiled import Compiled, GraphChoice
from kg.sparql.compiling import Compiling
from kg.sparql.deadline import Deadline, memory_error
from kg.sparql.fallback import run_fallback
from kg.sparql.lifting import Asked, read
from kg.sparql.lines import FORMATS, GRAPH_FORMATS
from kg.sparql.lookups import engine_took, sought
from kg.sparql.reading import (
    CHUNK,
    Few,
    Row,
    chunks_of,
    coded_ids,
    columns_of_rows,
    engine_reason,
    terms,
    texts,
    to_end,
)
from kg.sparql.running import UNLIMITED, Allowance, Running, running_on
from kg.sparql.snapshot import HeadMovedError, Snapshot
from kg.sparql.staged import ANSWER, FEW, Coded, first_only
from kg.sparql.steps import Step, drop_steps, run_steps
from kg.sparql.values import NotCompiledError
from kg.store import Cursor, EngineError, EngineInterrupted, EngineOutOfMemory, Store

DEFAULT_TIMEOUT = 30.0
_MANY = 1024
"""Solutions from which on the engine writes their text itself."""


def query(
    store: Store,
    text: str,
    *,
    timeout: float | None = DEFAULT_TIMEOUT,
    bindings: Mapping[str, Identifier] | None = None,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    hidden_graphs: Sequence[str] = (),
    as_of_commit: int | None = None,
    union_default_graph: bool = True,
    base: str | None = None,
    cursor: Cursor | None = None,
    allowance: Allowance = UNLIMITED,
    first: int | None = None,
) -> Result:
    """Answer a SPARQL query.

    `bindings` gives variables a term throughout the query. The default graph is the union of all
    graphs but the hidden ones, unless graphs are named here or in the query; a hidden graph is not
    there, whatever names it (`hidden_graphs` holds rules of `kg.store.visibility`).
    `union_default_graph=False` makes it the unnamed graph. `cursor` reads within a transaction.
    Who reads no more than the `first` solutions in their order may say so: of those behind them,
    only what is ordered like the last one has to be there.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query.
        QueryTimeoutError: the deadline passed (also while rows are read).
        QueryStoppedError: somebody stopped it (also while rows are read).
        QueryMemoryError: it needs more memory than there is for it.
        QueryEvaluationError: the query asks for what is not offered.
    """
    graphs = GraphChoice(
        None if default_graphs is None else tuple(default_graphs),
        None if named_graphs is None else tuple(named_graphs),
        tuple(hidden_graphs),
        union_default_graph,
        as_of_commit,
    )
    since = time.monotonic()
    asked = read(text, base)
    answering = _Answering(store, asked, bindings or {}, graphs, timeout, since, cursor, allowance)
    answering.first = first
    answering.enter(text)
    return answering.result()


class _Answering:
    """The answering of one query: its cursor, its deadline, and their end."""

    def __init__(
        self,
        store: Store,
        asked: Asked,
        bindings: Mapping[str, Identifier],
        graphs: GraphChoice,
        timeout: float | None,
        since: float,
        cursor: Cursor | None,
        allowance: Allowance,
    ) -> None:
        self._store = store
        self._asked = asked
        self._bindings = bindings
        self._graphs = graphs
        self._own = cursor is None
        self._allowance = allowance
        self._cursors = store.cursors
        self._cursor = cursor if cursor is not None else self._cursors.take(allowance.memory)
        self._state = Snapshot(store, self._cursor, graphs.as_of, own=self._own)
        self._compiling = Compiling(store, self._cursor, self._state, asked, bindings, graphs)
        self._deadline = Deadline(self._cursor, timeout, since, gone=allowance.gone)
        self._running: Running | None = None
        self.first: int | None = None
        """How many solutions are read, where that is known."""
        self._done = False
        self._steps: tuple[Step, ...] = ()

    def enter(self, text: str) -> None:
        """List the query among those that run, until it ends."""
        try:
            self._running = running_on(self._store).enter(self._deadline, self._allowance, text)
        except BaseException:
            self._finish()
            raise

    def result(self) -> Result:
        """Return the answer; when it is read to its end, or on an error, all is given back."""
        try:
            try:
                return self._answered(self._state.presumed())
            except HeadMovedError:
                self._state.renew()
                return self._answered(self._state.commit())
        except EngineInterrupted:
            self._finish()
            raise self._deadline.error() from None
        except BaseException:
            self._finish()
            raise

    def _answered(self, number: int) -> Result:
        """Return the answer on the state after a commit, by the engine if that can give it."""
        try:
            return self._looked_up() or self._compiled(number)
        except NotCompiledError as error:
            reason = str(error)
        except EngineError as error:
            if not (self._state.is_settled() or isinstance(error, EngineInterrupted)):
                raise HeadMovedError from error
            reason = self._reason(error)
        self._state.begin()
        return self._evaluated(self._state.commit(), reason)

    def _looked_up(self) -> Result | None:
        """Return the answer from the look-up index, where that has it."""
        if (index := self._state.index) is None:
            return None
        seen = self._bindings, self._graphs, self._deadline.check
        if (result := sought(index, self._asked, *seen)) is None:
            return None
        self._started("index")
        if result.boolean is not None:
            return self._decided(result, truth=result.boolean)
        return self._with_rows(result, result.rows())

    def _compiled(self, number: int) -> Result:
        """Run the compiled query; its first rows are fetched, so that its errors are known."""
        self._started("sql")
        if found := self._first_found(number):
            return found
        compiled = self._compiling.statement(number)
        self._deadline.check()
        result = Result(compiled.form, compiled.variables, "sql", number)
        self._steps = compiled.steps
        direct = compiled.direct if compiled.size.few or compiled.before is None else None
        # One statement alone sees one state.
        if compiled.steps or (direct is None and compiled.before is not None):
            self._state.begin()
        run_steps(self._cursor, compiled.steps, self._state.execute)
        if direct is not None:
            since = time.thread_time()
            rows = self._directly(compiled, direct)
            engine_took(self._asked, self._bindings, time.thread_time() - since)
            if len(rows) <= FEW:
                return self._decoded(result, direct, rows)
            self._state.begin()
        if compiled.before is not None:
            return self._in_two_steps(result, compiled, compiled.before)
        if compiled.form == "ask":
            return self._decided(result, truth=self._truth(compiled))
        self._state.execute(compiled.sql)
        first = self._cursor.fetchmany(CHUNK)
        rest = chunks_of(self._cursor, self._deadline) if len(first) == CHUNK else ()
        return self._with_rows(result, terms(itertools.chain([first], rest), result.width))

    def _first_found(self, number: int) -> Result | None:
        """Return the first solutions where they can be found without the others, else None."""
        rows = self.first
        if rows is None or not (rows <= FEW and self._state.lasting):
            return None
        # Answers of about one length share a plan.
        try:
            compiled = self._compiling.statement(number, first=1 << (rows - 1).bit_length())
        except NotCompiledError:
            return None
        if compiled.before is None:
            return None
        self._deadline.check()
        self._state.begin()
        self._steps = compiled.steps
        run_steps(self._cursor, compiled.steps, self._state.execute)
        count = self._counted(compiled, compiled.before)
        if count < rows:
            drop_steps(self._cursor, (*compiled.steps, Step(ANSWER, compiled.before)))
            return None
        result = Result(compiled.form, compiled.variables, "sql", number)
        return self._from_table(result, compiled, count)

    def _recursion(self, compiled: Compiled) -> contextlib.AbstractContextManager[None]:
        """Return what holds while that runs, and is fetched, which finds the solutions."""
        return self._deadline.recursion() if compiled.recursive else contextlib.nullcontext()

    def _truth(self, compiled: Compiled) -> bool:
        """Return the answer of ASK."""
        with self._recursion(compiled):
            self._state.execute(compiled.sql)
            row = self._cursor.fetchone()
        return bool(row and row[0])

    def _decided(self, result: Result, *, truth: bool) -> Result:
        """Return the answer of ASK, all being given back."""
        result.boolean = truth
        self._finish()
        return result

    def _directly(self, compiled: Compiled, coded: Coded) -> list[tuple[object, ...]]:
        """Return the solutions as ids, one more than are few where there are many."""
        with self._recursion(compiled):
            # Rows come as they are fetched: all of a recursion has to be.
            limit = f" LIMIT {FEW + 1}" if compiled.recursive else ""
            self._state.execute(coded.read or coded.sql + limit)
            return self._cursor.fetchmany(FEW + 1)

    def _decoded(self, result: Result, coded: Coded, rows: list[tuple[object, ...]]) -> Result:
        """Decode few solutions, from what is known of the dictionary as far as that goes."""
        columns = columns_of_rows(rows)
        known = self._store.terms.of(self._cursor, coded_ids(columns, coded))
        self._state.check()
        few = Few(columns, len(rows), coded, known)
        result._lines = partial(self._few_lines, few)
        return self._with_rows(result, few.rows())

    def _few_lines(self, few: Few, result: Result, name: str) -> Iterator[list[str]] | None:
        """Return few solutions as text, no more of them than are allowed."""
        most = self._allowance.max_rows
        found = None if result.form != "select" else few.lines(result.variables, name, most)
        if found is None:
            return None
        result.complete = most is None or len(few) <= most
        return self._written(result, found)

    def _in_two_steps(self, result: Result, compiled: Compiled, before: str) -> Result:
        """Put the solutions into a table; they are decoded when they are asked for."""
        count = self._counted(compiled, before)
        compiled.size.few = count <= FEW
        result._lines = partial(self._lines, count)
        return self._from_table(result, compiled, count)

    def _counted(self, compiled: Compiled, before: str) -> int:
        """Put solutions into a table; return how many there are."""
        with self._recursion(compiled):
            self._state.execute(before)
            row = self._cursor.fetchone()
        return row[0] if row is not None else 0

    def _from_table(self, result: Result, compiled: Compiled, count: int) -> Result:
        """Return the solutions in the table, or the first of them."""
        if self.first is not None and self.first < count and compiled.order:
            for statement in first_only(compiled.order, self.first):
                self._state.execute(statement)
        statement, width = compiled.sql, result.width
        found = terms(chunks_of(self._cursor, self._deadline, statement), width)
        return self._with_rows(result, found)

    def _lines(self, count: int, result: Result, name: str) -> Iterator[list[str]] | None:
        """Return what is in the table as text, no more of it than is allowed."""
        offered = FORMATS if result.form == "select" else GRAPH_FORMATS
        if count < _MANY or name not in offered:
            return None
        most = self._allowance.max_rows
        result.complete = most is None or count <= most
        statement = self._compiling.lines(name, result.commit)
        found = texts(chunks_of(self._cursor, self._deadline, statement), most)
        return self._written(result, found)

    def _written(self, _result: Result, found: Iterator[list[str]]) -> Iterator[list[str]]:
        """Yield all text, then give back what the query holds; until then the answer is held."""
        try:
            if not self._done:
                yield from found
        finally:
            self._finish()

    def _evaluated(self, number: int, reason: str) -> Result:
        """Answer the query with the evaluator."""
        self._started("rdflib")
        form, variables, answer = run_fallback(
            self._store,
            self._cursor,
            self._asked.query,
            bindings=self._bindings,
            graphs=self._graphs,
            deadline=self._deadline,
            endpoints=self._allowance.endpoints,
            memory=self._allowance.memory,
        )
        result = Result(form, variables, "rdflib", number, reason)
        if isinstance(answer, bool):
            return self._decided(result, truth=answer)
        return self._with_rows(result, answer)

    def _reason(self, error: EngineError) -> str:
        """Return why the engine failed, its transaction being made usable again.

        Raises:
            QueryTimeoutError: the deadline interrupted it.
            QueryMemoryError: there was no memory for it.
            QueryEvaluationError: the transaction belongs to the caller.
        """
        if isinstance(error, EngineInterrupted):
            raise self._deadline.error() from None
        if isinstance(error, EngineOutOfMemory):
            raise memory_error() from error
        reason = engine_reason(error)
        if not self._own:
            raise QueryEvaluationError(
                f"The query cannot be answered within this transaction: {reason}."
            ) from error
        self._state.renew()
        return reason

    def _with_rows(self, result: Result, rows: Iterator[Row]) -> Result:
        result.limited = self._allowance.max_rows is not None
        found = self._allowed(ref(result), rows)
        result._rows = to_end(found, lambda: self._done, self._finish)
        result._close = partial(self._finish, early=True)
        result._paused = self._deadline.paused
        return result

    def _allowed(self, answer: ref[Result], rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows of an answer, no more than are allowed."""
        yield from itertools.islice(rows, self._allowance.max_rows)
        if self._allowance.max_rows is not None and (result := answer()) is not None:
            result.complete = next(rows, None) is None

    def _started(self, engine: str) -> None:
        if self._running is not None:
            self._running.engine = engine

    def _finish(self, *, early: bool = False) -> None:
        """Give back what the query holds, once; `early` tells that rows may be left to read."""
        if self._done:
            return
        self._done = True
        self._deadline.cancel()
        if self._running is not None:
            running_on(self._store).leave(self._running)
        if not self._own:
            drop_steps(self._cursor, self._steps)
            return
        with contextlib.suppress(EngineError):
            self._state.end()
            # Whoever reads on must not read what the cursor's next query finds.
            if not (early or self._deadline.passed):
                self._cursors.put(self._cursor, self._allowance.memory)
                return
        self._cursor.close()
