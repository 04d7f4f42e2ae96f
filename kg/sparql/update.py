"""SPARQL 1.1 Update: a request changes the graph as one commit, or not at all."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rdflib.term import Identifier

from kg.errors import UpdateError, UsageError
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline, memory_error, timed_out
from kg.sparql.engine import DEFAULT_TIMEOUT
from kg.sparql.operations import Data, Modify, Operation
from kg.sparql.requests import Part, parts_of
from kg.sparql.restriction import OneGraph, nothing, restricted
from kg.sparql.running import Allowance, running_on
from kg.sparql.translation import operation_of
from kg.sparql.updating import NotOnEngineError, Request, Updating
from kg.store import (
    Cursor,
    EngineError,
    EngineInterrupted,
    EngineOutOfMemory,
    Store,
    Transaction,
)

_UPDATE = Allowance(kind="update")


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What an update did.

    `inserted` counts the quads that are live now and were not before, `deleted` the reverse.
    `commit` is the number of its commit; where it changed nothing, no commit was made, and it is
    that of the last one.
    """

    commit: int
    inserted: int
    deleted: int

    @property
    def changed(self) -> bool:
        """Whether there is a commit."""
        return bool(self.inserted or self.deleted)

    def as_json(self) -> dict[str, int]:
        """Return the members of a JSON document."""
        return {"commit": self.commit, "inserted": self.inserted, "deleted": self.deleted}


def update(
    store: Store,
    text: str,
    *,
    agent: str = "local",
    note: str = "",
    timeout: float | None = DEFAULT_TIMEOUT,
    bindings: Mapping[str, Identifier] | None = None,
    using_graphs: Sequence[str] | None = None,
    using_named_graphs: Sequence[str] | None = None,
    hidden_graphs: Sequence[str] = (),
    union_default_graph: bool = True,
    base: str | None = None,
    load_folders: Sequence[Path] = (),
    only: OneGraph | None = None,
    allowance: Allowance = _UPDATE,
) -> UpdateResult:
    """Execute a SPARQL update request as one transaction, by the name of `agent`.

    Quads without a graph are written to, and taken from, the unnamed graph; a WHERE clause sees
    the union of all graphs but the hidden ones as its default graph, unless WITH, USING,
    `using_graphs` or `using_named_graphs` name others or `union_default_graph` is False.
    `bindings` gives variables a term. LOAD reads files below `load_folders` only. `only` restricts
    the update to one graph. While it runs, the update is listed under `allowance` (see
    `kg.sparql.running`).

    Raises:
        QuerySyntaxError: the text is not a SPARQL update request.
        QueryTimeoutError: the deadline passed.
        QueryStoppedError: somebody stopped it.
        StoreBusyError: another write did not end before the deadline.
        UpdateError: an operation fails without SILENT, or is refused.
        RdfSyntaxError: a document that LOAD names cannot be read.
        QueryEvaluationError: a WHERE clause asks for what is not offered.
        UsageError: graphs are named here and in the request as well.
    """
    clock = _Clock(timeout)
    parsed = parse_update(text, base, clock.check)
    operations = parsed if only is None else restricted(parsed, only)
    default = None if using_graphs is None else tuple(using_graphs)
    named = None if using_named_graphs is None else tuple(using_named_graphs)
    if default is not None or named is not None:
        _check_no_dataset(operations)
    graphs = GraphChoice(default, named, tuple(hidden_graphs), union_default_graph)
    request = Request(graphs, bindings or {}, load_folders, allowance.memory)
    asked = _Asked(text, operations, request, nothing if only is None else only.check)
    evaluated: set[int] = set()
    while True:
        try:
            with store.write(agent=agent, activity="update", note=note, wait=clock.left) as tx:
                return _changed(store, tx, asked, evaluated, clock, allowance)
        except NotOnEngineError as error:
            evaluated.add(error.place)


class _Clock:
    """The time that an update has, from when it arrived; None for no end."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.since = time.monotonic()

    @property
    def left(self) -> float | None:
        """Seconds that are left."""
        if self.seconds is None:
            return None
        return max(0.0, self.since + self.seconds - time.monotonic())

    def check(self) -> None:
        """Raise QueryTimeoutError when the time is over."""
        if self.left == 0:
            raise timed_out(self.seconds)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request: its text, and what that comes to."""

    text: str
    operations: list[Operation]
    request: Request
    check_graph: Callable[[Cursor], None]
    """Called within the transaction, before anything is done."""


def _changed(
    store: Store,
    tx: Transaction,
    asked: _Asked,
    evaluated: set[int],
    clock: _Clock,
    allowance: Allowance,
) -> UpdateResult:
    """Run a request within a transaction, which is rolled back where nothing changes."""
    with (
        Deadline(tx.cursor, clock.seconds, clock.since, gone=allowance.gone) as deadline,
        running_on(store).entered(deadline, allowance, asked.text),
    ):
        asked.check_graph(tx.cursor)
        updating = Updating(store, tx, asked.request, deadline)
        inserted, deleted = _run(updating, asked.operations, evaluated, deadline)
    if not inserted and not deleted:
        tx.rollback()
    return UpdateResult(tx.number - tx.rolled_back, inserted, deleted)


def _run(
    updating: Updating, operations: list[Operation], evaluated: set[int], deadline: Deadline
) -> tuple[int, int]:
    """Run the operations, and what follows from them; return how many quads they added and took."""
    try:
        updating.run(operations, evaluated)
        return updating.end()
    except EngineInterrupted:
        raise deadline.error() from None
    except EngineOutOfMemory as error:
        raise memory_error() from error
    except EngineError as error:
        raise UpdateError(
            f"The update failed in the engine ({str(error).splitlines()[0][:120]}), and nothing"
            " was changed. Split it, or give the engine more memory."
        ) from error


def parse_update(
    text: str, base: str | None = None, check: Callable[[], None] = lambda: None
) -> list[Operation]:
    """Return the operations of an update request, neighbours that add or take data as one.

    `check` is called for each operation, and may raise.

    Raises:
        QuerySyntaxError: the text is not a SPARQL update request; tells line and column.
        QueryEvaluationError: the request is valid but has a form that is not offered.
        RdfSyntaxError: a term of the data is of RDF 1.2.
    """

    def translated(part: Part) -> Operation:
        check()
        return operation_of(part)

    operations: list[Operation] = []
    parts = parts_of(text, base, check)
    for kind, group in itertools.groupby(map(translated, parts), _data_kind):
        if kind is None:
            operations += group
        else:
            rows = [row for one in group if isinstance(one, Data) for row in one.rows]
            operations.append(Data(rows, insert=kind == "insert"))
    return operations


def _data_kind(operation: Operation) -> str | None:
    if isinstance(operation, Data):
        return "insert" if operation.insert else "delete"
    return None


def _check_no_dataset(operations: list[Operation]) -> None:
    """Raise UsageError where an operation names graphs as the caller does (Protocol, 2.2.3)."""
    for operation in operations:
        if isinstance(operation, Modify):
            clauses = operation.where.algebra.datasetClause
            if clauses or operation.graph is not None:
                raise UsageError(
                    "The graphs of the WHERE clauses are given beside the update, which has WITH or"
                    " USING as well: give them in one place only."
                )
