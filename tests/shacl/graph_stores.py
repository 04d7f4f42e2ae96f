"""Graphs into stores, for the tests of the validator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rdflib import Graph

from kg.store import Cursor, Store, Transaction, term_key
from kg.store.few import FEW, Row

_COLUMNS = ", ".join(
    f"unnest(?::VARCHAR[]) AS {name}" for name in ("s", "p", "o", "odt", "olang", "g")
)


def insert_graph(tx: Transaction, graph: Graph, name: str | None = None) -> None:
    """Insert a graph as one named graph, or the default graph, terms unchanged."""
    rows = _rows(graph, name)
    if len(rows) <= FEW:
        tx.insert_few(rows)
    else:
        _stage(tx, rows)
        tx.insert("given")


def delete_graph(tx: Transaction, graph: Graph, name: str | None = None) -> None:
    """Take the triples of a graph out of one named graph, or the default graph."""
    rows = _rows(graph, name)
    if len(rows) <= FEW:
        tx.delete_few(rows)
    else:
        _stage(tx, rows)
        tx.delete("given")


def _rows(graph: Graph, name: str | None) -> list[Row]:
    return [(term_key(s)[0], term_key(p)[0], *term_key(o), name) for s, p, o in graph]


def _stage(tx: Transaction, rows: list[Row]) -> None:
    """Put rows into the table `given`."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE given AS SELECT {_COLUMNS}", columns)


@contextmanager
def holding(store: Store, *graphs: Graph) -> Iterator[Cursor]:
    """Yield a cursor that sees graphs, each a named one, in a store left as it was."""
    with store.write() as tx:
        for number, graph in enumerate(graphs):
            insert_graph(tx, graph, f"https://example.org/graph/{number}")
        yield tx.cursor
        tx.rollback()
