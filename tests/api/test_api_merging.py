"""Duplicates over HTTP: proposed to who may see what they share, decided by who may write."""

import pytest

from kg.roles import Role
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token

DATA = """
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix graph: <https://w3id.org/clientgraph/graph/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/> .
<https://w3id.org/clientgraph/graph/facts/a> {
    ex:a a cg:NaturalPerson ; cg:sourceKey "A" .
    ex:b a cg:NaturalPerson ; cg:sourceKey "B" .
    ex:c a cg:LegalEntity ; cg:sourceKey "C" .
}
<https://w3id.org/clientgraph/graph/personal/a> {
    ex:a foaf:name "Zoé Lemarchand" ; vcard:hasEmail <mailto:zoe@example.org> .
    ex:b foaf:name "Zoe Lemarchand" ; vcard:hasEmail <mailto:zoe@example.org> .
}
"""


@pytest.fixture
def store():
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, DATA.encode(), format="trig")
        yield store


def test_a_steward_sees_the_pair_merges_it_and_takes_it_back(client):
    (found,) = client.get("/api/duplicates").json["duplicates"]
    assert {found["party_key"], found["other_key"]} == {"A", "B"}
    assert found["evidence"]["email"] == "mailto:zoe@example.org"

    sent = {"duplicate": "B", "canonical": "A", "reason": "same mail", "date": "2026-01-02"}
    assert client.post("/api/merges", json=sent).json["kind"] == "merge"
    assert client.get("/api/duplicates").json["duplicates"] == []
    (merge,) = client.get("/api/merges").json["merges"]
    told = [merge[name] for name in ("duplicate_key", "canonical_key", "date", "reason")]
    assert told == ["B", "A", "2026-01-02", "same mail"]

    taken = client.delete("/api/merges?duplicate=B")
    assert (taken.status_code, taken.json["kind"]) == (200, "unmerge")
    assert client.get("/api/merges").json["merges"] == []


def test_a_pair_set_aside_is_proposed_no_more_until_that_is_taken_back(client):
    assert client.post("/api/distinctions", json={"one": "A", "other": "B"}).status_code == 200
    assert client.get("/api/duplicates").json["duplicates"] == []
    assert client.delete("/api/distinctions?one=B&other=A").status_code == 200
    assert len(client.get("/api/duplicates").json["duplicates"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("POST", "/api/merges", {"duplicate": "A", "canonical": "C"}, "different kinds"),
        ("POST", "/api/merges", {"duplicate": "A"}, "'canonical'"),
        ("POST", "/api/merges", ["A", "B"], "JSON object"),
        ("POST", "/api/merges", {"duplicate": "A", "canonical": "B", "date": "soon"}, "YYYY"),
        ("DELETE", "/api/merges", None, "'duplicate'"),
        ("DELETE", "/api/merges?duplicate=A", None, "not merged"),
        ("DELETE", "/api/distinctions?one=A", None, "'other'"),
        ("GET", "/api/duplicates?least=much", None, "number"),
    ],
)
def test_what_is_wrong_is_told(client, store, method, path, sent, told):
    head = store.head
    response = client.open(path, method=method, json=sent)
    assert response.status_code == 400
    assert told in response.json["detail"]
    assert store.head == head


@pytest.mark.parametrize("path", ["/api/merges", "/api/distinctions"])
def test_a_body_that_is_no_json_is_told_in_words(client, path):
    response = client.post(path, data=b"{", content_type="application/json")
    assert response.status_code == 400
    assert set(response.json["message"]) == {"en", "fr"}
    assert "Send a JSON object" in response.json["detail"]


def test_who_may_not_see_personal_data_is_proposed_nothing_made_of_it(client, store):
    text, _ = create_token(store, "lee", Role.ANALYST)
    headers = {"Authorization": f"Bearer {text}"}
    answer = client.get("/api/duplicates?least=0", headers=headers)
    assert (answer.status_code, answer.json) == (200, {"duplicates": []})
