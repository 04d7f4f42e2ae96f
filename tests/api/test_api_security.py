"""Which requests are refused, and what every response carries."""

import pytest

from api.config import WebOptions
from api.factory import create_app
from api.security import HEADERS
from kg.config import Settings

FORM = {"query": "ASK {}"}


def test_every_response_carries_the_headers(client):
    for path in ("/", "/query", "/sparql?query=ASK%20%7B%7D", "/healthz", "/nowhere"):
        response = client.get(path)
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_pages_may_load_from_this_server_only(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_pages_hold_no_inline_script_or_style_and_no_foreign_address(client):
    for path in ("/", "/query", "/imports", "/analyses"):
        text = client.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert 'src="http' not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_writes_from_pages_of_others_are_refused(client, headers):
    for path in ("/sparql", "/api/imports", "/imports"):
        assert client.post(path, data=FORM, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
    ],
)
def test_writes_from_our_pages_and_from_programs_are_served(client, headers):
    assert client.post("/sparql", data=FORM, headers=headers).status_code == 200


def test_reading_from_elsewhere_is_left_to_the_browser(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    response = client.get("/sparql?query=ASK%20%7B%7D", headers=headers)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5000", "[::1]:5000", "LOCALHOST:80"])
def test_loopback_names_are_served(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:5000", "x@y"]
)
def test_other_names_are_refused_against_dns_rebinding(client, host):
    for path in ("/healthz", "/", "/sparql?query=ASK%20%7B%7D"):
        response = client.get(path, headers={"Host": host})
        assert response.status_code == 400
        assert response.content_type == "application/problem+json"


def test_further_names_can_be_allowed(store):
    app = create_app(Settings(), store, WebOptions(("graph.example",)))
    assert app.test_client().get("/healthz", headers={"Host": "graph.example"}).status_code == 200
    assert app.test_client().get("/healthz", headers={"Host": "localhost"}).status_code == 400


def test_star_allows_every_name(store):
    app = create_app(Settings(), store, WebOptions(("*",)))
    assert app.test_client().get("/healthz", headers={"Host": "any.example"}).status_code == 200


def test_language_cookie_is_no_authority(client):
    cookie = client.get("/?lang=fr").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie
