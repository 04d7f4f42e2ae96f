"""ORDER BY with LIMIT looks up the texts of the first solutions only, and finds the right ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.sparql import query
from kg.sparql.explaining import explain
from kg.sparql.foremost import before_optionals
from kg.sparql.parse import parse
from kg.sparql.update import update
from kg.store import Store

DATA = """
PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  :e :n 3 ; :day "2024-05-01"^^xsd:date . :b :n 3 ; :day "2024-05-01"^^xsd:date .
  :d :n 2.5 . :a :n 3.0 ; :day "2024-02-01"^^xsd:date . :c :n 7 ; :day "2023-01-01"^^xsd:date .
  :f :n -1 . :g :n 2.5 ; :day "2025-01-01"^^xsd:date . :h :d 1e0 .
}
"""
PATTERNS = [
    "SELECT ?x ?n { ?x :n ?n } ORDER BY DESC(?n) ?x",
    "SELECT ?x ?n { ?x :n ?n } ORDER BY ?n DESC(?x)",
    "SELECT ?x ?day { ?x :n ?n OPTIONAL { ?x :day ?day } } ORDER BY ?day ?x",
    "SELECT ?x ?day { ?x :n ?n OPTIONAL { ?x :day ?day } } ORDER BY DESC(?day) DESC(?x)",
    "SELECT ?x (COUNT(?o) AS ?all) { ?x ?p ?o } GROUP BY ?x ORDER BY DESC(?all) ?x",
    "SELECT ?x (SUM(?n) AS ?sum) { ?x :n ?n } GROUP BY ?x ORDER BY DESC(?sum) ?x",
    "SELECT ?x ?n { ?x :n ?n } ORDER BY (?n * -1) STR(?x)",
    "SELECT ?x ?n { { SELECT ?x ?n { ?x :n ?n } ORDER BY ?n ?x LIMIT 6 } } ORDER BY DESC(?n) ?x",
]
OPTIONALS = {
    "it waits": ("{ ?x :n ?n OPTIONAL { ?x :day ?day } } ORDER BY DESC(?n) ?x", True),
    "several wait": (
        "{ ?x :n ?n OPTIONAL { ?x :day ?day } OPTIONAL { ?y :day ?day } } ORDER BY ?n ?y ?x",
        True,
    ),
    "beside what computes the key": (
        "{ ?x :n ?n OPTIONAL { ?x :day ?day } BIND(?n * -2 AS ?m) } ORDER BY ?m DESC(?day) ?x",
        True,
    ),
    "of a sub-select": (
        """{ { SELECT ?x (SUM(?n) AS ?m) { ?x :n ?n } GROUP BY ?x }
             OPTIONAL { ?x :day ?day } BIND(STR(?day) AS ?text) } ORDER BY ?m ?text ?x""",
        True,
    ),
    "one computes the key": (
        """{ ?x :n ?n OPTIONAL { ?x :day ?day } OPTIONAL { ?y :n ?n ; :day ?other }
             BIND(IF(BOUND(?day), ?n, 0) AS ?m) } ORDER BY ?m ?y ?x""",
        True,
    ),
    "it tells the key": ("{ ?x :n ?n OPTIONAL { ?x :day ?day } } ORDER BY ?day ?x", False),
    "it asks for what comes after it": (
        """{ ?x :n ?n OPTIONAL { ?x :day ?day FILTER(?m > 3) } BIND(?n * 2 AS ?m) }
           ORDER BY ?m ?day ?x""",
        False,
    ),
    "the next one binds what it may bind": (
        """{ ?x :n ?n OPTIONAL { ?x :day ?k } OPTIONAL { ?x :n ?k } } ORDER BY ?k ?x""",
        False,
    ),
}
"""Patterns with an order, and whether OPTIONAL extends the first solutions alone."""
SLICES = [(1, 0), (2, 0), (3, 1), (4, 2), (7, 0), (50, 0), (3, 6), (3, 50), (0, 0)]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open(threads=1) as store:
        update(store, DATA)
        yield store


def check_slices(store: Store, text: str) -> None:
    """Check that slices of an answer have the solutions of the whole in their places."""
    everything = list(query(store, text).rows())
    assert len(everything) > 5
    for limit, offset in SLICES:
        result = query(store, f"{text} LIMIT {limit} OFFSET {offset}")
        assert result.engine == "sql"
        assert list(result.rows()) == everything[offset : offset + limit]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_first_solutions_are_the_first_of_all(store: Store, pattern: str) -> None:
    text = f"PREFIX : <urn:x:> {pattern}"
    check_slices(store, text)
    assert "*" in pattern or "MATERIALIZED" in explain(store, f"{text} LIMIT 2")


@pytest.mark.parametrize("name", OPTIONALS)
def test_optional_extends_the_first_solutions(store: Store, name: str) -> None:
    pattern, waits = OPTIONALS[name]
    text = f"PREFIX : <urn:x:> SELECT * {pattern}"
    check_slices(store, text)
    algebra = parse(f"{text} LIMIT 3").algebra
    while algebra.name != "OrderBy":
        algebra = algebra.p
    assert (before_optionals(algebra.p, algebra.expr[0], 3) is not algebra.p) == waits


@pytest.mark.parametrize(
    "order", ["?n", "?x DESC(?n)", "DESC(?n) ?n", "RAND() ?x", "?unbound ?x", "?n ?unbound"]
)
def test_an_order_that_nothing_is_saved_by_is_left_alone(store: Store, order: str) -> None:
    text = f"PREFIX : <urn:x:> SELECT * {{ ?x :n ?n }} ORDER BY {order} LIMIT 2"
    assert len(list(query(store, text).rows())) == 2
    assert "MATERIALIZED" not in explain(store, text) or "RAND" in order
