"""A page whose address says what cannot be read says so: it never shows something else instead."""

import re

import pytest
from sample import filled_store
from walking import page_paths

from api.factory import create_app
from kg.config import Settings

PAGE = {"Accept": "text/html"}
WRONG = [
    ("as_of", "2025-13-40"),
    ("as_of", "yesterday"),
    ("as_of", "31/12/2025"),
    ("knowledge", "2025-02-30T00:00:00Z"),
    ("params", "none-of-that-name"),
    ("lang", "de"),
    ("theme", "nonsense"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with filled_store() as store:
        settings = Settings(data_dir=tmp_path_factory.mktemp("data"), organization="shop")
        app = create_app(settings, store)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        yield app.test_client()


@pytest.fixture(scope="module")
def paths(client):
    return page_paths(client.application)


def opened(client, path, **given):
    own = dict(re.findall(r"[?&](\w+)=([^&]*)", path))
    return client.get(path.partition("?")[0], query_string=own | given, headers=PAGE)


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_every_page_refuses_what_it_cannot_read(client, paths, name, text):
    assert len(paths) > 30
    for path in paths:
        response = opened(client, path, **{name: text})
        assert response.status_code == 400, path
        assert f"{name} " in response.text or name == "params", path
        assert text in response.text, path


@pytest.mark.parametrize(
    ("path", "name", "text"),
    [
        ("/", "since", "2025-13-01"),
        ("/parts/overview/stages", "step", "week"),
        ("/parties", "stage", "GONE"),
        ("/parties", "flag", "GONE"),
        ("/parts/parties", "depth", "GONE"),
        ("/network", "stage", "GONE"),
        ("/network", "limit", "many"),
    ],
)
def test_a_page_refuses_what_it_cannot_narrow_by(client, path, name, text):
    response = opened(client, path, **{name: text})
    assert response.status_code == 400
    assert f"{name} is &#39;{text}&#39;" in response.text


def test_the_refusal_is_in_the_language_of_the_page_and_leads_to_the_page_without(client):
    text = opened(client, "/quality", as_of="2025-13-40", lang="fr").text
    assert "as_of vaut &#39;2025-13-40&#39;" in text
    assert '<a href="/quality">' in text


def test_no_page_fails_on_the_first_day_of_all(client, paths):
    for path in paths:
        assert opened(client, path, as_of="0001-01-01").status_code < 500, path


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("0003-06-01", marks=pytest.mark.slow),
        pytest.param("1969-12-31", marks=pytest.mark.slow),
        *("9999-12-31", " 2025-12-31 "),
    ],
)
def test_every_page_answers_for_a_day_far_away(client, paths, day):
    for path in paths:
        response = opened(client, path, as_of=day)
        assert response.status_code < 500, path
        # Some need an argument more, whatever the day.
        assert response.status_code != 400 or opened(client, path).status_code == 400, path


def test_programs_are_told_in_a_document(client):
    response = client.get("/?as_of=2025-13-40")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
