"""One shape for every error of the API: `application/problem+json`, and no internals in it."""

import io
import json
import logging
from functools import partial

import pytest

from api.access import PUBLIC, RIGHTS
from kg import errors


def problem(response, status):
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = json.loads(response.data)
    assert set(document) >= {"type", "title", "status", "detail"}
    assert document["status"] == status
    assert all(document[name] for name in ("type", "title", "detail"))
    return document


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/nowhere", "get", 404),
        ("/api/imports/none", "get", 404),
        ("/api/queries/none", "get", 404),
        ("/api/queries", "delete", 405),
        ("/api/imports", "put", 405),
        ("/healthz", "post", 405),
        ("/sparql", "post", 415),
        ("/nowhere", "get", 404),
    ],
)
def test_http_errors_are_problems(client, path, method, status):
    problem(getattr(client, method)(path), status)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.UsageError("x"), 400, "usage"),
        (errors.QuerySyntaxError("x", 1, 2), 400, "query-syntax"),
        (errors.QueryEvaluationError("x"), 422, "query-evaluation"),
        (errors.QueryTimeoutError("x"), 503, "query-timeout"),
        (errors.RdfSyntaxError("x", 3), 400, "rdf-syntax"),
        (errors.SourceError("x", file="a.csv", row=2, column="date"), 422, "source"),
        (errors.MappingError("x"), 422, "mapping"),
        (errors.StoreLockedError("x"), 503, "store-locked"),
        (errors.UnsupportedShapeError("x"), 422, "shapes"),
        (errors.ClientgraphError("x"), 400, "request"),
    ],
)
def test_every_error_of_ours_has_its_status(app, monkeypatch, error, status, kind):
    monkeypatch.setitem(RIGHTS, "fail", PUBLIC)

    @app.get("/api/raise")
    def fail():
        raise error

    document = problem(app.test_client().get("/api/raise"), status)
    assert document["type"].endswith(f"/problem/{kind}")
    assert document["detail"] == "x"


def test_every_class_of_error_has_a_status(app):
    from api.errors import problem_of

    def below(kind):
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    made = {
        errors.SourceError: partial(errors.SourceError, file="a"),
        errors.BrokenSegmentError: partial(errors.BrokenSegmentError, french="y", segment=1),
    }
    for kind in below(errors.ClientgraphError):
        if kind.__module__ == "kg.errors":
            error = made.get(kind, kind)("x")
            assert 400 <= problem_of(error).status < 600


def test_places_of_an_error_are_members_of_the_problem(app, monkeypatch):
    monkeypatch.setitem(RIGHTS, "fail", PUBLIC)

    @app.get("/api/raise")
    def fail():
        raise errors.SourceError("bad date", file="a.csv", row=4, column="date")

    document = problem(app.test_client().get("/api/raise"), 422)
    assert (document["file"], document["row"], document["column"]) == ("a.csv", 4, "date")
    assert "line" not in document


def test_unexpected_exceptions_tell_nothing_and_are_logged(app, monkeypatch, caplog):
    monkeypatch.setitem(RIGHTS, "fail", PUBLIC)

    @app.get("/api/raise")
    def fail():
        raise RuntimeError("the secret is in /etc/shadow")

    with caplog.at_level(logging.ERROR):
        response = app.test_client().get("/api/raise")
    assert "secret" not in response.text
    problem(response, 500)
    assert "the secret is in" in caplog.text


def test_errors_carry_the_security_headers(client):
    assert client.get("/api/nowhere").headers["X-Content-Type-Options"] == "nosniff"


def test_people_get_errors_as_pages(client):
    response = client.get("/nowhere", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "This page does not exist" in response.text


def test_syntax_errors_show_the_line_under_which_a_caret_stands(client):
    asked = {"query_string": {"query": "SELECT *\nWHERE { ?s ?p }"}}
    shown = "\nWHERE { ?s ?p }\n" + " " * 14 + "^"
    problem_document = problem(client.get("/sparql", **asked), 400)
    assert (problem_document["line"], problem_document["column"]) == (2, 15)
    assert shown in problem_document["detail"]
    text = client.get("/sparql", headers={"Accept": "text/plain"}, **asked)
    assert text.content_type == "text/plain; charset=utf-8"
    assert shown in text.text
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get("/sparql", headers=browser, **asked)
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert f"<pre>{shown[1:]}</pre>" in page.text


def test_programs_that_take_html_among_others_get_problems(client):
    accept = "application/sparql-results+json, text/html;q=0.6, */*;q=0.1"
    problem(client.get("/sparql?query=SELECT", headers={"Accept": accept}), 400)
    problem(client.get("/graphs?graph=x:none", headers={"Accept": "*/*"}), 404)


def test_programs_get_problems_under_api_whatever_they_accept(client):
    problem(client.get("/api/nowhere", headers={"Accept": "text/html"}), 404)


_DEPTH = 5000
_NESTED_SHAPE = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> . <x:s> a sh:NodeShape ; sh:targetNode <x:a> ; "
    + "sh:not [ " * _DEPTH
    + "sh:nodeKind sh:IRI"
    + " ]" * _DEPTH
    + " ."
)


def test_what_is_nested_too_deeply_is_the_senders_error(client):
    parts = {
        "data": (io.BytesIO(b"<x:a> <x:p> 1 ."), "data.ttl"),
        "shapes": (io.BytesIO(_NESTED_SHAPE.encode()), "shapes.ttl"),
    }
    found = problem(client.post("/shacl", data=parts), 400)
    assert "nested too deeply" in found["detail"]
    assert "imbriqués" in found["message"]["fr"]
    text = "[" * 100_000 + "]" * 100_000
    answer = client.post("/api/queries", data=text, content_type="application/json")
    assert "nested too deeply" in problem(answer, 400)["detail"]
