"""The how-tos, the guided visit, and the terms that each page explains."""

import re

import pytest

from api.pages.docs import TOPICS
from api.pages.glossary import SENT_FROM, TERMS
from api.pages.tour import STOPS
from kg.terminology import load_terminology

_HTML = {"Accept": "text/html"}
_WITHOUT_TERMS = re.compile(
    r"pages\.(docs|login|ontology)\.|pages\.staged\.show_sheet|pages\.party\.show_id"
)
"""What explains terms itself, has none, or is no page."""


def test_every_page_explains_terms_that_are_defined_in_both_languages(app):
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("pages.") and "GET" in rule.methods
    }
    assert {one for one in pages if not _WITHOUT_TERMS.match(one)} == set(TERMS)
    assert set(SENT_FROM) <= set(app.view_functions)
    assert set(SENT_FROM.values()) <= set(TERMS)
    known = load_terminology()
    for name in {name for names in TERMS.values() for name in names}:
        term = known.named(name)
        assert term, name
        assert all(term.definitions.get(code) for code in ("en", "fr")), name


def test_a_page_shows_the_definitions_of_its_terms(client):
    page = client.get("/query?lang=fr", headers=_HTML).text
    purchase = load_terminology().named("Purchase")
    assert "Termes de cette page" in page
    assert 'class="help" href="/docs"' in page
    assert purchase.definitions["fr"][0].replace("'", "&#39;") in page


@pytest.mark.parametrize("name", TOPICS)
def test_a_how_to_has_the_same_steps_links_and_pictures_in_both_languages(client, root, name):
    told = {}
    for code in ("en", "fr"):
        page = client.get(f"/docs/{name}?lang={code}", headers=_HTML).text
        text = page[page.index('class="how-to"') : page.index('<nav class="pager"')]
        told[code] = (
            len(re.findall("<li>", text)),
            re.findall(r'<h2 id="(\w+)"', text),
            re.findall(r'href="(/(?!static)[^"]*)"', text),
            [one.partition(".")[0] for one in re.findall(r'src="/static/docs/([^"]+)"', text)],
        )
        for picture in re.findall(r'src="(/static/docs/[^"]+)"', text):
            answer = client.get(picture)
            answer.close()
            assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        for link in told[code][2]:
            assert client.get(link, headers=_HTML).status_code == 200, link
    assert told["en"] == told["fr"]


def test_every_picture_is_shown_by_a_how_to(root):
    text = "".join(one.read_text("utf-8") for one in (root / "api/templates/docs").glob("*.html"))
    shown = set(re.findall(r'picture\("(\w+)"', text))
    assert {one.name.partition(".")[0] for one in (root / "api/static/docs").iterdir()} == shown


def test_the_visit_leads_from_stop_to_stop_and_ends(client):
    start = client.get("/", headers=_HTML).text
    address = re.search(r'class="invitation".*?href="([^"]+)"', start, re.DOTALL)[1]
    seen = []
    for _ in STOPS:
        page = client.get(address.replace("&amp;", "&"), headers=_HTML)
        assert page.status_code == 200
        panel = page.text[page.text.index('<aside class="tour"') :].partition("</aside>")[0]
        seen.append(re.search(r"<h2[^>]*>([^<]+)", panel)[1])
        address = re.search(r'class="button"[^>]* href="([^"]+)"', panel)[1]
    assert len(set(seen)) == len(STOPS)
    end = client.get(address, headers=_HTML)
    assert (end.status_code, end.headers["Location"]) == (303, "/docs")
    assert "HttpOnly" in end.headers["Set-Cookie"]
    assert 'class="invitation"' not in client.get("/", headers=_HTML).text


def test_the_invitation_is_declined_for_good(client):
    answer = client.get("/?tour=off&since=2025-01-01", headers=_HTML)
    assert answer.headers["Location"] == "/?since=2025-01-01"
    assert 'class="invitation"' not in client.get("/", headers=_HTML).text


@pytest.mark.parametrize("name", ["nothing", "imports", ""])
def test_a_stop_of_another_page_is_no_stop(client, name):
    assert 'class="tour"' not in client.get(f"/?tour={name}", headers=_HTML).text


def test_an_unknown_how_to_is_not_found(client):
    assert client.get("/docs/cook", headers=_HTML).status_code == 404
