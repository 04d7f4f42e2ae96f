"""Equalities by what many triples share only filter, where the pattern is connected without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rdflib import URIRef

from kg.sparql import explain, parse, query
from kg.sparql.mentions import narrowed_variables
from kg.store import Store, lookup_nodes
from kg.store.rdf import load_bytes

CLIENTS, DAYS = 40, 3
PREFIX = "PREFIX : <http://example.org/>\n"
PAIRS = {(n, (n * 7 + 1) % CLIENTS) for n in range(CLIENTS)}


def bought(client: int) -> set[int]:
    """Return the days of a client's two purchases."""
    return {client % DAYS, client * client % DAYS}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    lines = [f":c{a} :referred :c{b} ." for a, b in PAIRS]
    for client in range(CLIENTS):
        lines += [f":c{client} :mail 'c{client}@example.org' ; :code 'c{client}' ."]
        for day in bought(client):
            lines.append(f":p{client}x{day} :client :c{client} ; :day 'day {day}' .")
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, (PREFIX + "\n".join(lines)).encode(), format="turtle")
        yield store


SAME_DAY = """SELECT ?a ?b ?day WHERE { ?a :referred ?b .
    ?one :client ?a ; :day ?day . ?other :client ?b ; :day ?day }"""


def test_a_shared_object_filters_what_is_connected(store: Store) -> None:
    found = {
        tuple(term[1] for term in row if term) for row in query(store, PREFIX + SAME_DAY).rows()
    }
    expected = {
        (f"http://example.org/c{a}", f"http://example.org/c{b}", f"day {day}")
        for a, b in PAIRS
        for day in bought(a) & bought(b)
    }
    assert found == expected
    assert " - " in explain(store, PREFIX + SAME_DAY).partition("\n\n")[0]


@pytest.mark.parametrize(
    "pattern",
    [
        "?one :day ?day . ?other :day ?day",
        "?a :mail ?m ; :referred ?b . ?b :mail ?m",
        "?a :mail ?text ; :code ?text",
    ],
    ids=["the only connection", "shared by few", "on one subject"],
)
def test_other_equalities_join(store: Store, pattern: str) -> None:
    text = PREFIX + f"SELECT * WHERE {{ {pattern} }}"
    assert " - " not in explain(store, text).partition("\n\n")[0]
    assert query(store, text).engine == "sql"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("?a > 5", {"a"}),
        ("?a >= 5 && ?a < 9 && ?b = 1", {"a", "b"}),
        ("CONTAINS(STR(?a), 'x')", {"a"}),
        ("?a IN (1, 2)", {"a"}),
        ("?a != 5", set()),
        ("?a > ?b", set()),
        ("?a > 5 || ?b > 5", set()),
        ("!BOUND(?a)", set()),
    ],
)
def test_filters_tell_what_they_narrow(condition: str, expected: set[str]) -> None:
    algebra = parse(f"SELECT * WHERE {{ ?s ?a ?b FILTER({condition}) }}").algebra
    assert narrowed_variables(algebra.p.p.expr) == expected


def test_the_narrowed_scan_comes_first(store: Store) -> None:
    text = """SELECT ?p ?mail ?day WHERE {
        ?p :client ?c . ?c :mail ?mail . ?p :day ?day FILTER(CONTAINS(?day, "1")) }"""
    rows = list(query(store, PREFIX + text).rows())
    assert len(rows) == sum(1 in bought(client) for client in range(CLIENTS))
    [day] = lookup_nodes(store.cursor(), [URIRef("http://example.org/day")])
    assert f"q0.p = {day})" in explain(store, PREFIX + text)
