"""Updates of one graph: what PATCH of the Graph Store HTTP Protocol (section 5.7) lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rdflib import URIRef

from kg.errors import UpdateError
from kg.sparql.operations import Clear, Data, Graph, Modify, Operation, TemplateQuad
from kg.store import Cursor


def nothing(_cursor: Cursor) -> None:
    """Ask for nothing."""


@dataclass(frozen=True, slots=True)
class OneGraph:
    """The only graph that an update may write, None being the unnamed one.

    It stands in the place of the unnamed graph in what the update writes and reads. `check` is
    called within the transaction, before anything is done, and may raise.
    """

    name: Graph
    check: Callable[[Cursor], None] = nothing

    def __str__(self) -> str:
        return "the unnamed graph" if self.name is None else f"<{self.name}>"


def restricted(operations: Iterable[Operation], only: OneGraph) -> list[Operation]:
    """Return operations on one graph.

    Raises:
        UpdateError: one writes another graph, or is about graphs as wholes.
    """
    return [_restricted(operation, only) for operation in operations]


def _restricted(operation: Operation, only: OneGraph) -> Operation:
    match operation:
        case Data():
            for row in operation.rows:
                _check(row[5], only)
            return replace(operation, rows=[(*row[:5], only.name) for row in operation.rows])
        case Modify():
            _check(operation.graph, only)
            if operation.where.algebra.datasetClause:
                raise UpdateError(f"USING has no place in an update of {only} alone: leave it out.")
            for quad in (*operation.delete, *operation.insert):
                _check_template(quad, only)
            return replace(operation, graph=only.name)
        case Clear(every=None) if operation.graph == only.name:
            return operation
        case _:
            raise UpdateError(
                f"{type(operation).__name__.upper()} is about other graphs than {only}, which alone"
                " this request may change: send it to the endpoint of updates."
            )


def _check(graph: Graph, only: OneGraph) -> None:
    if graph not in (None, only.name):
        raise UpdateError(
            f"The update writes the graph <{graph}>, but this request may change {only} alone:"
            " leave GRAPH and WITH out, or send it to the endpoint of updates."
        )


def _check_template(quad: TemplateQuad, only: OneGraph) -> None:
    graph = quad[3]
    if graph is None or isinstance(graph, URIRef):
        _check(None if graph is None else str(graph), only)
        return
    raise UpdateError(
        f"The update writes graphs that a variable names, but this request may change {only} alone:"
        " leave GRAPH out of its templates."
    )
