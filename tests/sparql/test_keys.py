"""DISTINCT is left out where variables are known to tell solutions apart, and only there."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sparql import explain, query
from kg.sparql.keys import keys_of_join, keys_of_optional, keys_of_pattern, least
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.upkeep import Worth, build

DATA = b"""
<urn:a> <urn:p> 1 ; <urn:q> "x" ; <urn:r> <urn:m>, <urn:n> .
<urn:b> <urn:p> 1 ; <urn:q> "y" ; <urn:r> <urn:m> .
<urn:c> <urn:p> 2 ; <urn:q> "y" .
<urn:d> <urn:p> 2, 3 ; <urn:q> "z" ; <urn:t> 4 .
<urn:m> <urn:q> "x" ; <urn:s> <urn:a> .
<urn:e> <urn:p> 1 ; <urn:q> "x" ; <urn:t> 4 .
"""
TWICE = b'<urn:a> <urn:p> 1 ; <urn:q> "w" . <urn:f> <urn:p> 5 ; <urn:q> "v" .'
"""Of another graph: a triple that is in the first one too, and a second value."""
MORE = b'<urn:s1> <urn:p> 9 ; <urn:q> "w" .'
"""A second value of what each node said once."""
ALL = Worth(quads=1, once=0.0)
BOTH = "?x <urn:p> ?o ; <urn:q> ?t"
NEEDLESS = [
    "SELECT DISTINCT ?x ?o { ?x <urn:p> ?o }",
    "SELECT DISTINCT ?x ?o ?y { ?x <urn:p> ?o . ?y <urn:p> ?o FILTER(?o > 1) BIND(1 AS ?z) }",
    "SELECT DISTINCT ?o ?n { { SELECT ?o (COUNT(*) AS ?n) { ?s <urn:p> ?o } GROUP BY ?o } }",
    "SELECT DISTINCT ?x ?o ?n { ?x <urn:p> ?o"
    " { SELECT ?o (COUNT(*) AS ?n) { ?s <urn:p> ?o } GROUP BY ?o } }",
    "SELECT DISTINCT ?x ?o ?n { ?x <urn:p> ?o OPTIONAL"
    " { SELECT ?o (COUNT(*) AS ?n) { ?s <urn:t> ?o } GROUP BY ?o } }",
    "SELECT DISTINCT ?x ?o ?z { ?x <urn:p> ?o OPTIONAL { ?x <urn:r> ?z } }",
    "SELECT DISTINCT ?x ?o"
    " { { SELECT DISTINCT ?x ?o { { ?x <urn:p> ?o } UNION { ?x <urn:q> ?o } } } }",
    "SELECT DISTINCT (COUNT(*) AS ?n) { ?s <urn:p> ?o }",
    "SELECT DISTINCT ?x ?o { ?x <urn:p> ?o MINUS { ?x <urn:t> ?z } } ORDER BY ?o ?x LIMIT 3",
]
"""DISTINCT does nothing, and is left out."""
NEEDED = [
    "SELECT DISTINCT ?o { ?x <urn:p> ?o }",
    f"SELECT DISTINCT ?t {{ {BOTH} }}",
    "SELECT DISTINCT ?x ?o { ?x <urn:p>|<urn:t> ?o }",
    "SELECT DISTINCT ?x ?o { { ?x <urn:p> ?o } UNION { ?x <urn:p> ?o } }",
    "SELECT DISTINCT ?x ?o { ?x <urn:p> ?o VALUES ?x { <urn:a> <urn:a> } }",
    "SELECT DISTINCT ?x { ?x <urn:p> ?o OPTIONAL { ?x <urn:r> ?z } }",
    "SELECT DISTINCT ?x ?y { ?x <urn:r>/<urn:s>? ?y . ?x <urn:p> ?o }",
    "SELECT DISTINCT ?x ?z { ?x <urn:q> ?t OPTIONAL { ?x <urn:r> ?u } OPTIONAL { ?u <urn:s> ?z } }",
    "SELECT DISTINCT ?n { { SELECT ?o (COUNT(*) AS ?n) { ?s <urn:p> ?o } GROUP BY ?o } }",
    "SELECT DISTINCT ?x ?n"
    " { ?x <urn:p> ?o { SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o } GROUP BY ?o } }",
    "SELECT DISTINCT ?l (COUNT(*) AS ?n) { ?x <urn:q> ?t } GROUP BY (STR(?t) AS ?l) ?x",
    "SELECT DISTINCT ?x ?z { ?x <urn:p> ?o OPTIONAL { ?y <urn:r> ?z FILTER(?o > 1) } }",
]
"""DISTINCT may do something."""
OF_TABLE = [
    f"SELECT DISTINCT ?x {{ {BOTH} }}",
    f"SELECT DISTINCT ?x ?t {{ {BOTH} }}",
    f"SELECT DISTINCT ?x ?y {{ {BOTH} . ?y <urn:p> ?o ; <urn:q> ?u }}",
    f"SELECT DISTINCT ?x ?n {{ {BOTH}"
    " { SELECT ?o (COUNT(*) AS ?n) { ?s <urn:p> ?o } GROUP BY ?o } }",
]
"""The same where subjects say each of these once."""


def rows(found) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(term and term[1] for term in row) for row in found)


def oracle_of(*graphs: bytes) -> pyoxigraph.Store:
    """Return a store whose default graph is the union of some graphs."""
    oracle = pyoxigraph.Store()
    for data in graphs:
        oracle.load(data, pyoxigraph.RdfFormat.TURTLE)
    return oracle


def store_of(*graphs: bytes) -> Store:
    store = Store.open(None)
    with store.write() as tx:
        for number, data in enumerate(graphs):
            load_bytes(tx, data, format="turtle", graph=f"urn:g{number}")
    return store


def is_left_out(store: Store, text: str) -> bool:
    """Tell whether a text has as many groupings as without its first DISTINCT."""
    plain = text.replace("DISTINCT ", "", 1)
    return explain(store, text).count(" GROUP BY ") == explain(store, plain).count(" GROUP BY ")


def check(store: Store, oracle: pyoxigraph.Store, text: str) -> None:
    expected = oracle.query(text)
    wanted = Counter(tuple(term and term.value for term in row) for row in expected)
    assert rows(query(store, text).rows()) == wanted
    assert wanted


@pytest.mark.parametrize("graphs", [(DATA,), (DATA, TWICE)], ids=["one graph", "two graphs"])
def test_answers_are_those_of_an_oracle(graphs) -> None:
    oracle = oracle_of(*graphs)
    with store_of(*graphs) as store:
        for _ in range(2):
            for text in (*NEEDLESS, *NEEDED, *OF_TABLE):
                check(store, oracle, text)
            build(store, ALL)


def test_it_is_left_out_where_it_does_nothing() -> None:
    with store_of(DATA) as store:
        assert [text for text in NEEDLESS if not is_left_out(store, text)] == []
        assert [text for text in (*NEEDED, *OF_TABLE) if is_left_out(store, text)] == []


def test_what_a_node_says_once_is_determined_by_it() -> None:
    once = b"".join(b'<urn:s%d> <urn:p> %d ; <urn:q> "%d" .' % (n, n % 7, n % 5) for n in range(40))
    oracle = oracle_of(once)
    with store_of(once) as store:
        build(store, ALL)
        assert [text for text in OF_TABLE if not is_left_out(store, text)] == []
        assert is_left_out(store, "SELECT DISTINCT ?t { ?x <urn:p> ?o ; <urn:q> ?t }") is False
        for text in OF_TABLE:
            check(store, oracle, text)
        with store.write() as tx:
            load_bytes(tx, MORE, format="turtle", graph="urn:g0")
        oracle.load(MORE, pyoxigraph.RdfFormat.TURTLE)
        for text in OF_TABLE:
            check(store, oracle, text)


NAMES = ("a", "b", "c", "d")
Row = dict[str, int | None]


def tables(names: tuple[str, ...]) -> st.SearchStrategy[list[Row]]:
    """Return lists of rows over some variables, all of them bound."""
    return st.lists(st.fixed_dictionaries({name: st.integers(0, 2) for name in names}), max_size=8)


def is_key(key: frozenset[str], rows: list[Row]) -> bool:
    held = [tuple(row.get(name) for name in sorted(key)) for row in rows]
    return len(set(held)) == len(held)


def keys_of(names: tuple[str, ...], rows: list[Row]) -> list[frozenset[str]]:
    """Return all that tells some rows apart."""
    sets = (frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size))
    return [some for some in sets if is_key(some, rows)]


def agree(one: Row, other: Row) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())


@given(tables(("a", "b", "c")), tables(("b", "c", "d")))
def test_keys_of_joins_tell_their_rows_apart(left: list[Row], right: list[Row]) -> None:
    keys = keys_of(("a", "b", "c"), left), keys_of(("b", "c", "d"), right)
    joined = [{**one, **other} for one in left for other in right if agree(one, other)]
    for key in keys_of_join(*keys, frozenset("bc")):
        assert is_key(key, joined)
    alone = [one for one in left if not any(agree(one, other) for other in right)]
    for key in keys_of_optional(*keys, frozenset("bc")):
        assert is_key(key, joined + alone)


@given(
    tables(NAMES),
    st.lists(
        st.tuples(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES))), max_size=4
    ),
)
def test_keys_of_patterns_tell_their_rows_apart(
    rows: list[Row], dependencies: list[tuple[set[str], set[str]]]
) -> None:
    unique = [dict(held) for held in {tuple(sorted(row.items())) for row in rows}]
    true = [
        (frozenset(some), frozenset(others))
        for some, others in dependencies
        if all(
            one[name] == other[name]
            for one in unique
            for other in unique
            if all(one[known] == other[known] for known in some)
            for name in others
        )
    ]
    for key in keys_of_pattern(NAMES, true):
        assert is_key(key, unique)


def test_the_centre_of_a_star_is_the_key_of_what_it_determines() -> None:
    of_line = (frozenset("l"), frozenset("la"))
    of_purchase = (frozenset("p"), frozenset("plc"))
    assert keys_of_pattern("placx", [of_line, of_purchase]) == (frozenset("px"),)
    assert keys_of_pattern("plac", [of_line, of_purchase]) == (frozenset("p"),)
    assert keys_of_pattern("", []) == (frozenset(),)


def test_a_key_that_holds_another_one_is_left_out() -> None:
    assert least([frozenset("ab"), frozenset("a"), frozenset("bc")]) == (
        frozenset("a"),
        frozenset("bc"),
    )
