"""Answers that are sent again: the same as computed ones, and only while nothing is committed."""

import pytest
from flask import Flask, Response
from sample import EX, PREFIXES, filled_store

from api.factory import create_app
from api.remembered import Answers
from kg.config import Settings
from kg.sparql.running import running_on
from kg.store.rdf import load_bytes

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
