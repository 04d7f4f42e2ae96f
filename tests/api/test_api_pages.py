"""Pages: what they show, in both languages, with everything from the graph escaped."""

import gc
import json
import re
from pathlib import Path

import pytest
from sample import PREFIXES

from api import language
from api.factory import create_app
from api.pages.query import excerpt
from kg.config import Settings
from kg.sparql.running import running_on
from kg.store import Store

NAMES_QUERY = PREFIXES + "SELECT ?who ?name { ?who foaf:name ?name } ORDER BY ?name"
PATHS = ("/", "/query", "/query/parties-by-kind", "/imports", "/analyses")


def test_pages_leave_no_query_behind(client, store):
    # One that is left ends when it is collected, and until then keeps others waiting.
    gc.disable()
    try:
        for path in ("/", "/parties/bo", "/search?q=bo", "/query/parties-by-kind?run=1&now=1"):
            client.get(path)
        assert running_on(store).listed() == []
    finally:
        gc.enable()


def test_what_is_at_no_address_is_told_in_the_language(client):
    for code, told in {"en": "Nothing is at this address", "fr": "Rien ne se trouve"}.items():
        response = client.get(f"/nowhere?lang={code}", headers={"Accept": "text/html"})
        assert response.status_code == 404
        assert told in response.text


def test_start_page_counts_what_the_graph_holds(client):
    text = client.get("/").text
    assert re.search(r">3</a></strong>\s*parties", text)
    assert re.search(r">1</a></strong>\s*purchase\b", text)
    assert "natural persons" in text
    assert "first files" in text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("code", ["en", "fr"])
def test_every_page_says_its_language(client, path, code):
    response = client.get(f"{path}?lang={code}")
    assert response.status_code == 200
    assert f'<html lang="{code}">' in response.text
    assert response.headers["Content-Language"] == code


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_one_first_heading_and_labels_for_its_fields(client, path):
    text = client.get(path).text
    assert len(re.findall(r"<h1\b", text)) == 1
    fields = re.findall(r"<(?:input|textarea|select)\b[^>]*>", text)
    for field in fields:
        if 'type="hidden"' not in field:
            name = re.search(r'\bid="([^"]+)"', field)[1]
            assert f'<label for="{name}"' in text


def test_language_is_that_of_the_browser(client):
    assert (
        '<html lang="fr">' in client.get("/", headers={"Accept-Language": "fr-CA, en;q=0.5"}).text
    )
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "de"}).text


def test_language_asked_for_is_remembered(client):
    client.get("/?lang=fr")
    assert '<html lang="fr">' in client.get("/", headers={"Accept-Language": "en"}).text


def test_catalogue_has_every_text_in_both_languages():
    for key, texts in language.text_keys().items():
        assert set(texts) == {"en", "fr"}, key
        english, french = texts["en"], texts["fr"]
        assert type(english) is type(french), key
        if isinstance(english, str):
            english, french = {"one": english}, {"one": french}
        for form in english:
            assert english[form], key
            assert french[form], key
            assert _places(english[form]) == _places(french[form]), key


def _places(text):
    return set(re.findall(r"\{(\w+)\}", text))


def test_catalogue_has_every_text_that_the_templates_ask_for():
    folder = Path(language.__file__).parent
    asked = set()
    for path in folder.rglob("*.html"):
        asked |= set(re.findall(r"""\bt\(["']([\w.]+)["'](?!\s*~)""", path.read_text("utf-8")))
    assert asked
    assert asked <= set(language.text_keys())


def test_catalogue_is_written_without_duplicate_keys():
    keys = []

    def collect(pairs):
        keys.extend(key for key, value in pairs if isinstance(value, dict) and "en" in value)
        return dict(pairs)

    for area in Path(language.__file__).with_name("texts").glob("*.json"):
        json.loads(area.read_text("utf-8"), object_pairs_hook=collect)
    assert sorted(keys) == sorted(language.text_keys())


def test_query_page_starts_with_our_prefixes(client):
    assert "PREFIX cg: &lt;https://w3id.org/clientgraph/ns#&gt;" in client.get("/query").text


def test_query_page_shows_rows_and_says_how_they_were_found(client, store):
    text = client.get("/query", query_string={"now": 1, "query": NAMES_QUERY}).text
    assert "3 rows" in text
    assert ">Ana<" in text
    assert f"commit {store.head}" in text
    assert re.search(r"compiled to SQL|evaluated by rdflib", text)


def test_query_page_escapes_what_the_graph_holds(client):
    text = client.get("/query", query_string={"now": 1, "query": NAMES_QUERY}).text
    assert "Shop &lt;b&gt;&amp;amp; Co&lt;/b&gt;" in text
    assert "<b>" not in text


def test_query_page_escapes_the_query(client):
    text = client.get(
        "/query", query_string={"now": 1, "query": "</textarea><script>alert(1)</script>"}
    ).text
    assert "<script>alert" not in text


def test_query_page_links_iris_to_their_description(client):
    text = client.get("/query", query_string={"now": 1, "query": NAMES_QUERY}).text
    link = re.search(r'href="(/query\?query=DESCRIBE[^"]+)"', text)[1]
    assert "3 triples" in client.get(f"{link}&now=1").text


def test_query_page_shows_line_column_and_caret_of_an_error(client):
    response = client.get("/query", query_string={"now": 1, "query": "SELECT *\nWHERE { ?s ?p }"})
    assert response.status_code == 400
    assert re.search(r"Line 2, column \d+", response.text)
    assert 'class="caret"' in response.text
    assert 'role="alert"' in response.text


def test_query_page_shows_errors_without_a_place(client):
    text = "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }"
    response = client.get("/query", query_string={"now": 1, "query": text})
    assert response.status_code == 422
    assert 'class="caret"' not in response.text


@pytest.mark.parametrize(("text", "word"), [("ASK {}", "Yes"), ("ASK { FILTER(1 = 2) }", "No")])
def test_query_page_answers_yes_or_no(client, text, word):
    assert f">{word}<" in client.get("/query", query_string={"now": 1, "query": text}).text


def test_query_page_says_when_nothing_matches(client):
    text = "SELECT * { ?s <http://example.org/never> ?o }"
    assert "Nothing matches" in client.get("/query", query_string={"now": 1, "query": text}).text


def test_query_page_offers_every_format(client):
    text = client.get("/query", query_string={"now": 1, "query": NAMES_QUERY}).text
    links = re.findall(r'<a href="(/sparql\?[^"]+)" download="(answer\.\w+)"', text)
    suffixes = ["srj", "srx", "csv", "tsv", "parquet", "xlsx"]
    assert [name for _, name in links] == [f"answer.{suffix}" for suffix in suffixes]
    for link, _ in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_query_page_pages_through_one_run(client):
    numbers = " ".join(str(n) for n in range(120))
    text = f"SELECT ?n {{ VALUES ?n {{ {numbers} }} }}"
    first = client.get("/query", query_string={"now": 1, "query": text}).text
    assert "rows 1 to 50 of 120" in first
    assert 'rel="prev"' not in first
    link = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert "rows 51 to 100 of 120" in client.get(link).text
    last = client.get("/query", query_string={"now": 1, "query": text, "page": "99"}).text
    assert "rows 101 to 120 of 120" in last
    assert 'rel="next"' not in last


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "١"])
def test_query_page_survives_any_page_number(client, page):
    assert (
        client.get(
            "/query", query_string={"now": 1, "query": NAMES_QUERY, "page": page}
        ).status_code
        == 200
    )


def test_named_question_has_a_form_of_its_parameters(client):
    listed = client.get("/api/queries").json["queries"]
    one = next(one for one in listed if one["parameters"])
    text = client.get(f"/query/{one['name']}").text
    for parameter in one["parameters"]:
        assert f'name="{parameter["name"]}"' in text


def test_named_question_runs_from_its_page(client):
    text = client.get("/query/parties-by-kind?run=1&now=1").text
    assert "/api/queries/parties-by-kind?format=csv" in text
    assert "Answer" in text


def test_named_question_says_which_parameter_is_wrong(client):
    listed = client.get("/api/queries").json["queries"]
    name, parameter = next(
        (one["name"], p["name"]) for one in listed for p in one["parameters"] if p["required"]
    )
    response = client.get(f"/query/{name}?run=1&now=1&{parameter}=")
    assert response.status_code == 400
    assert parameter in response.text


def test_named_question_can_be_changed(client):
    text = client.get("/query?edit=parties-by-kind").text
    assert "textarea" in text
    assert "# id:" in text


def test_unknown_question_is_a_page_with_404(client):
    response = client.get("/query/none", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (404, "text/html")


def test_health_tells_the_commit(client, store):
    answer = client.get("/healthz").json
    assert answer["status"] == "ok"
    assert answer["commit"] == store.head
    assert answer["version"]


@pytest.mark.parametrize("name", ["site.css", "site.js", "icon.svg"])
def test_static_files_are_served(client, name):
    with client.get(f"/static/{name}") as response:
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("text", "line", "column", "caret"),
    [
        ("SELECT\nWHERE x", 2, 7, "      ^"),
        ("\tSELEC", 1, 2, "\t^"),
        ("ASK", 9, 1, "^"),
        ("ASK", 1, 99, "   ^"),
        ("", 1, 1, "^"),
    ],
)
def test_caret_stands_under_the_column(text, line, column, caret):
    assert [one.caret for one in excerpt(text, line, column) if one.caret is not None] == [caret]


def test_colours_are_kept_once_chosen(client):
    assert "data-theme" not in client.get("/query").text
    assert 'data-theme="dark"' in client.get("/query?theme=dark").text
    assert 'data-theme="dark"' in client.get("/query").text
    assert "data-theme" not in client.get("/query?theme=system").text
    client.set_cookie("theme", "nonsense")
    assert "data-theme" not in client.get("/query").text


def test_a_query_is_asked_by_the_script_of_its_page_and_by_the_server_without_script(client):
    page = client.get("/query", query_string={"query": NAMES_QUERY}).text
    assert "data-asks" in page
    assert '<noscript><meta http-equiv="refresh" content="0; url=/query?query=' in page
    assert "&amp;now=1" in page
    assert 'id="answer-title"' not in page
    answered = client.get("/query", query_string={"now": 1, "query": NAMES_QUERY}).text
    assert "data-asks" not in answered
    assert 'id="answer-title"' in answered
    assert "data-asks" not in client.get("/query").text
    assert "data-asks" in client.get("/query/parties-by-kind?run=1").text
    assert "data-asks" not in client.get("/query/parties-by-kind").text


PATHS_OF_FIGURES = (
    "/", "/query", "/parties", "/duplicates", "/quality", "/quality/quarantine", "/history",
    "/search?q=ana", "/analyses", "/analyses/classify?run=1", "/network", "/chains",
)  # fmt: skip


def test_pages_of_an_empty_store_lead_to_the_import_of_files(tmp_path):
    with Store.open(None) as store:
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        for path in PATHS_OF_FIGURES:
            page = client.get(path, headers={"Accept": "text/html"})
            assert page.status_code == 200, path
            assert 'href="/imports"' in page.text[page.text.index("<main") :], path
