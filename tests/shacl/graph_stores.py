"""Graphs into stores, for the tests of the validator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rdflib import Graph

from kg.store import Cursor, Store, Transaction, term_key

_COLUMNS = ", ".join(
    f"unnest(?::VARCHAR[]) AS {name}" for name in ("s", "p", "o", "odt", "olang", "g")
)


def insert_graph(tx: Transaction, graph: Graph, name: str | None = None) -> None:
    """Insert a graph as one named graph, or the default graph, terms unchanged."""
    if _stage(tx, graph, name):
        tx.insert("given")


def delete_graph(tx: Transaction, graph: Graph, name: str | None = None) -> None:
    """Take the triples of a graph out of one named graph, or the default graph."""
    if _stage(tx, graph, name):
        tx.delete("given")


def _stage(tx: Transaction, graph: Graph, name: str | None) -> bool:
    """Put a graph into the table `given`; return whether there is something in it."""
    rows = [(term_key(s)[0], term_key(p)[0], *term_key(o), name) for s, p, o in graph]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE given AS SELECT {_COLUMNS}", columns)
    return bool(rows)


@contextmanager
def holding(store: Store, *graphs: Graph) -> Iterator[Cursor]:
    """Yield a cursor that sees graphs, each a named one, in a store left as it was."""
    with store.write() as tx:
        for number, graph in enumerate(graphs):
            insert_graph(tx, graph, f"https://example.org/graph/{number}")
        yield tx.cursor
        tx.rollback()
