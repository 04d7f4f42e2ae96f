"""More results than a row group of the engine holds, after a check without any."""

from __future__ import annotations

from datetime import date

from rdflib import Graph

from kg.shacl import load_shapes, validate
from kg.store import Store

MANY = 150_000
"""More rows than a row group of the engine (122,880)."""
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix : <urn:> .
:First a sh:NodeShape ; sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:minCount 1 ] .
:Second a sh:NodeShape ; sh:targetSubjectsOf :p ; sh:property [ sh:path :q ; sh:minCount 1 ] .
"""


def test_many_results_after_a_check_without_results_are_counted() -> None:
    with Store.open() as store, store.write() as tx:
        tx.insert(
            "SELECT 'urn:s' || range AS s, 'urn:p' AS p, 'urn:o' AS o, NULL::VARCHAR AS odt,"
            f" NULL::VARCHAR AS olang, NULL::VARCHAR AS g FROM range({MANY})"
        )
        shapes = load_shapes(Graph().parse(data=SHAPES, format="turtle"))
        report = validate(tx.cursor, shapes, date(2026, 1, 1), limit=3)
        assert (report.total, len(report.results)) == (MANY, 3)
