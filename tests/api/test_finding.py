"""Search: what the caller may see, in any case and without accents, and the page of it."""

import re

import pytest
from sample import EX, PREFIXES

from api.factory import create_app
from kg.config import Settings
from kg.namespaces import graph_iri
from kg.roles import Role
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token


def labels(client, words, **more):
    answer = client.get("/api/search", query_string={"q": words, **more})
    assert answer.status_code == 200
    return [one["label"] for one in answer.json["found"]]


def fill(store):
    facts = "".join(
        f'ex:p{n} a cg:NaturalPerson ; cg:sourceKey "P{n:03}" . ' for n in range(1, 120)
    )
    names = (
        'ex:p1 foaf:name "Émilie Dupont-Çelik" ; <http://www.w3.org/2006/vcard/ns#hasEmail>'
        ' <mailto:e.d@example.org> . ex:p2 foaf:name "Emil Durand" . '
        + "".join(f'ex:p{n} foaf:name "Zed {n}" . ' for n in range(3, 120))
    )
    with store.write(agent="test", activity="import", note="people") as tx:
        for layer, text in (("facts", facts), ("personal", names)):
            graph = str(graph_iri(layer, "people"))
            load_bytes(tx, (PREFIXES + text).encode(), format="turtle", graph=graph)


@pytest.fixture(scope="module")
def people():
    with Store.open(None) as store:
        fill(store)
        yield store


@pytest.fixture
def people_client(people, tmp_path):
    return create_app(Settings(data_dir=tmp_path), people).test_client()


def test_words_are_found_without_case_and_accents(people_client):
    assert labels(people_client, "dupont emilie") == ["Émilie Dupont-Çelik"]
    assert labels(people_client, "ÇEL") == ["Émilie Dupont-Çelik"]
    assert sorted(labels(people_client, "emil")) == ["Emil Durand", "Émilie Dupont-Çelik"]


def test_an_email_is_found_and_said_to_have_matched(people_client):
    found = people_client.get("/api/search?q=e.d@example").json["found"]
    assert [(one["iri"], one["matched"]) for one in found] == [(f"{EX}p1", "e.d@example.org")]


def test_an_exact_key_comes_first(people_client):
    found = people_client.get("/api/search?q=P011").json["found"]
    assert (found[0]["key"], found[0]["label"]) == ("P011", "Zed 11")


@pytest.mark.parametrize("words", ["", "z", "  z  ", "zzzz", '"', "\\", "' OR 1=1 --", "?x } {"])
def test_what_finds_nothing_is_no_error(people_client, words):
    assert labels(people_client, words) == []


def test_results_are_limited(people_client):
    assert len(labels(people_client, "zed")) == 12
    assert len(labels(people_client, "zed", limit=40)) == 40
    for limit in ("0", "101", "x", "-1"):
        assert people_client.get(f"/api/search?q=zed&limit={limit}").status_code == 400


def test_kinds_are_named_in_the_language_asked_for(people_client):
    french = people_client.get("/api/search?q=emil&lang=fr").json["found"]
    assert {one["kind"] for one in french} == {"personne physique"}


def test_names_are_found_by_those_who_may_see_them_only(tmp_path):
    with Store.open(None) as store:
        fill(store)
        headers = {
            role: {"Authorization": f"Bearer {create_token(store, role, Role(role))[0]}"}
            for role in ("analyst", "steward")
        }
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        for words in ("emilie", "e.d@example"):
            address = f"/api/search?q={words}"
            assert client.get(address, headers=headers["analyst"]).json["found"] == []
            assert len(client.get(address, headers=headers["steward"]).json["found"]) == 1
        (one,) = client.get("/api/search?q=P001", headers=headers["analyst"]).json["found"]
        assert re.fullmatch(r"Party \w+", one["label"])
        assert client.get("/api/search?q=P001").status_code == 401


def test_page_shows_what_is_found(people_client):
    text = people_client.get("/search?q=dupont").text
    assert "1 result" in text
    assert "Émilie Dupont-Çelik" in text
    assert "Nothing was found" in people_client.get("/search?q=nobodyhere").text
    assert "The first 100 results" in people_client.get("/search?q=zed").text


def test_date_stays_in_every_link_to_a_page(people_client):
    text = people_client.get("/search?q=dupont&as_of=2025-03-01").text
    assert 'value="2025-03-01"' in text
    links = [one for one in re.findall(r'href="(/[^"]*)"', text) if "/static/" not in one]
    assert links
    assert [one for one in links if "as_of=2025-03-01" not in one] == ["/search?q=dupont"]


def test_without_a_date_links_have_none(people_client):
    for day in ("", "&as_of="):
        text = people_client.get(f"/search?q=dupont{day}").text
        assert not re.findall(r'href="/(?:query|imports)[^"]*as_of', text)
