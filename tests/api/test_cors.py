"""Pages of other origins: none may call the server but those that the operator names."""

import pytest
from sample import PREFIXES, filled_store

from api.config import WebOptions
from api.cors import checked_origins
from api.factory import create_app
from kg.config import Settings
from kg.errors import UsageError

PAGE = "https://app.example"
ASK = {"query": "ASK {}"}
UPDATE = {"update": PREFIXES + "INSERT DATA { ex:a ex:b ex:c }"}


@pytest.fixture
def serve(tmp_path):
    with filled_store() as store:

        def made(*origins):
            web = WebOptions(allowed_origins=checked_origins(origins))
            return create_app(Settings(data_dir=tmp_path), store, web).test_client()

        yield made


def preflight(client, path="/sparql", method="POST", origin=PAGE):
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(path, headers=headers)


def cors_headers(response):
    return {name for name, _ in response.headers if name.startswith("Access-Control-")}


def test_no_origin_is_allowed_unless_named(serve):
    client = serve()
    assert cors_headers(preflight(client)) == set()
    assert cors_headers(client.get("/sparql", query_string=ASK, headers={"Origin": PAGE})) == set()
    assert client.post("/sparql", data=ASK, headers={"Origin": PAGE}).status_code == 403


def test_a_named_origin_may_read_and_write(serve):
    client = serve(PAGE, "http://localhost:3000")
    response = preflight(client)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers

    sent = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    response = client.post("/sparql", data=UPDATE, headers=sent)
    assert response.json["inserted"] == 1
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "X-Clientgraph-Commit" in response.headers["Access-Control-Expose-Headers"]
    assert "Origin" in response.headers["Vary"]


def test_another_origin_is_refused_beside_a_named_one(serve):
    client = serve(PAGE)
    for origin in ("https://evil.example", "https://app.example.evil.example", "null"):
        assert cors_headers(preflight(client, origin=origin)) == set()
        response = client.get("/sparql", query_string=ASK, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.headers["Vary"]
        assert client.post("/sparql", data=ASK, headers={"Origin": origin}).status_code == 403


def test_star_lets_every_page_read_and_none_write(serve):
    client = serve("*")
    sent = {"Origin": "https://any.example", "Sec-Fetch-Site": "cross-site"}
    assert "PUT" not in preflight(client).headers["Access-Control-Allow-Methods"]
    response = client.post("/sparql", data=ASK, headers=sent)
    assert response.json["boolean"] is True
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    direct = {"data": "ASK {}", "content_type": "application/sparql-query"}
    assert client.post("/sparql", headers=sent, **direct).status_code == 200
    for form in (UPDATE, {**UPDATE, **ASK}):
        assert client.post("/sparql", data=form, headers=sent).status_code == 403
    update = {"data": UPDATE["update"], "content_type": "application/sparql-update"}
    assert client.post("/sparql", headers=sent, **update).status_code == 403
    assert client.put("/graphs?default", data=b"", headers=sent).status_code == 403
    assert client.post("/api/imports", headers=sent).status_code == 403


def test_errors_can_be_read_by_the_page_too(serve):
    response = serve(PAGE).get("/sparql?query=SELECT", headers={"Origin": PAGE})
    assert response.status_code == 400
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_pages_for_people_are_not_shared(serve):
    client = serve("*", PAGE)
    assert cors_headers(client.get("/query", headers={"Origin": PAGE})) == set()
    assert cors_headers(preflight(client, "/imports")) == set()


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "https://*.example", ""])
def test_what_is_no_origin_is_explained(origin):
    with pytest.raises(UsageError, match="--allowed-origin"):
        checked_origins((origin,))
