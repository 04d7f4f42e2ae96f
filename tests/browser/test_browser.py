"""The pages as a person meets them, in a real browser."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.browser.chromium import follow

pytestmark = pytest.mark.browser

GOOD = (
    "key,kind,name,registration_id\n"
    "acme,legal,Acme <script>alert(1)</script>,R1\n"
    "zoe,legal,Zoé & fils,R2\n"
)
BAD = (
    "key,kind,given_name,family_name,birth_date\n"
    "ana,person,Ana,Silva,1990-01-31\n"
    "bo,person,Bo,Li,1990-02-31\n"
)


@pytest.fixture
def files(tmp_path):
    """Return the paths of a good and of a bad `parties.csv`."""
    paths = {}
    for name, content in {"good": GOOD, "bad": BAD}.items():
        paths[name] = tmp_path / name / "parties.csv"
        paths[name].parent.mkdir()
        paths[name].write_text(content, "utf-8")
    return paths


@pytest.fixture
def page(browser, server):
    """Return a function that opens a path of the server, once the log of the browser is empty."""
    browser.delete_all_cookies()
    browser.get_log("browser")

    def open_path(path):
        browser.get(server + path)
        return browser

    return open_path


def text(browser, selector="main"):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def upload(browser, path, action):
    browser.find_element(By.ID, "files").send_keys(str(path))
    follow(browser, f"button[value='{action}']")
    wait = WebDriverWait(browser, 60)
    wait.until(lambda one: not one.find_elements(By.ID, "progress"))
    wait.until(lambda one: one.find_elements(By.CLASS_NAME, "verdict"))


def complaints(browser):
    """Return what the browser complains about, such as a script that the policy stopped."""
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def test_good_import_commits_and_the_overview_counts_it(page, files):
    browser = page("/imports")
    upload(browser, files["good"], "import")
    assert "Imported" in text(browser, ".verdict")
    page("/")
    assert "2\nparties" in text(browser, "[aria-labelledby=counts] .figures")
    assert "1\nimport" in text(browser, "[aria-labelledby=counts] .figures")
    assert complaints(browser) == []


def test_dry_run_writes_nothing(page, files):
    browser = page("/imports")
    upload(browser, files["good"], "dry-run")
    assert "No error" in text(browser, ".verdict")
    page("/")
    assert "0\nparties" in text(browser, "[aria-labelledby=counts] .figures")


def test_bad_import_shows_row_and_column_and_writes_nothing(page, files):
    browser = page("/imports?lang=fr")
    upload(browser, files["bad"], "import")
    assert text(browser, ".verdict") == "Refusé : 1 erreur. Rien n’est écrit."
    cells = browser.find_elements(By.CSS_SELECTOR, "[aria-labelledby=kind-1] td")
    assert [cell.text for cell in cells[:2]] == ["parties.csv", "3"]
    assert "calendrier" in cells[2].text
    field = browser.find_element(By.CSS_SELECTOR, "td.at-fault input[name=value]")
    assert field.get_property("value") == "1990-02-31"
    page("/")
    assert "0\npartie prenante" in text(browser, "[aria-labelledby=counts] .figures")


def test_an_import_at_once_tells_how_far_it_is_and_is_cancelled(page, files, store):
    browser = page("/imports?lang=fr")
    head = store.head
    assert "Choisir des fichiers…" in text(browser, ".drop .file")
    with store.write(agent="other") as tx:
        browser.find_element(By.ID, "files").send_keys(str(files["good"]))
        assert "parties.csv" in text(browser, ".drop .file")
        follow(browser, "button[value='import']")
        assert "En cours" in text(browser, "#progress")
        asked = "return performance.getEntriesByType('resource').filter((one) => one.name.includes"
        asked += "('part=1')).length"
        cancel = browser.find_element(By.CSS_SELECTOR, "form[action$='/cancel'] button")
        browser.execute_script("arguments[0].focus()", cancel)
        WebDriverWait(browser, 60).until(lambda one: one.execute_script(asked) > 1)
        # What is told changes in its place: the button keeps the focus.
        assert browser.switch_to.active_element == cancel
        follow(browser, "form[action$='/cancel'] button")
        tx.rollback()
    WebDriverWait(browser, 60).until(lambda one: "Arrêté" in text(one))
    assert store.head == head
    assert complaints(browser) == []


def test_a_field_that_is_left_empty_says_so_in_the_language_of_the_page(page):
    browser = page("/imports?lang=fr")
    browser.find_element(By.CSS_SELECTOR, "button[value='import']").click()
    files = browser.find_element(By.ID, "files")
    assert files.get_property("validationMessage") == "Choisissez d’abord un fichier."
    # The browser itself speaks English: the day is written out beside its field.
    browser = page("/?lang=fr&as_of=2025-12-01")
    assert text(browser, ".as-of output") == "1 déc. 2025"


def write(browser, query):
    """Put a query into the editor, once it is there."""
    WebDriverWait(browser, 30).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, ".editor .CodeMirror")
    )
    browser.execute_script(
        "document.querySelector('.CodeMirror').CodeMirror.setValue(arguments[0])", query
    )


def answered(browser, selector="#answer .facts, #answer .problem"):
    """Press Run and wait for what comes in the place of the answer."""
    browser.find_element(By.CSS_SELECTOR, "form[data-query] button[type=submit]").click()
    return WebDriverWait(browser, 60).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, selector)
    )


def test_query_shows_rows_with_markup_as_text(page, files):
    browser = page("/imports")
    upload(browser, files["good"], "import")
    page("/query")
    write(
        browser, "SELECT ?name WHERE { ?s <http://xmlns.com/foaf/0.1/name> ?name } ORDER BY ?name"
    )
    answered(browser, "#answer .data-table")
    names = [
        cell.text
        for cell in browser.find_elements(By.CSS_SELECTOR, "#answer tbody tr:not(.gap) td")
    ]
    assert names == ["Acme <script>alert(1)</script>", "Zoé & fils"]
    assert "2 rows" in text(browser, "#answer .facts")
    assert text(browser, "#answer .downloads").split()[-2:] == ["parquet", "xlsx"]
    assert complaints(browser) == []


def test_syntax_error_shows_its_line_and_what_is_expected_each_time_it_is_pointed_at(page):
    browser = page("/query?lang=fr")
    write(browser, "SELECT *\nWHERE { ?s ?p }")
    sign = WebDriverWait(browser, 30).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, ".parseErrorIcon")
    )
    for _ in range(2):
        browser.execute_script("arguments[0].onmouseover(new Event('mouseover'))", sign[0])
        WebDriverWait(browser, 10).until(
            lambda one: text(one, ".yasqe_tooltip").startswith("Pas compris. Attendu ici")
        )
        browser.execute_script("arguments[0].onmouseout(new Event('mouseout'))", sign[0])
    answered(browser)
    assert "Ligne 2, colonne" in text(browser, ".problem")


def test_a_table_of_many_rows_is_drawn_where_it_is_scrolled(page):
    browser = page("/query")
    tens, units = (" ".join(str(n) for n in range(many)) for many in (100, 30))
    pairs = f"VALUES ?a {{ {tens} }} VALUES ?b {{ {units} }}"
    write(browser, f"SELECT ?n {{ {pairs} BIND(30 * ?a + ?b AS ?n) }} ORDER BY ?n")
    answered(browser, "#answer .data-table")
    assert "3,000 rows" in text(browser, "#answer .facts")
    drawn = len(browser.find_elements(By.CSS_SELECTOR, "#answer tbody tr"))
    assert drawn < 100
    browser.execute_script(
        "const one = document.querySelector('#answer .scroll'); one.scrollTop = one.scrollHeight"
    )
    WebDriverWait(browser, 10).until(lambda one: "2,999" in text(one, "#answer tbody"))
    heading = browser.find_element(By.CSS_SELECTOR, "#answer thead button")
    heading.click()
    assert text(browser, "#answer tbody").startswith("2,999")
    browser.find_element(By.CSS_SELECTOR, "#answer .tools input").send_keys("2,998")
    WebDriverWait(browser, 10).until(lambda one: "1 of 3,000" in text(one, "#answer .tools"))


def test_ctrl_enter_runs_the_query_and_a_chart_shows_it(page):
    browser = page("/query")
    write(browser, 'SELECT ?k ?n { VALUES (?k ?n) { ("a" 1) ("b" 2) } }')
    browser.execute_script("document.querySelector('.CodeMirror').CodeMirror.focus()")
    browser.switch_to.active_element.send_keys(Keys.CONTROL, Keys.ENTER)
    buttons = WebDriverWait(browser, 60).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, "#answer .views button")
    )
    assert [one.text for one in buttons] == ["Table", "Bars", "Line", "Pie"]
    for button in buttons[1:]:
        button.click()
        assert browser.find_elements(By.CSS_SELECTOR, "#answer svg path, #answer svg rect")
    assert complaints(browser) == []


def test_what_is_typed_is_completed_from_labels(page):
    browser = page("/query")
    write(browser, "SELECT * { ?x a ")
    browser.execute_script(
        "const one = document.querySelector('.CodeMirror').CodeMirror; one.execCommand('goDocEnd');"
        " one.focus()"
    )
    browser.switch_to.active_element.send_keys("purchase")
    WebDriverWait(browser, 30).until(
        lambda one: one.find_elements(By.CSS_SELECTOR, ".CodeMirror-hint-active")
    )
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    written = field_value(browser, "query")
    assert "a cg:Purchase" in written
    assert "PREFIX cg:" in written


def test_search_suggests_as_one_types_and_the_keyboard_goes_there(page, files):
    browser = page("/imports")
    upload(browser, files["good"], "import")
    page("/")
    browser.find_element(By.ID, "find").send_keys("zoe")
    WebDriverWait(browser, 30).until(lambda one: "Zoé & fils" in text(one, "#find-list"))
    field, found = (browser.find_element(By.ID, one) for one in ("find", "find-list"))
    field.send_keys(Keys.ESCAPE)
    assert not found.is_displayed()
    field.send_keys(Keys.ARROW_DOWN)
    WebDriverWait(browser, 30).until(lambda _: found.is_displayed())
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    WebDriverWait(browser, 30).until(lambda one: text(one, "h1") == "Zoé & fils")


def field_value(browser, name):
    return browser.find_element(By.ID, name).get_property("value")


def test_every_page_speaks_both_languages(page):
    for path, english, french in [
        ("/", "Overview", "Vue d’ensemble"),
        ("/query", "Query", "Requêtes"),
        ("/imports", "Imports", "Imports"),
        ("/analyses", "Analyses", "Analyses"),
    ]:
        browser = page(path + "?lang=en")
        assert text(browser, "h1") == english
        browser.find_element(By.LINK_TEXT, "Français").click()
        assert text(browser, "h1") == french
        assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"


def test_analysis_runs_from_its_form(page):
    browser = page("/analyses/referrals/credit")
    Select(browser.find_element(By.ID, "o-model")).select_by_value("linear")
    follow(browser, "main form button")
    assert "row" in text(browser, ".facts")


def test_keyboard_reaches_the_content_first(page):
    browser = page("/")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to content"
