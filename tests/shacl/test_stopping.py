"""A validation stops at its deadline, whatever the query of a shape is at."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

import pytest
from against_pyshacl import graph
from graph_stores import insert_graph
from rdflib import Graph, URIRef

from kg.errors import QueryTimeoutError
from kg.shacl import load_shapes, validate
from kg.sparql import compile_algebra, parse
from kg.store import Store

EX = "https://example.org/"
NODES = 1500
AS_OF = date(2026, 1, 1)
FAR = f"""$this <{EX}q>+ ?a . ?b <{EX}p> ?c . ?d <{EX}p> ?e . ?f <{EX}p> ?g
    FILTER (STRLEN(CONCAT(STR(?c), STR(?e), STR(?g))) < 3)"""
"""A path of any length beside three patterns that nothing joins."""
QUERIES = {
    "SELECT": f'''ex:s sh:targetSubjectsOf ex:q ;
        sh:sparql [ sh:select """SELECT $this {{ {FAR} }}""" ] .''',
    "ASK": f'''ex:s sh:targetSubjectsOf ex:q ; ex:on true .
        ex:c a sh:ConstraintComponent ; sh:parameter [ sh:path ex:on ] ;
        sh:validator [ a sh:SPARQLAskValidator ; sh:ask """ASK {{ {FAR} }}""" ] .''',
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    data = Graph()
    for number in range(NODES):
        data.add((URIRef(f"{EX}n{number}"), URIRef(f"{EX}p"), URIRef(f"{EX}n{number + 1}")))
    data.add((URIRef(f"{EX}n0"), URIRef(f"{EX}q"), URIRef(f"{EX}n1")))
    with Store.open() as opened:
        with opened.write() as tx:
            insert_graph(tx, data, f"{EX}graph")
        yield opened


@pytest.mark.parametrize("form", QUERIES)
def test_what_is_beside_a_path_of_any_length_stops(store: Store, form: str) -> None:
    shapes = load_shapes(graph(QUERIES[form]))
    began = time.monotonic()
    with pytest.raises(QueryTimeoutError):
        validate(store.cursor(), shapes, AS_OF, timeout=0.3)
    assert time.monotonic() - began < 3


def test_what_is_asked_of_few_rows_is_not_made_for_all(store: Store) -> None:
    asked = f"$this <{EX}p> ?a FILTER NOT EXISTS {{ ?a <{EX}q>* ?b . $this <{EX}q>* ?b }}"
    algebra = parse(f"SELECT $this {{ {asked} }}").algebra
    given = {"this": "SELECT s AS this FROM quad"}
    assert compile_algebra(store.cursor(), algebra, given, tables="t").steps == ()
