"""Executes the operations of an update within one transaction (SPARQL 1.1 Update, section 3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rdflib import URIRef, Variable
from rdflib.term import Identifier, Node

from kg.errors import RdfSyntaxError, UpdateError, UsageError
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.loading import document_path
from kg.sparql.operations import (
    Clear,
    Create,
    Data,
    Graph,
    Load,
    Modify,
    Operation,
    TemplateQuad,
    Transfer,
)
from kg.sparql.protection import Graphs
from kg.sparql.solving import EngineFailedError, Solving
from kg.sparql.templates import Templates, kinds_of_use, valid
from kg.store import (
    DEFAULT_GRAPH,
    Store,
    Transaction,
    next_id,
    temporary,
)
from kg.store.rdf import delete_rows, insert_rows, load_file


@dataclass(frozen=True, slots=True)
class Request:
    """What an update may see and do, beside its text."""

    graphs: GraphChoice
    bindings: Mapping[str, Identifier] = field(default_factory=dict)
    load_folders: Sequence[Path] = ()
    memory: str | None = None
    """What an evaluated WHERE clause may hold, such as `512MB`."""


class NotOnEngineError(Exception):
    """The engine failed on the WHERE clause of an operation, given by its place."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Updating:
    """The execution of one request."""

    def __init__(self, store: Store, tx: Transaction, request: Request, deadline: Deadline) -> None:
        self._store = store
        self._tx = tx
        self._request = request
        self._deadline = deadline
        self._solving = Solving(store, tx.cursor, request.bindings, deadline, request.memory)
        self._graphs = Graphs(tx.cursor, request.graphs.hidden)

    def run(self, operations: Iterable[Operation], evaluated: Collection[int]) -> None:
        """Execute operations in order, the WHERE clauses of some by the evaluator.

        Raises:
            UpdateError: an operation fails.
            NotOnEngineError: the engine failed on a WHERE clause: undo all and let it be evaluated.
            QueryError: a WHERE clause cannot be answered.
        """
        for place, operation in enumerate(operations):
            self._deadline.check()
            try:
                self._execute(operation, compiled=place not in evaluated)
            except EngineFailedError as error:
                raise NotOnEngineError(place) from error
            except (UpdateError, RdfSyntaxError, UsageError):
                if not getattr(operation, "silent", False):
                    raise

    def end(self) -> tuple[int, int]:
        """Do what ends a transaction; return how many quads the operations added and took out."""
        counted = self._tx.changes.inserted, self._tx.changes.deleted
        if any(counted):
            self._store.prepare(self._tx)
        return counted

    def _execute(self, operation: Operation, *, compiled: bool) -> None:
        match operation:
            case Data():
                self._data(operation)
            case Modify():
                self._modify(operation, compiled=compiled)
            case Load():
                self._load(operation)
            case Clear():
                self._clear(operation)
            case Create():
                self._create(operation)
            case Transfer():
                self._transfer(operation)

    def _data(self, operation: Data) -> None:
        for graph in {row[5] for row in operation.rows}:
            self._graphs.check_writable(graph)
        change = insert_rows if operation.insert else delete_rows
        change(self._tx, operation.rows)

    def _modify(self, operation: Modify, *, compiled: bool) -> None:
        delete, insert = (
            valid(tuple(self._filled(quad, operation.graph) for quad in quads))
            for quads in (operation.delete, operation.insert)
        )
        for graph in {quad[3] for quad in (*delete, *insert)}:
            if not isinstance(graph, Variable):
                self._graphs.check_writable(None if graph is None else str(graph))
        graphs = replace(self._request.graphs, in_place=operation.graph)
        kinds = kinds_of_use((*delete, *insert))
        first_new = next_id(self._tx.cursor)
        with (
            self._solving.solutions(operation.where, graphs, kinds, compiled=compiled) as solutions,
            Templates(self._tx.cursor, solutions).filled(delete, insert),
        ):
            if any(isinstance(quad[3], Variable) for quad in (*delete, *insert)):
                self._graphs.spare_protected("_gone")
                self._graphs.spare_protected("_come")
            self._tx.delete_codes("_gone")
            self._tx.insert_codes("_come", first_new)

    def _filled(self, quad: TemplateQuad, graph: Graph) -> TemplateQuad:
        """Return a quad of a template with the given values of variables, and the graph of WITH."""
        s, p, o, g = (self._given(node) for node in quad)
        assert s is not None and p is not None and o is not None  # noqa: S101, PT018
        return s, p, o, URIRef(graph) if g is None and graph is not None else g

    def _given(self, node: Node | None) -> Node | None:
        if isinstance(node, Variable):
            return self._request.bindings.get(str(node), node)
        return node

    def _load(self, operation: Load) -> None:
        self._graphs.check_writable(operation.graph)
        path = document_path(operation.source, self._request.load_folders)
        load_file(self._tx, path, graph=operation.graph, base=operation.source, one_graph=True)

    def _clear(self, operation: Clear) -> None:
        if operation.every is None:
            self._graphs.check_writable(operation.graph)
            graph = self._graphs.id_of(operation.graph)
            if graph is not None:
                self._tx.clear([graph])
            return
        kept = self._graphs.protected_ids()
        self._tx.clear(kept=[*kept, DEFAULT_GRAPH] if operation.every == "NAMED" else kept)

    def _create(self, operation: Create) -> None:
        self._graphs.check_writable(operation.graph)
        if self._graphs.exists(operation.graph):
            raise UpdateError(
                f"CREATE GRAPH <{operation.graph}> fails: the graph is there already. Write CREATE"
                " SILENT, or leave the operation out: a graph is there with its first triple."
            )

    def _transfer(self, operation: Transfer) -> None:
        source, target = operation.source, operation.target
        self._graphs.check_writable(target)
        if operation.keyword == "Move":
            self._graphs.check_writable(source)
        self._graphs.check_source(source)
        if source == target:
            return
        first_new = next_id(self._tx.cursor)
        origin, goal = self._graphs.id_of(source), self._graphs.new_id_of(target)
        come = f"SELECT s, p, o, {goal}::BIGINT AS g FROM live WHERE g = {origin}"
        there = f"SELECT s, p, o, g FROM live WHERE g = {goal} EXCEPT FROM _come"
        with temporary(self._tx.cursor, "_come", come):
            if operation.keyword != "Add":
                with temporary(self._tx.cursor, "_gone", there):
                    self._tx.delete_codes("_gone")
            self._tx.insert_codes("_come", first_new)
        if operation.keyword == "Move":
            self._tx.clear([origin or DEFAULT_GRAPH])
