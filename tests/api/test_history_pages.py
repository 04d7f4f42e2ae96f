"""The pages of the past: commits, their differences, and taking an import back."""

import re

import pytest
from sample import filled_store

from api.factory import create_app
from api.pages import history
from kg.config import Settings
from kg.ingest import ImportOptions, run_import
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import create_token

FIRST = "key,kind,name,registration_id\nacme,legal,Acme <b>,R1\nzoe,legal,Zoé & fils,R2\n"
LATER = "key,kind,name,registration_id\nacme,legal,Acme SA,R1\nzoe,legal,Zoé & fils,R2\n"
BUYS = "order,client,date,amount,currency,seller\no1,zoe,2025-03-01,20,EUR,acme\n"
PAGE = {"Accept": "text/html"}


def imported(store, folder, name, content):
    path = folder / name
    path.write_text(content, "utf-8")
    return run_import(store, [path], ImportOptions(agent="zoe")).id


def filled(folder):
    """Return a store with two imports of one source, and their ids."""
    store = Store.open(None)
    return store, [imported(store, folder, "parties.csv", text) for text in (FIRST, LATER)]


def app_of(store, folder):
    app = create_app(Settings(data_dir=folder, organization="acme"), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a store that the tests only read."""
    folder = tmp_path_factory.mktemp("shared")
    store, runs = filled(folder)
    with store:
        yield app_of(store, folder), store, runs


@pytest.fixture
def client(shared):
    return shared[0].test_client()


def test_commits_are_listed_the_last_first_with_what_they_changed(client):
    text = client.get("/history").text
    numbers = re.findall(r'href="/history/(\d+)"', text)
    assert numbers == ["2", "1"]
    assert "parties.csv" in text
    assert "zoe" in text
    assert re.search(r'class="minus">−\d', text)


def test_commits_are_paged(client, monkeypatch):
    monkeypatch.setattr("api.pages.history.COMMITS_SHOWN", 1)
    first = client.get("/history").text
    link = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(link).text
    assert re.findall(r'href="/history/(\d+)"', first) == ["2"]
    assert re.findall(r'href="/history/(\d+)"', second) == ["1"]
    assert 'rel="next"' not in second


def facts(text):
    """Return the (sign, property, value) of the rows of a difference."""
    rows = re.findall(r'<tr class="(?:added|removed)">(.*?)</tr>', text, re.DOTALL)
    plain = [re.sub(r"<[^>]+>", " ", row).split("\n") for row in rows]
    return [[" ".join(part.split()) for part in row if part.strip()] for row in plain]


def test_difference_shows_both_values_of_what_changed_and_nothing_else(client):
    assert facts(client.get("/history/2").text) == [
        ["− Removed", "usual name", "Acme &lt;b&gt;"],
        ["+ Added", "usual name", "Acme SA"],
    ]


def test_difference_names_things_and_properties_in_the_language(client):
    text = client.get("/history/1?lang=fr").text
    assert "Acme &lt;b&gt;" in text
    assert "Acme SA" in text
    assert "personne morale" in text
    assert "parties.csv, ligne 2" in text
    assert "https://" not in re.sub(r'(?:href|title)="[^"]*"', "", text)


def test_difference_of_one_kind_only(client):
    kind = "https://w3id.org/clientgraph/ns#LegalEntity"
    assert "Zoé" in client.get("/history/1", query_string={"kind": kind}).text
    none = client.get("/history/1", query_string={"kind": "http://example.org/none"}).text
    assert "No change" in none


def test_difference_is_paged_by_thing(client, monkeypatch):
    monkeypatch.setattr("api.pages.history.THINGS_SHOWN", 1)
    seen, address = [], "/history/1"
    while address:
        text = client.get(address).text
        seen += re.findall(r"<article", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following[1].replace("&amp;", "&") if following else None
    monkeypatch.undo()
    assert len(seen) == len(re.findall("<article", client.get("/history/1").text)) > 1


@pytest.mark.parametrize("path", ["/history/99", "/history/0", "/history/9" + "9" * 30])
def test_unknown_commit_is_a_page_with_404(client, path):
    response = client.get(path, headers=PAGE)
    assert (response.status_code, response.mimetype) == (404, "text/html")


@pytest.mark.parametrize("path", ["/history?before=x", "/history?before=-1", "/history/1?after=٣"])
def test_any_place_in_a_list_is_survived(client, path):
    assert client.get(path).status_code == 200


def test_undo_shows_its_consequences_and_writes_nothing(client, shared):
    _, store, runs = shared
    text = client.get(f"/history/undo/{runs[1]}?lang=en").text
    assert re.search(r'class="minus">−[1-9]', text)
    assert re.search(r'class="plus">\+[1-9]', text)
    assert store.head == 2


def test_undo_is_done_once_confirmed_unless_later_facts_depend_on_it(tmp_path):
    store, runs = filled(tmp_path)
    client = app_of(store, tmp_path).test_client()
    with store:
        response = client.post(f"/history/undo/{runs[1]}")
        assert response.status_code == 303
        assert "Acme &lt;b&gt;" in client.get(response.location).text
        assert "taken back by commit 3" in client.get("/history?lang=en").text
        again = client.get(f"/history/undo/{runs[1]}", headers=PAGE)
        assert (again.status_code, again.mimetype) == (400, "text/html")

        imported(store, tmp_path, "purchases.csv", BUYS)
        head = store.head
        response = client.post(f"/history/undo/{runs[0]}")
        assert response.status_code == 409
        assert "purchases.csv" in response.text
        assert '<form method="post" action="/history/undo' not in response.text
        assert store.head == head

        # What depends on it may be set apart, once it was shown.
        apart = re.search(r'href="(/history/undo/[^"]*on_dependents=quarantine)"', response.text)[1]
        shown = client.get(f"{apart}&lang=en").text
        assert re.search(r"<strong>[1-9]\d*</strong> rows? (?:goes|go) to quarantine", shown)
        assert 'name="on_dependents" value="quarantine"' in shown
        assert store.head == head
        form = {"on_dependents": "quarantine"}
        assert client.post(f"/history/undo/{runs[0]}", data=form).status_code == 303
        assert "purchases.csv" in client.get("/quality/quarantine").text


def test_an_undo_that_takes_long_goes_on_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "_PATIENCE", 0.0)
    store, runs = filled(tmp_path)
    app = app_of(store, tmp_path)
    client = app.test_client()
    with store:
        with store.write() as writing:  # whoever writes keeps the undo waiting
            response = client.post(f"/history/undo/{runs[1]}")
            assert (response.status_code, "/history/undoing/" in response.location) == (303, True)
            shown = client.get(f"{response.location}?lang=en")
            assert shown.status_code == 200
            assert "no-store" in shown.headers["Cache-Control"]
            assert "Taking an import back" in shown.text
            assert client.get("/history/undoing/x", headers=PAGE).status_code == 404
            writing.rollback()
        (job,) = app.extensions["clientgraph"].jobs.listed()
        assert job.wait(60)
        assert store.head == 3
        done = client.get(response.location)
        assert (done.status_code, done.location) == (303, "/history/3")
        client.post(f"{response.location}/cancel")  # nothing happens to what is over
        assert store.head == 3


@pytest.mark.parametrize("method", ["get", "post"])
def test_undo_of_an_unknown_import_says_so(client, method):
    response = getattr(client, method)("/history/undo/none", headers=PAGE)
    assert (response.status_code, response.mimetype) == (400, "text/html")


def test_who_may_not_write_cannot_undo_and_sees_no_personal_data(tmp_path):
    with filled_store() as store:
        client = app_of(store, tmp_path).test_client()
        assert ">Ana<" in client.get("/history/1").text
        token, _ = create_token(store, "ana", Role.ANALYST)
        head = {"Authorization": f"Bearer {token}", **PAGE}
        text = client.get("/history/1", headers=head).text
        assert "<article" in text
        assert ">Ana<" not in text
        assert client.get("/history/undo/x", headers=head).status_code == 403
        assert client.post("/history/undo/x", headers=head).status_code == 403
