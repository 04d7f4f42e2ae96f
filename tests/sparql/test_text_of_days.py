"""The first and the last text of days, which are compared as days."""

from __future__ import annotations

import pytest

from kg.namespaces import XSD
from kg.sparql import query
from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.parse import parse
from kg.store import Store
from kg.store.rdf import load_bytes

TEXT = """SELECT ?s (MIN(STR(?day)) AS ?first) (MAX(STR(?day)) AS ?last) { ?s <urn:day> ?day }
    GROUP BY ?s ORDER BY ?s"""
DAYS = {
    "days": (XSD.date, ["2024-02-29", "1999-12-31", "0900-01-01", "0000-03-01"], "sql"),
    "months": (XSD.gYearMonth, ["2024-02", "1999-12", "0001-01"], "sql"),
    "years": (XSD.gYear, ["2024", "1999", "0000"], "sql"),
    "late days": (XSD.date, ["2024-02-29", "10000-01-01", "9999-12-31"], "sql"),
    "zoned days": (XSD.date, ["2024-02-29", "2024-02-28Z", "2024-02-29+02:00"], None),
    "before our era": (XSD.date, ["2024-02-29", "-0044-03-15"], None),
    "texts": (XSD.string, ["2024-02-29", "10", "9"], None),
}


def stored(kind: str, days: list[str]) -> Store:
    lines = [f'<urn:s{n % 2}> <urn:day> "{day}"^^<{kind}> .' for n, day in enumerate(2 * days)]
    lines += [f'<urn:{day}> <urn:day> "{day}"^^<{kind}> .' for day in days]
    store = Store.open()
    with store.write() as tx:
        load_bytes(tx, "\n".join(lines).encode(), format="nquads")
    return store


@pytest.mark.parametrize("name", DAYS)
def test_the_first_text_is_the_first_of_all_texts(name: str) -> None:
    kind, days, engine = DAYS[name]
    with stored(str(kind), days) as store:
        found = query(store, TEXT)
        rows = [tuple(term[1] for term in row if term is not None) for row in found.rows()]
        assert engine in (None, found.engine)
    expected = [(f"urn:{day}", day, day) for day in days]
    for start in (0, 1):
        some = (2 * days)[start::2]
        expected.append((f"urn:s{start}", min(some), max(some)))
    assert rows == sorted(expected)


def test_no_text_is_made_of_what_is_not_found() -> None:
    with stored(str(XSD.date), ["2024-02-29", "2023-01-01"]) as store:
        found = compile_query(store.cursor(), parse(TEXT), {}, GraphChoice()).sql
    assert "10000-01-01" in found.lower()
