"""The forms of single records: who may use them, what they tell, and what is written."""

import re

import pytest

from api.factory import create_app
from kg.config import Settings
from kg.ingest import ImportOptions, run_import, template_names
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import create_token

PARTIES = "key,kind,given_name,family_name\nana,person,Ana,Silva\nbob,person,Bob,Silva\n"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "parties.csv"
    path.write_text(PARTIES, "utf-8")
    with Store.open(None) as store:
        run_import(store, [path], ImportOptions(source="crm"))
        yield store


@pytest.fixture
def client(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, organization="shop"), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def record(action="save", **texts):
    given = {f"{column}-text": text for column, text in texts.items()}
    return {"action": action, "keys_of": "crm", **given}


def told(page, column):
    """Return what is told at a field."""
    found = re.search(rf'id="{column}-text-told"[^>]*>(.*?)</span></span>', page, re.DOTALL)
    return re.sub("<[^>]*>", "", found[1]) if found else ""


def test_every_template_has_its_form_in_the_language_asked_for(client):
    listed = client.get("/enter?lang=fr").text
    for name in template_names():
        assert f'href="/enter/{name}' in listed
        assert client.get(f"/enter/{name}?lang=fr").status_code == 200
    form = client.get("/enter/parties?lang=fr").text
    assert "Nom de famille" in form
    assert '<option value="unit">unité d&#39;organisation</option>' in form
    assert '<input type="date" id="birth_date-text"' in form
    assert "Seulement quand «\u00a0Type\u00a0» est" in form
    assert client.get("/enter/people").status_code == 404


def test_a_record_is_saved_told_of_and_can_be_taken_back(client, store):
    head = store.head
    sent = client.post("/enter/interactions", data=record(party="ana", date="2025-02"))
    assert sent.status_code == 303
    assert store.head == head + 1
    report = client.get(sent.location).text
    assert "Form “Interaction”, " in report
    assert "/history/undo/" in report
    again = client.post("/enter/interactions", data=record("another", party="bob", date="2025"))
    form = client.get(again.location).text
    assert "Saved." in form
    assert 'value="bob"' not in form


def test_errors_are_told_at_their_fields_and_what_was_typed_stays(client, store):
    head = store.head
    wrong = record(client="nobody", date="31/12/2025", amount='12,5"><b>', currency="EUR")
    sent = client.post("/enter/purchases?lang=fr", data=wrong)
    assert sent.status_code == 422
    assert store.head == head
    assert "4 erreurs : rien n’est écrit." in sent.text
    assert told(sent.text, "order") == "erreur: À remplir."
    assert "n&#39;est pas la clé d&#39;une partie" in told(sent.text, "client")
    assert "n&#39;est pas une date du calendrier" in told(sent.text, "date")
    assert "n&#39;est pas un nombre" in told(sent.text, "amount")
    for text in ("nobody", "31/12/2025", "12,5&#34;&gt;&lt;b&gt;"):
        assert f'value="{text}"' in sent.text
    taken = client.post("/enter/parties?lang=fr", data=record(key="ana", kind="person"))
    assert "est déjà la clé d&#39;une autre fiche" in told(taken.text, "key")


def test_a_rule_is_told_at_the_field_that_broke_it(client):
    sent = client.post(
        "/enter/satisfaction", data=record(party="ana", date="2025-01-01", score="7")
    )
    assert sent.status_code == 422
    assert "range from 0 to 1" in told(sent.text, "score")
    misplaced = record(key="zoe", kind="person", given_name="Zoe", parent="ana")
    sent = client.post("/enter/parties", data=misplaced)
    assert "fill it only where “Kind” is organisational unit, legal entity" in told(
        sent.text, "parent"
    )
    lacking = client.post("/enter/parties", data=record(key="ops", kind="unit", name="Ops"))
    assert lacking.status_code == 422
    assert "state exactly one parent" in told(lacking.text, "parent")
    assert "To be filled where “Kind” is organisational unit. Only where" in lacking.text


def test_warnings_are_shown_by_a_check_and_do_not_refuse(client, store):
    head = store.head
    given = record("check", party="ana")
    sent = client.post("/enter/refusals", data=given)
    assert sent.status_code == 200
    assert "No error: it can be saved." in sent.text
    assert "warning: The refusal or the incident is undated" in told(sent.text, "date")
    assert store.head == head
    saved = client.post("/enter/refusals", data={**given, "action": "save"})
    assert saved.status_code == 303
    assert "The refusal or the incident is undated" in client.get(saved.location).text
    assert store.head == head + 1


def test_the_source_of_the_keys_is_chosen_where_there_are_several(client, store, tmp_path):
    assert '<input type="hidden" id="keys_of" name="keys_of" value="crm">' in (
        client.get("/enter/products").text
    )
    (tmp_path / "products.csv").write_text("key,name\nana,Tea\n", "utf-8")
    run_import(store, [tmp_path / "products.csv"], ImportOptions(source="shop"))
    form = client.get("/enter/products").text
    assert "<option selected>shop</option>" in form
    assert "<option>crm</option>" in form

    def found(**asked):
        answer = client.get("/api/search", query_string={"q": "ana", **asked}).json["found"]
        return [one["label"] for one in answer]

    assert len(found()) == 2
    assert found(record="product", source="shop") == ["Tea"]
    assert found(record="product", source="crm") == []
    assert len(found(record="party", source="crm")) == 1


def test_only_who_may_write_enters_and_only_from_our_pages(client, store):
    reader, writer = (
        {"Authorization": f"Bearer {create_token(store, role, role)[0]}"}
        for role in (Role.ANALYST, Role.STEWARD)
    )
    given = record(party="ana", date="2025-02-01")
    assert 'href="/enter"' in client.get("/imports", headers=writer | PAGE).text
    assert 'href="/enter"' not in client.get("/imports", headers=reader | PAGE).text
    for path in ("/enter", "/enter/parties"):
        assert client.get(path, headers=reader | PAGE).status_code == 403
        assert client.get(path, headers=PAGE).status_code == 302
    assert client.post("/enter/interactions", data=given, headers=reader).status_code == 403
    assert client.post("/enter/interactions", data=given).status_code == 401
    elsewhere = {**writer, "Sec-Fetch-Site": "cross-site"}
    assert client.post("/enter/interactions", data=given, headers=elsewhere).status_code == 403
    assert client.post("/enter/interactions", data=given, headers=writer).status_code == 303


def test_a_text_that_no_file_can_hold_is_refused_with_what_was_typed(client, store):
    head = store.head
    sent = client.post("/enter/products", data=record(key="A\0", name="Tea"))
    assert sent.status_code == 422
    assert 'value="Tea"' in sent.text
    assert store.head == head


def opened(client, path):
    """Return the page of a record that is opened, and what its form would send unchanged."""
    page = client.get(path, headers=PAGE)
    assert page.status_code == 200
    form = page.text[page.text.index('<form method="post" action="/enter') :]
    fields = dict(re.findall(r'<input[^>]*? name="([\w-]+)" value="([^"]*)"', form))
    chosen = re.findall(r'<select id="([\w-]+)"(.*?)</select>', form, re.DOTALL)
    for name, options in chosen:
        marked = re.search(r'value="([^"]*)" selected', options)
        fields[name] = marked[1] if marked else ""
    return page.text, fields


def test_a_record_is_opened_changed_and_the_change_taken_back(client, store):
    page, fields = opened(client, "/enter/parties?key=ana&keys_of=crm")
    assert fields["given_name-text"] == "Ana"
    assert fields["kind-text"] == "person"
    assert re.search(r'id="key-text"[^>]* readonly', page)
    sent = client.post("/enter/parties", data={**fields, "action": "save"})
    assert "Nothing is changed" in sent.text
    assert store.head == 1
    changed = {**fields, "given_name-text": "Anne", "action": "save"}
    sent = client.post("/enter/parties", data=changed)
    assert (sent.status_code, store.head) == (303, 2)
    run_id = sent.headers["Location"].rsplit("/", 1)[-1].split("?")[0]
    assert opened(client, "/enter/parties?key=ana&keys_of=crm")[1]["given_name-text"] == "Anne"
    # Who opened it before does not overwrite that.
    late = client.post("/enter/parties?lang=fr", data={**changed, "given_name-text": "Anna"})
    assert "modifiée entre-temps" in late.text
    assert store.head == 2
    assert client.delete(f"/api/imports/{run_id}").status_code == 200
    assert opened(client, "/enter/parties?key=ana&keys_of=crm")[1]["given_name-text"] == "Ana"


def test_what_is_wrong_in_a_change_is_told_at_its_field(client, store):
    _, fields = opened(client, "/enter/parties?key=ana&keys_of=crm")
    given = {**fields, "email-text": "nobody", "birth_date-text": "2999-01-01", "action": "save"}
    sent = client.post("/enter/parties", data=given)
    assert sent.status_code == 422
    assert told(sent.text, "email")
    assert told(sent.text, "birth_date")
    assert f'name="state" value="{fields["state"]}"' in sent.text
    assert store.head == 1


def test_a_taken_key_leads_to_the_record_that_has_it(client):
    sent = client.post("/enter/parties", data=record(key="ana", kind="unit"))
    assert told(sent.text, "key")
    assert told(sent.text, "parent")
    (link,) = re.findall(r'href="(/enter/parties\?[^"]*key=ana[^"]*)"', sent.text)
    assert opened(client, link.replace("&amp;", "&"))[1]["family_name-text"] == "Silva"


@pytest.mark.parametrize("asked", ["key=nobody", "record=urn:nobody", "record=%00", "key=%F0%9F"])
def test_a_record_that_there_is_not_is_told_of(client, asked):
    page = client.get(f"/enter/parties?{asked}&lang=fr", headers=PAGE)
    assert page.status_code == 400
    assert "Aucune fiche" in page.text


def test_a_party_is_changed_from_its_page(client):
    link = re.search(
        r'href="(/enter/parties\?record=[^"]*)"', client.get("/parties/ana", headers=PAGE).text
    )
    assert opened(client, link[1].replace("&amp;", "&"))[1]["key-text"] == "ana"


def test_an_event_of_a_party_is_changed_from_its_page(client, store, tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "parties.csv").write_text("key,kind,name\nL1,legal,Atelier\n", "utf-8")
    row = "member,organization,role,start\nana,L1,employee,2024-01-01\n"
    (folder / "memberships.csv").write_text(row, "utf-8")
    report = run_import(store, [folder], ImportOptions(source="crm"))
    assert report.status == "committed", report.findings
    head, page = store.head, client.get("/parties/ana?lang=fr", headers=PAGE).text
    link = re.search(r'href="(/enter/memberships\?record=[^"]*)" aria-label="Modifier[^"]*"', page)
    page, fields = opened(client, link[1].replace("&amp;", "&"))
    assert (fields["role-text"], fields["end-text"]) == ("employee", "")
    held = re.findall(r'id="(\w+)-text"[^>]* readonly', page)
    assert held == ["member", "organization", "role", "start"]
    changed = {**fields, "end-text": "2025-03-31", "action": "save"}
    assert client.post("/enter/memberships", data=changed).status_code == 303
    assert store.head == head + 1
    late = client.post("/enter/memberships", data={**changed, "end-text": "2026-01-01"})
    assert "modifiée entre-temps" in late.text
    assert store.head == head + 1
