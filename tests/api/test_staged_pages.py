"""An import in steps: what was sent is read, checked, corrected and imported, or thrown away."""

import io
import json
import os
import re
import time

import pytest
from sample import filled_store

from api import staging
from api.factory import create_app
from api.language import text_keys
from kg.config import Settings
from kg.ingest.jobs import JobStatus
from kg.ingest.progress import STEPS
from kg.roles import Role
from kg.store.tokens import create_token

GOOD = "key,kind,given_name,family_name,birth_date\nana,person,Ana,Silva,1990-01-31\n"
BAD = GOOD + "bo,person,Bo,<i>Li</i>,1990-02-31\nce,humain,,Roy,1991-01-01\n"
FRENCH = (
    "Numéro client;Nom de famille;Prénom;Date de naissance;Remarque\n"
    "C100;Martin;Zoé;12/05/1984;fidèle\n"
)
PAGE = {"Accept": "text/html"}


@pytest.fixture
def store():
    with filled_store() as store:
        yield store


@pytest.fixture
def app(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, organization="shop", max_upload_mb=1), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def send(client, *files, **fields):
    """Send files as (name, text); return the address of the next step."""
    data = {"files": [(io.BytesIO(text.encode()), name) for name, text in files], **fields}
    response = client.post("/imports", data=data)
    assert response.status_code == 303, response.text
    return response.location


def outcome(client, address, **options):
    """Begin a dry run or an import and return the response that tells its outcome."""
    response = client.post(address, **options)
    assert response.status_code == 303, response.text
    return followed(client, response.location)


def followed(client, address):
    """Return the response that tells the outcome of what was begun."""
    end = time.monotonic() + 120
    while "http-equiv" in (shown := client.get(address)).text:
        assert time.monotonic() < end
        time.sleep(0.05)
    return shown


def fields_of(text):
    """Return the fields of the form of corrections: name and values, in the order of the page."""
    form = re.search(r'action="[^"]+/correct">(.*?)</form>', text, re.DOTALL)[1]
    found = {}
    for name, value in re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found


def test_a_file_is_recognised_shown_and_previewed(client):
    text = client.get(send(client, ("parties.csv", BAD)) + "?lang=fr").text
    assert "modèle « parties »" in text
    assert "3 lignes" in text
    assert "utf-8" in text
    assert "&lt;i&gt;Li&lt;/i&gt;" in text
    assert "date de naissance" in text


def test_mistakes_are_shown_in_place_corrected_and_imported(client, store):
    address = send(client, ("parties.csv", BAD), source="crm")
    page = outcome(client, f"{address}/check")
    assert page.status_code == 200
    text = client.get(f"{address}/check?lang=fr").text
    assert "2 erreurs" in text
    assert "Jours qui n’en sont pas" in text
    assert "n&#39;est pas un jour du calendrier" in text
    fields = fields_of(text)
    assert list(zip(fields["row"], fields["column"], fields["value"], strict=True)) == [
        ("3", "birth_date", "1990-02-31"),
        ("4", "kind", "humain"),
    ]
    fields["value"] = ["1990-02-28", "person"]
    corrected = outcome(client, f"{address}/correct", data=fields).text
    assert "Aucune erreur" in corrected
    assert "2 cellules ont été corrigées" in corrected
    assert re.search(r"\+3</strong>\s*choses ajoutées", corrected)
    assert re.search(r"Stade : [a-zé]+", corrected)
    # What a rule warns of stands in its row, too.
    assert fields_of(corrected)["column"] == ["given_name"]
    head = store.head
    done = outcome(client, f"{address}/import")
    assert done.status_code == 303
    assert store.head == head + 1
    assert client.get(done.location).status_code == 200
    query = "ASK { ?s cg:birthDate '1990-02-28'^^xsd:date }"
    prefixes = "PREFIX cg: <https://w3id.org/clientgraph/ns#>"
    prefixes += " PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
    asked = client.get("/sparql", query_string={"query": prefixes + query, "format": "json"})
    assert asked.json["boolean"] is True
    assert client.get(address, headers=PAGE).status_code == 404


def test_a_file_that_is_no_template_gets_a_mapping_to_change(client, store):
    address = send(client, ("clients 2024.csv", FRENCH))
    text = client.get(address + "?lang=fr").text
    assert "« parties »" in text
    assert "non lue" in text
    mapping = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)[1]
    assert "Prénom" in mapping
    live = client.post(f"{address}/preview", data={"mapping": "sources: ["})
    assert live.status_code == 200
    assert 'role="alert"' in live.text
    assert "mapping.yml" in live.text
    changed = mapping.replace("$(Prénom)", "upper($(Prénom))")
    assert "ZOÉ" in client.post(f"{address}/preview", data={"mapping": changed}).text
    assert "ZOÉ" not in client.get(address).text
    assert client.post(f"{address}/mapping", data={"mapping": changed}).status_code == 303
    assert "ZOÉ" in client.get(address).text
    assert outcome(client, f"{address}/import").status_code == 303


def test_the_rest_can_be_set_apart_and_the_fix_sheet_downloaded(client, store):
    address = send(client, ("parties.csv", BAD))
    assert client.get(f"{address}/fix-sheet").status_code == 404
    outcome(client, f"{address}/check")
    sheet = client.get(f"{address}/fix-sheet")
    assert "parties.csv" in sheet.headers["Content-Disposition"]
    assert sheet.text.count("\n") == 3
    done = outcome(client, f"{address}/import", data={"quarantine": "true"})
    assert done.status_code == 303
    assert "1990-02-31" in client.get("/quality/quarantine").text


def test_findings_of_a_kind_are_paged(client, monkeypatch):
    monkeypatch.setattr("api.pages.staged.KIND_SHOWN", 2)
    rows = "".join(f"p{n},person,Ana,Silva,1990-02-31\n" for n in range(7))
    address = send(client, ("parties.csv", GOOD + rows))
    text = outcome(client, f"{address}/check").text
    assert len(fields_of(text)["row"]) == 5
    link = re.search(r'href="([^"]*kind=[^"]*)"', text)[1].replace("&amp;", "&")
    seen = []
    while link:
        text = client.get(link).text
        seen += fields_of(text)["row"]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        link = following[1].replace("&amp;", "&") if following else None
    assert seen == [str(n) for n in range(3, 10)]
    assert client.get(f"{address}/check?kind=none", headers=PAGE).status_code == 404


def test_an_import_that_waits_can_be_cancelled(client, store):
    address = send(client, ("parties.csv", GOOD))
    with store.write(agent="other") as tx:
        begun = client.post(f"{address}/import")
        page = client.get(begun.location)
        assert "<progress" in page.text
        assert client.post(f"{address}/cancel").status_code == 303
        tx.rollback()
    end = time.monotonic() + 60
    while "http-equiv" in (text := client.get(f"{address}/check?lang=en").text):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Cancelled" in text


def test_an_import_at_once_is_watched_and_cancelled_which_leaves_nothing(client, store, tmp_path):
    head = store.head
    with store.write(agent="other") as tx:
        address = send(client, ("parties.csv", GOOD), action="import")
        page = client.get(address)
        assert "<progress" in page.text
        assert client.get(f"{address}?part=1").text.lstrip().startswith("<p role")
        cancel = re.search(r'action="([^"]+/cancel)"', page.text)[1]
        assert client.post(cancel).status_code == 303
        tx.rollback()
    end = time.monotonic() + 60
    while client.get(f"{address}?part=1").status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Cancelled" in client.get(f"{address}?lang=en").text
    assert store.head == head


def test_an_import_at_once_commits_and_leads_to_its_report(client, store, tmp_path):
    head = store.head
    done = followed(client, send(client, ("parties.csv", GOOD), action="import", source="crm"))
    assert done.status_code == 303
    assert store.head == head + 1
    run = client.get("/api/imports").json["imports"][0]
    assert run["source"] == "crm"
    assert done.location == f"/imports/{run['id']}"
    assert run["id"] in client.get("/imports").text
    assert list((tmp_path / "staging").iterdir()) == []


def test_an_import_at_once_that_is_refused_shows_the_rows_in_place(client, store):
    head = store.head
    address = send(client, ("parties.csv", BAD), action="import")
    text = followed(client, f"{address}?lang=fr").text
    assert "2 erreurs" in text
    assert "n&#39;est pas un jour du calendrier" in text
    assert fields_of(text)["value"][:2] == ["1990-02-31", "humain"]
    assert store.head == head


def test_a_dry_run_at_once_writes_nothing(client, store):
    head = store.head
    text = followed(client, send(client, ("parties.csv", GOOD), action="dry-run")).text
    assert "No error" in text
    assert store.head == head


def test_a_file_that_cannot_be_read_at_once_is_told_of(client):
    page = followed(client, send(client, ("parties.csv", ""), action="import") + "?lang=fr")
    assert page.status_code == 422
    assert "rien à importer" in page.text


def test_every_state_and_step_of_an_import_has_its_text():
    # One may be over between the look at it and the page about it.
    names = {f"importing.{one}" for one in JobStatus} | {f"importing.step.{one}" for one in STEPS}
    assert names <= set(text_keys())


def test_files_are_under_safe_names_and_gone_when_thrown_away(client, tmp_path):
    address = send(client, ("../../parties.csv", GOOD))
    (folder,) = (tmp_path / "staging").iterdir()
    assert [path.name for path in (folder / "files").iterdir()] == ["parties.csv"]
    assert client.post(f"{address}/discard").status_code == 303
    assert list((tmp_path / "staging").iterdir()) == []


def test_what_is_left_lying_goes(client, tmp_path, monkeypatch):
    old = send(client, ("parties.csv", GOOD))
    (folder,) = (tmp_path / "staging").iterdir()
    before = time.time() - staging.LIFETIME - 60
    os.utime(folder / "files", (before, before))
    assert client.get(old, headers=PAGE).status_code == 404
    monkeypatch.setattr(staging, "MOST", 2)
    for _ in range(4):
        send(client, ("parties.csv", GOOD))
    assert len(list((tmp_path / "staging").iterdir())) == 2
    assert not folder.exists()


@pytest.mark.parametrize("name", ["x", "..", "0" * 32, "%2e%2e", "0" * 31 + "/", "A" * 32])
def test_unknown_sendings_are_a_page_with_404(client, name):
    response = client.get(f"/imports/steps/{name}", headers=PAGE)
    assert (response.status_code, response.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    ("name", "content"),
    [("parties.xlsx", b"no workbook"), ("parties.csv", b""), ("a.exe", b"MZ"), ("...", b"x")],
)
def test_files_that_cannot_be_read_are_told_of(client, name, content):
    data = {"files": [(io.BytesIO(content), name)]}
    response = client.post("/imports", data=data, headers=PAGE)
    if response.status_code == 303:
        response = client.get(response.location, headers=PAGE)
    assert 400 <= response.status_code < 500
    assert response.mimetype == "text/html"
    assert "staging" not in response.text


def test_no_file_and_crooked_corrections_are_refused(client):
    assert client.post("/imports", data={"source": "x"}, headers=PAGE).status_code == 400
    address = send(client, ("parties.csv", BAD))
    for crooked in ({"file": "parties.csv"}, {"row": "x"}):
        fields = {"file": "f", "row": "1", "column": "c", "was": "", "value": "v"} | crooked
        fields.pop("was" if "row" not in crooked else "none", None)
        response = client.post(f"{address}/correct", data=fields, headers=PAGE)
        assert response.status_code == 400


def test_what_somebody_sent_is_for_nobody_else(store, tmp_path):
    ana, _ = create_token(store, "ana", Role.STEWARD)
    bo, _ = create_token(store, "bo", Role.STEWARD)
    reader, _ = create_token(store, "cy", Role.READER)
    app = create_app(Settings(data_dir=tmp_path), store)
    client = app.test_client()

    def shown(token):
        return {"Authorization": f"Bearer {token}", **PAGE}

    data = {"files": [(io.BytesIO(GOOD.encode()), "parties.csv")]}
    address = client.post("/imports", data=data, headers=shown(ana)).location
    assert client.get(address, headers=shown(ana)).status_code == 200
    assert client.get(address, headers=shown(bo)).status_code == 404
    assert client.get(address, headers=shown(reader)).status_code == 403
    (folder,) = (tmp_path / "staging").iterdir()
    assert json.loads((folder / "sending.json").read_text("utf-8"))["owner"] == "ana"
