"""What is loaded comes out again, the same but for the labels of blank nodes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from rdf_strategies import canonical, datasets

from kg.namespaces import PROVENANCE_GRAPH
from kg.store import Store
from kg.store.documents import FORMATS
from kg.store.export import dump
from kg.store.rdf import load_bytes, load_file
from tests.drawing import examples

QUADS = ("nquads", "trig", "json-ld")
TRIPLES = ("nt", "turtle", "xml")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        yield store


def dumped(store_cursor: object, format_name: str, **options: object) -> list[ox.Quad]:
    out = io.BytesIO()
    dump(store_cursor, out, format_name, **options)  # type: ignore[arg-type]
    return [
        quad
        for quad in ox.parse(out.getvalue(), FORMATS[format_name])
        if quad.graph_name != ox.NamedNode(PROVENANCE_GRAPH)
    ]


def without_controls(quads: list[ox.Quad]) -> list[ox.Quad]:
    """Leave out what XML and JSON texts of the serializers cannot hold unchanged."""
    return [q for q in quads if not isinstance(q.object, ox.Literal) or is_xml(q.object.value)]


def is_xml(text: str) -> bool:
    return all(char in "\n\t" or " " <= char < "\ufffe" or char > "\uffff" for char in text)


@pytest.mark.parametrize("format_name", QUADS)
@settings(
    max_examples=examples(10, 50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(quads=datasets)
def test_dataset_round_trip(store: Store, format_name: str, quads: list[ox.Quad]) -> None:
    data = ox.serialize(quads, format=FORMATS[format_name])
    assert data is not None
    with store.write() as tx:
        assert load_bytes(tx, data, format=format_name) == len(set(quads))
        assert canonical(dumped(tx.cursor, format_name)) == canonical(quads)
        tx.rollback()


@pytest.mark.parametrize("format_name", TRIPLES)
@settings(
    max_examples=examples(10, 50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(quads=datasets)
def test_graph_round_trip(store: Store, format_name: str, quads: list[ox.Quad]) -> None:
    triples = [ox.Quad(*quad.triple) for quad in quads]
    if format_name == "xml":
        triples = without_controls(triples)
    data = ox.serialize([t.triple for t in triples], format=FORMATS[format_name])
    assert data is not None
    with store.write() as tx:
        assert load_bytes(tx, data, format=format_name) == len(set(triples))
        found = dumped(tx.cursor, format_name, graphs=[None])
        assert canonical(found) == canonical(triples)
        tx.rollback()


@settings(
    max_examples=examples(8, 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(quads=datasets)
def test_file_of_lines_round_trip(store: Store, tmp_path: Path, quads: list[ox.Quad]) -> None:
    path = tmp_path / "data.nq"
    ox.serialize(quads, path, ox.RdfFormat.N_QUADS)
    with store.write() as tx:
        assert load_file(tx, path) == len(set(quads))
        assert canonical(dumped(tx.cursor, "nquads")) == canonical(quads)
        tx.rollback()


def test_export_of_an_iri_outside_the_grammar_keeps_its_line_whole(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            "SELECT 'urn:a b>' AS s, 'urn:p' AS p, 'urn:o' AS o, NULL::VARCHAR AS odt,"
            " NULL::VARCHAR AS olang, NULL::VARCHAR AS g"
        )
        out = io.BytesIO()
        dump(tx.cursor, out, graphs=[None])
        tx.rollback()
    assert out.getvalue() == b"<urn:a\\u0020b\\u003E> <urn:p> <urn:o> .\n"


def test_union_of_graphs_has_no_duplicates(store: Store) -> None:
    with store.write() as tx:
        load_bytes(tx, b"<x:g> { <x:a> <x:b> 1 } <x:h> { <x:a> <x:b> 1 }", format="trig")
        out = io.BytesIO()
        dump(tx.cursor, out, "nt", graphs=["x:g", "x:h"])
        tx.rollback()
    assert out.getvalue().count(b"\n") == 1


def test_hidden_graphs_and_earlier_commits() -> None:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, b"<x:g> { <x:a> <x:b> 1 } <x:h> { <x:a> <x:b> 2 }", format="trig")
        with store.write() as tx:
            load_bytes(tx, b"<x:a> <x:b> 3 .", format="turtle", graph="x:g")
        shown = dumped(store.cursor(), "nquads", hidden_graphs=["x:h"])
        assert sorted(q.object.value for q in shown) == ["1", "3"]
        earlier = dumped(store.cursor(), "nquads", as_of_commit=1)
        assert sorted(q.object.value for q in earlier) == ["1", "2"]
        assert dumped(store.cursor(), "nquads", graphs=["x:h"], hidden_graphs=["x:h"]) == []
