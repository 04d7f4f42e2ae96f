"""Named questions over HTTP."""

import csv
import io
import json
import re

import pytest
from sample import EX, filled_store

from api.factory import create_app
from api.labels import heading_of
from api.language import text_keys
from kg.catalog import load_catalog
from kg.config import Settings
from kg.namespaces import CG
from kg.sparql import update
from kg.sparql.parse import parse
from kg.terminology import load_terminology


def test_list_tells_texts_and_parameters(client):
    listed = client.get("/api/queries").json["queries"]
    assert listed
    for one in listed:
        assert set(one["title"]) == set(one["question"]) == {"en", "fr"}
        assert one["text"]
        for parameter in one["parameters"]:
            assert {"name", "type", "required", "default", "example"} == set(parameter)


def test_run_answers_as_the_endpoint_does(client, store):
    response = client.get("/api/queries/parties-by-kind")
    assert response.content_type == "application/sparql-results+json"
    assert response.headers["X-Clientgraph-Commit"] == str(store.head)
    assert json.loads(response.data)["head"]["vars"]


def test_run_by_id(client):
    named = client.get("/api/queries").json["queries"][0]
    required = {p["name"]: p["example"] for p in named["parameters"] if p["required"]}
    assert client.get(f"/api/queries/{named['id']}", query_string=required).status_code == 200


@pytest.mark.parametrize("asked", [{"format": "csv"}, {}])
def test_run_as_csv(client, asked):
    headers = {} if asked else {"Accept": "text/csv"}
    response = client.get("/api/queries/parties-by-kind", query_string=asked, headers=headers)
    assert response.content_type == "text/csv; charset=utf-8"


def test_unknown_question_is_404_with_advice(client):
    response = client.get("/api/queries/party-by-kind")
    assert response.status_code == 404
    assert "parties-by-kind" in response.json["detail"]


def test_missing_parameter_is_400_and_named(client):
    listed = client.get("/api/queries").json["queries"]
    name, parameter = next(
        (one["name"], p["name"]) for one in listed for p in one["parameters"] if p["required"]
    )
    response = client.get(f"/api/queries/{name}")
    assert response.status_code == 400
    assert parameter in response.json["detail"]


def test_unknown_parameter_is_400(client):
    response = client.get("/api/queries/parties-by-kind?colour=blue")
    assert response.status_code == 400
    assert "colour" in response.json["detail"]


def test_parameter_of_another_type_is_400(client):
    listed = client.get("/api/queries").json["queries"]
    one, parameter = next(
        (one, p) for one in listed for p in one["parameters"] if p["type"] == "date"
    )
    values = {p["name"]: p["example"] for p in one["parameters"] if p["required"]}
    values[parameter["name"]] = "soon'; DROP TABLE quad; --"
    response = client.get(f"/api/queries/{one['name']}", query_string=values)
    assert response.status_code == 400
    assert "date" in response.json["detail"]


@pytest.mark.parametrize("digits", ["١٢", "１２"])
def test_digits_of_other_scripts_are_no_number(client, digits):
    response = client.get("/api/queries/small-cells", query_string={"least": digits})
    assert response.status_code == 400
    assert "integer" in response.json["detail"]


def test_a_parameter_that_is_given_twice_is_400(client):
    response = client.get("/api/queries/purchase-habits?at=2025-01-01&at=2025-06-30")
    assert response.status_code == 400
    assert "'at' is given 2 times" in response.json["detail"]
    assert "2 fois" in response.json["message"]["fr"]


def test_the_next_page_is_of_the_same_day(crowded):
    head = "# title.en: T\n# param: at date default=today\n"
    text = head + "SELECT ?n ?at { VALUES ?n { 1 2 3 } BIND ($at AS ?at) } ORDER BY ?n"
    assert crowded.put("/api/queries/dated", json={"text": text}).status_code == 200
    asked = crowded.get("/api/queries/dated?format=csv&rows=1")
    link = asked.headers["Link"]
    [[_, day]] = rows_of(asked)
    assert f"at={day}" in link


@pytest.fixture
def crowded(tmp_path):
    """Return a client of a server that a test may write to, with many parties of a few kinds."""
    with filled_store() as store:
        parties = "".join(
            f'<http://example.org/p{n}> a cg:NaturalPerson ; cg:sourceKey "K{n % 7}" .'
            for n in range(50)
        )
        update(store, f"PREFIX cg: <https://w3id.org/clientgraph/ns#> INSERT DATA {{ {parties} }}")
        yield create_app(Settings(data_dir=tmp_path, organization="shop"), store).test_client()


def rows_of(response):
    assert response.status_code == 200, response.data
    return list(csv.reader(io.StringIO(response.text, newline="")))[1:]


ASKED = "/api/queries/missing-fields?format=csv"
BUY = """PREFIX cg: <https://w3id.org/clientgraph/ns#> INSERT DATA {
    <http://example.org/buy> cg:client <http://example.org/p0>, <http://example.org/p7>,
        <http://example.org/p14>, <http://example.org/p21>, <http://example.org/p3> . }"""


@pytest.mark.parametrize("rows", [1, 3, 7, 1000])
def test_pages_are_the_answer_in_parts(crowded, rows):
    assert crowded.post("/sparql", data={"update": BUY}).status_code == 200
    head = crowded.get(ASKED).headers["X-Clientgraph-Commit"]
    whole = rows_of(crowded.get(f"{ASKED}&commit={head}"))
    assert len(whole) > 20
    found, address = [], f"{ASKED}&rows={rows}"
    while address:
        response = crowded.get(address)
        page = rows_of(response)
        assert 0 < len(page) <= rows
        found += page
        link = response.headers.get("Link", "")
        assert link == "" or link.endswith('; rel="next"')
        address = link[1 : link.index(">")] if link else ""
    assert found == whole


def test_what_is_written_between_two_pages_is_in_neither(crowded):
    crowded.post("/sparql", data={"update": BUY})
    first = crowded.get(f"{ASKED}&rows=5")
    whole = rows_of(crowded.get(ASKED))
    crowded.post("/sparql", data={"update": BUY.replace("/p", "/p4").replace("buy", "sell")})
    link = first.headers["Link"]
    second = rows_of(crowded.get(link[1 : link.index(">")]))
    pages = {tuple(row) for row in rows_of(first) + second}
    assert len(pages) == 10
    assert pages <= {tuple(row) for row in whole}
    assert len(rows_of(crowded.get(ASKED))) > len(whole)


def test_a_page_behind_the_last_row_is_empty(crowded):
    response = crowded.get("/api/queries/parties-by-kind?format=csv&rows=5&offset=900")
    assert rows_of(response) == []
    assert "Link" not in response.headers


@pytest.mark.parametrize("asked", ["rows=0", "rows=-1", "rows=many", "offset=3", "rows=2&offset=x"])
def test_pages_of_no_size_are_refused(client, asked):
    response = client.get(f"/api/queries/parties-by-kind?{asked}")
    assert response.status_code == 400
    assert "rows" in response.json["detail"] or "offset" in response.json["detail"]


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv", "parquet", "xlsx"])
def test_a_page_comes_in_every_format(crowded, name):
    response = crowded.get(f"/api/queries/parties-by-kind?format={name}&rows=1")
    described = crowded.get("/api/openapi.json").json["paths"]["/api/queries/parties-by-kind"][
        "get"
    ]
    assert response.mimetype in described["responses"]["200"]["content"]
    assert {"rows", "offset", "commit"} <= {one["name"] for one in described["parameters"]}
    assert 'rel="next"' in response.headers["Link"]
    if name == "json":
        assert len(response.json["results"]["bindings"]) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_column_of_a_question_has_a_heading(app, language):
    with app.test_request_context(f"/?lang={language}"):
        for question in load_catalog().values():
            variables = [str(one) for one in parse(question.text).algebra.PV or ()]
            for name, heading in zip(variables, map(heading_of, variables), strict=True):
                known = f"column.{name}" in text_keys() or load_terminology().of_iri(str(CG[name]))
                assert known or heading != name, (question.id, name)


def test_every_word_that_a_question_gives_has_a_text():
    for question in load_catalog().values():
        for word in re.findall(r'BIND \("([^"]+)" AS', question.text):
            assert f"word.{word}" in text_keys(), (question.id, word)


def test_a_question_is_answered_in_words_of_the_page(client):
    text = client.get(f"/query/what-mentions-party?run=1&now=1&party={EX}bo&lang=fr").text
    assert '<span class="value">sujet</span>' in text
    assert "Place</th>" in text
    text = client.get("/query/parties-by-kind?run=1&now=1&lang=fr").text
    (table,) = re.findall(r"(?s)<table>.*?</table>", text)
    assert ">Type</th>" in table
    assert "personne physique</a>" in table
    assert 'href="/ontology/NaturalPerson' in table


def test_values_of_answers_are_written_in_the_language(client):
    query = 'SELECT (true AS ?a) (1234.5 AS ?b) ("2025-02-01"^^xsd:date AS ?c) (1e9 AS ?d) {}'
    prefix = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    for language, values in {
        "fr": ["oui", "1\u202f234,5", "1\u00a0févr.\u00a02025"],
        "en": ["yes", "1,234.5", "1\u00a0Feb\u00a02025"],
    }.items():
        text = client.get(
            "/query", query_string={"now": 1, "query": prefix + query, "lang": language}
        ).text
        shown = re.findall(r'<span class="value">(.*?)</span>', text)
        assert [one.lower() for one in shown] == [*(one.lower() for one in values), "1e9"]
