"""SERVICE asks the endpoints that the operator lists, and no other, however it is sent there."""

import time

import pytest
from flask import Flask, Response, redirect
from sample import EX, filled_store

from api.factory import create_app
from kg.config import Settings
from kg.store import Store
from kg.store.rdf import load_bytes
from tests.serving import served


@pytest.fixture(scope="module")
def elsewhere():
    """Yield the address of another server: an endpoint, and things that are none."""
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(
                tx, f"<{EX}bo> <{EX}score> 7 . <{EX}ana> <{EX}score> 9 .".encode(), format="turtle"
            )
        app = create_app(Settings(), store)
        outside = Flask("outside")
        asked = []
        outside.add_url_rule(
            "/moved", view_func=lambda: redirect("/sparql", 307), methods=["POST"], endpoint="moved"
        )
        outside.add_url_rule(
            "/broken", view_func=lambda: "nothing", methods=["POST"], endpoint="broken"
        )

        def drip():
            def pieces():
                for _ in range(100):
                    time.sleep(0.2)
                    yield b" "

            return Response(pieces())

        outside.add_url_rule("/slow", view_func=drip, methods=["POST"], endpoint="slow")

        def both(environ, start):
            asked.append(environ["PATH_INFO"])
            ours = environ["PATH_INFO"] == "/sparql"
            return (app if ours else outside)(environ, start)

        with served(both) as address:
            yield address, asked


@pytest.fixture
def client(elsewhere, tmp_path):
    address, asked = elsewhere
    asked.clear()
    listed = " ".join(address + path for path in ("/sparql", "/moved", "/broken", "/slow"))
    with filled_store() as store:
        yield create_app(Settings(data_dir=tmp_path, services=listed), store).test_client()


def ask(client, text):
    return client.post("/sparql", data={"query": f"PREFIX ex: <{EX}> {text}"})


def test_a_listed_endpoint_is_joined_with_our_data_and_asked_once(client, elsewhere):
    address, asked = elsewhere
    body = f"?p a ?kind SERVICE <{address}/sparql> {{ ?p ex:score ?n }}"
    response = ask(client, f"SELECT ?p ?n {{ {body} }}")
    assert response.status_code == 200, response.text
    rows = response.json["results"]["bindings"]
    assert sorted((row["p"]["value"], row["n"]["value"]) for row in rows) == [
        (EX + "ana", "9"),
        (EX + "bo", "7"),
    ]
    assert response.headers["X-Clientgraph-Engine"] == "rdflib"
    assert asked == ["/sparql"]
    optional = f"?p a ?kind OPTIONAL {{ SERVICE <{address}/sparql> {{ ?p ex:score ?n }} }}"
    found = ask(client, f"SELECT ?p ?n {{ {optional} }}").json["results"]["bindings"]
    assert sum("n" in row for row in found) == 2
    assert len(found) > 2


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_what_is_not_listed_is_not_asked(client, elsewhere, silent):
    address, asked = elsewhere
    for term in (f"<{address}/other>", f"<{address}/sparql?x>", "<file:///etc/passwd>", "?s"):
        text = (
            f"SELECT * {{ BIND(<{address}/other> AS ?s) SERVICE {silent} {term} {{ ?a ?b ?c }} }}"
        )
        assert ask(client, text).status_code == 422
    assert asked == []


@pytest.mark.parametrize("path", ["/moved", "/broken"])
def test_an_endpoint_that_sends_elsewhere_or_answers_nonsense_fails(client, elsewhere, path):
    address, asked = elsewhere
    text = f"SELECT * {{ SERVICE %s <{address}{path}> {{ ?a ?b ?c }} }}"
    response = ask(client, text % "")
    assert response.status_code == 422
    assert path in response.json["detail"]
    assert asked == [path]
    silent = ask(client, text % "SILENT")
    assert silent.json["results"]["bindings"] == [{}]


def test_an_endpoint_that_drips_is_left_at_the_deadline(client, elsewhere):
    start = time.monotonic()
    text = f"PREFIX ex: <{EX}> SELECT * {{ SERVICE <{elsewhere[0]}/slow> {{ ?a ?b ?c }} }}"
    response = client.post("/sparql", data={"query": text, "timeout": "1"})
    assert response.status_code in (422, 503)
    assert time.monotonic() - start < 4


def test_without_a_list_nothing_is_asked(elsewhere, tmp_path):
    address, asked = elsewhere
    asked.clear()
    with filled_store() as store:
        closed = create_app(Settings(data_dir=tmp_path), store).test_client()
        response = ask(closed, f"SELECT * {{ SERVICE <{address}/sparql> {{ ?a ?b ?c }} }}")
    assert response.status_code == 422
    assert asked == []
