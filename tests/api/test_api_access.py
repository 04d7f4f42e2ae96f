"""Who may do what: tokens, sessions, and the one table of rights."""

import io
import re
import threading
import time
from datetime import timedelta

import pytest
from sample import filled_store

from api.access import PUBLIC, RIGHTS
from api.factory import create_app
from api.identity import COOKIE
from api.pages.login import own_path
from kg.config import Settings
from kg.roles import Role
from kg.sparql.running import running_on
from kg.store.tokens import create_token, revoke_token

ROLES = ("reader", "analyst", "steward", "admin")
PAGE = {"Accept": "text/html"}
SLOW = f"SELECT (COUNT(*) AS ?n) {{ {' . '.join(f'?a{i} ?b{i} ?c{i}' for i in range(12))} }}"


@pytest.fixture(scope="module")
def store():
    """Return a store to which access is given by tokens."""
    with filled_store() as store:
        yield store


@pytest.fixture(scope="module")
def tokens(store):
    made = {role: create_token(store, role, Role(role))[0] for role in ROLES}
    made["granted"] = create_token(store, "granted", Role.ANALYST, personal=True)[0]
    return made


@pytest.fixture
def app(store, tokens, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, max_upload_mb=1), store)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def shown(token):
    return {"Authorization": f"Bearer {token}"}


def test_every_route_is_in_the_table_and_nothing_else_is(app):
    assert set(app.view_functions) == set(RIGHTS)


def test_a_route_that_is_not_in_the_table_is_closed(app, tokens):
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    response = app.test_client().get("/forgotten", headers=shown(tokens["admin"]))
    assert response.status_code == 403


def requests_of(app):
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            yield rule.endpoint, method, re.sub("<[^>]+>", "x", rule.rule)


def test_nothing_but_what_is_public_answers_to_somebody_unknown(app):
    for endpoint, method, path in requests_of(app):
        response = app.test_client().open(path, method=method)
        if RIGHTS[endpoint] is PUBLIC:
            assert response.status_code != 403, path
        else:
            assert response.status_code == 401, path
            assert response.headers["WWW-Authenticate"].startswith("Bearer ")
            assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(("role", "rights"), [
    ("reader", {"read"}),
    ("analyst", {"read"}),
    ("steward", {"read", "write", "personal"}),
    ("admin", {"read", "write", "personal", "admin"}),
])  # fmt: skip
def test_each_role_may_do_what_its_rights_say_and_nothing_more(app, tokens, role, rights):
    for endpoint, method, path in requests_of(app):
        needed = RIGHTS[endpoint]
        if needed is PUBLIC:
            continue
        response = app.test_client().open(path, method=method, headers=shown(tokens[role]))
        assert (response.status_code == 403) == (needed not in rights), (path, response.text)


def test_an_update_needs_the_right_to_write(app, tokens):
    for role in ROLES:
        for sent in (
            {"data": {"update": "CLEAR DEFAULT"}},
            {"data": "CLEAR DEFAULT", "content_type": "application/sparql-update"},
        ):
            headers = shown(tokens[role])
            if role in ("reader", "analyst"):
                response = app.test_client().post("/sparql", headers=headers, **sent)
                assert response.status_code == 403


@pytest.mark.parametrize("header", [
    "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "cg_0_0", "Bearer cg_000000000000_" + "A" * 43,
    "Bearer é", "Bearer " + "A" * 5000,
])  # fmt: skip
def test_a_header_that_is_no_token_opens_nothing(app, header):
    response = app.test_client().get("/sparql?query=ASK{}", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer realm=clientgraph"


def test_tokens_open_nothing_with_another_end_or_after_their_time(app, store, tokens):
    text, _ = create_token(store, "short", Role.READER, lifetime=timedelta(seconds=0.2))
    client = app.test_client()
    assert client.get("/sparql?query=ASK{}", headers=shown(text)).status_code == 200
    assert client.get("/sparql?query=ASK{}", headers=shown(text[:-1] + "-")).status_code == 401
    time.sleep(0.25)
    assert client.get("/sparql?query=ASK{}", headers=shown(text)).status_code == 401


def test_a_revoked_token_ends_its_sessions(app, store):
    text, _ = create_token(store, "gone", Role.READER)
    client = app.test_client()
    assert client.post("/login", data={"token": text}).status_code == 303
    assert client.get("/").status_code == 200
    revoke_token(store, "gone")
    assert client.get("/", headers=PAGE).status_code == 302
    assert client.get("/sparql?query=ASK{}", headers=shown(text)).status_code == 401


def test_nothing_that_opens_is_kept_or_can_be_asked_for(app, store, tokens):
    kept = str(store.cursor().execute("SELECT * FROM token").fetchall())
    for text in tokens.values():
        assert text.split("_", 2)[2] not in kept
    listed = app.test_client().get("/api/tokens", headers=shown(tokens["admin"])).text
    rows = app.test_client().get(
        "/sparql?query=SELECT*{?s ?p ?o}&format=csv", headers=shown(tokens["admin"])
    )
    for row in store.cursor().execute("SELECT hash FROM token").fetchall():
        assert row[0] not in listed + rows.text
    assert store.setting("session_secret") not in rows.text


def test_administrators_give_and_take_access(app, tokens):
    client, headers = app.test_client(), shown(tokens["admin"])
    wanted = {"name": "bob", "role": "analyst", "personal": True, "expires": "2h"}
    made = client.post("/api/tokens", json=wanted, headers=headers)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store, private"
    assert client.get("/sparql?query=ASK{}", headers=shown(made.json["token"])).status_code == 200
    assert client.post("/api/tokens", json=wanted, headers=headers).status_code == 400
    listed = client.get("/api/tokens", headers=headers).json["tokens"]
    (bob,) = [one for one in listed if one["name"] == "bob"]
    assert (bob["role"], bob["personal"], bob["state"]) == ("analyst", True, "active")
    assert client.delete("/api/tokens/bob", headers=headers).json["state"] == "revoked"
    assert client.delete("/api/tokens/bob", headers=headers).status_code == 400
    assert client.get("/sparql?query=ASK{}", headers=shown(made.json["token"])).status_code == 401


@pytest.mark.parametrize("wanted", [
    {}, [], "x", {"name": "x"}, {"name": "x", "role": "king"}, {"name": "", "role": "reader"},
    {"name": "x", "role": "reader", "personal": True}, {"name": " x", "role": "reader"},
    {"name": "x", "role": "reader", "expires": "soon"}, {"name": "a\nb", "role": "reader"},
    {"name": "x" * 101, "role": "reader"}, {"name": "x", "role": ["reader"]},
])  # fmt: skip
def test_a_wrong_request_for_a_token_is_400(app, tokens, wanted):
    response = app.test_client().post("/api/tokens", json=wanted, headers=shown(tokens["admin"]))
    assert response.status_code == 400


def logged_in(app, token, **options):
    client = app.test_client()
    response = client.post("/login", data={"token": token, **options})
    return client, response


def test_people_are_led_to_the_login_and_back(app, tokens):
    response = app.test_client().get("/query?x=1", headers=PAGE)
    assert response.status_code == 302
    address = response.headers["Location"]
    assert address == "/login?next=/query?x%3D1"
    page = app.test_client().get(address)
    assert 'value="/query?x=1"' in page.text
    client, response = logged_in(app, tokens["analyst"], next="/query?x=1")
    assert response.headers["Location"] == "/query?x=1"
    assert "Log out analyst" in client.get("/query").text


@pytest.mark.parametrize("target", [
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "evil", "",
    "/a\nb", "javascript:alert(1)",
])  # fmt: skip
def test_the_login_leads_nowhere_else(app, tokens, target):
    assert own_path(target) is None
    assert logged_in(app, tokens["reader"], next=target)[1].headers["Location"] == "/"


def test_a_wrong_login_says_so_in_the_language_of_the_page(app):
    client, response = logged_in(app, "cg_x")
    assert response.status_code == 401
    assert 'role="alert"' in response.text
    assert "n’ouvre rien" in client.post("/login?lang=fr", data={"token": "x"}).text
    assert client.get("/", headers=PAGE).status_code == 302


def test_cookies_are_signed_and_kept_from_scripts_and_other_sites(app, tokens):
    _, response = logged_in(app, tokens["steward"])
    (cookie,) = [c for c in response.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert tokens["steward"].split("_", 2)[2] not in cookie
    value = cookie.split(";")[0].partition("=")[2]
    other = app.test_client()
    other.set_cookie(COOKIE, value[:-2] + ("AA" if value[-2:] != "AA" else "BB"))
    assert other.get("/", headers=PAGE).status_code == 302
    again = app.test_client().post(
        "/login", data={"token": tokens["reader"]}, base_url="https://localhost"
    )
    assert any("Secure" in c for c in again.headers.getlist("Set-Cookie") if c.startswith(COOKIE))


def test_a_session_ends_with_the_log_out(app, tokens):
    client, _ = logged_in(app, tokens["reader"])
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/logout", headers=headers).status_code == 303
    assert client.get("/", headers=PAGE).status_code == 302


@pytest.mark.parametrize("headers", [
    {}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"}, {"Origin": "null"},
])  # fmt: skip
@pytest.mark.parametrize("path", ["/imports", "/api/imports", "/logout", "/login", "/sparql"])
def test_a_session_writes_only_from_our_own_pages(app, tokens, headers, path):
    client, _ = logged_in(app, tokens["admin"])
    response = client.post(path, headers=headers, data={"x": "y"})
    assert response.status_code == 403, path
    allowed = client.post(path, headers={"Origin": "http://localhost"}, data={"x": "y"})
    assert allowed.status_code != 403


def test_answers_are_kept_apart_by_caller(app, tokens):
    for role in ROLES:
        response = app.test_client().get("/sparql?query=ASK{}", headers=shown(tokens[role]))
        assert response.headers["Cache-Control"] in ("no-cache, private", "private, no-cache")
        assert {"Authorization", "Cookie"} <= set(response.vary)


def test_what_runs_is_listed_and_stopped_by_who_runs_it_or_an_administrator(app, store, tokens):
    outcome = []

    def run():
        headers = shown(tokens["steward"])
        outcome.append(app.test_client().post("/sparql", data={"query": SLOW}, headers=headers))

    thread = threading.Thread(target=run)
    thread.start()
    while not any(one.engine for one in running_on(store).listed()):
        time.sleep(0.01)
    client = app.test_client()
    (entry,) = client.get("/api/running", headers=shown(tokens["admin"])).json["running"]
    assert (entry["owner"], entry["kind"], entry["text"]) == ("steward", "query", SLOW)
    assert entry["age"] >= 0
    path = f"/api/running/{entry['id']}"
    assert client.get("/api/running", headers=shown(tokens["reader"])).json == {"running": []}
    assert client.delete(path, headers=shown(tokens["reader"])).status_code == 404
    assert client.delete(path, headers=shown(tokens["admin"])).status_code == 200
    thread.join(5)
    (response,) = outcome
    assert response.status_code == 503
    assert response.json["type"].endswith("/problem/query-stopped")
    assert client.delete(path, headers=shown(tokens["admin"])).status_code == 404


def test_imports_in_the_background_are_their_senders_and_administrators(app, store, tokens):
    client, path = app.test_client(), "/api/imports/jobs"
    other = create_token(store, "other", Role.STEWARD)[0]
    files = {"files": (io.BytesIO(b"key,kind\nJ1,legal\n"), "parties.csv"), "dry_run": "true"}
    headers = shown(tokens["steward"]) | {"Prefer": "respond-async"}
    taken = client.post("/api/imports", data=files, headers=headers)
    location = taken.headers["Location"]
    assert client.get(location, headers=shown(other)).status_code == 404
    assert client.delete(location, headers=shown(other)).status_code == 404
    assert client.get(path, headers=shown(other)).json == {"jobs": []}
    assert client.get(path, headers=shown(tokens["analyst"])).status_code == 403
    for role in ("steward", "admin"):
        (job,) = client.get(path, headers=shown(tokens[role])).json["jobs"]
        assert (job["id"], job["owner"]) == (taken.json["id"], "steward")


def limited(store, folder, **settings):
    return create_app(Settings(data_dir=folder, **settings), store).test_client()


def test_who_may_only_read_is_shown_no_form_of_imports(app, tokens):
    client = app.test_client()
    for role, shown_one in (("reader", False), ("steward", True)):
        page = client.get("/imports", headers=shown(tokens[role]))
        assert ('id="files"' in page.text) is shown_one
        assert ("may write" in page.text) is not shown_one


def test_limits_of_rows_are_those_of_the_role_and_told(store, tokens, tmp_path):
    client = limited(store, tmp_path, role_limits="reader.max_rows=3", organization="shop")
    ask = {"query": "SELECT ?s { ?s ?p ?o }", "format": "csv"}
    cut = client.get("/sparql", query_string=ask, headers=shown(tokens["reader"]))
    assert cut.headers["X-Clientgraph-Complete"] == "false"
    assert len(cut.text.splitlines()) == 4
    whole = client.get("/sparql", query_string=ask, headers=shown(tokens["analyst"]))
    assert whole.headers["X-Clientgraph-Complete"] == "true"
    assert len(whole.text.splitlines()) > 4
    page = client.get("/query", query_string=ask | {"now": 1}, headers=shown(tokens["reader"]))
    assert "not complete" in page.text or "first" in page.text
    table = client.get("/api/classify?format=csv", headers=shown(tokens["reader"]))
    assert table.headers["X-Clientgraph-Complete"] in ("true", "false")


def test_limits_of_time_are_those_of_the_role(store, tokens, tmp_path):
    client = limited(store, tmp_path, role_limits="reader.timeout=0.3")
    start = time.monotonic()
    response = client.post(
        "/sparql", data={"query": SLOW, "timeout": "20"}, headers=shown(tokens["reader"])
    )
    assert time.monotonic() - start < 3
    assert response.status_code == 503
    assert response.json["type"].endswith("/problem/query-timeout")


def test_too_much_at_a_time_is_refused_and_told_when_to_come_back(
    store, tokens, tmp_path, monkeypatch
):
    monkeypatch.setattr("kg.sparql.running._PATIENCE", 0.2)
    client = limited(store, tmp_path, role_limits="reader.max_running=1 reader.timeout=30")
    post = {"data": {"query": SLOW}, "headers": shown(tokens["reader"])}
    thread = threading.Thread(target=lambda: client.post("/sparql", **post))
    thread.start()
    while not (mine := [one for one in running_on(store).listed() if one.owner == "reader"]):
        time.sleep(0.01)
    refused = client.post("/sparql", **post)
    assert refused.status_code == 503
    assert refused.json["type"].endswith("/problem/busy")
    assert int(refused.headers["Retry-After"]) > 0
    other = client.get("/sparql?query=ASK{}", headers=shown(tokens["analyst"]))
    assert other.status_code == 200
    running_on(store).stop(mine[0].id)
    thread.join()


def test_metrics_are_what_prometheus_reads(app, tokens):
    from prometheus_client.parser import text_string_to_metric_families

    client = app.test_client()
    client.get("/sparql?query=ASK{}", headers=shown(tokens["reader"]))
    response = client.get("/metrics", headers=shown(tokens["reader"]))
    assert response.content_type.startswith("text/plain; version=0.0.4")
    found = {family.name: family for family in text_string_to_metric_families(response.text)}
    assert set(found) >= {
        "clientgraph_requests", "clientgraph_seconds", "clientgraph_running",
        "clientgraph_ended_early", "clientgraph_commit", "clientgraph_quads",
        "clientgraph_memory_bytes", "clientgraph_spilled_bytes",
    }  # fmt: skip
    (asked,) = [
        sample.value
        for sample in found["clientgraph_requests"].samples
        if sample.labels.get("endpoint") == "sparql.get_sparql"
        and sample.name.endswith("_total")
        and sample.labels["status"] == "200"
    ]
    assert asked >= 1
