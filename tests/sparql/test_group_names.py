"""GROUP BY of a variable in parentheses, with another name or without (SPARQL 1.1, rule 20)."""

from __future__ import annotations

from collections import Counter

import pyoxigraph
import pytest

from kg.errors import QuerySyntaxError
from kg.sparql import query
from kg.sparql.parse import parse
from kg.store import Store
from kg.store.rdf import load_bytes

DATA = b"""
<urn:a> <urn:p> 1 ; <urn:q> "x" . <urn:b> <urn:p> 1 ; <urn:q> "y" . <urn:c> <urn:p> 2, 3 .
"""
P = "{ ?s <urn:p> ?o }"
TEXTS = [
    (f"SELECT ?v (COUNT(*) AS ?n) {P} GROUP BY (?o AS ?v)", "?o AS"),
    (f"SELECT ?v ?w (COUNT(*) AS ?n) {P} GROUP BY (?o AS ?v) ((?o < 2) AS ?w)", "?o AS"),
    (f"SELECT ?v (SUM(?o) AS ?n) {P} group by ( ?s # AS ?o\n as ?v) HAVING(SUM(?o) > 1)", "?s #"),
    (
        f"SELECT ?v {{ ?v <urn:q> 'x' {{ SELECT ?v (MAX(?o) AS ?n) {P} GROUP BY (?s AS ?v) }} }}",
        "?s AS",
    ),
    (f"SELECT ?s ?v {P} GROUP BY ?s ((?o) AS ?v) ORDER BY ?v LIMIT 9", "(?o) AS"),
    (f"SELECT ?o (COUNT(*) AS ?n) {P} GROUP BY (?o)", ""),
    (f"SELECT (COUNT(*) AS ?n) {P} GROUP BY (?o+1)", ""),
    (f"SELECT ?s {P} GROUP BY ?s (?o)", ""),
]


@pytest.fixture(scope="module")
def store():
    with Store.open(None) as store:
        with store.write() as tx:
            load_bytes(tx, DATA, format="turtle")
        yield store


@pytest.mark.parametrize(("text", "named"), TEXTS)
def test_a_variable_in_parentheses_is_grouped_by(store, text, named) -> None:
    oracle = pyoxigraph.Store()
    oracle.load(DATA, pyoxigraph.RdfFormat.TURTLE)
    # The oracle does not take a variable alone, but takes what has its value.
    variable = named.strip("( )AS#")
    asked = text.replace(named, named.replace(variable, f"COALESCE({variable})")) if named else text
    expected = Counter(tuple(str(term.value) for term in row) for row in oracle.query(asked))
    rows = query(store, text).rows()
    assert Counter(tuple(term[1] for term in row) for row in rows) == expected
    assert expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY (?o AS ?v)",
        "SELECT ?v (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY (?o AS v)",
        "SELECT (?o AS ?v) { ?s ?p ?o } GROUP BY ?s",
    ],
)
def test_what_is_not_grouped_by_is_refused(text) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(text)
