"""Uploads: what comes in is imported or explained, and nothing of it stays in the server."""

import io
import tempfile
import time
from pathlib import Path

import pytest
from sample import filled_store

GOOD = b"key,kind,name\nc1,legal,Alpha\nc2,legal,Beta\n"
BAD = b"key,kind,name,birth_date\nc1,person,Ana,1990-02-31\n"


def send(client, *files, path="/api/imports", **fields):
    """Send files, given as (name, bytes), with the fields of a form."""
    data = {"files": [(io.BytesIO(content), name) for name, content in files], **fields}
    return client.post(path, data=data, content_type="multipart/form-data")


@pytest.fixture
def store():
    with filled_store() as store:
        yield store


@pytest.fixture
def temp_folder(tmp_path, monkeypatch):
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_good_files_are_committed(client, store):
    before = store.head
    response = send(client, ("parties.csv", GOOD), source="crm")
    assert response.status_code == 201, response.text
    report = response.json
    assert (report["status"], report["refused"], report["source"]) == ("committed", False, "crm")
    assert report["commit"] == store.head == before + 1
    assert client.get(response.headers["Location"]).json["commit"] == report["commit"]


def test_imports_are_listed_the_last_first(client):
    send(client, ("parties.csv", GOOD), source="crm")
    send(client, ("parties.csv", GOOD), source="shop")
    listed = client.get("/api/imports").json["imports"]
    assert [one["source"] for one in listed[:2]] == ["shop", "crm"]
    numbers = {"quads_written", "warnings", "quarantined"}
    assert {"id", "commit", "at", "agent", "source"} | numbers == set(listed[0])


def test_several_files_are_one_import(client, store):
    before = store.head
    products = b"key,name\np1,Soap\n"
    report = send(client, ("parties.csv", GOOD), ("products.csv", products)).json
    assert {one["name"] for one in report["files"]} == {"parties.csv", "products.csv"}
    assert store.head == before + 1


def test_dry_run_writes_nothing(client, store):
    before = store.head
    response = send(client, ("parties.csv", GOOD), dry_run="true")
    assert response.status_code == 200
    assert (response.json["status"], response.json["commit"]) == ("dry-run", None)
    assert store.head == before
    assert client.get("/api/imports").json["imports"] == []


def test_refused_data_is_told_by_row_and_column(client, store):
    before = store.head
    response = send(client, ("parties.csv", BAD))
    assert response.status_code == 200
    assert response.json["refused"] is True
    finding = next(one for one in response.json["findings"] if one["severity"] == "violation")
    assert (finding["file"], finding["row"], finding["column"]) == ("parties.csv", 2, "birth_date")
    assert set(finding["message"]) == {"en", "fr"}
    assert store.head == before


def test_file_names_are_made_safe(client, temp_folder):
    response = send(client, ("../../etc/parties.csv", GOOD), dry_run="true")
    assert [one["name"] for one in response.json["files"]] == ["parties.csv"]
    assert list(temp_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        ([], "no file"),
        ([("..", GOOD)], "rename"),
        ([("parties.csv", GOOD), ("a/parties.csv", GOOD)], "Two files"),
    ],
)
def test_wrong_uploads_are_400(client, files, detail):
    response = send(client, *files)
    assert response.status_code == 400
    assert detail in response.json["detail"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("parties.csv", b""),
        ("parties.csv", b"\xff\xfe\x00"),
        ("parties.csv", b"key,kind\nc1"),
        ("parties.csv", b'key,kind\n"c1,person\n'),
        ("parties.csv.gz", b"not gzip"),
        ("parties.xlsx", b"PK\x03\x04 broken"),
        ("data.ttl", b"<a> <b> ."),
        ("data.nq", b"\x00\x01\x02"),
        ("data.jsonld", b"{"),
        ("data.rdf", b"<rdf:RDF"),
        ("notes.txt", b"hello"),
        ("noextension", b"hello"),
        ("other.csv", b"a,b\n1,2\n"),
    ],
)
def test_files_that_cannot_be_read_are_explained(client, store, temp_folder, name, content):
    before = store.head
    response = send(client, (name, content))
    assert response.status_code in (200, 400, 422), response.text
    if response.status_code == 200:
        assert response.json["refused"] is True
    else:
        assert response.content_type == "application/problem+json"
    assert str(temp_folder) not in response.text
    assert store.head == before
    assert list(temp_folder.iterdir()) == []


def test_mapping_that_cannot_be_read_is_explained(client, temp_folder):
    response = send(client, ("c.csv", GOOD), mapping=(io.BytesIO(b"mappings: ["), "m.yml"))
    assert response.status_code == 422, response.text
    assert response.json["type"].endswith("/problem/mapping")
    assert str(temp_folder) not in response.text


def test_a_file_that_cannot_be_read_is_explained_in_both_languages(client):
    response = send(client, ("parties.csv", b""))
    assert "nothing to import" in response.json["message"]["en"]
    assert "rien à importer" in response.json["message"]["fr"]


def test_dry_run_that_is_neither_yes_nor_no_is_400(client, store):
    before = store.head
    assert send(client, ("parties.csv", GOOD), dry_run="maybe").status_code == 400
    assert store.head == before


@pytest.mark.parametrize("source", ["", "  "])
def test_empty_source_is_the_default_source(client, source):
    assert (
        send(client, ("parties.csv", GOOD), source=source, dry_run="1").json["source"] == "default"
    )


def test_upload_over_the_limit_is_413_as_a_problem(client, store):
    before = store.head
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="parties.csv"\r\n\r\n'
    body = head + GOOD + b"x" * 1024 * 1024 + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    response = client.post("/api/imports", data=body, content_type=kind)
    assert response.status_code == 413
    assert response.content_type == "application/problem+json"
    assert store.head == before


def test_uploads_are_removed_also_after_success(client, temp_folder):
    assert send(client, ("parties.csv", GOOD)).status_code == 201
    assert list(temp_folder.iterdir()) == []


def test_post_that_is_no_form_is_400(client):
    response = client.post("/api/imports", data=b"{}", content_type="application/json")
    assert response.status_code == 400


def test_nothing_is_left_in_the_data_folder(client, app):
    send(client, ("parties.csv", GOOD))
    folder = app.extensions["clientgraph"].settings.data_dir
    assert [path.name for path in Path(folder).iterdir()] == []


def test_an_import_is_taken_back(client, store):
    run = send(client, ("parties.csv", GOOD), source="crm").json["id"]
    response = client.delete(f"/api/imports/{run}")
    assert response.status_code == 200, response.text
    assert response.json["quads_removed"] > 0
    assert response.json["commit"] == store.head
    assert client.delete(f"/api/imports/{run}").status_code == 400
    assert client.delete("/api/imports/none").status_code == 404


def test_an_import_that_later_facts_need_stays(client, store):
    run = send(client, ("parties.csv", GOOD), source="crm").json["id"]
    named = b"key,recommender,referred,date\nr1,c1,c2,2026-01-05\n"
    assert send(client, ("recommendations.csv", named), source="crm").status_code == 201
    before = store.head
    response = client.delete(f"/api/imports/{run}")
    assert (response.status_code, response.json["refused"]) == (409, True)
    assert {one["file"] for one in response.json["dependents"]} == {"recommendations.csv"}
    preview = client.delete(f"/api/imports/{run}?dry_run=true")
    assert (preview.status_code, preview.json["refused"]) == (200, True)
    asked = f"/api/imports/{run}?on_dependents=quarantine"
    preview = client.delete(f"{asked}&dry_run=1").json
    assert (preview["status"], preview["rows_quarantined"]) == ("dry-run", 1)
    assert store.head == before
    assert client.delete(f"/api/imports/{run}?on_dependents=x").status_code == 400
    assert client.delete(f"/api/imports/{run}?dry_run=x").status_code == 400
    assert client.delete(asked).json["commit"] == store.head == before + 1
    (row,) = client.get("/api/quarantine").json["rows"]
    assert (row["file"], row["row"]) == ("recommendations.csv", 2)


def test_what_is_refused_waits_in_quarantine(client, store):
    both = GOOD + b"c3,nobody,Gamma\n"
    response = send(client, ("parties.csv", both), source="crm", on_violation="quarantine")
    assert (response.status_code, response.json["quarantined"]) == (201, 1)
    (row,) = client.get("/api/quarantine").json["rows"]
    assert (row["file"], row["row"], row["cells"]) == ("parties.csv", 4, ["c3", "nobody", "Gamma"])
    sheet = client.get("/api/quarantine/fix-sheet")
    assert sheet.headers["Content-Disposition"].endswith("parties.csv")
    assert sheet.text.splitlines()[1].startswith("c3,nobody,Gamma,")
    retried = client.post("/api/quarantine/retry").json["reports"]
    assert [one["status"] for one in retried] == ["unchanged"]
    run = response.json["id"]
    assert client.delete(f"/api/quarantine/{run}?row=x").status_code == 400
    assert client.delete(f"/api/quarantine/{run}?row=4").json == {"discarded": 1}
    assert client.get("/api/quarantine/fix-sheet").status_code == 204
    assert send(client, ("parties.csv", GOOD), on_violation="maybe").status_code == 400


def test_a_fix_sheet_comes_without_an_import(client, store):
    before = store.head
    response = send(client, ("parties.csv", BAD), path="/api/imports/fix-sheet")
    assert response.status_code == 200
    assert "1990-02-31" in response.text
    several = [("parties.csv", BAD), ("products.csv", b"key,name\np1,\n")]
    assert send(client, *several, path="/api/imports/fix-sheet").mimetype == "application/zip"
    response = send(client, ("parties.csv", GOOD), path="/api/imports/fix-sheet")
    assert (response.status_code, store.head) == (204, before)


def follow(client, location):
    """Look at an import in the background until it is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = client.get(location)
        assert job.status_code == 200, job.text
        assert ("Retry-After" in job.headers) == (job.json["ended"] is None)
        if job.json["ended"]:
            return job.json
        time.sleep(0.02)
    raise AssertionError("it never ends")


def test_an_import_in_the_background_tells_its_progress_and_its_report(client, store):
    before = store.head
    data = {"files": [(io.BytesIO(GOOD), "parties.csv")], "source": "crm"}
    taken = client.post("/api/imports", data=data, headers={"Prefer": "wait=10, respond-async"})
    assert (taken.status_code, taken.headers["Preference-Applied"]) == (202, "respond-async")
    assert taken.json["status"] in ("waiting", "running")
    assert (taken.json["files"], taken.json["source"]) == (["parties.csv"], "crm")
    job = follow(client, taken.headers["Location"])
    assert (job["status"], job["report"]["status"]) == ("done", "committed")
    assert (job["problem"], job["progress"], store.head) == (None, None, before + 1)
    assert client.get(f"/api/imports/{job['import']}").json["commit"] == store.head
    (listed,) = client.get("/api/imports/jobs").json["jobs"]
    assert (listed["id"], listed["report"]) == (job["id"], None)
    too_late = client.delete(taken.headers["Location"])
    assert (too_late.status_code, store.head) == (409, before + 1)


def test_an_import_is_taken_back_in_the_background(client, store):
    run = send(client, ("parties.csv", GOOD), source="crm").json["id"]
    before = store.head
    address = f"/api/imports/{run}"
    wrong = client.delete(f"{address}?async=true&on_dependents=maybe")
    assert wrong.status_code == 400
    dry = client.delete(f"{address}?async=true&dry_run=true")
    assert (dry.status_code, dry.json["kind"], dry.json["undoes"]) == (202, "undo", run)
    told = follow(client, dry.headers["Location"])
    assert (told["status"], told["report"]["status"], store.head) == ("done", "dry-run", before)
    taken = client.delete(address, headers={"Prefer": "respond-async"})
    assert (taken.status_code, taken.headers["Preference-Applied"]) == (202, "respond-async")
    told = follow(client, taken.headers["Location"])
    assert (told["report"]["commit"], told["import"], store.head) == (before + 1, None, before + 1)
    failed = client.delete(f"{address}?async=true")
    assert follow(client, failed.headers["Location"])["problem"]["status"] == 400


def test_the_progress_in_the_background_has_rate_and_time_left(client, store):
    with store.write() as tx:
        taken = send(client, ("parties.csv", GOOD), **{"async": "true"})
        waiting = client.get(taken.headers["Location"]).json
        assert (waiting["progress"], waiting["ended"], waiting["ahead"]) == (None, None, 0)
        tx.rollback()
    rows = b"".join(b"x%d,legal,C\n" % i for i in range(20_000))
    location = send(client, ("parties.csv", GOOD + rows), **{"async": "true"}).headers["Location"]
    while (seen := client.get(location).json)["progress"] is None:
        assert seen["ended"] is None
    assert {"step", "done", "rows", "rows_per_second", "elapsed", "remaining", "attempt"} == set(
        seen["progress"]
    )
    assert client.delete(location).status_code in (200, 202)
    assert follow(client, location)["status"] == "cancelled"
    assert client.delete(location).json["status"] == "cancelled"


def test_what_is_refused_in_the_background_is_explained(client, store, temp_folder):
    before = store.head
    job = follow(client, send(client, ("parties.csv", BAD), **{"async": "1"}).headers["Location"])
    assert (job["status"], job["report"]["refused"], job["import"]) == ("done", True, None)
    broken = send(client, ("parties.csv", b'key,kind\n"c1,person\n'), **{"async": "1"})
    job = follow(client, broken.headers["Location"])
    assert (job["status"], job["report"]) == ("failed", None)
    assert (job["problem"]["status"], job["problem"]["file"]) == (422, "parties.csv")
    assert str(temp_folder) not in str(job)
    assert list(temp_folder.iterdir()) == []
    assert store.head == before


def test_wrong_requests_for_the_background_are_refused_at_once(client):
    assert send(client, **{"async": "1"}).status_code == 400
    assert send(client, ("parties.csv", GOOD), **{"async": "perhaps"}).status_code == 400
    wrong = send(client, ("parties.csv", GOOD), **{"async": "1", "on_violation": "maybe"})
    assert wrong.status_code == 400
    assert client.get("/api/imports/jobs").json == {"jobs": []}
    assert client.get("/api/imports/jobs/none").status_code == 404
    assert client.delete("/api/imports/jobs/none").status_code == 404
