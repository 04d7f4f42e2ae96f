"""What the editor of queries asks for: completions, labels."""

import pytest
from sample import EX, filled_store

from api.factory import create_app
from kg.config import Settings
from kg.namespaces import CG, FOAF
from kg.roles import Role
from kg.store.tokens import create_token


def completions(client, words, **more):
    answer = client.get("/api/completions", query_string={"q": words, **more})
    assert answer.status_code == 200
    return answer.json["completions"]


def test_terms_are_completed_from_labels_in_either_language(client):
    for words in ("purch", "achat", "cg:Purch", "PURCH"):
        found = completions(client, words)
        assert str(CG.Purchase) in [one["iri"] for one in found], words
    first = completions(client, "purchase")[0]
    assert (first["iri"], first["prefix"]) == (str(CG.Purchase), "cg")
    assert completions(client, "purchase", lang="fr")[0]["label"] == "achat"


def test_things_of_the_graph_are_completed_by_their_names(client):
    assert f"{EX}ana" in [one["iri"] for one in completions(client, "ana")]


@pytest.mark.parametrize("words", ["", " ", '"', "zzzzzz", "::"])
def test_what_completes_nothing_is_no_error(client, words):
    completions(client, words)


def test_iris_are_told_by_their_labels(client):
    iris = [str(FOAF.name), f"{EX}ana", f"{EX}none", "not an iri", "<>"]
    answer = client.post("/api/labels", json=iris)
    assert answer.json["labels"] == {str(FOAF.name): "usual name", f"{EX}ana": "Ana"}
    french = client.post("/api/labels?lang=fr", json=iris).json["labels"]
    assert french[str(FOAF.name)] == "nom usuel"


@pytest.mark.parametrize("body", [None, {}, [1], "x", ["x"] * 1001])
def test_labels_of_what_is_no_list_are_refused(client, body):
    assert client.post("/api/labels", json=body).status_code == 400


def test_names_are_for_those_who_may_see_them(tmp_path):
    with filled_store() as store:
        token, _ = create_token(store, "analyst", Role.ANALYST)
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        headers = {"Authorization": f"Bearer {token}"}
        labels = client.post("/api/labels", json=[f"{EX}ana"], headers=headers).json["labels"]
        assert labels[f"{EX}ana"].startswith("Party ")
        found = client.get("/api/completions?q=ana", headers=headers).json["completions"]
        assert "Ana" not in [one["label"] for one in found]
