"""The pages of parties: what they show of whom to whom, as of which date."""

import re
from datetime import date

import pytest
from sample import EX, PREFIXES, filled_store

from api import parties
from api.factory import create_app
from api.labels import PARTY_KINDS
from api.pages.party import prepare
from kg.config import Settings
from kg.lifecycle.dialect import translated
from kg.namespaces import ID, graph_iri
from kg.roles import Role
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token

HTML = {"Accept": "text/html"}
_FACTS = f"""{PREFIXES}
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
ex:r1 a cg:Referral ; cg:sourceKey "r1" ; cg:recommender ex:ana ; cg:referred ex:bo ;
    cg:date "2025-01-10"^^xsd:date .
ex:o2 a cg:Purchase ; cg:orderNumber "O-2" ; cg:client ex:bo ; cg:seller ex:shop ;
    cg:hasLine ex:l2 ; cg:orderDate "2025-02-01"^^xsd:date .
ex:l2 cg:netAmount 1234.50 ; cg:currency "EUR" .
ex:b2 a cg:NaturalPerson ; cg:sourceKey "b2" ; cg:mergedInto ex:bo .
ex:o3 a cg:Purchase ; cg:client ex:b2 ; cg:seller ex:shop ; cg:orderDate "2025-03"^^xsd:gYearMonth .
ex:twin1 a cg:NaturalPerson ; cg:sourceKey "twin" .
ex:twin2 a cg:LegalEntity ; cg:sourceKey "twin" .
<{ID["party/" + "ab" * 16]}> a cg:NaturalPerson ; cg:sourceKey "hex" .
"""
_NAMES = f"""{PREFIXES} PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
ex:bo vcard:hasEmail <mailto:bo@example.org> ; vcard:hasAddress ex:home .
ex:home vcard:locality "Clairanse" .
"""


def fill(store):
    with store.write(agent="clerk", activity="import", note="more") as tx:
        for layer, text in (("facts", _FACTS), ("personal", _NAMES)):
            graph = str(graph_iri(layer, "more"))
            load_bytes(tx, text.encode(), format="turtle", graph=graph)


@pytest.fixture(scope="module")
def store():
    with filled_store() as store:
        fill(store)
        yield store


def page(client, path):
    response = client.get(path, headers=HTML)
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", response.text)


def test_a_party_is_shown_with_facts_events_and_referrals(client):
    text = page(client, "/parties/bo")
    assert "<h1>Bo</h1>" in text
    assert "bo@example.org" in text
    assert "Clairanse" in text
    assert re.search(r"purchase O-2</a> <small>as client", text)
    assert "1,234.50 EUR" in text
    assert "1 Feb 2025" in text
    assert "Mar 2025" in text
    assert re.search(r'href="/parties/ana">Ana</a>', text)
    assert "One other record was merged into this one" in text


def test_numbers_and_dates_are_french_in_french(client):
    text = page(client, "/parties/bo?lang=fr")
    assert "1 234,50 EUR" in text
    assert "1 févr. 2025" in text


def test_what_comes_after_the_date_is_not_shown(client):
    text = page(client, "/parties/bo?as_of=2025-01-31")
    assert "O-2" not in text
    assert "Ana</a>" in text
    assert "Ana</a>" not in page(client, "/parties/bo?as_of=2025-01-09")
    assert "Mar 2025" in page(client, "/parties/bo?as_of=2025-03-02")


@pytest.mark.parametrize("name", ["bo", "shop"])
@pytest.mark.parametrize("day", ["2025-01-31", "2025-02-28", "2025-03-02", "2030-01-01"])
def test_many_events_are_told_as_few_are(client, app, monkeypatch, name, day):
    with app.test_request_context():
        party = parties.read_party(parties.find_parties(name)[0])
        on = date.fromisoformat(day)

        def told():
            naming = parties.read_naming(party)
            referrals = parties.read_referrals(party, on, naming)
            return sorted(map(repr, parties.read_events(party, on, naming))), referrals

        few = told()
        monkeypatch.setattr(parties, "_FEW", 1)
        assert told() == few


def test_parties_that_name_a_party_are_no_events(app):
    found = 0
    with app.test_request_context():
        for name in ("ana", "bo", "shop"):
            party = parties.read_party(parties.find_parties(name)[0])
            naming = parties.read_naming(party)
            kinds = parties.names_of([event for event, _ in naming])
            found += sum(kind in PARTY_KINDS for _, _, kind in kinds.values())
            told = parties.read_events(party, date(2030, 1, 1), naming)
            assert told
            assert not {one.kind for one in told} & PARTY_KINDS
    assert found


@pytest.mark.parametrize("name", ["bo", EX + "bo", f"{EX}bo".replace("://", ":/")])
def test_a_party_is_named_by_its_key_or_iri(client, name):
    assert "<h1>Bo</h1>" in page(client, f"/parties/{name}")


def test_an_iri_of_ours_leads_to_the_page(client):
    response = client.get(f"/id/party/{'ab' * 16}", headers=HTML)
    assert response.status_code == 303
    assert "<code>hex</code>" in page(client, response.headers["Location"])
    described = client.get(f"/id/party/{'ab' * 16}", headers={"Accept": "text/turtle"})
    answer = client.get(described.headers["Location"], headers={"Accept": "text/turtle"})
    assert answer.mimetype == "text/turtle"
    assert "hex" in answer.text
    assert "DESCRIBE" in client.get("/id/order/x", headers=HTML).headers["Location"]


def test_a_key_of_several_parties_shows_which(client):
    text = page(client, "/parties/twin")
    assert "Several parties have the key twin" in text
    assert "legal entity" in text


@pytest.mark.parametrize("name", ["nobody", "http:/example.org/none", "%22", "a/b", "é"])
def test_an_unknown_party_is_not_found(client, name):
    assert client.get(f"/parties/{name}", headers=HTML).status_code == 404
    assert client.get(f"/parts/stage/{name}", headers=HTML).status_code == 404


def test_a_merged_record_leads_to_what_it_was_merged_into(client):
    assert re.search(r'merged into <a href="/parties/bo">Bo</a>', page(client, "/parties/b2"))


def test_the_stage_is_explained(client):
    text = page(client, "/parts/stage/bo?as_of=2025-06-01")
    assert "current client" in text
    assert "It was a client within the last 365 days" in text
    assert "actuel" in page(client, "/parts/stage/bo?as_of=2025-06-01&lang=fr")


def test_the_stages_are_a_line_and_a_table(client):
    text = page(client, "/parts/stages/bo?as_of=2027-01-01")
    stages = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"[^>]*class="stage-(\w+)', text)
    assert [stage for _, _, stage in stages] == ["POTENTIAL", "CURRENT", "DORMANT"]
    assert sum(float(width) for _, width, _ in stages) == pytest.approx(1000, abs=0.1)
    assert "dormant client" in text


def test_the_roles_are_named_by_the_vocabulary(client):
    text = page(client, "/parts/roles/bo?as_of=2025-06-01")
    assert 'href="/ontology/scheme/role/client?' in text
    assert "referred client" in text


def test_what_very_many_things_name_is_not_waited_for(client, monkeypatch):
    address = "/parties/bo?as_of=2025-06-01"
    timeline = r'(?s)<ol class="timeline".*?</ol>'
    (shown,) = re.findall(timeline, page(client, address))
    (alone,) = re.findall(timeline, page(client, "/parts/events/bo?as_of=2025-06-01"))
    assert alone == shown
    monkeypatch.setattr(parties, "_FEW", 1)
    text = page(client, address)
    assert not re.findall(timeline, text)
    assert 'data-panel="/parts/events/' in text
    (last,) = re.findall(timeline, page(client, "/parts/events/bo?as_of=2025-06-01&few=1"))
    assert last == shown


def test_a_part_comes_alone_or_as_a_page(client):
    assert "<h1" not in page(client, "/parts/stage/bo?part=1")
    assert "<h1>Stage of Bo</h1>" in page(client, "/parts/stage/bo")


def test_parties_are_listed_by_stage(client):
    text = page(client, "/parts/parties?stage=CURRENT&as_of=2025-06-01")
    assert "1 party" in text
    assert 'href="/parties/bo?as_of=2025-06-01">Bo</a>' in text
    assert "No party is classified so" in page(client, "/parts/parties?flag=AT_RISK")
    assert 'value="CURRENT" selected' in page(client, "/parties?stage=CURRENT")


def test_a_wrong_date_in_a_part_is_told_in_its_place(client):
    text = client.get("/parts/parties?knowledge=never&part=1", headers=HTML)
    assert text.status_code == 400
    assert "knowledge is &#39;never&#39;" in text.text


def test_names_and_personal_facts_are_for_those_who_may_see_them(tmp_path):
    with filled_store() as store:
        fill(store)
        headers = {
            role: HTML | {"Authorization": f"Bearer {create_token(store, role, Role(role))[0]}"}
            for role in ("analyst", "steward")
        }
        client = create_app(Settings(data_dir=tmp_path, organization="shop"), store).test_client()
        paths = ("/parties/bo", "/parts/stage/bo", "/parts/parties", "/parties/ana")
        for path in paths:
            # What was remembered for one who may see it is not shown to one who may not.
            for suffix in ("", "?part=1"):
                seen = client.get(path + suffix, headers=headers["steward"])
                hidden = client.get(path + suffix, headers=headers["analyst"])
                assert hidden.status_code == 200
                for word in (">Bo<", ">Ana<", "bo@example.org", "Clairanse"):
                    assert word not in hidden.text, (path, word)
                assert "Party " in hidden.text or suffix
            assert seen.status_code == 200
        first, again = (client.get("/parties/bo", headers=headers["analyst"]).text for _ in "12")
        name = re.search(r"<h1>(Party \w+)</h1>", first)[1]
        assert name in again
        assert "bo@example.org" in client.get("/parties/bo", headers=headers["steward"]).text


def test_the_statements_of_the_parts_are_made_before_anybody_asks(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, organization="shop"), store)
    translated.cache_clear()
    with app.app_context():
        prepare()
    before = translated.cache_info().misses
    for part in ("roles", "stage", "stages"):
        assert app.test_client().get(f"/parts/{part}/bo", headers=HTML).status_code == 200
    assert translated.cache_info().misses == before


def test_a_store_without_parties_has_nothing_to_prepare(tmp_path):
    with (
        Store.open(None) as empty,
        create_app(Settings(data_dir=tmp_path), empty).app_context(),
    ):
        prepare()
