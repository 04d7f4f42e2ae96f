"""Validation of what a change can affect: with the results of before, that of everything."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from against_pyshacl import graph
from graph_stores import delete_graph, insert_graph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph
from test_components import DECLARED
from test_differential import data_graphs, shapes_graphs

from kg.shacl import Change, Report, affected, load_shapes, neighbours, validate
from kg.store import Store
from tests.drawing import examples

AS_OF = date(2026, 1, 1)

QUERIES = [
    "SELECT $this ?value { $this ex:p0 ?value . ?value ex:p1 ?x }",
    "SELECT $this { $this ex:p0 ?a FILTER NOT EXISTS { ?a ex:p1/ex:p2 ?b } }",
    "SELECT $this { ?a ex:p0 $this OPTIONAL { ?a ex:p1 ?b . ?b ex:p2 ?c } FILTER (!bound(?c)) }",
    "SELECT $this { $this ex:p0+ ?a . ?a a ex:C0 }",
    "SELECT $this { { $this ex:p0 ?a } UNION { $this ex:p1 ?a . ?a ex:p2 ?b } }",
    "SELECT $this (COUNT(?a) AS ?value) { $this ex:p0|^ex:p1 ?a } GROUP BY $this",
    "SELECT $this { $this ex:p0 ?a . ?b ex:p1 ?c FILTER (?a = ?b) }",
    "SELECT $this { $this ?p ?a . ?a ex:p2 ?c }",
    "SELECT $this { { SELECT $this ?a { $this ex:p0 ?x . ?x ex:p1 ?a } } ?a ex:p2 ?x }",
    "SELECT $this { $this ex:p0 ?a FILTER EXISTS { ?x ex:p1 ex:n1 . ?x ex:p2 ?a } }",
    "SELECT $this { $this !ex:p0 ?a }",
]
query_shapes = st.sampled_from(QUERIES).map(
    lambda query: (
        DECLARED
        + f'''ex:s sh:targetSubjectsOf ex:p0 , ex:p1 ; sh:targetClass ex:C0 ;
        sh:targetNode ex:n0 ; sh:sparql [ sh:prefixes ex:pre ; sh:select "{query}" ] .'''
    )
)
target_shapes = st.sampled_from(QUERIES).map(
    lambda query: (
        DECLARED
        + f'''ex:s sh:in ( ex:n1 ) ; sh:target [ sh:prefixes ex:pre ; sh:select "{query}" ] .'''
    )
)


def listed(report: Report) -> Counter[object]:
    """Return the results of a report as a multiset."""
    return Counter(
        (one.focus, str(one.path), one.value, one.component, one.shape) for one in report.results
    )


@settings(
    max_examples=examples(6, 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    shapes_text=st.one_of(shapes_graphs(), query_shapes, target_shapes),
    before=data_graphs,
    comes=data_graphs,
    goes=st.integers(min_value=0, max_value=5),
    bounds=st.sampled_from([(2000, 20_000), (2000, 1), (-1, 0)]),
)
def test_change_and_before_make_the_whole(
    shapes_text: str, before: str, comes: str, goes: int, bounds: tuple[int, int]
) -> None:
    """`bounds` are those up to which nodes are told as ids: always, now and then, never."""
    shapes = load_shapes(graph(shapes_text))
    name = "https://example.org/graph"
    old = graph(before)
    gone = Graph()
    for triple in sorted(old)[:goes]:
        gone.add(triple)
    with Store.open() as store:
        with store.write() as tx:
            insert_graph(tx, old, name)
        was = listed(validate(store.cursor(), shapes, AS_OF))
        with store.write() as tx:
            delete_graph(tx, gone, name)
            insert_graph(tx, graph(comes), name)
            change = Change.of_commit(tx.number)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(affected, "FEW", bounds[0])
                patched.setattr(neighbours, "MOST", bounds[1])
                checked = listed(validate(tx.cursor, shapes, AS_OF, change=change))
            now = listed(validate(tx.cursor, shapes, AS_OF))
            tx.rollback()
    assert checked <= now
    # What is not reported again is as it was, and what was reported may have gone.
    assert now - checked <= was
    seen = {result[0] for result in checked} if checked else set()  # type: ignore[index]
    assert {one for one in now if one[0] in seen and now[one] != checked[one]} == set()  # type: ignore[index]


@pytest.mark.parametrize(
    ("shape", "comes", "expected"),
    [
        ("sh:property [ sh:path ex:p ; sh:minCount 2 ]", "ex:a ex:p 2 .", 0),
        ("sh:property [ sh:path ex:p ; sh:minCount 3 ]", "ex:a ex:p 2 .", 1),
        ("sh:property [ sh:path ex:p ; sh:minCount 3 ]", "ex:a ex:q 2 .", 0),
        ("sh:property [ sh:path ( ex:r ex:p ) ; sh:minCount 3 ]", "ex:a ex:p 2 .", 2),
        ("sh:property [ sh:path ex:r ; sh:class ex:D ]", "ex:b a ex:E .", 2),
        ("sh:property [ sh:path ex:r ; sh:class ex:D ]", "ex:E rdfs:subClassOf ex:F .", 3),
    ],
)
def test_only_focus_nodes_that_a_change_can_affect_are_checked(
    shape: str, comes: str, expected: int
) -> None:
    shapes = load_shapes(graph(f"ex:s sh:targetClass ex:C ; {shape} ."))
    data = """ex:a a ex:C ; ex:p 1 ; ex:r ex:b . ex:b a ex:C ; ex:p 1 ; ex:r ex:a .
        ex:c a ex:C ; ex:p 1 ; ex:r ex:a ."""
    with Store.open() as store:
        with store.write() as tx:
            insert_graph(tx, graph(data))
        with store.write() as tx:
            insert_graph(tx, graph(comes))
            found = validate(tx.cursor, shapes, AS_OF, change=Change.of_commit(tx.number))
            tx.rollback()
    assert found.total == expected


@pytest.mark.parametrize(
    ("constraint", "value", "wrong"),
    [
        ("sh:datatype xsd:date", '"2025-01-01"^^xsd:date', '"2025"^^xsd:gYear'),
        ("sh:nodeKind sh:Literal", "7", "ex:n"),
        ("sh:minInclusive 5", "7", '"7"'),
        ("sh:minInclusive 5", "7", "1.0E0"),
        (
            'sh:maxInclusive "2025-12-31"^^xsd:date',
            '"2025-01-01"^^xsd:date',
            '"2025-01-01T00:00:00"^^xsd:dateTime',
        ),
        ("sh:lessThan ex:q", "7", '"a"'),
        ("sh:lessThan ex:q", "7", "9.0E0"),
        ("sh:lessThan ex:q", "7", "1" + 30 * "0"),
    ],
)
def test_what_was_pruned_is_checked_once_the_store_holds_other_values(
    constraint: str, value: str, wrong: str
) -> None:
    shapes = load_shapes(
        graph(f"ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; {constraint} ] .")
    )
    with Store.open() as store:
        with store.write() as tx:
            insert_graph(tx, graph(f"ex:a ex:p {value} ; ex:q 8 ."))
        assert validate(store.cursor(), shapes, AS_OF).conforms
        with store.write() as tx:
            insert_graph(tx, graph(f"ex:a ex:p {wrong} ."))
            change = Change.of_commit(tx.number)
            found = validate(tx.cursor, shapes, AS_OF, change=change)
        again = validate(store.cursor(), shapes, AS_OF)
    assert found.total == again.total == 1
