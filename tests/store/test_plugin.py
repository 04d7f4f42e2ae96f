"""The rdflib store answers as rdflib's own store in memory does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import XSD, BNode, Dataset, Graph, Literal, URIRef

from kg.errors import QueryTimeoutError, StoreError
from kg.store import Store, lookup_nodes
from kg.store.plugin import GraphStore
from kg.store.rdf import load_bytes
from tests.drawing import examples

# rdflib's Dataset warns of its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning:rdflib")

EX = "http://example.org/"
A, B, C, P, Q = (URIRef(EX + name) for name in "abcpq")
G, H = URIRef(EX + "g"), URIRef(EX + "h")
UNNAMED = URIRef("urn:x-rdflib:default")

NODES = st.sampled_from([A, B, BNode("x"), BNode("y")])
OBJECTS = st.sampled_from(
    [
        A,
        BNode("x"),
        Literal("a"),
        Literal("a", lang="en"),
        Literal("01", datatype=XSD.integer, normalize=False),
        Literal("1", datatype=XSD.integer),
        Literal("bad", datatype=XSD.integer, normalize=False),
        Literal(EX + "a"),
    ]
)
QUADS = st.lists(
    st.tuples(NODES, st.sampled_from([P, Q]), OBJECTS, st.sampled_from([UNNAMED, G, H])),
    max_size=12,
)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open() as store:
        yield store


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with Store.open() as store:
        yield store


def filled(dataset: Dataset, quads: list[tuple[object, ...]]) -> Dataset:
    dataset.addN((s, p, o, dataset.graph(g)) for s, p, o, g in quads)  # type: ignore[misc]
    return dataset


@settings(
    max_examples=examples(4, 8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(quads=QUADS, union=st.booleans())
def test_patterns_match_as_in_memory(
    shared: Store, quads: list[tuple[object, ...]], union: bool
) -> None:
    memory = filled(Dataset(default_union=union), quads)
    with shared.write() as tx:
        ours = filled(Dataset(GraphStore(tx), default_union=union), quads)
        for pattern in itertools.product((None, A, BNode("x")), (None, P), (None, *_objects())):
            assert _ordered(ours.triples(pattern)) == _ordered(memory.triples(pattern))
            for name in (G, H, UNNAMED, C):
                found = ours.graph(name).triples(pattern)
                assert _ordered(found) == _ordered(memory.graph(name).triples(pattern))
            found_quads = set(ours.quads((*pattern, None)))
            assert found_quads == set(memory.quads((*pattern, None)))
        for name in (G, H, UNNAMED):
            assert len(ours.graph(name)) == len(memory.graph(name))
        tx.rollback()


def _objects() -> list[Literal]:
    return [Literal("a"), Literal("01", datatype=XSD.integer, normalize=False), Literal(EX + "a")]


def _ordered(triples: Iterator[tuple[object, ...]]) -> list[str]:
    return sorted(repr(triple) for triple in triples)


def test_changes_are_commits(store: Store) -> None:
    graph = Graph(GraphStore(store), G)
    graph.add((A, P, B))
    graph.add((A, P, C))
    graph.remove((A, P, B))
    assert store.head == 3
    assert set(graph) == {(A, P, C)}
    before = Graph(GraphStore(store, as_of_commit=2), G)
    assert set(before) == {(A, P, B), (A, P, C)}


def test_removal_from_one_graph_and_from_all(store: Store) -> None:
    data = Dataset(GraphStore(store), default_union=True)
    filled(data, [(A, P, B, G), (A, P, B, H), (A, Q, B, H)])
    data.remove((A, P, B, data.graph(G)))
    assert len(data.graph(G)) == 0
    assert len(data.graph(H)) == 2
    data.remove((A, None, None, None))
    assert len(data.graph(H)) == 0


def test_blank_node_keeps_its_identity(store: Store) -> None:
    graph = Graph(GraphStore(store), G)
    node = BNode()
    graph.add((node, P, A))
    assert set(graph.subjects()) == {node}
    assert graph.value(node, P) == A


def test_union_counts_a_triple_of_two_graphs_once(store: Store) -> None:
    with store.write() as tx:
        load_bytes(tx, b"<x:g> { <x:a> <x:b> 1 } <x:h> { <x:a> <x:b> 1, 2 }", format="trig")
    g, h = lookup_nodes(store.cursor(), [URIRef("x:g"), URIRef("x:h")])
    assert g is not None
    assert h is not None
    union = GraphStore(store, union=[g, h])
    assert len(union) == 2
    assert len(list(union.triples((None, URIRef("x:b"), None)))) == 2
    assert len(GraphStore(store, union=[g])) == 1


def test_closed_graphs_hold_nothing(store: Store) -> None:
    with store.write() as tx:
        load_bytes(tx, b"<x:g> { <x:a> <x:b> 1 } <x:h> { <x:a> <x:b> 2 }", format="trig")
    g, h = lookup_nodes(store.cursor(), [URIRef("x:g"), URIRef("x:h")])
    hiding = Dataset(GraphStore(store, hidden=[h or 0]), default_union=True)
    assert set(hiding.objects(URIRef("x:a"))) == {Literal(1)}
    assert set(hiding.graph(URIRef("x:h"))) == set()
    assert URIRef("x:h") not in {graph.identifier for graph in hiding.graphs()}
    named = Dataset(GraphStore(store, named=[g or 0]))
    assert set(named.graph(URIRef("x:h"))) == set()
    assert len(named.graph(URIRef("x:g"))) == 1


@pytest.mark.parametrize("within_transaction", [False, True])
def test_long_answers_come_in_chunks_and_nest(store: Store, within_transaction: bool) -> None:
    with store.write() as tx:
        tx.insert(
            "SELECT 'x:s' || i AS s, 'x:p' AS p, 'x:o' || i % 7 AS o, NULL::VARCHAR AS odt,"
            " NULL::VARCHAR AS olang, 'x:g' AS g FROM range(25000) AS t (i)"
        )
    cursor = store.cursor()
    if within_transaction:
        cursor.begin()
    graph = Graph(GraphStore(cursor), URIRef("x:g"))
    outer = inner = 0
    for s, _, o in graph:
        outer += 1
        if outer % 1000 == 0:
            inner += len(list(graph.triples((s, None, o))))
    assert (outer, inner) == (25_000, 25)
    assert len(set(graph.subjects())) == 25_000


def test_check_stops_a_long_answer(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            "SELECT 'x:s' || i AS s, 'x:p' AS p, 'x:o' AS o, NULL::VARCHAR AS odt,"
            " NULL::VARCHAR AS olang, 'x:g' AS g FROM range(30000) AS t (i)"
        )
    calls = itertools.count()

    def check() -> None:
        if next(calls) == 2:
            raise QueryTimeoutError("too late")

    graph = Graph(GraphStore(store, check=check), URIRef("x:g"))
    triples = graph.triples((None, None, None))
    assert len(list(itertools.islice(triples, 20_000))) == 20_000
    with pytest.raises(QueryTimeoutError):
        next(triples)


def test_cursor_is_for_reading(store: Store) -> None:
    with pytest.raises(StoreError, match="reading only"):
        Graph(GraphStore(store.cursor()), G).add((A, P, B))


def test_prefixes_serve_serializers(store: Store) -> None:
    graph = Graph(GraphStore(store), G)
    graph.bind("ex", EX)
    graph.add((A, P, Literal("01", datatype=XSD.integer, normalize=False)))
    assert 'ex:a ex:p "01"^^xsd:integer' in graph.serialize(format="turtle") or (
        "ex:a ex:p 01" in graph.serialize(format="turtle")
    )
    graph.bind("other", EX, replace=True)
    assert dict(graph.namespaces())["other"] == URIRef(EX)
