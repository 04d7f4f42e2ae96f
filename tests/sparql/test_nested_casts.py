"""Casts within casts: each is made once a solution, and the SQL of them grows with their number."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from kg.sparql import explain, query
from kg.store import Store
from kg.store.rdf import load_bytes

PROLOGUE = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
ZONES = ("", "Z", "+05:30", "-05:30", "+00:05", "-00:30", "+14:00", "-10:00", "+01:01", "-09:59")
VALUES = [
    *(
        f'"2024-02-29T23:30:00{zone}"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
        for zone in ZONES
    ),
    '"2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>',
    '"2024-02-29"',
    '"2024-02-29T00:00:00"',
    '"7"^^<http://www.w3.org/2001/XMLSchema#integer>',
    '"7.5"',
    "<urn:x:node>",
]
DATA = "\n".join(f"<urn:x:{n}> <urn:x:p> {value} ." for n, value in enumerate(VALUES)).encode()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, DATA, format="nquads")
        yield store


@pytest.fixture(scope="module")
def oracle() -> ox.Store:
    oracle = ox.Store()
    oracle.load(DATA, format=ox.RdfFormat.N_TRIPLES)
    return oracle


def nested(depth: int) -> str:
    """Return a query with so many pairs of casts within one another."""
    call = "xsd:dateTime(xsd:string(" * depth + "?d" + "))" * depth
    return f"{PROLOGUE}SELECT ?s ({call} AS ?v) {{ ?s <urn:x:p> ?d }}"


def test_each_further_cast_makes_the_sql_longer_not_many_times_as_long(store: Store) -> None:
    two, four = (len(explain(store, nested(depth))) for depth in (2, 4))
    assert four < 4 * two


@pytest.mark.parametrize(
    "call",
    [
        "TIMEZONE(?d)",
        "TIMEZONE(xsd:dateTime(?d))",
        "xsd:date(STR(xsd:date(?d)))",
        "xsd:dateTime(xsd:date(xsd:dateTime(?d)))",
        "xsd:string(xsd:date(xsd:dateTime(?d)))",
        "COALESCE(xsd:integer(STR(xsd:decimal(?d))), xsd:string(xsd:dateTime(xsd:string(?d))))",
        "IF(xsd:boolean(xsd:string(xsd:integer(?d) > 1)), xsd:decimal(STR(?d)), ?d)",
    ],
)
def test_the_value_is_that_of_pyoxigraph(store: Store, oracle: ox.Store, call: str) -> None:
    text = f"{PROLOGUE}SELECT ?s ({call} AS ?v) {{ ?s <urn:x:p> ?d }}"
    expected = {
        (row["s"].value, (row["v"].value, row["v"].datatype.value) if row["v"] else None)
        for row in oracle.query(text)
    }
    found = query(store, text)
    assert found.engine == "sql"
    assert {(s[1], v[1:3] if v else None) for s, v in found.rows()} == expected
    assert any(value for _, value in expected)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_filter_keeps_what_pyoxigraph_keeps(store: Store, oracle: ox.Store, depth: int) -> None:
    call = "xsd:dateTime(xsd:string(" * depth + "?d" + "))" * depth
    text = f"{PROLOGUE}SELECT ?s {{ ?s <urn:x:p> ?d FILTER (DAY({call}) = 29) }}"
    expected = {row["s"].value for row in oracle.query(text)}
    assert {s[1] for (s,) in query(store, text).rows()} == expected != set()


def test_a_condition_of_an_optional_part_nests_casts(store: Store, oracle: ox.Store) -> None:
    text = (
        f"{PROLOGUE}SELECT ?s ?t {{ ?s <urn:x:p> ?d OPTIONAL {{ ?t <urn:x:p> ?e"
        " FILTER (xsd:date(xsd:dateTime(?d)) = xsd:date(xsd:string(?e)) && ?s != ?t) } }"
    )
    expected = {(row["s"].value, row["t"] and row["t"].value) for row in oracle.query(text)}
    assert {(s[1], t and t[1]) for s, t in query(store, text).rows()} == expected
