"""The query page with its script: links that are shared and kept, formats, plans."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from kg.store.rdf import load_bytes
from tests.browser.chromium import follow

pytestmark = pytest.mark.browser

NUMBERS = "SELECT ?n { VALUES ?n { 7 8 9 } }"
LONG = f"# {'long ' * 2000}\n{NUMBERS}"
"""A query that is too long for an address that a server reads."""
EVALUATED = 'SELECT * { VALUES ?s { "a" } FILTER(REGEX(?s, STR(?s))) }'
_ANSWERED = "return document.getElementById('answer').ariaBusy === 'false'"
_ASKED = (
    "return performance.getEntriesByType('resource')"
    ".filter((one) => new URL(one.name).pathname === '/sparql').length"
)
_EDITOR = "document.querySelector('.CodeMirror').CodeMirror"
_COPIED = (
    "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
)


@pytest.fixture
def visit(browser, server):
    """Return a function that opens a path of the server, with nothing kept from before."""
    browser.delete_all_cookies()
    browser.get(f"{server}/login?lang=en")
    browser.execute_script("localStorage.clear()")
    browser.get_log("browser")

    def open_path(path):
        browser.get(server + path)
        return browser

    return open_path


def until(browser, script, *given):
    """Wait until a script gives something that counts, and return it."""
    return WebDriverWait(browser, 60).until(lambda _: browser.execute_script(script, *given))


def answer_of(browser):
    """Return the text of the answer, once it is there."""
    until(browser, _ANSWERED)
    return browser.find_element(By.ID, "answer").text


def write(browser, text):
    until(browser, "return document.querySelector('.editor .CodeMirror')")
    browser.execute_script(f"{_EDITOR}.setValue(arguments[0])", text)


def run(browser):
    browser.find_element(By.CSS_SELECTOR, "form[data-query] button[type=submit]").click()
    return answer_of(browser)


def argument(address, name):
    return parse_qs(urlsplit(address).query).get(name)


def hrefs(browser, selector):
    return [one.get_attribute("href") for one in browser.find_elements(By.CSS_SELECTOR, selector)]


def complaints(browser):
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


@pytest.mark.parametrize("mark", ["?", "#"])
def test_an_opened_link_runs_its_query_once(visit, mark):
    browser = visit(f"/query{mark}query={quote(NUMBERS)}")
    assert "3 rows" in answer_of(browser)
    assert browser.execute_script(_ASKED) == 1
    assert browser.execute_script(f"return {_EDITOR}.getValue()") == NUMBERS
    assert complaints(browser) == []


def test_a_link_that_is_pasted_over_the_page_is_run(visit):
    browser = visit("/query")
    write(browser, "ASK {}")
    browser.execute_script("location.hash = arguments[0]", f"query={quote(NUMBERS)}")
    until(browser, "return document.querySelector('#answer .data-table')")
    assert "3 rows" in answer_of(browser)
    assert browser.execute_script(f"return {_EDITOR}.getValue()") == NUMBERS
    tabs = browser.find_elements(By.CSS_SELECTOR, "#tabs button[aria-pressed]")
    assert [one.get_attribute("aria-pressed") for one in tabs] == ["false", "true"]
    tabs[0].click()
    assert browser.execute_script(f"return {_EDITOR}.getValue()") == "ASK {}"


@pytest.mark.parametrize("query", [NUMBERS, LONG], ids=["short", "long"])
def test_a_copied_link_leads_to_the_same_answer(visit, query):
    browser = visit("/query?as_of=2025-06-01")
    write(browser, query)
    browser.execute_script(_COPIED)
    browser.find_element(By.ID, "share").click()
    assert browser.find_element(By.ID, "share").text == "Link copied"
    link = browser.execute_script("return window.copied")
    assert argument(link, "as_of") == ["2025-06-01"]
    assert ("#" in link) == (query == LONG)
    browser.execute_script("localStorage.clear()")
    browser.get("about:blank")
    browser.get(link)
    assert "3 rows" in answer_of(browser)
    assert browser.execute_script(f"return {_EDITOR}.getValue()") == query


def test_language_theme_and_date_keep_the_query_and_its_answer(visit):
    browser = visit("/query")
    write(browser, NUMBERS)
    run(browser)
    for address in hrefs(browser, ".languages a, .themes a"):
        assert argument(address, "query") == [NUMBERS]
    assert browser.find_element(By.CSS_SELECTOR, ".as-of input[name=query]").get_property("value")
    follow(browser, ".languages a[lang=fr]")
    assert "3 lignes" in answer_of(browser)
    follow(browser, ".themes a[href*='theme=dark']")
    assert "3 lignes" in answer_of(browser)
    day = browser.find_element(By.ID, "as-of")
    left = browser.find_element(By.TAG_NAME, "html")
    browser.execute_script(
        "arguments[0].value = '2025-06-01'; arguments[0].dispatchEvent(new Event('change',"
        " {bubbles: true}))",
        day,
    )
    WebDriverWait(browser, 60).until(lambda one: one.find_element(By.TAG_NAME, "html") != left)
    assert "3 lignes" in answer_of(browser)
    assert argument(browser.current_url, "as_of") == ["2025-06-01"]
    assert complaints(browser) == []


def test_what_is_written_and_not_run_stays_when_the_language_changes(visit):
    browser = visit(f"/query?query={quote(NUMBERS)}")
    answer_of(browser)
    write(browser, "ASK { ?s ?p 1 }")
    assert argument(browser.current_url, "query") is None
    follow(browser, ".languages a[lang=fr]")
    until(browser, f"return {_EDITOR}?.getValue() === 'ASK {{ ?s ?p 1 }}'")
    assert browser.find_element(By.ID, "answer").text == ""


def test_the_parameters_of_a_question_are_in_the_links_of_its_page(visit):
    browser = visit("/query/revenue-by-month")
    field = browser.find_element(By.ID, "p-seller")
    field.clear()
    field.send_keys("shop")
    run(browser)
    assert argument(browser.current_url, "seller") == ["shop"]
    follow(browser, ".languages a[lang=fr]")
    assert "Rien ne correspond" in answer_of(browser)
    assert browser.find_element(By.ID, "p-seller").get_property("value") == "shop"


def test_things_far_down_a_long_answer_are_called_by_their_labels(visit, store):
    prefixes = "PREFIX cg: <https://w3id.org/clientgraph/ns#>"
    prefixes += " PREFIX foaf: <http://xmlns.com/foaf/0.1/>"
    parties = (f'<urn:p{n:04}> a cg:LegalEntity ; foaf:name "Name {n:04}" .' for n in range(1500))
    with store.write(agent="test") as tx:
        document = f"{prefixes}\n{' '.join(parties)}"
        load_bytes(tx, document.encode(), format="turtle", graph="urn:graph")
    query = f"{prefixes} SELECT ?party {{ ?party a cg:LegalEntity }} ORDER BY ?party"
    browser = visit(f"/query?query={quote(query)}")
    answer_of(browser)
    until(
        browser,
        "const shown = document.querySelector('#answer .scroll'); shown.scrollTop = 1e9;"
        " return shown.innerText.includes('Name 1499')",
    )


def test_each_format_beside_the_table_is_what_it_says(visit):
    browser = visit(f"/query?query={quote(NUMBERS)}")
    answer_of(browser)
    fetched = (
        "const [address, done] = arguments; fetch(address).then(async (r) => done(["
        "r.status, String.fromCharCode(...new Uint8Array(await r.arrayBuffer()))]))"
    )
    links = browser.find_elements(By.CSS_SELECTOR, "#answer .downloads a")
    found = {
        one.text: browser.execute_async_script(fetched, one.get_attribute("href")) for one in links
    }
    assert {status for status, _ in found.values()} == {200}
    begin = {name: body[:4] for name, (_, body) in found.items()}
    assert begin.pop("parquet") == "PAR1"
    assert begin.pop("xlsx") == "PK\x03\x04"
    assert found["csv"][1].split() == ["n", "7", "8", "9"]
    assert begin == {"json": '{"he', "xml": "<?xm", "csv": "n\r\n7", "tsv": "?n\n7"}


def test_a_plan_is_told_in_steps_and_what_is_not_compiled_with_its_reason(visit):
    browser = visit("/query?lang=fr")
    write(browser, NUMBERS)
    browser.find_element(By.ID, "explain").click()
    plan = until(browser, "return document.querySelector('#answer .plan')?.textContent")
    assert plan
    assert "compilée en SQL" in browser.find_element(By.CSS_SELECTOR, "#answer .facts").text
    reason = "une expression régulière qui n'est pas constante"
    write(browser, EVALUATED)
    browser.find_element(By.ID, "explain").click()
    told = "return document.getElementById('answer').textContent.includes(arguments[0])"
    until(browser, told, f"Ce qui ne se traduit pas : {reason}")
    assert "pas compilée" in run(browser)
    assert reason in browser.find_element(By.CSS_SELECTOR, "#answer .note").text
    assert complaints(browser) == []
