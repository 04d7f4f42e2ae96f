"""The operations of an update request (SPARQL 1.1 Update, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.store.few import Row

Graph = str | None
"""IRI of a graph, None for the unnamed one."""

TemplateQuad = tuple[Node, Node, Node, Node | None]
"""A quad of a template: terms and variables; the graph is None where none is written."""


@dataclass(frozen=True, slots=True)
class Data:
    """INSERT DATA or DELETE DATA."""

    rows: Sequence[Row]
    insert: bool


@dataclass(frozen=True, slots=True)
class Modify:
    """DELETE and INSERT by the solutions of a WHERE clause."""

    delete: tuple[TemplateQuad, ...]
    insert: tuple[TemplateQuad, ...]
    where: Query
    graph: Graph = None
    """The graph of WITH: that of a template's quads that name none, and the one that WHERE reads
    unless it has a dataset of its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """LOAD of a document into a graph."""

    source: str
    graph: Graph
    silent: bool


@dataclass(frozen=True, slots=True)
class Clear:
    """CLEAR or DROP of a graph, or of `every` graph: `NAMED` or `ALL`.

    They do the same, for a graph without a quad is not recorded.
    """

    graph: Graph
    every: str | None
    silent: bool


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE of a graph."""

    graph: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Transfer:
    """ADD, COPY or MOVE (`keyword`) from one graph to another."""

    keyword: str
    source: Graph
    target: Graph
    silent: bool


Operation = Data | Modify | Load | Clear | Create | Transfer
