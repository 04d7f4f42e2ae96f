"""The Graph Store Protocol as a checklist: one test per promise of `/graphs`."""

import gzip
import io

import pyoxigraph as ox
import pytest
from sample import EX, NAMES, filled_store

from api.factory import create_app
from kg.config import Settings

GRAPH = "http://example.org/graph"
HERE = {"graph": GRAPH}
TURTLE = "text/turtle"
DATA = b"@prefix ex: <http://example.org/> . ex:a ex:p ex:b , 1.50 ; ex:q [ ex:r 'x'@fr ] ."
PROVENANCE = "https://w3id.org/clientgraph/graph/provenance"


@pytest.fixture
def store():
    with filled_store() as store:
        yield store


@pytest.fixture
def client(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, max_upload_mb=1), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def put(client, body=DATA, media=TURTLE, **arguments):
    sent = arguments.pop("headers", {})
    return client.put(
        "/graphs", query_string=arguments or HERE, data=body, content_type=media, headers=sent
    )


def read(client, accept="application/n-triples", **arguments):
    response = client.get("/graphs", query_string=arguments or HERE, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return response


def triples(response):
    return len(list(ox.parse(response.data, ox.RdfFormat.from_media_type(response.mimetype))))


def problem(response, status):
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    return response.json


@pytest.mark.parametrize(
    "media",
    ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"],
)
def test_graph_is_read_in_every_format_and_can_be_put_back(client, media):
    put(client)
    response = read(client, media)
    assert response.mimetype == media
    assert triples(response) == 4
    assert put(client, response.data, media, graph="http://example.org/copy").status_code == 201
    assert triples(read(client, graph="http://example.org/copy")) == 4


def test_put_makes_then_replaces(client, store):
    first = put(client)
    assert (first.status_code, first.data) == (201, b"")
    assert first.headers["X-Clientgraph-Commit"] == str(store.head)
    assert put(client, b"<x:s> <x:p> <x:o> .").status_code == 204
    assert triples(read(client)) == 1


def test_put_of_what_is_there_makes_no_commit(client, store):
    put(client, b"<x:s> <x:p> 1 , 2 .")
    before = store.head
    assert put(client, b"<x:s> <x:p> 2 , 1 .").status_code == 204
    assert store.head == before


def test_put_of_nothing_empties_the_graph_which_is_then_not_there(client):
    put(client)
    assert put(client, b"").status_code == 204
    assert client.get("/graphs", query_string=HERE).status_code == 404


def test_post_adds(client):
    sent = {"query_string": HERE, "content_type": TURTLE}
    assert client.post("/graphs", data=DATA, **sent).status_code == 201
    assert client.post("/graphs", data=b"<x:s> <x:p> <x:o> .", **sent).status_code == 204
    assert triples(read(client)) == 5


def test_post_without_a_name_makes_a_graph_of_its_own(client):
    response = client.post("/graphs", data=DATA, content_type=TURTLE)
    assert response.status_code == 201
    address = response.headers["Location"]
    assert triples(client.get(address, headers={"Accept": "application/n-triples"})) == 4
    assert triples(read(client, graph=address)) == 4


def test_post_of_a_form_adds_all_its_documents_as_one_commit(client, store):
    before = store.head
    form = {
        "one": (io.BytesIO(DATA), "one.ttl", TURTLE),
        "two": (io.BytesIO(b"<x:s> <x:p> <x:o> ."), "two.nt", "application/n-triples"),
    }
    response = client.post("/graphs", query_string=HERE, data=form)
    assert response.status_code == 201
    assert store.head == before + 1
    assert triples(read(client)) == 5


def test_delete_takes_a_graph_away_once(client):
    put(client)
    assert client.delete("/graphs", query_string=HERE).status_code == 204
    problem(client.delete("/graphs", query_string=HERE), 404)
    problem(client.get("/graphs", query_string=HERE), 404)


def test_default_is_the_unnamed_graph(client):
    assert triples(read(client, default="")) == 0
    assert put(client, default="").status_code == 201
    assert triples(read(client, default="")) == 4
    assert client.delete("/graphs?default").status_code == 204
    assert triples(read(client, default="")) == 0
    assert triples(read(client, graph=NAMES)) == 2


def test_address_below_graphs_names_a_graph(client):
    path = "/graphs/people/ana%20b.ttl"
    assert client.put(path, data=DATA, content_type=TURTLE).status_code == 201
    assert triples(read(client, graph="http://localhost/graphs/people/ana%20b.ttl")) == 4
    assert client.head(path).status_code == 200
    assert client.delete(path).status_code == 204
    assert client.head(path).status_code == 404


def test_whole_dataset_is_read_without_a_name(client):
    put(client)
    for media in ("application/trig", "application/n-quads", "application/ld+json"):
        response = client.get("/graphs", headers={"Accept": media})
        syntax = ox.RdfFormat.from_media_type(media)
        graphs = {str(quad.graph_name) for quad in ox.parse(response.data, syntax)}
        assert {f"<{GRAPH}>", f"<{NAMES}>", f"<{PROVENANCE}>"} <= graphs


@pytest.mark.parametrize("method", ["put", "delete"])
def test_the_whole_store_is_neither_replaced_nor_deleted(client, method):
    response = getattr(client, method)("/graphs", data=DATA, content_type=TURTLE)
    problem(response, 405)
    assert "PUT" not in response.headers["Allow"]


@pytest.mark.parametrize(
    "query", ["graph=x:a&graph=x:b", "graph=x:a&default", "graph=people", "graph=", "graph=a%20b:c"]
)
def test_names_that_name_no_single_graph_are_400(client, query):
    for method in (client.get, client.delete):
        problem(method(f"/graphs?{query}"), 400)


@pytest.mark.parametrize("name", [PROVENANCE, "https://w3id.org/clientgraph/graph/derived/stages"])
def test_graphs_that_the_store_keeps_are_not_written(client, store, name):
    before = store.head
    arguments = {"query_string": {"graph": name}, "data": DATA, "content_type": TURTLE}
    for method in (client.put, client.post, client.delete):
        problem(method("/graphs", **arguments), 403)
    assert store.head == before


def test_syntax_error_is_400_with_its_line_and_changes_nothing(client, store):
    put(client)
    before = store.head
    document = problem(put(client, b"<x:s> <x:p> <x:o> .\n<x:s> x:p ."), 400)
    assert document["line"] == 2
    assert store.head == before
    assert triples(read(client)) == 4


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"\xff\xfe<x:s>", TURTLE),
        (b"<x:s> <x:p> '\xe9' .", TURTLE),
        (b"{", "application/ld+json"),
        (b'{"@context": "http://example.org/context.jsonld"}', "application/ld+json"),
        (b"<a>", "application/rdf+xml"),
        (b"<s> <p> <o> .", "application/n-triples"),
        (b"<x:s> <x:p> <x:o> <x:g> .", "application/n-quads"),
        (b"<x:g> { <x:s> <x:p> <x:o> }", "application/trig"),
        (gzip.compress(DATA, mtime=0), TURTLE),
    ],
)
def test_bodies_that_are_no_graph_are_400(client, body, media):
    problem(put(client, body, media), 400)
    problem(client.get("/graphs", query_string=HERE), 404)


@pytest.mark.parametrize("media", ["", "text/csv", "application/x-www-form-urlencoded", "x"])
def test_other_media_types_are_415_with_those_that_are_read(client, media):
    assert TURTLE in problem(put(client, DATA, media), 415)["detail"]


def test_encoded_bodies_are_415(client):
    response = put(client, gzip.compress(DATA), headers={"Content-Encoding": "gzip"})
    problem(response, 415)


def test_bodies_over_the_limit_are_413(client):
    assert str(2**20) in problem(put(client, b"# " + b"x" * 2**20), 413)["detail"]


def test_relative_iris_are_resolved_against_the_graph(client):
    put(client, b"<> <p> <#x> .", graph=EX + "people/")
    found = read(client, graph=EX + "people/").data
    assert found == f"<{EX}people/> <{EX}people/p> <{EX}people/#x> .\n".encode()


def test_commit_tells_the_request(client, store):
    put(client)
    row = store.cursor().execute(
        'SELECT activity, note FROM "commit" WHERE number = ?', [store.head]
    )
    assert row.fetchone() == ("graph-store", f"PUT <{GRAPH}>")


def test_tag_changes_with_the_graph_only(client):
    put(client)
    tag = read(client).headers["ETag"]
    put(client, graph="http://example.org/other")
    known = {"If-None-Match": tag, "Accept": "application/n-triples"}
    assert client.get("/graphs", query_string=HERE, headers=known).status_code == 304
    put(client, b"<x:s> <x:p> <x:o> .")
    assert client.get("/graphs", query_string=HERE, headers=known).status_code == 200
    assert read(client, TURTLE).headers["ETag"] != read(client).headers["ETag"]


def test_write_after_somebody_elses_write_is_412(client):
    put(client)
    tag = read(client, TURTLE).headers["ETag"]
    assert put(client, b"<x:s> <x:p> 1 .", headers={"If-Match": tag}).status_code == 204
    problem(put(client, b"<x:s> <x:p> 2 .", headers={"If-Match": tag}), 412)
    problem(client.delete("/graphs", query_string=HERE, headers={"If-Match": tag}), 412)
    problem(put(client, headers={"If-None-Match": "*"}), 412)
    new = {"headers": {"If-None-Match": "*"}, "graph": "http://example.org/new"}
    assert put(client, **new).status_code == 201


def test_format_that_is_not_offered_is_406_with_those_that_are(client):
    put(client)
    response = client.get("/graphs", query_string=HERE, headers={"Accept": "image/png"})
    assert TURTLE in problem(response, 406)["detail"]


UPDATE = "application/sparql-update"


def patch(client, text, media=UPDATE, headers=None, **arguments):
    return client.patch(
        "/graphs", query_string=arguments or HERE, data=text, content_type=media, headers=headers
    )


def test_patch_makes_and_changes_one_graph(client, store):
    first = patch(client, "INSERT DATA { <x:a> <x:p> 1 , 2 }")
    assert (first.status_code, first.data) == (201, b"")
    assert first.headers["X-Clientgraph-Commit"] == str(store.head)
    moved = "DELETE { ?s <x:p> ?n } INSERT { ?s <x:q> ?m } WHERE { ?s <x:p> ?n BIND(?n + 1 AS ?m) }"
    assert patch(client, moved).status_code == 204
    assert b"<x:q>" in read(client).data
    assert b"<x:p>" not in read(client).data
    taken = f"WITH <{GRAPH}> DELETE {{ ?s <x:q> 2 }} WHERE {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"
    assert patch(client, taken).status_code == 204
    assert triples(read(client)) == 1
    assert patch(client, f"CLEAR GRAPH <{GRAPH}>").status_code == 204
    assert client.get("/graphs", query_string=HERE).status_code == 404


def test_patch_reads_the_graph_in_the_place_of_all(client):
    put(client, b"<x:s> <x:p> 1 .")
    put(client, b"<x:s> <x:p> 2 .", graph="http://example.org/other")
    assert patch(client, "INSERT { ?s <x:q> ?o } WHERE { ?s <x:p> ?o }").status_code == 204
    assert sorted(read(client).data.split(b"\n")[:-1]) == [
        b'<x:s> <x:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        b'<x:s> <x:q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
    ]


def test_patch_of_the_unnamed_graph(client):
    put(client, b"<x:s> <x:p> 1 .")
    copied = "INSERT DATA { <x:u> <x:p> 5 } ; INSERT { ?s <x:q> ?o } WHERE { ?s <x:p> ?o }"
    assert patch(client, copied, default="").status_code in (201, 204)
    assert b"<x:u> <x:q>" in read(client, default="").data
    assert triples(read(client)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { GRAPH <x:other> { <x:a> <x:p> 1 } }",
        "WITH <x:other> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT { GRAPH <x:other> { ?s ?p ?o } } WHERE { ?s ?p ?o }",
        "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
        "DELETE { ?s ?p ?o } USING <x:other> WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP GRAPH <x:other>",
        "COPY DEFAULT TO <x:other>",
        "CREATE GRAPH <x:other>",
        "LOAD SILENT <file:///etc/hostname>",
    ],
)
def test_patch_changes_no_other_graph(client, store, text):
    put(client)
    before = store.head
    wrong = problem(patch(client, f"INSERT DATA {{ <x:new> <x:p> 1 }} ; {text}"), 422)
    assert wrong["type"].endswith("problem/update")
    assert GRAPH in wrong["detail"]
    assert store.head == before


def test_patch_needs_a_graph_an_update_and_the_right_version(client):
    tag = put(client).headers.get("ETag") or read(client).headers["ETag"]
    assert "Allow" in client.patch("/graphs", data="", content_type=UPDATE).headers
    problem(client.patch("/graphs", data="", content_type=UPDATE), 405)
    problem(patch(client, DATA, TURTLE), 415)
    problem(patch(client, "INSERT DATA { <x:a> }"), 400)
    problem(patch(client, "CLEAR DEFAULT", graph=PROVENANCE), 403)
    add = "INSERT DATA { <x:a> <x:p> 1 }"
    assert patch(client, add, headers={"If-Match": tag}).status_code == 204
    problem(patch(client, add, headers={"If-Match": tag}), 412)
