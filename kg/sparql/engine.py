"""Answers queries: compiled to SQL, or by the evaluator over the same tables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rdflib.term import Identifier, Node

from kg.errors import QueryEvaluationError
from kg.sparql.compiled import Compiled, GraphChoice, compile_query
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import run_fallback
from kg.sparql.parse import parse
from kg.sparql.values import NotCompiledError
from kg.store import Cursor, EngineError, EngineInterrupted, RawTerm, Store, to_rdflib

DEFAULT_TIMEOUT = 30.0
_CHUNK = 4096

Row = tuple[RawTerm | None, ...]
Triple = tuple[RawTerm, RawTerm, RawTerm]


@dataclass(slots=True)
class Result:
    """The answer of a query; rows are fetched as they are asked for.

    `engine` is `sql` or `rdflib`; `reason` says why a query was not compiled; `commit` is the
    number of the commit that the answer was computed on.
    """

    form: str
    variables: list[str]
    engine: str
    commit: int
    reason: str | None = None
    boolean: bool | None = None
    _rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    _close: Callable[[], None] = lambda: None

    def rows(self) -> Iterator[Row]:
        """Yield the solutions of SELECT, a term or None for each variable.

        Raises:
            QueryTimeoutError: the deadline passed on the way.
        """
        return self._rows

    def triples(self) -> Iterator[Triple]:
        """Yield the triples of CONSTRUCT or DESCRIBE."""
        return self._rows  # type: ignore[return-value]

    def terms(self) -> Iterator[tuple[Node | None, ...]]:
        """Yield the solutions, or triples, with rdflib terms."""
        for row in self._rows:
            yield tuple(None if term is None else to_rdflib(term) for term in row)

    def close(self) -> None:
        """Give back the cursor of an answer that is not read to its end."""
        self._close()


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
) -> Result:
    """Answer a SPARQL query.

    `bindings` gives variables a term throughout the query. The default graph is the union of all
    graphs but the hidden ones, unless graphs are named here or in the query;
    `union_default_graph=False` makes it the unnamed graph. `cursor` reads within a transaction.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query.
        QueryTimeoutError: the deadline passed (also while rows are read).
        QueryEvaluationError: the query asks for what is not offered.
    """
    parsed = parse(text, base)
    graphs = GraphChoice(
        default_graphs, named_graphs, hidden_graphs, union_default_graph, as_of_commit
    )
    own = cursor is None
    reading = cursor if cursor is not None else store.cursor()
    if own:
        reading.begin()
    deadline = Deadline(reading, timeout)
    finish = _finisher(reading, deadline, own=own)
    try:
        number = as_of_commit if as_of_commit is not None else _head(reading)
        try:
            compiled = compile_query(reading, parsed, bindings or {}, graphs)
            return _run(reading, compiled, deadline, finish, number)
        except NotCompiledError as error:
            reason = str(error)
        except EngineInterrupted:
            raise deadline.error() from None
        except EngineError as error:
            reason = _engine_reason(error)
            if own:
                reading.rollback()
                reading.begin()
        form, variables, answer = run_fallback(
            store,
            reading,
            parsed,
            bindings=bindings or {},
            graphs=graphs,
            deadline=deadline,
        )
        result = Result(form, variables, "rdflib", number, reason)
        if isinstance(answer, bool):
            result.boolean = answer
            finish()
        else:
            result._rows = _until_end(answer, finish)
            result._close = finish
        return result
    except BaseException:
        finish()
        raise


def _run(
    cursor: Cursor, compiled: Compiled, deadline: Deadline, finish: Callable[[], None], number: int
) -> Result:
    """Run a compiled query; its first rows are fetched, so that its errors are known."""
    cursor.execute(compiled.sql)
    result = Result(compiled.form, compiled.variables, "sql", number)
    if compiled.form == "ask":
        row = cursor.fetchone()
        result.boolean = bool(row and row[0])
        finish()
        return result
    width = len(compiled.variables) if compiled.form == "select" else 3
    first = cursor.fetchmany(_CHUNK)
    result._rows = _until_end(_fetched(cursor, first, width, deadline), finish)
    result._close = finish
    return result


def _fetched(
    cursor: Cursor, chunk: list[tuple[object, ...]], width: int, deadline: Deadline
) -> Iterator[Row]:
    """Yield rows of terms, chunk by chunk."""
    starts = range(0, 4 * width, 4)
    while chunk:
        for row in chunk:
            yield tuple(
                None if row[i] is None else (row[i], row[i + 1], row[i + 2], row[i + 3])  # type: ignore[misc]
                for i in starts
            )
        deadline.check()
        if len(chunk) < _CHUNK:
            return
        try:
            chunk = cursor.fetchmany(_CHUNK)
        except EngineInterrupted:
            raise deadline.error() from None
        except EngineError as error:
            raise QueryEvaluationError(
                f"The answer broke off after its first rows: {_engine_reason(error)}."
                " Ask for the same with exact values cast to xsd:double."
            ) from error


def _until_end(rows: Iterator[Row], finish: Callable[[], None]) -> Iterator[Row]:
    try:
        yield from rows
    finally:
        finish()


def _finisher(cursor: Cursor, deadline: Deadline, *, own: bool) -> Callable[[], None]:
    """Return the function that ends a query, at most once."""
    done = False

    def finish() -> None:
        nonlocal done
        if done:
            return
        done = True
        deadline.cancel()
        if own:
            with contextlib.suppress(EngineError):
                cursor.rollback()
            cursor.close()

    return finish


def _head(cursor: Cursor) -> int:
    row = cursor.execute('SELECT max(number) FROM "commit"').fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _engine_reason(error: EngineError) -> str:
    """Return a reason that tells the kind of an engine's error, without its SQL."""
    first = str(error).splitlines()[0] if str(error) else ""
    return f"the engine could not compute it ({first[:120]})"


def explain(
    store: Store,
    text: str,
    *,
    bindings: Mapping[str, Identifier] | None = None,
    base: str | None = None,
) -> str:
    """Return the SQL of a query and the engine's plan, or why it is not compiled."""
    parsed = parse(text, base)
    cursor = store.cursor()
    cursor.begin()
    try:
        compiled = compile_query(cursor, parsed, bindings or {}, GraphChoice())
        rows = cursor.execute(f"EXPLAIN {compiled.sql}").fetchall()
        plan = "\n".join(str(row[1]) for row in rows)
        return f"-- engine: sql\n{compiled.sql}\n\n{plan}"
    except NotCompiledError as error:
        return f"-- engine: rdflib\n-- not compiled: {error}"
    finally:
        cursor.rollback()
        cursor.close()
