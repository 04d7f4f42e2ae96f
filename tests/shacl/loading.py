"""Graphs into stores, for the tests of the validator."""

from __future__ import annotations

from rdflib import Graph

from kg.store import Store, term_key


def insert_graph(store: Store, graph: Graph, name: str | None = None) -> None:
    """Insert a graph as one named graph (or the default graph) of a store, terms unchanged."""
    rows = [(term_key(s)[0], term_key(p)[0], *term_key(o), name) for s, p, o in graph]
    if not rows:
        return
    with store.write() as tx:
        columns = [list(column) for column in zip(*rows, strict=True)]
        names = ("s", "p", "o", "odt", "olang", "g")
        cells = ", ".join(f"unnest(?::VARCHAR[]) AS {each}" for each in names)
        tx.cursor.execute(f"CREATE TEMP TABLE given AS SELECT {cells}", columns)
        tx.insert("given")
