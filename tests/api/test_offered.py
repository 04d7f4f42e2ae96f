"""Pages offer nobody what they may not open: menus, links and buttons, for every role."""

from __future__ import annotations

from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from sample import filled_store
from walking import page_paths
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from api.access import needed_right
from api.config import services_of
from api.factory import create_app
from api.identity import caller_by
from kg.config import Settings
from kg.roles import Role
from kg.store.tokens import create_token

PAGE = {"Accept": "text/html"}


class _Offers(HTMLParser):
    """Collects (method, address) of the links and buttons of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self._method = "GET"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._method = given.get("method", "get").upper()
        for name, method in (("href", "GET"), ("action", self._method), ("formaction", "POST")):
            if given.get(name, "").startswith("/"):
                self.found.add((method, urlsplit(given[name]).path))


def offers_of(page: str) -> set[tuple[str, str]]:
    parser = _Offers()
    parser.feed(page)
    return parser.found


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with filled_store() as store:
        yield create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), store)


@pytest.mark.parametrize("role", list(Role))
def test_what_a_page_offers_its_caller_may_open(app, role):
    store = services_of(app).store
    token, _ = create_token(store, f"some {role}", role)
    headers = {"Authorization": f"Bearer {token}", **PAGE}
    rights = caller_by(store, headers["Authorization"]).rights
    addresses = app.url_map.bind("localhost")
    refused = set()
    for path in page_paths(app):
        answer = app.test_client().get(path, headers=headers)
        if answer.status_code == HTTPStatus.FORBIDDEN:
            continue
        for method, address in offers_of(answer.text):
            try:
                endpoint, _ = addresses.match(address, method)
            except RequestRedirect:
                continue
            except HTTPException as error:
                raise AssertionError(f"{path} leads to {address}") from error
            needed = needed_right(endpoint, method)
            if needed is not None and needed not in rights:
                refused.add((path, method, address))
    assert sorted(refused) == []


def test_the_menu_of_who_may_all_has_all(app):
    client = app.test_client()
    token, _ = create_token(services_of(app).store, "a steward", Role.STEWARD)
    offered = offers_of(client.get("/", headers={"Authorization": f"Bearer {token}", **PAGE}).text)
    assert {("GET", "/quality"), ("GET", "/enter"), ("GET", "/imports")} <= offered


@pytest.mark.parametrize(("role", "told"), [(Role.ANALYST, True), (Role.STEWARD, False)])
def test_who_sees_no_personal_data_is_told_that_pairs_are_missing(app, role, told):
    token, _ = create_token(services_of(app).store, f"{role} of pairs", role)
    headers = {"Authorization": f"Bearer {token}", **PAGE}
    page = app.test_client().get("/duplicates", headers=headers).text
    assert ("You do not see personal data" in page) == told
    # One tab alone leads nowhere.
    assert ('<nav class="tabs"' in page) != told
    assert ("No two records share" in page) != told
    assert ('aria-current="true">Quality' in page) != told
