"""The pages of quality: the state by rule, what is new and fixed, quarantine, duplicates."""

import re
import time
from datetime import date

import pytest
from sample import filled_store

from api.factory import create_app
from kg.config import Settings
from kg.ingest import ImportOptions, run_import
from kg.namespaces import CG, GRAPH
from kg.quality import assess
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import create_token

HEAD = "key,kind,given_name,family_name,email,birth_date\n"
FIRST = HEAD + "ana,person,Ana,Silva,ana@example.org,1990-01-31\nbo,person,,Li,,1990-02-01\n"
LATER = HEAD + (
    "ana,person,Ana,Silva,ana@example.org,1990-01-31\nbo,person,Bo,Li,,1990-02-01\n"
    "ana2,person,Anna,Silva,ana@example.org,\nce,person,,<i>Ce</i>,,1991-01-01\n"
)
WRONG = HEAD + "dan,person,Dan,Roy,,1990-02-31\n"
PAGE = {"Accept": "text/html"}


def imported(store, folder, content, **options):
    path = folder / "parties.csv"
    path.write_text(content, "utf-8")
    return run_import(store, [path], ImportOptions(agent="zoe", **options))


def app_of(store, folder):
    app = create_app(Settings(data_dir=folder, organization="acme"), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Return a server over two imports: the second one mends a record and brings another."""
    folder = tmp_path_factory.mktemp("quality")
    with Store.open(None) as store:
        imported(store, folder, FIRST)
        imported(store, folder, LATER)
        yield app_of(store, folder)


@pytest.fixture
def client(app):
    return app.test_client()


def assessed(client, address):
    """Return the page of an address once the graph was checked."""
    end = time.monotonic() + 120
    while "http-equiv" in (text := client.get(address).text):
        assert time.monotonic() < end
        time.sleep(0.05)
    return text


def plain(text):
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_state_counts_by_rule_and_severity_with_what_is_new_and_fixed(client):
    text = assessed(client, "/quality?lang=fr")
    row = re.search(r"<tr>(?:(?!</tr>).)*P05-given.*?</tr>", text, re.DOTALL)[0]
    assert re.findall(r"avertissement|[+−]?\d+(?=<)", row) == ["avertissement", "1", "+1", "−1"]
    assert "1 nouveau" in plain(text)
    assert "1 corrigé" in plain(text)
    again = time.process_time()
    client.get("/quality")
    assert time.process_time() - again < 0.3


def test_results_show_the_thing_the_message_and_the_row_it_comes_from(client):
    assessed(client, "/quality")
    new = client.get("/quality/rule/P05-given?show=new&lang=fr").text
    assert "&lt;i&gt;Ce&lt;/i&gt;" in new
    assert "parties.csv</a>, ligne 5, colonne given_name" in new
    assert "Li" not in plain(new.partition("<tbody>")[2])
    fixed = client.get("/quality/rule/P05-given?show=fixed&lang=en").text
    assert "Bo Li" in plain(fixed)
    assert "https://" not in re.sub(r'(?:href|title|content)="[^"]*"', "", fixed)


def test_trend_has_the_state_after_each_import(client):
    end = time.monotonic() + 120
    while len(rows := re.findall(r'href="/history/(\d)"', assessed(client, "/quality"))) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert rows == ["2", "1"]


@pytest.mark.parametrize("path", ["rule/none", "rule/P05-given?show=x", "rule/%3Cscript%3E"])
def test_unknown_rules_are_a_page_with_404(client, path):
    assessed(client, "/quality")
    response = client.get(f"/quality/{path}", headers=PAGE)
    assert (response.status_code, response.mimetype) == (404, "text/html")


def test_an_empty_graph_is_not_waited_for(tmp_path):
    with Store.open(None) as store:
        client = app_of(store, tmp_path).test_client()
        text = client.get("/quality?lang=en").text
    assert "Nothing to check yet" in text
    assert 'http-equiv="refresh"' not in text


def test_quarantine_shows_reasons_and_lets_go(tmp_path):
    with Store.open(None) as store:
        client = app_of(store, tmp_path).test_client()
        assert "Nothing is in quarantine" in client.get("/quality/quarantine").text
        report = imported(store, tmp_path, FIRST + WRONG[len(HEAD) :], on_violation="quarantine")
        assert report.quarantined == 1
        text = client.get("/quality/quarantine?lang=fr").text
        assert "calendrier" in text
        assert "1990-02-31" in text
        retried = client.post("/quality/quarantine/retry?lang=en")
        assert "0 rows came out" in retried.text
        wrong = client.post("/quality/quarantine/discard", data={"row": "x"}, headers=PAGE)
        assert wrong.status_code == 400
        form = {"import": report.id, "row": "4"}
        assert client.post("/quality/quarantine/discard", data=form).status_code == 303
        assert client.post("/quality/quarantine/discard", data=form).status_code == 400
        assert "calendar" not in client.get("/quality/quarantine").text


@pytest.fixture
def own(tmp_path):
    """Return a client of a server that the test may change."""
    with Store.open(None) as store:
        imported(store, tmp_path, LATER)
        yield app_of(store, tmp_path).test_client()


def test_duplicates_are_compared_merged_taken_back_and_kept_apart(own):
    text = own.get("/duplicates?lang=fr").text
    assert "courriel ana@example.org" in text
    link = re.search(r'href="(/duplicates/compare[^"]+)"', text)[1].replace("&amp;", "&")
    page = own.get(link).text
    assert "Anna" in page
    assert "différent" in page
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    done = own.post("/duplicates/merge", data=form | {"reason": "même <b>"})
    assert done.status_code == 303
    listed = own.get(done.location).text
    assert "Fusionnées" in listed
    assert "même &lt;b&gt;" in listed
    again = own.post("/duplicates/merge", data=form)
    assert again.status_code == 400
    assert 'role="alert"' in again.text

    back = own.post("/duplicates/unmerge", data={"duplicate": form["gone"]})
    assert back.status_code == 303
    assert own.post("/duplicates/unmerge", data={"duplicate": form["gone"]}).status_code == 400
    apart = own.post("/duplicates/apart", data=form)
    assert apart.status_code == 303
    assert "/duplicates/compare" not in own.get(apart.location).text


@pytest.mark.parametrize("query", ["", "?one=x", "?one=x&other=y", "?one=ana&other=%00"])
def test_unknown_records_are_a_page_with_400(client, query):
    response = client.get(f"/duplicates/compare{query}", headers=PAGE)
    assert (response.status_code, response.mimetype) == (400, "text/html")


def test_who_sees_no_personal_data_has_no_state_and_no_contacts(tmp_path):
    with filled_store() as store:
        token, _ = create_token(store, "ana", Role.ANALYST)
        head = {"Authorization": f"Bearer {token}", **PAGE}
        client = app_of(store, tmp_path).test_client()
        for path in ("/quality", "/quality/rule/P05", "/quality/quarantine"):
            assert client.get(path, headers=head).status_code == 403
        text = client.get("/duplicates/compare?one=ana&other=bo", headers=head).text
        assert "foaf" not in text
        assert ">Ana<" not in text
        assert "/duplicates/merge" not in text
        form = {"gone": "ana", "kept": "bo"}
        assert client.post("/duplicates/merge", data=form, headers=head).status_code == 403


@pytest.mark.parametrize("behind", [0, 1])
def test_what_is_computed_from_the_data_is_no_fault_of_theirs(tmp_path, behind):
    stage = ("http://example.org/ana", str(CG.stage), "http://example.org/x", None, None)
    with filled_store() as store:
        today = date(2025, 6, 1)
        before = assess(store, store.head, today)
        for graph in ("derived/stages", "facts/entered"):
            with store.write() as tx:
                tx.insert_few([(*stage, str(GRAPH[graph]))])
        now = assess(store, store.head - behind, today)
        assert "R10" not in before.counts
        assert now.counts.get("R10") == (None if behind else ("violation", 1))
