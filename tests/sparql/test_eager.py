"""Groups by what is computed of days, and different terms of all solutions, are counted right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from kg.sparql import query
from kg.sparql.compiled import GraphChoice
from kg.sparql.explaining import explain
from kg.sparql.parse import parse
from kg.sparql.update import update
from kg.store import Store
from tests.sparql.evaluator import evaluated

DATA = """
PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  :a :day "2024-05-01"^^xsd:date ; :n 3 ; :f 1e0 ; :at "2024-05-01T10:00:00Z"^^xsd:dateTime ;
    :to :b .
  :b :day "2024-05-01"^^xsd:date ; :n 4.5 ; :f 2e0 ; :at "2024-05-02T10:00:00Z"^^xsd:dateTime ;
    :to :c .
  :c :day "2024-05-31"^^xsd:date ; :n 0.25 ; :f 3e0 ; :at "2024-06-01T10:00:00Z"^^xsd:dateTime ;
    :to :b .
  :d :day "2023-05-31"^^xsd:date ; :n -1 ; :zoned "2024-05-31Z"^^xsd:date .
  :e :day "2023-11-30"^^xsd:date ; :n "no number" ; :zoned "2024-05-31+05:00"^^xsd:date .
  :g :day "0000-03-01"^^xsd:date ; :n 7 . :h :day "10000-03-01"^^xsd:date ; :n 8 .
}
"""
PREFIXES = "PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
MONTH = "BIND(SUBSTR(STR(?day), 1, 7) AS ?month)"
BY_DAYS = [
    f"SELECT ?month (COUNT(*) AS ?all) {{ ?x :day ?day {MONTH} }} GROUP BY ?month",
    f"SELECT ?month (SUM(?n) AS ?sum) {{ ?x :day ?day ; :n ?n {MONTH} }} GROUP BY ?month",
    f"SELECT ?month (AVG(?n) AS ?mean) {{ ?x :day ?day ; :n ?n {MONTH} }} GROUP BY ?month",
    "SELECT ?y (COUNT(?n) AS ?c) { ?x :day ?day OPTIONAL { ?x :f ?n } BIND(YEAR(?day) AS ?y) }"
    " GROUP BY ?y HAVING (COUNT(*) > 1)",
    "SELECT ?y ?m (COUNT(?x) AS ?c) { ?x :day ?day BIND(YEAR(?day) AS ?y) BIND(MONTH(?day) AS ?m) }"
    " GROUP BY ?y ?m ORDER BY DESC(?c) ?y ?m",
    "SELECT ?m (SUM(?f) AS ?sum) { ?x :day ?day ; :f ?f } GROUP BY (MONTH(?day) AS ?m)",
    "SELECT ?m { ?x :day ?day BIND(DAY(?day) AS ?m) } GROUP BY ?m",
    "SELECT ?m (COUNT(*) AS ?c) { ?x :n ?n OPTIONAL { ?x :day ?day FILTER(?n > 0) }"
    " BIND(MONTH(?day) AS ?m) } GROUP BY ?m",
]
OTHERWISE = [
    f"SELECT ?month ?to (COUNT(*) AS ?c) {{ ?x :day ?day ; :to ?to {MONTH} }} GROUP BY ?month ?to",
    f"SELECT ?month (COUNT(DISTINCT ?x) AS ?c) {{ ?x :day ?day {MONTH} }} GROUP BY ?month",
    f"SELECT ?month (MIN(?x) AS ?c) {{ ?x :day ?day {MONTH} }} GROUP BY ?month",
    "SELECT ?m (COUNT(*) AS ?c) { ?x :at ?at BIND(MONTH(?at) AS ?m) } GROUP BY ?m",
    "SELECT ?m (COUNT(*) AS ?c) { ?x :zoned ?day BIND(STR(?day) AS ?m) } GROUP BY ?m",
    "SELECT ?m (COUNT(*) AS ?c) { ?x :day ?day ; :n ?n BIND(MONTH(?day) + ?n AS ?m) } GROUP BY ?m",
    "SELECT ?m (COUNT(*) AS ?c) { { SELECT DISTINCT ?m { ?x :day ?day BIND(MONTH(?day) AS ?m) } } }"
    " GROUP BY ?m",
    "SELECT ?day (COUNT(*) AS ?c) { ?x :day ?day } GROUP BY ?day",
]
DISTINCT = [
    ("SELECT (COUNT(DISTINCT ?x) AS ?c) { ?x ?p ?o }", True),
    ("SELECT (COUNT(DISTINCT ?o) AS ?c) (COUNT(?o) AS ?all) { ?x :to ?o }", True),
    ("SELECT (COUNT(DISTINCT ?o) AS ?c) { ?x :n ?n OPTIONAL { ?x :to ?o } }", True),
    ("SELECT (COUNT(DISTINCT ?o) AS ?c) { ?x :none ?o }", None),
    (
        "SELECT (COUNT(DISTINCT ?n) AS ?c) (SUM(DISTINCT ?n) AS ?s) { ?x :n ?n FILTER(?n < 5) }",
        None,
    ),
    ("SELECT (COUNT(DISTINCT ?p) AS ?c) { { ?x ?p ?o } UNION { BIND(:unheard AS ?p) } }", False),
    ("SELECT (COUNT(DISTINCT ?p) AS ?c) { VALUES ?p { :unheard :of :unheard UNDEF } }", False),
    ("SELECT ?p (COUNT(DISTINCT ?o) AS ?c) { ?x ?p ?o } GROUP BY ?p", True),
    ("SELECT ?p (COUNT(DISTINCT ?o) AS ?c) { ?x ?p ?y OPTIONAL { ?x :to ?o } } GROUP BY ?p", True),
    ("SELECT ?p (COUNT(DISTINCT ?x) AS ?c) { { ?x ?p 3 } UNION { ?x :to ?p } } GROUP BY ?p", False),
    ("SELECT ?p ?x (COUNT(DISTINCT ?o) AS ?c) { ?x ?p ?o } GROUP BY ?p ?x", False),
    ("SELECT ?x (COUNT(DISTINCT ?o) AS ?c) { ?x ?p ?o } GROUP BY ?x", False),
    ("SELECT (COUNT(DISTINCT ?text) AS ?c) { ?x ?p ?o BIND(STR(?o) AS ?text) }", False),
    ("SELECT ?g ?c { GRAPH ?g { SELECT (COUNT(DISTINCT ?x) AS ?c) { ?x ?p ?o } } }", False),
]

GROUPS_OF_DAYS = re.compile(r"GROUP BY r\d+\.v\d+_ts\b")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open(threads=1) as store:
        update(store, DATA)
        yield store


def check(store: Store, text: str) -> None:
    """Check that the engine answers as the evaluator does."""
    result = query(store, text)
    assert result.engine == "sql"
    _, _, rows = evaluated(store, parse(text), GraphChoice(), 30)
    assert not isinstance(rows, bool)
    assert Counter(result.rows()) == Counter(rows)


@pytest.mark.parametrize("text", BY_DAYS)
def test_groups_of_days_make_the_groups(store: Store, text: str) -> None:
    text = f"{PREFIXES} {text}"
    check(store, text)
    assert GROUPS_OF_DAYS.search(explain(store, text))


@pytest.mark.parametrize("text", OTHERWISE)
def test_other_groups_are_made_at_once(store: Store, text: str) -> None:
    text = f"{PREFIXES} {text}"
    check(store, text)
    assert not GROUPS_OF_DAYS.search(explain(store, text))


@pytest.mark.parametrize(("text", "in_bits"), DISTINCT)
def test_different_terms_are_counted_as_bits(
    store: Store, text: str, *, in_bits: bool | None
) -> None:
    text = f"{PREFIXES} {text}"
    check(store, text)
    assert in_bits is None or ("BITSTRING_AGG" in explain(store, text)) == in_bits


def test_terms_of_a_later_commit_are_counted(store: Store) -> None:
    text = "SELECT (COUNT(DISTINCT ?o) AS ?c) { ?x <urn:x:later> ?o }"
    for number in (1, 2, 3):
        update(store, f"INSERT DATA {{ <urn:x:a> <urn:x:later> <urn:new:{number}> }}")
        [(count,)] = query(store, text).rows()
        assert count is not None
        assert count[1] == str(number)


@pytest.mark.parametrize("function", ["MIN", "MAX"])
@pytest.mark.parametrize("name", ["day", "at", "zoned", "n", "f"])
def test_what_the_first_and_the_last_are_compared_by_is_known(
    store: Store, function: str, name: str
) -> None:
    value = {"n": "2", "f": "2e0"}.get(name, '"2024-05-01"^^xsd:date')
    value = (
        value.replace("date", "dateTime").replace("01", "01T00:00:00") if name == "at" else value
    )
    check(
        store,
        f"{PREFIXES} SELECT ({function}(?o) AS ?best) {{ ?x :{name} ?o FILTER(!isLiteral(?o) ||"
        f" datatype(?o) != xsd:string) }} HAVING ({function}(?o) >= {value})",
    )
