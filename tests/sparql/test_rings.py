"""Rings are found by strongly connected components, not among all pairs of a closure."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import pairwise

import networkx as nx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QueryTimeoutError
from kg.sparql import explain, query, update
from kg.store import Store
from kg.store.rdf import load_bytes
from tests.drawing import examples

PREFIX = "PREFIX : <urn:>\n"
NODES = 5_000
Edges = list[tuple[int, int]]


def turtle(edges: Edges) -> bytes:
    """Return links as triples, and as records of two triples."""
    return "\n".join(
        f"<urn:n{a}> <urn:p> <urn:n{b}> . <urn:r{i}> <urn:by> <urn:n{a}> ; <urn:of> <urn:n{b}> ."
        for i, (a, b) in enumerate(edges)
    ).encode()


def components_of(edges: Edges) -> list[set[int]]:
    """Return the components of nodes that lie on a ring, by another implementation."""
    graph = nx.DiGraph(edges)
    return [
        found
        for found in nx.strongly_connected_components(graph)
        if len(found) > 1 or any(graph.has_edge(node, node) for node in found)
    ]


def nodes_of(found: Iterator[tuple[object, ...]]) -> list[int]:
    return sorted(int(str(row[0][1]).removeprefix("urn:n")) for row in found)  # type: ignore[index]


@pytest.fixture(scope="module")
def giant() -> Iterator[tuple[Store, Edges]]:
    """Give links drawn at random, twice as many as nodes: most of these are one component."""
    chance = random.Random(5)
    edges = [(chance.randrange(NODES), chance.randrange(NODES)) for _ in range(2 * NODES)]
    with Store.open(memory_limit="200MB", workers=1) as store:
        with store.write() as tx:
            load_bytes(tx, turtle(edges), format="turtle")
        yield store, edges


LEADING_BACK = {
    "to itself": "SELECT ?x { ?x :p+ ?x }",
    "to itself by records": "SELECT ?x { ?x (^:by/:of)+ ?x }",
    "next and back": "SELECT DISTINCT ?x { ?x :p ?y . ?y :p+ ?x }",
    "record and back": "SELECT DISTINCT ?x { ?r :by ?x ; :of ?y . ?y (^:by/:of)+ ?x }",
    "from the other end": "SELECT DISTINCT ?x { ?r :by ?x ; :of ?y . ?x (^:of/:by)+ ?y }",
    "two steps and back": "SELECT DISTINCT ?x { ?x :p ?y . ?y :p ?z . ?z (^:nothing|:p)+ ?x }",
    "there and back, both known": "SELECT DISTINCT ?x { ?x :p ?y . ?x :p+ ?y . ?y :p+ ?x }",
}


@pytest.mark.parametrize("text", LEADING_BACK.values(), ids=LEADING_BACK.keys())
def test_a_giant_component_takes_little_memory(giant: tuple[Store, Edges], text: str) -> None:
    store, edges = giant
    expected = sorted(node for found in components_of(edges) for node in found)
    assert len(expected) > NODES // 2
    found = query(store, PREFIX + text)
    assert found.engine == "sql"
    assert nodes_of(found.rows()) == expected
    assert "WITH RECURSIVE" not in explain(store, PREFIX + text).partition("\n\n")[0]


def test_one_asked_of_a_giant_component(giant: tuple[Store, Edges]) -> None:
    store, edges = giant
    largest = max(components_of(edges), key=len)
    asks = f"{PREFIX}ASK {{ ?x :p+ ?x . FILTER (?x = :n%d) }}"
    outside = next(
        node for node in range(NODES) if not any(node in c for c in components_of(edges))
    )
    assert query(store, asks % min(largest)).boolean is True
    assert query(store, asks % outside).boolean is False


links = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)
PATTERNS = [
    "?x :p+ ?x",
    "?x (^:by/:of)+ ?x",
    "?x :p+ ?y . ?y :p+ ?x",
    "?x :p ?y . ?y :p+ ?x",
    "?x :p+ ?y . ?y :p ?x",
    "?r :by ?x ; :of ?y . ?y (^:by/:of)+ ?x",
    "?x :p ?y . ?y :p ?z . ?z :p+ ?x",
    "?x :p+ ?y . ?y :p+ ?z . ?z :p+ ?x",
    "?x :p+ ?y . ?y :p+ ?x . ?x :p+ ?x . ?y :p ?z",
    "?x :p ?y . ?y (:p|:of)+ ?x",
    "?x (:p|:of) ?y . ?y :p+ ?x",
    "?x (:p?)+ ?x . ?x :p ?y",
    "?x (:p/:p)+ ?x",
    "?x :p ?y . ?y (:p/:p)+ ?x",
    "?x :p/:p ?y . ?y (:p/:p)+ ?x",
    "?x ^:p+ ?y . ?x :p ?y",
    "?x :p ?y . ?y (:p+)+ ?x",
    ":n1 :p+ ?x . ?x :p+ :n1",
    "GRAPH ?g { ?x :p+ ?x }",
    "GRAPH ?g { ?x :p ?y . ?y :p+ ?x }",
    "GRAPH ?g { ?x :p+ ?y . ?y :p+ ?x }",
    "?x :p ?y FILTER EXISTS { ?y :p+ ?x }",
    "?x :p ?y FILTER NOT EXISTS { ?y :p+ ?y }",
    "?x :p ?y OPTIONAL { ?y :p+ ?y . ?y :p ?z }",
    "{ ?x :p+ ?x } UNION { ?x :by ?x } UNION { ?x :p ?y . ?y :p+ ?x }",
    "?x :p ?y MINUS { ?x :p+ ?x }",
    "VALUES ?x { :n1 :n2 } ?x :p+ ?x",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(links=links)
@settings(max_examples=examples(3, 60))
def test_rings_are_those_of_another_engine(shared: Store, pattern: str, links: Edges) -> None:
    lines = [f"<urn:n{a}> <urn:p> <urn:n{b}> <urn:g{a % 2}>" for a, b in links]
    for number, (a, b) in enumerate(links):
        lines.append(f"<urn:r{number}> <urn:by> <urn:n{a}> <urn:g1>")
        lines.append(f"<urn:r{number}> <urn:of> <urn:n{b}> <urn:g1>")
    document = "".join(f"{line} .\n" for line in lines).encode()
    peer = ox.Store()
    peer.load(document, format=ox.RdfFormat.N_QUADS)
    update(shared, "DROP SILENT GRAPH <urn:g0>; DROP SILENT GRAPH <urn:g1>")
    with shared.write() as tx:
        load_bytes(tx, document, format="nquads")
    graphs = ["urn:g0", "urn:g1"]
    text = f"{PREFIX}SELECT * WHERE {{ {pattern} }}"
    found = query(shared, text, default_graphs=graphs, named_graphs=graphs)
    names = sorted(found.variables)
    places = [found.variables.index(name) for name in names]
    ours = sorted(
        str([row[place] and row[place][1] for place in places])  # type: ignore[index]
        for row in found.rows()
    )
    theirs = sorted(
        str([one[name] and one[name].value for name in names])
        for one in peer.query(text, use_default_graph_as_union=True)
    )
    assert ours == theirs


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with Store.open() as store:
        yield store


def test_a_long_ring_has_a_deadline() -> None:
    edges = [*pairwise(range(40_000)), (39_999, 0)]
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, turtle(edges), format="turtle")
        text = f"{PREFIX}SELECT ?x {{ ?x :p+ ?x }}"
        assert len(nodes_of(query(store, text).rows())) == len(edges)
        started = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            list(query(store, text, timeout=0.02).rows())
        assert time.monotonic() - started < 2
