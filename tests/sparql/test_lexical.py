"""Texts and datatypes that follow from the typed columns are those that were stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.sparql import explain, query
from kg.store import Store
from kg.store.rdf import load_bytes

PREFIXES = "PREFIX : <http://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
XSD = "http://www.w3.org/2001/XMLSchema#"
DAYS = [("2024-02-29", "date"), ("0000-03-01", "date"), ("0001-01-01", "date")]
DAYS += [("9999-12-31", "date"), ("12024-05-06", "date")]
MONTHS = [("2024-02", "gYearMonth"), ("0000-12", "gYearMonth"), ("10000-01", "gYearMonth")]
YEARS = [("2024", "gYear"), ("0099", "gYear"), ("99999", "gYear")]
TOLD = {"day": DAYS, "month": MONTHS, "year": YEARS, "partial": [*DAYS, *MONTHS, *YEARS]}
"""Objects by predicate whose texts follow from their values."""
KEPT = {
    "zoned": [("2024-02-29", "date"), ("2024-02-29Z", "date"), ("2024-02-29+00:00", "date")],
    "far": [("2024-02-29", "date"), ("-0044-03-15", "date"), ("123456-01-01", "date")],
    "ill": [("2024-02-29", "date"), ("2024-02-30", "date"), (" 2024-02-29", "date")],
    "time": [("2024-02-29T12:00:00", "dateTime"), ("2024-02-29T12:00:00.00", "dateTime")],
    "count": [("5", "integer"), ("05", "integer"), ("+5", "integer"), ("5", "int")],
}
"""Objects by predicate of which several texts mean one value, or some have no value."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    lines = [
        f':s{number} :{predicate} "{text}"^^xsd:{datatype} .'
        for predicate, objects in (TOLD | KEPT).items()
        for number, (text, datatype) in enumerate(objects)
    ]
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, (PREFIXES + "\n".join(lines)).encode(), format="turtle")
        yield store


def texts(store: Store, text: str) -> list[tuple[str, ...]]:
    found = query(store, PREFIXES + text)
    assert found.engine == "sql"
    return sorted(tuple(term[1] if term else "" for term in row) for row in found.rows())


@pytest.mark.parametrize("predicate", TOLD | KEPT)
def test_the_text_and_the_datatype_are_those_stored(store: Store, predicate: str) -> None:
    found = texts(store, f"SELECT (STR(?o) AS ?t) (DATATYPE(?o) AS ?d) {{ ?s :{predicate} ?o }}")
    objects = (TOLD | KEPT)[predicate]
    assert found == sorted((text, XSD + datatype) for text, datatype in objects)


@pytest.mark.parametrize("predicate", TOLD | KEPT)
def test_so_they_are_where_there_may_be_none(store: Store, predicate: str) -> None:
    pattern = f"?s :count ?n OPTIONAL {{ ?s :{predicate} ?o }}"
    found = texts(store, f"SELECT DISTINCT ?s (STR(?o) AS ?t) (DATATYPE(?o) AS ?d) {{ {pattern} }}")
    objects = (TOLD | KEPT)[predicate]
    expected = [
        (f"http://example.org/s{number}", *told)
        for number in range(len(KEPT["count"]))
        for told in [
            (objects[number][0], XSD + objects[number][1]) if number < len(objects) else ("", "")
        ]
    ]
    assert found == sorted(expected)


@pytest.mark.parametrize("predicate", TOLD)
def test_no_dictionary_is_asked_for_them(store: Store, predicate: str) -> None:
    text = f"SELECT (MAX(STR(?o)) AS ?t) {{ ?s :{predicate} ?o FILTER (DATATYPE(?o) != :x) }}"
    assert texts(store, text) == [(max(told for told, _ in TOLD[predicate]),)]
    assert "term AS" not in explain(store, PREFIXES + text).partition("\n\n")[0]


def test_a_choice_of_numbers_is_one(store: Store) -> None:
    text = """SELECT (SUM(?one) AS ?all) (MIN(?one) AS ?least) (MAX(?one * 2) AS ?most) {
        ?s :month ?o BIND (IF(?o > "2000-01"^^xsd:gYearMonth, 1, 0.5) AS ?one) }"""
    assert texts(store, text) == [("2.5", "0.5", "2")]
    assert "term AS" not in explain(store, PREFIXES + text.replace("(MIN(?one) AS ?least)", ""))


def test_many_columns_of_many_solutions_are_decoded_each_by_its_own() -> None:
    names = "abcdef"
    expected = sorted((f"s{n}", *(f"{name} {n % 7}" for name in names)) for n in range(1200))
    lines = [f':s{n} :{name} "{name} {n % 7}"@en .' for n in range(1200) for name in names]
    patterns = " . ".join(f"?s :{name} ?{name}" for name in names)
    text = f"{PREFIXES}SELECT ?s {' '.join(f'?{name}' for name in names)} ('x' AS ?own) "
    text += f"{{ {patterns} }} ORDER BY DESC(?a)"
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, (PREFIXES + "\n".join(lines)).encode(), format="turtle")
        solutions = query(store, text).rows()
        rows = [[(term[1], term[3]) for term in row if term] for row in solutions]
    found = sorted(
        tuple(cell[0].removeprefix("http://example.org/") for cell in row) for row in rows
    )
    assert found == sorted((*row, "x") for row in expected)
    assert {cell[1] for row in rows for cell in row[1:7]} == {"en"}
    assert {row[7] for row in rows} == {("x", None)}
