"""Queries of constraints that are kept from one validation to the next fit what comes then."""

from __future__ import annotations

from test_validation import foci, report

from kg.shacl import kept
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
