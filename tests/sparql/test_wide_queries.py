"""Queries of very many parts are answered: by the evaluator where a plan would take too long."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest

from kg.sparql import query
from kg.store import RawTerm, Store
from kg.store.rdf import load_bytes

PROPERTIES = 300
DATA = "".join(f"<x:s> <x:p{n}> {n} . <x:t> <x:p{n}> 7 .\n" for n in range(PROPERTIES))


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store.open()
    with store.write() as tx:
        load_bytes(tx, DATA.encode(), format="turtle")
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


TERMS = [
    "<x:s>", "<x:t>", "<x:new{n}>", "{n}", "1{n}.25", "0.{n:08}", "true", '"{n}"^^xsd:float',
    '"{n}"', '"new{n}"@fr',
    '"2024-01-{d:02}"^^xsd:date', '"2024-01-{d:02}T0{h}:00:00Z"^^xsd:dateTime', '"{n}"^^<x:own>',
    '"x{n}"^^xsd:integer',
]  # fmt: skip


@pytest.mark.parametrize("count", [5, 17, 300])
def test_many_values(store: Store, count: int) -> None:
    """Terms of all kinds, most of which no quad has, one row after the other."""
    some = [
        one.format(n=n, d=n % 28 + 1, h=n % 9)
        for n in range(count)
        for one in (TERMS[n % len(TERMS)],)
    ]
    pairs = " ".join(
        f"({one} {'UNDEF' if n % 7 == 3 else other})"
        for n, (one, other) in enumerate(zip(some, reversed(some), strict=True))
    )
    text = (
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT * { VALUES (?a ?b) { "
        f"{pairs} }} OPTIONAL {{ ?a <x:p1> ?one }} OPTIONAL {{ ?x <x:p2> ?b }}"
        " BIND(CONCAT(STR(?a), STR(?b)) AS ?c) BIND(?a + ?one AS ?d) BIND(DATATYPE(?a) AS ?e) }"
    )
    peer = ox.Store()
    peer.extend(ox.parse(DATA.encode(), ox.RdfFormat.TURTLE))
    wanted = peer.query(text)
    assert isinstance(wanted, ox.QuerySolutions)
    names = [variable.value for variable in wanted.variables]
    result = query(store, text, union_default_graph=False)
    assert result.engine == "sql"
    assert set(result.variables) == set(names)
    found = Counter(tuple(map(told, row)) for row in result.rows())
    assert found == Counter(
        tuple(told(raw(row[name])) for name in result.variables) for row in wanted
    )


@pytest.mark.parametrize("name", ["csv", "json", "tsv", "xml"])
def test_many_values_are_written_as_text_by_the_engine(store: Store, name: str) -> None:
    values = " ".join(f"<x:new{n}>" for n in range(20))
    text = f"SELECT * {{ VALUES ?v {{ {values} }} ?a ?p ?o BIND(STRLEN(STR(?v)) AS ?l) }}"
    found = query(store, text, union_default_graph=False).lines(name)
    assert found is not None
    assert sum(map(len, found)) == 20 * 2 * PROPERTIES


def raw(term: object) -> RawTerm | None:
    """Return a term of pyoxigraph as we have it, but for its kind."""
    if isinstance(term, ox.Literal):
        return 0, term.value, term.datatype.value, term.language
    return (0, term.value, None, None) if isinstance(term, ox.NamedNode) else None


def told(term: RawTerm | None) -> object:
    """Return a term without its kind, and a number without zeros at its end."""
    if term is None:
        return None
    _, lex, datatype, language = term
    return (lex.rstrip("0").rstrip(".") if "." in lex else lex), datatype, language


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
