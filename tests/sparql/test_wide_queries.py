"""Queries of very many parts are answered: by the evaluator where a plan would take too long."""

from __future__ import annotations

import pytest

from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes

PROPERTIES = 300


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store.open()
    lines = "".join(f"<x:s> <x:p{n}> {n} . <x:t> <x:p{n}> 7 .\n" for n in range(PROPERTIES))
    with store.write() as tx:
        load_bytes(tx, lines.encode(), format="turtle")
    return store


@pytest.mark.parametrize(("patterns", "engine"), [(50, "sql"), (PROPERTIES, "rdflib")])
def test_wide_stars(store: Store, patterns: int, engine: str) -> None:
    star = " ; ".join(f"<x:p{n}> ?o{n}" for n in range(patterns))
    result = query(store, f"SELECT * {{ ?s {star} FILTER(?o1 = 1) }}", union_default_graph=False)
    [row] = result.rows()
    found = {name: term and term[1] for name, term in zip(result.variables, row, strict=True)}
    assert result.engine == engine
    assert found == {"s": "x:s", **{f"o{n}": str(n) for n in range(patterns)}}


@pytest.mark.parametrize("operator", ["&&", "||"])
def test_long_conditions(store: Store, operator: str) -> None:
    compared = "<" if operator == "&&" else "="
    condition = operator.join(f"?o {compared} {n}" for n in range(PROPERTIES - 10, PROPERTIES))
    longer = operator.join([condition] * 30)
    text = f"SELECT ?o {{ <x:s> ?p ?o FILTER({longer}) }}"
    found = {term[1] for [term] in query(store, text, union_default_graph=False).rows() if term}
    expected = range(PROPERTIES - 10) if operator == "&&" else range(PROPERTIES - 10, PROPERTIES)
    assert found == set(map(str, expected))


def test_many_parts_that_nothing_has(store: Store) -> None:
    star = " ; ".join(f"<x:none{n}> ?o{n}" for n in range(30))
    assert list(query(store, f"SELECT * {{ ?s {star} }}").rows()) == []


def test_many_groups(store: Store) -> None:
    optional = " ".join(f"OPTIONAL {{ ?s <x:p{n}> ?o{n} }}" for n in range(40))
    result = query(store, f"SELECT * {{ ?s <x:p1> 1 {optional} }}", union_default_graph=False)
    assert [len([term for term in row if term]) for row in result.rows()] == [41]
    union = " UNION ".join(f"{{ ?s <x:p{n}> {n} }}" for n in range(100))
    result = query(store, f"SELECT ?s {{ {union} }}", union_default_graph=False)
    assert len(list(result.rows())) == 101
