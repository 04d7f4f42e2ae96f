"""`POST /shacl`: validation of documents and stored graphs."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, Literal, URIRef
from sample import FACTS, NAMES

from kg.shacl.reading import read_bytes

sys.path.append(str(Path(__file__).parents[1] / "shacl"))
from suite import Case, cases, expected_results, results_of

PREFIXES = b"@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .\n"
SHAPES = (
    PREFIXES
    + b"""ex:S sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ;
    sh:maxCount 1 ; sh:message "too many"@en , "trop"@fr ] ."""
)
TURTLE = {"content_type": "text/turtle"}
GOOD, BAD = PREFIXES + b"ex:a ex:p 1 .", PREFIXES + b"ex:a ex:p 1 , 2 ."


def post(client, data=BAD, shapes=SHAPES, **options):
    parts = {"data": (io.BytesIO(data), "data.ttl"), "shapes": (io.BytesIO(shapes), "shapes.ttl")}
    return client.post("/shacl", data=parts, content_type="multipart/form-data", **options)


def report_of(response):
    assert response.status_code == 200
    graph = Graph()
    read_bytes(graph, response.data, response.mimetype, "The report")
    return graph


def test_document_is_validated_against_the_shapes_it_comes_with(client):
    good, bad = report_of(post(client, GOOD)), report_of(post(client))
    assert (None, SH.conforms, Literal(True)) in good
    (result,) = bad.subjects(RDF.type, SH.ValidationResult)
    assert bad.value(result, SH.focusNode) == URIRef("http://example.org/a")
    assert set(bad.objects(result, SH.resultMessage)) == {
        Literal("too many", lang="en"),
        Literal("trop", lang="fr"),
    }


def test_document_alone_is_validated_against_the_shapes_of_the_project(client):
    data = b"<urn:x> a <https://w3id.org/clientgraph/ns#Purchase> ."
    response = client.post("/shacl", data=data, content_type="text/turtle")
    assert len(list(report_of(response).subjects(RDF.type, SH.ValidationResult))) > 1


@pytest.mark.parametrize(
    "media_type",
    ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"],
)
def test_report_comes_in_the_format_that_is_accepted(client, media_type):
    response = post(client, headers={"Accept": media_type})
    assert response.mimetype == media_type
    assert len(list(report_of(response).subjects(RDF.type, SH.ValidationResult))) == 1


def test_report_comes_as_rows(client):
    document = post(client, headers={"Accept": "application/json"}).json
    assert (document["conforms"], document["total"], document["notes"]) == (False, 1, [])
    (row,) = document["results"]
    assert row["message_en"] == "too many"
    assert row["message_fr"] == "trop"
    table = post(client, query_string={"format": "csv"}).text
    assert [one["focus"] for one in csv.DictReader(io.StringIO(table))] == ["http://example.org/a"]


def test_results_beyond_the_limit_are_counted(client):
    data = PREFIXES + b"ex:a ex:p 1 , 2 . ex:b ex:p 1 , 2 ."
    response = post(client, data, query_string={"format": "json", "limit": "1"})
    assert (len(response.json["results"]), response.json["total"]) == (1, 2)
    assert response.headers["X-Clientgraph-Complete"] == "false"


def test_stored_graph_is_validated_alone(client):
    shapes = """@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:targetSubjectsOf
        <http://xmlns.com/foaf/0.1/name> ; sh:nodeKind sh:Literal ;
        sh:sparql [ sh:select "SELECT $this { $this ?p ?o }" ] ."""
    found = {
        name: client.post(
            "/shacl",
            query_string={"graph": name, "format": "json"},
            data={"shapes": shapes},
            content_type="multipart/form-data",
        ).json["results"]
        for name in (FACTS, NAMES)
    }
    foci = {name: Counter(row["focus"] for row in rows) for name, rows in found.items()}
    assert set(foci[FACTS]) == {"http://example.org/shop"}
    assert foci[FACTS].total() == 4
    assert foci[NAMES] == {"http://example.org/ana": 2, "http://example.org/bo": 2}


def test_validation_leaves_the_store_as_it_was(client, store):
    head = store.head
    post(client)
    assert store.head == head
    assert client.get("/sparql?query=ASK{}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({}, 400, "Send an RDF document"),
        ({"data": b"<urn:a> <urn:b>", **TURTLE}, 400, "line 1"),
        ({"data": b"{}", "content_type": "application/pdf"}, 415, "application/pdf"),
        ({"data": b"{}"}, 415, "Content-Type"),
        ({"query_string": {"graph": "urn:none"}}, 404, "urn:none"),
        ({"query_string": {"graph": "not an iri"}}, 404, "not an iri"),
        ({"query_string": {"graph": FACTS}, "data": GOOD, **TURTLE}, 400, "one of the two"),
        ({"data": {"date": "x"}, "content_type": "multipart/form-data"}, 400, "date"),
        ({"data": GOOD, **TURTLE, "query_string": {"limit": "-1"}}, 400, "limit"),
        ({"data": GOOD, **TURTLE, "query_string": {"timeout": "no"}}, 400, "timeout"),
        ({"data": GOOD, **TURTLE, "query_string": {"format": "pdf"}}, 400, "pdf"),
        ({"data": GOOD, **TURTLE, "headers": {"Accept": "image/png"}}, 406, "text/turtle"),
        ({"data": b"<urn:a> <urn:b> 1 . " * 70_000, **TURTLE}, 413, ""),
    ],
)
def test_bad_requests_are_problems(client, sent, status, told):
    response = client.post("/shacl", **sent)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert told in response.json["detail"]


@pytest.mark.parametrize(
    ("data", "shapes", "status", "place"),
    [
        (GOOD + b"\n<urn:x", SHAPES, 400, {"line": 3}),
        (GOOD, SHAPES + b"\n\n<urn:x", 400, {"line": 5}),
        (GOOD, PREFIXES + b"ex:s sh:targetNode 1 ; sh:minCount 'x' .", 422, {}),
        (GOOD, PREFIXES + b"ex:s sh:targetNode ex:a ; sh:node ex:s .", 422, {}),
    ],
)
def test_bad_documents_are_told_with_their_place(client, data, shapes, status, place):
    response = post(client, data, shapes)
    assert response.status_code == status
    assert {name: response.json.get(name) for name in place} == place


def test_validation_stops_at_its_deadline(client):
    data = PREFIXES + b"".join(b"ex:n%d ex:p ex:n%d .\n" % (i, i + 1) for i in range(15_000))
    select = b"""SELECT $this { $this ?p ?x . ?a ?q ?b . ?c ?r ?d
        FILTER (STRLEN(CONCAT(STR(?a), STR(?b), STR(?c), STR(?d))) < 3) }"""
    shapes = PREFIXES + b"ex:s sh:targetNode ex:n1 ; sh:sparql [ sh:select '''%s''' ] ." % select
    response = post(client, data, shapes, query_string={"timeout": "1"})
    assert response.status_code == 503


@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases()))
def test_suite_of_w3c_over_http(client, case: Case):
    response = post(client, case.turtle(case.data), case.turtle(case.shapes))
    expected = expected_results(case, labels=False)
    if expected is None:
        assert response.status_code == 422
    else:
        assert results_of(report_of(response), labels=False) == expected
