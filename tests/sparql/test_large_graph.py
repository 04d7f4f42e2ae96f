"""Random questions of a graph of some hundred thousand quads: our answers are pyoxigraph's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from fuzz_compare import comparable
from large_graph import Asking, lines
from oracles import Answer, from_ox

from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.upkeep import build

pytestmark = pytest.mark.slow
ASKED = 60


@pytest.fixture(scope="module")
def graph() -> bytes:
    return "".join(lines()).encode()


@pytest.fixture(scope="module")
def oracle(graph: bytes) -> ox.Store:
    store = ox.Store()
    store.load(graph, format=ox.RdfFormat.N_TRIPLES)
    return store


@pytest.fixture(scope="module", params=[False, True], ids=["scans", "property table"])
def store(
    graph: bytes, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("large") / Path("clientgraph.duckdb")) as store:
        with store.write() as tx:
            load_bytes(tx, graph, format="nquads")
        assert not request.param or build(store)
        yield store


@pytest.mark.parametrize("seed", range(ASKED))
def test_answers_are_those_of_pyoxigraph(store: Store, oracle: ox.Store, seed: int) -> None:
    text = Asking(Random(seed)).text
    expected = oracle.query(text)
    assert isinstance(expected, ox.QuerySolutions)
    names = tuple(variable.value for variable in expected.variables)
    rows = tuple(tuple(from_ox(row[name]) for name in names) for row in expected)
    found = query(store, text, timeout=60)
    ours = tuple(tuple(term and term[1:] for term in row) for row in found.rows())
    assert comparable(Answer("select", tuple(found.variables), ours), text, []) == comparable(
        Answer("select", names, rows), text, []
    )
