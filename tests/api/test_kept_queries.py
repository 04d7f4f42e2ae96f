"""Queries that users keep: who sees and changes them, their versions, and answers to be cited."""

import pytest
from sample import filled_store

from api.factory import create_app
from kg.config import Settings
from kg.errors import UsageError
from kg.library import find_kept, keep_query
from kg.roles import Role
from kg.sparql import update
from kg.store import Store
from kg.store.compaction import compact
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token

TEXT = "SELECT ?s ?o WHERE { ?s <https://example.org/knows> ?o }"
HEAD = '# param: who iri example="https://example.org/ana"\n'


@pytest.fixture
def clients(tmp_path):
    """Return a function that gives the client of a token's name, over a store of its own."""
    with filled_store() as store:
        roles = {"ann": Role.READER, "ben": Role.ANALYST, "root": Role.ADMIN}
        tokens = {name: create_token(store, name, role)[0] for name, role in roles.items()}
        app = create_app(Settings(data_dir=tmp_path, organization="shop"), store)
        made = {name: app.test_client() for name in tokens}
        for name, token in tokens.items():
            made[name].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield made


def test_a_query_is_kept_asked_shared_and_forgotten(clients):
    ann, ben = clients["ann"], clients["ben"]
    made = ann.post("/api/queries", json={"name": "mine", "text": TEXT, "description": "Who?"})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/queries/mine")
    assert (made.json["owner"], made.json["sharing"], made.json["version"]) == ("ann", "private", 1)
    assert ann.get("/api/queries/mine").status_code == 200
    assert [one["name"] for one in ann.get("/api/queries").json["kept"]] == ["mine"]
    # What is private is not there for others.
    assert ben.get("/api/queries").json["kept"] == []
    assert ben.get("/api/queries/mine").status_code == 404
    assert ben.get("/api/queries/mine/versions").status_code == 404
    assert ann.put("/api/queries/mine", json={"sharing": "everyone"}).json["version"] == 1
    assert ben.get("/api/queries/mine").status_code == 200
    assert ben.put("/api/queries/mine", json={"text": TEXT}).status_code == 403
    assert ben.delete("/api/queries/mine").status_code == 403
    assert clients["root"].put("/api/queries/mine", json={"description": "!"}).status_code == 200
    assert ann.get("/api/queries/mine/versions").json["owner"] == "ann"
    assert ann.delete("/api/queries/mine").status_code == 204
    assert ann.get("/api/queries/mine").status_code == 404


def test_the_pages_of_an_answer_are_of_one_version(clients):
    ann = clients["ann"]
    text = "SELECT ?n { VALUES ?n { 1 2 3 } } ORDER BY ?n"
    assert ann.put("/api/queries/mine", json={"text": text}).status_code == 200
    first = ann.get("/api/queries/mine?format=csv&rows=1")
    assert ann.put("/api/queries/mine", json={"text": text.replace("2", "7")}).status_code == 200
    link = first.headers["Link"]
    second = ann.get(link[1 : link.index(">")])
    assert second.text.split() == ["n", "2"]
    assert ann.get("/api/queries/mine?format=csv").text.split() == ["n", "1", "3", "7"]


def test_a_new_text_is_a_new_version_and_the_earlier_one_stays(clients):
    ann = clients["ann"]
    for text in ("SELECT (1 AS ?n) {}", "SELECT (1 AS ?n) {}", "SELECT (2 AS ?n) {}"):
        assert ann.put("/api/queries/mine", json={"text": text}).status_code == 200
    versions = ann.get("/api/queries/mine/versions").json["versions"]
    assert [one["version"] for one in versions] == [1, 2]
    answers = {
        asked: ann.get(f"/api/queries/mine{asked}", headers={"Accept": "text/csv"}).text.split()
        for asked in ("", "?version=1", "?version=2")
    }
    assert answers == {"": ["n", "2"], "?version=1": ["n", "1"], "?version=2": ["n", "2"]}
    assert ann.get("/api/queries/mine?version=3").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "parties-by-kind", "text": TEXT}, 400),
        ({"name": "a4", "text": TEXT}, 400),
        ({"name": "No Name", "text": TEXT}, 400),
        ({"name": "mine"}, 400),
        ({"text": TEXT}, 400),
        ({"name": "mine", "text": "SELECT"}, 400),
        ({"name": "mine", "text": "# param: x colour\n" + TEXT}, 400),
        ({"name": "mine", "text": TEXT, "sharing": "some"}, 400),
        ({"name": "mine", "text": TEXT, "colour": "blue"}, 400),
        ({"name": "mine", "text": 7}, 400),
        (["mine"], 400),
    ],
)
def test_what_cannot_be_kept_is_refused(clients, body, status):
    response = clients["ann"].post("/api/queries", json=body)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert clients["ann"].get("/api/queries").json["kept"] == []


def test_a_name_is_taken_once(clients):
    body = {"name": "mine", "text": TEXT}
    assert clients["ann"].post("/api/queries", json=body).status_code == 201
    assert clients["ann"].post("/api/queries", json=body).status_code == 409
    assert clients["ben"].put("/api/queries/mine", json={"text": TEXT}).status_code == 403


def test_parameters_are_bound_as_terms(clients):
    text = HEAD + "SELECT ?who ?p { ?who ?p ?o } LIMIT 1"
    clients["ann"].put("/api/queries/mine", json={"text": text})
    assert clients["ann"].get("/api/queries/mine").status_code == 400
    asked = clients["ann"].get("/api/queries/mine?who=x:a%3E%20.%20%3Fs").status_code
    assert asked == 400


@pytest.mark.parametrize("order", ["", " ORDER BY ?p", " ORDER BY DESC(?s) LIMIT 500"])
def test_a_cited_answer_keeps_its_bytes(tmp_path, order):
    path = tmp_path / "clientgraph.duckdb"
    settings = Settings(data_dir=tmp_path, organization="shop")
    facts = "".join(f"<x:{n % 7}> <x:p{n % 3}> {n} ." for n in range(300))

    def cited() -> bytes:
        with Store.open(path) as store:
            client = create_app(settings, store).test_client()
            response = client.get("/api/queries/all?version=1&commit=1&format=csv")
            assert response.status_code == 200
            return response.data

    with Store.open(path) as store:
        with store.write() as tx:
            load_bytes(tx, facts.encode(), format="turtle", graph="x:g")
        text = "SELECT ?s ?p ?o { GRAPH <x:g> { ?s ?p ?o } }" + order
        keep_query(store, "all", owner="local", text=text)
    first = cited()
    assert len(first.splitlines()) == 301
    with Store.open(path) as store:
        update(
            store, "DELETE WHERE { GRAPH <x:g> { <x:3> ?p ?o } } ; INSERT DATA { <x:a> <x:b> 1 }"
        )
        keep_query(store, "all", owner="local", text="SELECT (1 AS ?n) {}")
    assert cited() == first
    compact(path)
    assert cited() == first


def test_keeping_a_query_is_no_commit():
    with filled_store() as store:
        head = store.head
        keep_query(store, "mine", owner="ann", text=TEXT)
        assert store.head == head
        assert find_kept(store, "mine") is not None
        with pytest.raises(UsageError, match="kept by 'ann'"):
            keep_query(store, "mine", owner="ben", text=TEXT)


def test_a_commit_that_is_not_there_is_refused(clients):
    clients["ann"].put("/api/queries/mine", json={"text": TEXT})
    assert clients["ann"].get("/api/queries/mine?commit=999999").status_code == 400
    assert clients["ann"].get("/api/queries/mine?commit=x").status_code == 400
    assert clients["ann"].get("/api/queries/parties-by-kind?version=1").status_code == 400
