"""Sub-selects and groups inside GRAPH of a variable, against two other engines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pyoxigraph
import pytest
from oracles import Oxigraph, Rdflib, comparable, insert
from query_strategies import Quad

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import query
from kg.store import Store

pytestmark = [
    # rdflib's Dataset warns of its own use of what it deprecates.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore:.*:UserWarning:rdflib"),
]

DATA = """
PREFIX : <http://example.org/>
:a :p 1 .
:g { :a :p 1, 2 ; :q :b . :b :p 5 ; :q :a }
:h { :a :p 7, 2 . :c :p 3 ; :q :a }
:i { :z :r "alone" }
"""

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


def _quads() -> list[Quad]:
    def term(node: object) -> tuple[str, str | None, str | None]:
        if isinstance(node, pyoxigraph.Literal):
            return node.value, node.datatype.value, node.language
        assert isinstance(node, pyoxigraph.NamedNode)
        return node.value, None, None

    return [
        (
            term(quad.subject),
            term(quad.predicate),
            term(quad.object),
            quad.graph_name.value if isinstance(quad.graph_name, pyoxigraph.NamedNode) else None,
        )
        for quad in pyoxigraph.parse(DATA, format=pyoxigraph.RdfFormat.TRIG)
    ]


QUADS = _quads()
ORACLES = Oxigraph(QUADS), Rdflib(QUADS)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            insert(tx, QUADS)
        yield store


def answer(store: Store, text: str) -> Counter[tuple[object, ...]]:
    result = query(store, text, union_default_graph=False, hidden_graphs=[PROVENANCE_GRAPH])
    assert (result.engine, result.reason) == ("sql", None)
    order = sorted(range(len(result.variables)), key=result.variables.__getitem__)
    return Counter(
        tuple(comparable(row[i][1:] if row[i] else None) for i in order)  # type: ignore[index]
        for row in result.rows()
    )


def in_each(text: str) -> Counter[tuple[object, ...]]:
    """Return what GRAPH ?g means: the answers that each named graph gives alone, with its name."""
    names, body = re.fullmatch(r"SELECT [?]g (.*?) { GRAPH [?]g { (.*) } }", text).groups()  # type: ignore[union-attr]
    found: Counter[tuple[object, ...]] = Counter()
    for graph in {quad[3] for quad in QUADS} - {None}:
        alone = Oxigraph([(*quad[:3], None) for quad in QUADS if quad[3] == graph])
        answer = alone.answer(f"{PREFIX} SELECT {names} {{ {body} }}")
        assert not isinstance(answer, bool)
        order = sorted(["g", *re.findall(r"[?](\w+)", names)])
        for row, count in answer.items():
            values = list(row)
            values.insert(order.index("g"), comparable((str(graph), None, None)))
            found[tuple(values)] += count
    return found


@pytest.mark.parametrize("text", QUERIES)
def test_each_named_graph_answers_alone(store: Store, text: str) -> None:
    found = answer(store, PREFIX + text)
    assert found
    assert found == in_each(text)


@pytest.mark.parametrize("text", NESTED)
def test_compiled_answer_is_that_of_an_oracle(store: Store, text: str) -> None:
    found = answer(store, PREFIX + text)
    assert found
    assert found in [oracle.answer(PREFIX + text) for oracle in ORACLES]


@pytest.mark.parametrize("text", COUNTS)
def test_a_graph_without_solutions_has_its_count(store: Store, text: str) -> None:
    found = answer(store, PREFIX + text)
    assert len(found) == 3
    assert found == in_each(text)
