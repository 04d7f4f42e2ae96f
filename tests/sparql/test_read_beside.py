"""OPTIONALs that the property table tells in the row of what they are about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import from_ox

from kg.sparql import query
from kg.sparql.explaining import explain
from kg.sparql.update import update
from kg.store import Store
from kg.store.property_steps import Worth
from kg.store.upkeep import build
from tests.drawing import examples

ALL = Worth(quads=1, once=0.0)
ONCE = Worth(quads=1, once=0.7)
PREFIX = "PREFIX : <urn:x:> "
QUESTIONS = [
    "SELECT * { ?x :p ?a ; :q ?b OPTIONAL { ?x :r ?c } }",
    "SELECT * { ?x :p ?a ; :q ?b OPTIONAL { ?x :r ?c } OPTIONAL { ?x :t ?d } }",
    "SELECT * { ?x :p ?a ; :q ?b OPTIONAL { ?x :r ?c ; :t ?d } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } }",
    "SELECT * { ?x a :C OPTIONAL { ?y :p ?x } }",
    "SELECT * { ?x a :C OPTIONAL { ?y :r ?x } OPTIONAL { ?x :r ?z } }",
    "SELECT * { ?x a :C OPTIONAL { ?y :r ?x . ?x :t ?d } }",
    "SELECT (COUNT(*) AS ?n) { ?x a :C OPTIONAL { ?y :r ?x } FILTER(!BOUND(?y)) }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } FILTER(BOUND(?a)) }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } FILTER(?a > 1) }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a FILTER(?a > 1) } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } OPTIONAL { ?x :q ?a } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } OPTIONAL { ?a :q ?b } OPTIONAL { ?x :r ?b } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a OPTIONAL { ?x :q ?b } } OPTIONAL { ?x :r ?b } }",
    "SELECT * { ?x a :C ; :p ?a OPTIONAL { ?x :p ?b } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a ; :q ?a } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?x } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p 1 } }",
    "SELECT * { ?x a :C ; :p ?a OPTIONAL { ?a :q ?b } OPTIONAL { ?y :q ?x } }",
    "SELECT ?a (COUNT(*) AS ?n) { ?x a :C OPTIONAL { ?x :p ?a } } GROUP BY ?a",
    "SELECT (SUM(?a) AS ?n) (COUNT(?b) AS ?m)"
    " { ?x a :C OPTIONAL { ?x :p ?a } OPTIONAL { ?x :q ?b } }",
    "SELECT DISTINCT ?x ?a { ?x a :C OPTIONAL { ?x :p ?a } }",
    "SELECT * { VALUES ?a { 1 } ?x a :C OPTIONAL { ?x :p ?a } }",
    "SELECT * { { ?x a :C OPTIONAL { ?x :p ?a } } ?y :q ?a }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } MINUS { ?y :r ?a } }",
    "SELECT * { ?x a :C FILTER EXISTS { ?x :p ?a OPTIONAL { ?x :q ?b } FILTER(!BOUND(?b)) } }",
    "SELECT * { ?x a :C OPTIONAL { ?x :p ?a } BIND(COALESCE(?a, 0) AS ?b) }",
    "SELECT * { ?x a :C ; :p/:q ?b OPTIONAL { ?x :r ?c } }",
    "SELECT * { ?x :p+ ?y ; a :C OPTIONAL { ?x :r ?c } }",
]
NODES = [f":{name}" for name in "abcde"]
TRIPLES = st.tuples(
    st.sampled_from(NODES),
    st.sampled_from([":p", ":q", ":r", ":t"]),
    st.sampled_from([*NODES, "1", "2.5", "'text'"]),
    st.sampled_from([":one", ":two"]),
)
CLASSES = st.tuples(
    st.sampled_from(NODES), st.just("a"), st.just(":C"), st.sampled_from([":one", ":two"])
)
Quads = list[tuple[str, str, str, str]]


def oracle(quads: Quads, graphs: tuple[str, ...]) -> ox.Store:
    """Return the triples of some graphs as pyoxigraph holds them."""
    store = ox.Store()
    triples = " . ".join(f"{s} {p} {o}" for s, p, o, g in quads if g in graphs)
    store.update(f"{PREFIX} INSERT DATA {{ {triples} }}")
    return store


def expected(store: ox.Store, text: str) -> Counter[object]:
    found = store.query(PREFIX + text)
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    rows = [{name: from_ox(row[name]) for name in names} for row in found]
    return Counter(frozenset(row.items()) for row in rows)


def answer(store: Store, text: str, **options: object) -> Counter[object]:
    found = query(store, PREFIX + text, **options)  # type: ignore[arg-type]
    names = found.variables
    rows = [[term and term[1:] for term in row] for row in found.rows()]
    return Counter(frozenset(zip(names, row, strict=True)) for row in rows)


@settings(max_examples=examples(10, 80), deadline=None)
@example([(":a", "a", ":C", ":one"), (":a", ":p", "1", ":one"), (":a", ":p", "1", ":two")], ALL)
@example([(":a", "a", ":C", ":one"), (":b", ":p", ":a", ":one"), (":a", ":q", "1", ":two")], ONCE)
@given(
    st.tuples(
        st.lists(CLASSES, min_size=1, max_size=5), st.lists(TRIPLES, min_size=3, max_size=25)
    ).map(lambda both: [*both[0], *both[1]]),
    st.sampled_from([ALL, ONCE]),
)
def test_answers_are_those_of_pyoxigraph(quads: Quads, worth: Worth) -> None:
    whole, part = oracle(quads, (":one", ":two")), oracle(quads, (":one",))
    data = " ".join(f"GRAPH {g} {{ {s} {p} {o} }}" for s, p, o, g in quads)
    with Store.open(threads=1) as store:
        update(store, f"{PREFIX} INSERT DATA {{ {data} }}")
        build(store, worth)
        for text in QUESTIONS:
            assert answer(store, text) == expected(whole, text), text
            hidden = answer(store, text, hidden_graphs=["urn:x:two"])
            assert hidden == expected(part, text), text


OF_TERMS = re.compile(r"LEFT JOIN (term|\(SELECT [dt][0-9]*\.id)")
"""Joins that only decode an answer."""
SHOP = """
:a a :C ; :p 1 ; :q 2 . :b a :C ; :p 3 ; :r :a . :c a :C ; :q 4 ; :r :b ; :t 1 . :d a :C .
"""


@pytest.fixture
def shop() -> Iterator[Store]:
    with Store.open(threads=1) as store:
        update(store, f"{PREFIX} INSERT DATA {{ {SHOP} }}")
        build(store, ONCE)
        yield store


@pytest.mark.parametrize(
    "text", [QUESTIONS[n] for n in (0, 1, 2, 3, 5, 6, 7, 8, 9, 19, 20, 21, 26)]
)
def test_the_optional_takes_no_join(shop: Store, text: str) -> None:
    plan = explain(shop, PREFIX + text)
    assert "property_" in plan
    assert "LEFT JOIN" not in OF_TERMS.sub("", plan)
    assert answer(shop, text)


@pytest.mark.parametrize("text", [QUESTIONS[n] for n in (10, 14, 15, 16, 17)])
def test_an_optional_that_tells_something_else_is_joined(shop: Store, text: str) -> None:
    assert "LEFT JOIN" in OF_TERMS.sub("", explain(shop, PREFIX + text))


def test_small_commits_keep_it_right(shop: Store) -> None:
    for change in (
        "INSERT DATA { :a :r :c }",
        "INSERT DATA { :d :p 7 , 8 }",
        "DELETE DATA { :b :r :a }",
        "INSERT DATA { :new a :C ; :t 2 }",
    ):
        update(shop, PREFIX + change)
        assert shop.properties_at(shop.head) is not None
        found = [answer(shop, text) for text in QUESTIONS]
        table, shop.property_table = shop.property_table, None
        assert found == [answer(shop, text + "# again") for text in QUESTIONS]
        shop.property_table = table
