"""A pattern with a predicate that no triple ever had finds nothing, and costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from evaluator import evaluated

from kg.sparql import query
from kg.sparql.compiled import GraphChoice
from kg.sparql.explaining import explain
from kg.sparql.parse import parse
from kg.sparql.update import update
from kg.store import Store

DATA = 'PREFIX : <urn:x:> INSERT DATA { :a :p :b ; :n 1 ; :names :unused . :b :p :c ; :n "two" }'
PATTERNS = {
    "alone": "{ ?x :unused ?y }",
    "never heard of": "{ ?x :p ?y ; :strange ?z }",
    "optional": "{ ?x :p ?y OPTIONAL { ?y :n ?n ; :unused ?z } }",
    "a union": "{ { ?x :p ?y } UNION { ?x :unused ?y } }",
    "a difference": "{ ?x :p ?y MINUS { ?x :unused ?z } }",
    "not there": "{ ?x :p ?y FILTER NOT EXISTS { ?y :unused ?x } }",
    "an alternative": "{ ?x :unused|:p ?y }",
    "a path": "{ ?x :unused* ?y . ?x :p ?y }",
    "any steps": "{ ?x :unused? ?y . ?x :n ?n }",
    "a graph": "{ GRAPH ?g { ?x :unused ?y } }",
    "a count": "{ { SELECT (COUNT(*) AS ?n) (SUM(?z) AS ?sum) { ?x :p ?y ; :unused ?z } } }",
}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(threads=1) as store:
        update(store, DATA)
        yield store


@pytest.mark.parametrize("name", PATTERNS)
def test_the_answer_is_that_of_the_evaluator(store: Store, name: str) -> None:
    text = f"PREFIX : <urn:x:> SELECT * {PATTERNS[name]}"
    found = query(store, text)
    assert found.engine == "sql"
    _, variables, rows = evaluated(store, parse(text), GraphChoice(), None)
    assert variables == found.variables
    assert Counter(found.rows()) == Counter(rows)  # type: ignore[arg-type]


def test_no_table_is_read_for_it(store: Store) -> None:
    text = "PREFIX : <urn:x:> SELECT * { ?x :p ?y ; :unused ?z }"
    plan = explain(store, text).partition("╭")[2]
    assert "Empty Result" in plan
    assert "Scan" not in plan


def test_it_is_found_once_it_was_said(store: Store) -> None:
    text = "PREFIX : <urn:x:> SELECT * { ?x :p ?y ; :unused ?z }"
    assert not list(query(store, text).rows())
    update(store, "PREFIX : <urn:x:> INSERT DATA { :a :unused 1 }")
    assert len(list(query(store, text).rows())) == 1
    update(store, "PREFIX : <urn:x:> DELETE DATA { :a :unused 1 }")
    assert not list(query(store, text).rows())
    assert len(list(query(store, text, as_of_commit=2).rows())) == 1
    assert not list(query(store, text, as_of_commit=1).rows())


def test_an_update_finds_what_it_said_before(store: Store) -> None:
    update(
        store,
        """PREFIX : <urn:x:> INSERT DATA { :a :unused 1 } ;
           INSERT { ?x :found ?z } WHERE { ?x :p ?y ; :unused ?z }""",
    )
    assert len(list(query(store, "SELECT * { ?x <urn:x:found> ?z }").rows())) == 1
