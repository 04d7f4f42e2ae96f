"""Queries of constraints that are kept from one validation to the next fit what comes then."""

from __future__ import annotations

import pytest
from graph_stores import holding
from test_validation import AS_OF, foci, graph, report

from kg.shacl import kept, load_shapes, validate
from kg.store import Store

_RULE = """
ex:pre sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
ex:{name} sh:targetSubjectsOf ex:p ; sh:sparql [ sh:prefixes ex:pre ; sh:select "{query}" ] .
"""


def _rule(query: str, *names: str) -> str:
    return "".join(_RULE.format(name=name, query=query) for name in names or ("s",))


def test_a_term_that_comes_into_the_dictionary_is_found(store: Store) -> None:
    rule = _rule("SELECT $this { $this ex:p ?v . FILTER (?v = ex:late) }")
    assert foci(report(store, rule, "ex:a ex:p ex:other .")) == []
    assert foci(report(store, rule, "ex:a ex:p ex:other . ex:b ex:p ex:late .")) == ["b"]
    assert foci(report(store, rule, "ex:a ex:p ex:other .")) == []


def test_objects_of_other_kinds_are_compared_as_they_are(store: Store) -> None:
    rule = _rule("SELECT $this { $this ex:p ?v . FILTER (?v > 5) }")
    for text, broken in {"7": True, '"7"': False, "7.5": True, "1e1": True, "ex:n": False}.items():
        assert foci(report(store, rule, f"ex:a ex:p {text} .")) == ["a"] * broken


def test_one_query_of_two_shapes_walks_its_paths_for_each(store: Store) -> None:
    rules = _rule("SELECT $this { $this ex:q+ ?v . ?v ex:r ?x }", "s", "t")
    data = "ex:a ex:p 1 ; ex:q ex:b . ex:b ex:q ex:c . ex:c ex:r 1 . ex:d ex:p 1 ; ex:q ex:d ."
    for _ in range(2):
        assert foci(report(store, rules, data)) == ["a", "a"]


def test_what_is_kept_is_used(store: Store) -> None:
    rule = _rule("SELECT $this { $this ex:p ?v . FILTER (?v = 3) }")
    report(store, rule, "ex:a ex:p 3 .")
    before = dict(kept._queries)
    assert foci(report(store, rule, "ex:a ex:p 3 .")) == ["a"]
    assert before.items() <= kept._queries.items()
    assert all(kept._queries[key] is one for key, one in before.items())


_DATA = (
    "ex:a a ex:C ; ex:p 1 , 2 . ex:b a ex:C ; ex:p ex:late . ex:d a ex:D ; ex:p 7 .",
    "ex:z ex:q ex:y , ex:x . ex:a a ex:C . ex:b a ex:C ; ex:p ex:a . ex:c a ex:C ; ex:p 3 .",
    "ex:D rdfs:subClassOf ex:C . ex:d a ex:D ; ex:p 1 , 2 , 9 . ex:a a ex:C ; ex:p 'text' .",
    "ex:b a ex:C ; ex:p ex:late , 5 . ex:a a ex:C ; ex:p '2025-01-31'^^xsd:date ; ex:q 1 .",
)
_TERMS = "ex:k ex:m ex:C , ex:D , ex:late , ex:p , ex:q , rdfs:subClassOf , 1 , 2 ."
"""The terms that the shapes name: with them, data tell apart what is said of these alone."""
_CONSTRAINTS = (
    "sh:minCount 1",
    "sh:maxCount 1",
    "sh:datatype xsd:integer",
    "sh:class ex:C",
    "sh:in ( ex:late 1 )",
    "sh:hasValue ex:late",
    "sh:minInclusive 2",
    "sh:lessThan ex:q",
    "sh:or ( [ sh:hasValue ex:late ] [ sh:datatype xsd:integer ] )",
    "sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMinCount 1",
)


@pytest.mark.parametrize("constraint", _CONSTRAINTS)
def test_texts_kept_of_shapes_fit_what_another_store_tells(store: Store, constraint: str) -> None:
    rules = graph(f"ex:s sh:targetClass ex:C ; sh:property [ sh:path ex:p ; {constraint} ] .")
    shapes, seen = load_shapes(rules), set()
    for data in (*_DATA, *(f"{_TERMS} {each}" for each in _DATA)):
        with holding(store, graph(data)) as cursor:
            found = sorted(map(str, validate(cursor, shapes, AS_OF).results))
            assert found == sorted(map(str, validate(cursor, load_shapes(rules), AS_OF).results))
            seen.add(str(found))
    assert len(seen) > 1, "the data tell the same"


def test_texts_are_written_once(store: Store) -> None:
    shapes = load_shapes(graph("ex:s sh:targetClass ex:C ; sh:closed true ."))
    with holding(store, graph(_DATA[0])) as cursor:
        first = validate(cursor, shapes, AS_OF).results
        (texts,) = [texts for of, texts in kept._texts.values() if of is shapes]
        before = dict(texts._kept)
        assert validate(cursor, shapes, AS_OF).results == first
    assert before
    assert texts._kept == before
    assert all(texts._kept[key] is text for key, text in before.items())
