"""Updates at `/sparql`: what they change, and what they are told when they are refused."""

import pytest
from sample import NAMES, PREFIXES, filled_store

from api.factory import create_app
from kg.config import Settings

INSERT = PREFIXES + 'INSERT DATA { GRAPH <http://example.org/g> { ex:ana foaf:nick "A" } }'
UPDATE = "application/sparql-update"


@pytest.fixture
def store():
    with filled_store() as store:
        yield store


@pytest.fixture
def client(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, max_upload_mb=2), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def ask(client, text):
    return client.get("/sparql", query_string={"query": PREFIXES + text}).json["boolean"]


@pytest.mark.parametrize(
    "sent", [{"data": {"update": INSERT}}, {"data": INSERT, "content_type": UPDATE}]
)
def test_update_is_one_commit_that_tells_what_it_did(client, store, sent):
    before = store.head
    response = client.post("/sparql", **sent)
    assert response.status_code == 200
    assert response.json == {"commit": before + 1, "inserted": 1, "deleted": 0}
    assert response.headers["X-Clientgraph-Commit"] == str(before + 1)
    assert ask(client, "ASK { ex:ana foaf:nick 'A' }")


def test_update_that_changes_nothing_makes_no_commit(client, store):
    client.post("/sparql", data={"update": INSERT})
    before = store.head
    assert client.post("/sparql", data={"update": INSERT}).json["commit"] == before
    assert store.head == before


def test_using_graphs_are_what_where_sees(client):
    text = PREFIXES + "INSERT { GRAPH <x:g> { ?s foaf:nick ?n } } WHERE { ?s foaf:name ?n }"
    arguments = {"update": text, "using-graph-uri": NAMES}
    assert client.post("/sparql", data=arguments).json["inserted"] == 2


def test_using_graphs_beside_a_using_clause_are_400(client):
    text = "INSERT { <x:s> <x:p> 1 } USING <x:g> WHERE { ?s ?p ?o }"
    response = client.post("/sparql", data={"update": text, "using-graph-uri": NAMES})
    assert response.status_code == 400


def test_syntax_error_tells_its_line_under_which_a_caret_stands(client):
    response = client.post("/sparql", data="INSERT DATA {\n  <x:s> <x:p> }", content_type=UPDATE)
    assert response.status_code == 400
    assert (response.json["line"], response.json["column"]) == (2, 15)
    assert response.json["detail"].endswith("\n  <x:s> <x:p> }\n" + " " * 14 + "^")


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <file:///etc/passwd>",
        "LOAD <http://example.org/>",
        "CREATE GRAPH <https://w3id.org/clientgraph/graph/provenance>",
        "INSERT DATA { GRAPH <https://w3id.org/clientgraph/graph/derived/x> { <x:s> <x:p> 1 } }",
        "DROP GRAPH <https://w3id.org/clientgraph/graph/provenance>",
    ],
)
def test_updates_that_are_refused_change_nothing(client, store, text):
    before = store.head
    response = client.post("/sparql", data={"update": text})
    assert response.status_code in (400, 422), response.text
    assert response.content_type == "application/problem+json"
    assert store.head == before


def test_update_may_be_larger_than_a_query_but_not_than_an_upload(client):
    rows = "".join(f'<x:s{n}> <x:p> "{"x" * 100}" . ' for n in range(12_000))
    assert client.post("/sparql", data={"update": f"INSERT DATA {{ {rows} }}"}).status_code == 200
    text = "CLEAR ALL #" + "x" * 2 * 2**20
    assert client.post("/sparql", data=text, content_type=UPDATE).status_code == 413
    assert client.post("/sparql", data={"update": text}).status_code == 413
