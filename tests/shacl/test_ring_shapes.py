"""Shapes that ask what leads back to itself: the same results as pySHACL."""

from __future__ import annotations

import pytest
from against_pyshacl import graph, our_results, pyshacl_results
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.store import Store
from tests.drawing import examples

ASKED = {
    "to itself": "SELECT $this WHERE { $this ex:p+ $this }",
    "to itself by records": "SELECT $this WHERE { $this (^ex:by/ex:of)+ $this }",
    "next and back": "SELECT DISTINCT $this ?value { $this ex:p ?value . ?value ex:p+ $this }",
    "of either": (
        "SELECT DISTINCT $this WHERE { { $this ex:p+ $this } UNION { $this ex:by+ $this } }"
    ),
    "of a record": (
        "SELECT DISTINCT $this ?value WHERE { $this ex:by ?value ; ex:of ?other ."
        " FILTER (?value != ?other) ?other (^ex:by/ex:of)+ ?value }"
    ),
    "unless": "SELECT $this WHERE { $this ex:p ?value FILTER NOT EXISTS { ?value ex:p+ $this } }",
}
pairs = st.tuples(st.integers(0, 5), st.integers(0, 5))
links = st.lists(pairs, max_size=12)


@pytest.mark.parametrize("select", ASKED.values(), ids=ASKED.keys())
@given(direct=links, recorded=links)
@settings(max_examples=examples(4, 40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rings_are_those_of_pyshacl(
    store: Store, select: str, direct: list[tuple[int, int]], recorded: list[tuple[int, int]]
) -> None:
    text = "".join(f"ex:n{a} ex:p ex:n{b} .\n" for a, b in direct)
    for number, (a, b) in enumerate(recorded):
        text += f"ex:r{number} ex:by ex:n{a} ; ex:of ex:n{b} .\n"
    shapes = graph(
        "ex:shape a sh:NodeShape ; sh:targetSubjectsOf ex:p, ex:by ;"
        " sh:sparql [ sh:prefixes ex:prefixes ;"
        f' sh:select """{select}""" ] .'
        ' ex:prefixes sh:declare [ sh:prefix "ex" ;'
        ' sh:namespace "https://example.org/"^^xsd:anyURI ] .'
    )
    data = graph(text)
    assert our_results(store, data, shapes) == pyshacl_results(data, shapes)
