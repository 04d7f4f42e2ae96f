"""Named questions over HTTP."""

import json

import pytest


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
