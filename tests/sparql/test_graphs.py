"""Sub-selects and groups inside GRAPH of a variable, against two other engines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pyoxigraph
import pytest
import rdflib
from test_constructs import key, raw

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes

# rdflib's Dataset warns of its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")

Answer = Counter[tuple[object, ...]]

DATA = """
PREFIX : <http://example.org/>
:a :p 1 .
:g { :a :p 1, 2 ; :q :b . :b :p 5 ; :q :a }
:h { :a :p 7, 2 . :c :p 3 ; :q :a }
:i { :z :r "alone" }
"""

QUADS = list(pyoxigraph.parse(DATA.encode(), format=pyoxigraph.RdfFormat.TRIG))
HIDDEN = [str(PROVENANCE_GRAPH)]
PREFIX = "PREFIX : <http://example.org/> "

QUERIES = """
SELECT ?g ?s { GRAPH ?g { SELECT ?s { ?s :p ?o } } }
SELECT ?g ?s { GRAPH ?g { SELECT DISTINCT ?s { ?s :p ?o } } }
SELECT ?g ?s ?n { GRAPH ?g { SELECT ?s (SUM(?o) AS ?n) { ?s :p ?o } GROUP BY ?s } }
SELECT ?g ?n { GRAPH ?g { SELECT (MAX(?o) AS ?n) { ?s :p ?o } GROUP BY ?s } }
SELECT ?g ?o { GRAPH ?g { SELECT ?o { ?s :p ?o } ORDER BY DESC(?o) LIMIT 1 } }
SELECT ?g ?o { GRAPH ?g { SELECT ?o { ?s :p ?o } ORDER BY ?o OFFSET 1 } }
SELECT ?g ?s ?q { GRAPH ?g { ?s :q ?q { SELECT ?s { ?s :p ?o FILTER(?o > 1) } } } }
SELECT ?g ?s { GRAPH ?g { ?s :p ?x OPTIONAL { SELECT ?s (1 AS ?y) { ?s :q ?o } } } }
SELECT ?g ?s { GRAPH ?g { { SELECT ?s { ?s :p 2 } } UNION { SELECT ?s { ?s :q :a } } } }
SELECT ?g ?x { GRAPH ?g { { SELECT ?x { VALUES ?x { 1 2 } } } ?s :p ?x } }
SELECT ?g ?s { GRAPH ?g { SELECT ?s { ?s :p ?o FILTER NOT EXISTS { ?s :q ?z } } } }
SELECT ?g ?s ?o { GRAPH ?g { ?s :q+ ?o } }
SELECT ?g ?s ?o { GRAPH ?g { ?s :q* ?o . ?s :p ?v } }
SELECT ?g ?s ?o { GRAPH ?g { ?s :q? ?o . ?s :p ?v } }
SELECT ?g ?s ?o { GRAPH ?g { ?s (:p|^:q)/:p ?o } }
SELECT ?g ?s ?o { GRAPH ?g { ?s !:p ?o } }
""".strip().splitlines()

NESTED = """
SELECT ?g ?h ?s { GRAPH ?g { ?s :q :a GRAPH ?h { ?s :p ?o } } }
SELECT ?g ?s { GRAPH ?g { GRAPH :h { ?s :q ?o } ?s :p ?v } }
SELECT ?g ?s { GRAPH ?g { GRAPH :h { ?s :q ?o } } }
SELECT ?s { GRAPH :g { SELECT ?s { ?s :p ?o } } }
SELECT ?s { GRAPH :g { SELECT DISTINCT ?s { ?s :p ?o } } }
""".strip().splitlines()

COUNTS = """
SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s :p ?o } } }
SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s :p ?o } } }
SELECT ?g ?n { GRAPH ?g { SELECT (SUM(?o) + 1 AS ?n) { ?s :p ?o } } }
SELECT ?g ?n { GRAPH ?g { SELECT (AVG(?o) AS ?n) { ?s :p ?o FILTER(?o > 1) } } }
""".strip().splitlines()
"""Queries of one row in each graph, also where the pattern has no solution."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, DATA.encode(), format="trig")
        yield store


def answer(store: Store, text: str) -> Answer:
    result = query(store, PREFIX + text, union_default_graph=False, hidden_graphs=HIDDEN)
    assert (result.engine, result.reason) == ("sql", None)
    return Counter(tuple(map(key, row)) for row in result.rows())


def of_oxigraph(quads: list[pyoxigraph.Quad], text: str) -> Answer:
    store = pyoxigraph.Store()
    store.extend(quads)
    found = store.query(PREFIX + text)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    names = found.variables
    return Counter(tuple(raw(solution[name]) for name in names) for solution in found)


def of_rdflib(text: str) -> Answer:
    dataset = rdflib.Dataset()
    dataset.parse(data=DATA, format="trig")
    found = dataset.query(PREFIX + text)
    return Counter(
        tuple(raw(binding.get(name)) for name in found.vars or []) for binding in found.bindings
    )


def in_each(text: str) -> Answer:
    """Return what GRAPH ?g means: the answers that each named graph gives alone, with its name."""
    names, body = re.fullmatch(r"SELECT [?]g (.*?) { GRAPH [?]g { (.*) } }", text).groups()  # type: ignore[union-attr]
    found: Answer = Counter()
    for graph in {quad.graph_name for quad in QUADS} - {pyoxigraph.DefaultGraph()}:
        assert isinstance(graph, pyoxigraph.NamedNode)
        alone = [
            pyoxigraph.Quad(quad.subject, quad.predicate, quad.object)
            for quad in QUADS
            if quad.graph_name == graph
        ]
        for row, count in of_oxigraph(alone, f"SELECT {names} {{ {body} }}").items():
            found[raw(graph), *row] += count
    return found


@pytest.mark.parametrize("text", QUERIES)
def test_each_named_graph_answers_alone(store: Store, text: str) -> None:
    found = answer(store, text)
    assert found
    assert found == in_each(text)


@pytest.mark.parametrize("text", NESTED)
def test_compiled_answer_is_that_of_an_oracle(store: Store, text: str) -> None:
    found = answer(store, text)
    assert found
    assert found in [of_oxigraph(QUADS, text), of_rdflib(text)]


@pytest.mark.parametrize("text", COUNTS)
def test_a_graph_without_solutions_has_its_count(store: Store, text: str) -> None:
    found = answer(store, text)
    assert len(found) == 3
    assert found == in_each(text)
