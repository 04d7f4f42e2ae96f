"""Answers that are sent again: the same as computed ones, and only while nothing is committed."""

import time
from datetime import timedelta

import pytest
from flask import Flask, Response, request
from sample import EX, PREFIXES, filled_store

from api.factory import create_app
from api.remembered import Answers
from kg.config import Settings
from kg.roles import Role
from kg.sparql.running import running_on
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token, revoke_token

NAMES = PREFIXES + "SELECT ?s ?name { ?s foaf:name ?name } ORDER BY ?s"
KEPT = ("Content-Type", "ETag", "Vary", "X-Clientgraph-Commit", "X-Clientgraph-Engine")


@pytest.fixture
def own_store():
    with filled_store() as store:
        yield store


@pytest.fixture
def own_client(own_store, tmp_path):
    return create_app(Settings(data_dir=tmp_path), own_store).test_client()


@pytest.fixture
def computed(own_store):
    """The queries that were computed, one after the other."""
    texts = []
    running_on(own_store).finished = lambda one, _seconds: texts.append(one.text)
    return texts


def asked(client, text=NAMES, accept="application/sparql-results+json", **more):
    response = client.post("/sparql", data={"query": text, **more}, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return response


def test_an_answer_is_computed_once(own_client, computed):
    first, again = asked(own_client), asked(own_client)
    assert again.data == first.data
    assert [again.headers[name] for name in KEPT] == [first.headers[name] for name in KEPT]
    got = own_client.get("/sparql", query_string={"query": NAMES})
    assert got.json == first.json
    assert len(computed) == 1


def test_a_commit_ends_it(own_client, own_store):
    before = asked(own_client)
    with own_store.write() as tx:
        text = f'<{EX}new> <http://xmlns.com/foaf/0.1/name> "New" .'
        load_bytes(tx, text.encode(), format="turtle")
    after = asked(own_client)
    assert "New" in after.text
    assert "New" not in before.text
    assert after.headers["ETag"] != before.headers["ETag"]
    assert int(after.headers["X-Clientgraph-Commit"]) == own_store.head


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (NAMES, {"accept": "text/csv"}),
        (NAMES, {"format": "xml"}),
        (NAMES, {"default-graph-uri": f"{EX}nothing"}),
        (NAMES + " LIMIT 1", {}),
        (NAMES.replace("ORDER BY ?s", "ORDER BY DESC(?s)"), {}),
    ],
)
def test_what_is_asked_otherwise_is_another_answer(own_client, computed, text, more):
    first = asked(own_client)
    computed.clear()
    assert asked(own_client, text, **more).data != first.data
    assert len(computed) == 1


def test_what_changes_by_itself_is_computed_again(own_client, computed):
    text = "SELECT (RAND() AS ?x) {}"
    assert asked(own_client, text).data != asked(own_client, text).data
    assert len(computed) == 2


@pytest.fixture
def read(monkeypatch):
    """The requests that the application read, one after the other."""
    paths = []

    def dispatched(app):
        paths.append(request.full_path)
        return dispatch(app)

    dispatch = Flask.full_dispatch_request
    monkeypatch.setattr(Flask, "full_dispatch_request", dispatched)
    return paths


def test_a_repeated_request_is_not_read_again(own_client, read):
    first = asked(own_client)
    again = [asked(own_client) for _ in range(2)]
    assert len(read) == 1
    for one in again:
        assert one.data == first.data
        assert dict(one.headers) == dict(first.headers)
    got = [own_client.get("/sparql", query_string={"query": NAMES}) for _ in range(2)]
    assert got[0].json == got[1].json == first.json
    assert len(read) == 2
    asked(own_client, text=NAMES + " LIMIT 1")
    assert len(read) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/csv"},
        {"Accept-Encoding": "gzip"},
        {"Origin": "http://elsewhere.example"},
        {"Host": "elsewhere.example"},
        {"Authorization": "Bearer nobody"},
        {"X-Anything": "else"},
    ],
)
def test_a_request_with_other_headers_is_read(own_client, read, headers):
    query = {"query": NAMES}
    for _ in range(2):
        assert own_client.get("/sparql", query_string=query).status_code == 200
    read.clear()
    own_client.get("/sparql", query_string=query, headers=headers)
    assert len(read) == 1


def test_a_request_with_a_cookie_is_read(own_client, read):
    own_client.set_cookie("clientgraph", "nobody")
    for _ in range(2):
        assert own_client.get("/sparql", query_string={"query": NAMES}).status_code == 200
    assert len(read) == 2


def test_a_repeated_request_is_read_after_a_commit(own_client, own_store, read):
    before = [asked(own_client) for _ in range(2)][1]
    with own_store.write() as tx:
        text = f'<{EX}new> <http://xmlns.com/foaf/0.1/name> "New" .'
        load_bytes(tx, text.encode(), format="turtle")
    after = [asked(own_client) for _ in range(2)][1]
    assert len(read) == 2
    assert "New" in after.text
    assert "New" not in before.text


def test_a_repeated_request_is_counted(own_client):
    for _ in range(3):
        asked(own_client)
    told = own_client.get("/metrics").text
    line = 'clientgraph_requests_total{endpoint="sparql.post_sparql",method="POST",status="200"} 3'
    assert line in told


def test_a_repeated_request_shows_a_token_that_opens_something(own_client, own_store, read):
    for _ in range(2):
        asked(own_client)
    token, _ = create_token(own_store, "reader", Role.READER)
    assert own_client.post("/sparql", data={"query": NAMES}).status_code == 401
    shown = {"Authorization": f"Bearer {token}"}
    read.clear()
    for _ in range(3):
        answer = own_client.post("/sparql", data={"query": NAMES}, headers=shown)
        assert answer.status_code == 200
    assert len(read) == 1
    revoke_token(own_store, "reader")
    assert own_client.post("/sparql", data={"query": NAMES}, headers=shown).status_code == 401


def test_a_repeated_request_may_see_what_it_may_see_now(own_client, own_store, read):
    token, _ = create_token(own_store, "analyst", Role.ANALYST, lifetime=timedelta(seconds=0.5))
    shown = {"Authorization": f"Bearer {token}"}
    data = {"query": NAMES}
    assert own_client.post("/sparql", data=data, headers=shown).status_code == 200
    time.sleep(0.6)
    assert own_client.post("/sparql", data=data, headers=shown).status_code == 401


def test_errors_updates_and_what_changes_are_read_each_time(own_client, read):
    for text in ("SELECT", "SELECT (NOW() AS ?x) {}"):
        for _ in range(2):
            own_client.post("/sparql", data={"query": text})
    for _ in range(2):
        own_client.post("/sparql", data={"update": "INSERT DATA { <urn:x:s> <urn:x:p> 1 }"})
    assert len(read) == 6


@pytest.fixture
def context():
    with Flask(__name__).app_context():
        yield


@pytest.mark.usefixtures("context")
def test_memory_is_bounded():
    answers = Answers()
    body = b"x" * 250_000
    for number in range(200):
        answers.keep(str(number), Response(body))
    kept = [number for number in range(200) if answers.find(str(number)) is not None]
    assert 100 < len(kept) * len(body) / 250_000 < 140
    assert kept == list(range(kept[0], 200))


@pytest.mark.usefixtures("context")
def test_what_was_used_lately_stays():
    answers = Answers()
    for number in range(200):
        answers.keep(str(number), Response(b"x" * 250_000))
        assert answers.find("0") is not None


@pytest.mark.usefixtures("context")
def test_large_and_streamed_answers_are_not_kept():
    answers = Answers()
    answers.keep("large", Response(b"x" * 300_000))
    answers.keep("streamed", Response(iter([b"x"])))
    assert answers.find("large") is answers.find("streamed") is None
