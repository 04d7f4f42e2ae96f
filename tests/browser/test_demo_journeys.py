"""The journeys of the analyst and of who looks at networks, over the demo."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from api.factory import create_app
from kg.config import Settings
from kg.ingest import ImportOptions, run_import
from kg.store import Store
from tests.browser.chromium import follow
from tests.serving import served

pytestmark = pytest.mark.browser

FILES = (
    "parties", "products", "memberships", "purchases", "recommendations", "supplies",
    "satisfaction",
)  # fmt: skip
WHEN = "as_of=2026-11-01&knowledge=2027-01-01T00:00:00Z&lang=en"


@pytest.fixture(scope="module")
def demo(root, tmp_path_factory):
    """Yield the address of a server over the parts of the demo that the journeys look at."""
    with Store.open(None) as store:
        files = [root / "data/demo" / f"{name}.csv" for name in FILES]
        assert run_import(store, files, ImportOptions()).status == "committed"
        app = create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), store)
        with served(app) as address:
            yield address


@pytest.fixture
def visit(browser, demo):
    """Return a function that opens a path of the demo's server."""
    browser.delete_all_cookies()
    browser.get_log("browser")

    def open_path(path):
        browser.get(f"{demo}{path}")
        return browser

    return open_path


def complaints(browser):
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def until(browser, script, *given):
    """Wait until a script gives something that counts, and return it."""
    return WebDriverWait(browser, 60).until(lambda _: browser.execute_script(script, *given))


def drawn(browser, other_than=None):
    """Return how many parties are drawn, once it is another number than before."""
    number = "const n = document.getElementById('map').dataset.drawn;"
    return until(browser, f"{number} return n !== arguments[0] && n", other_than)


def found(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def saved(browser, selector):
    """Press a button and return the name and the size of the file that it offers."""
    browser.execute_script(
        "window.offered = null; const click = HTMLAnchorElement.prototype.click;"
        "HTMLAnchorElement.prototype.click = function () {"
        " HTMLAnchorElement.prototype.click = click; window.offered = this.download; };"
        "const make = URL.createObjectURL; URL.createObjectURL = (blob) => {"
        " URL.createObjectURL = make; window.bytes = blob.size; return make(blob); };"
    )
    found(browser, selector).click()
    name = until(browser, "return window.offered")
    return name, browser.execute_script("return window.bytes")


def shown(browser, selector):
    """Wait until something is shown and return it."""
    WebDriverWait(browser, 60).until(lambda one: one.find_elements(By.CSS_SELECTOR, selector))
    return found(browser, selector)


def lines_of(browser, link):
    """Return the lines of what a link of the page leads to."""
    fetched = "fetch(arguments[0], {headers: {Accept: 'text/csv'}}).then((r) => r.text())"
    text = browser.execute_async_script(f"{fetched}.then(arguments[1])", link.get_attribute("href"))
    return text.split()


def test_the_analyst_goes_from_a_number_to_its_rows_and_to_its_query(visit):
    browser = visit(f"/?{WHEN}")
    follow(browser, ".invitation a[href*='tour=off']")
    number = shown(browser, "[aria-labelledby=show_stages] .figures a")
    counted = number.text
    follow(browser, "[aria-labelledby=show_stages] .figures a")
    assert shown(browser, "main [data-panel] .facts").text.startswith(f"{counted} parties")
    assert not browser.find_elements(By.CSS_SELECTOR, ".invitation")

    browser.back()
    shown(browser, "[aria-labelledby=show_revenue] a[href*='/query/']")
    follow(browser, "[aria-labelledby=show_revenue] a[href*='/query/']")
    assert found(browser, "h1").text == "Revenue by month"
    shown(browser, "#answer .data-table")
    rows = int(found(browser, "#answer .facts").text.split(" ")[0])
    assert rows > 12
    browser.find_elements(By.CSS_SELECTOR, "#answer .views button")[1].click()
    assert browser.find_elements(By.CSS_SELECTOR, "#answer svg rect, #answer svg path")
    assert len(lines_of(browser, found(browser, "#answer a[href*='format=csv']"))) == rows + 1
    assert complaints(browser) == []


def test_the_analyst_changes_a_question_keeps_it_and_cites_its_answer(visit):
    browser = visit(f"/query?{WHEN}")
    found(browser, "#filter").send_keys("revenue month")
    visible = "return [...document.querySelectorAll('.questions li')].filter((one) => !one.hidden)"
    assert len(browser.execute_script(visible)) == 1
    follow(browser, ".questions li:not([hidden]) a")
    follow(browser, "details a[href*='edit=revenue-by-month']")
    shown(browser, ".editor .CodeMirror")
    browser.execute_script(
        "const one = document.querySelector('.CodeMirror').CodeMirror;"
        "one.setValue(one.getValue().trimEnd() + ' LIMIT 3')"
    )
    found(browser, "form[data-query] button[type=submit]").click()
    assert "3 rows" in shown(browser, "#answer .facts").text

    found(browser, ".keep summary").click()
    for name, text in (("name", "first-months"), ("description", "The first three months")):
        found(browser, f"#keep-{name}").send_keys(text)
    follow(browser, "#keep button")
    assert "Kept as version 1" in found(browser, "main").text
    assert "The first three months" in found(browser, ".lead").text
    found(browser, "form[data-query] button[type=submit]").click()
    shown(browser, "#answer .facts")
    cited = shown(browser, "#answer a[href*='commit=']")
    assert "version=1" in cited.get_attribute("href")
    assert len(lines_of(browser, cited)) == 4
    assert complaints(browser) == []


def test_the_analyst_finds_a_party_and_why_it_is_where_it_is(visit):
    browser = visit(f"/?{WHEN}")
    found(browser, "#find").send_keys("celestin merl")
    until(browser, "return document.querySelector('#find-list')?.textContent.includes('Célestin')")
    found(browser, "#find").send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    until(browser, "return document.querySelector('h1')?.textContent === 'Célestin Merlerault'")
    assert shown(browser, "[aria-labelledby=show_stage] .badge[class*=stage-]").text
    assert "parties.csv" in found(browser, "[aria-labelledby=facts]").text
    assert "natural person" in found(browser, ".eyebrow").text
    found(browser, ".glossary summary").click()
    assert "Has acquired and the relationship is live" in found(browser, ".glossary").text
    assert complaints(browser) == []


def test_the_picture_its_table_and_the_address_keep_step(visit):
    browser = visit(f"/network?{WHEN}")
    everybody = drawn(browser)
    shows = "return document.getElementById('map').networkMap.graph.order"
    assert browser.execute_script(shows) == int(everybody)
    assert found(browser, "#map canvas").is_displayed()
    assert f"{everybody} rows" in found(browser, "#parties").text

    Select(found(browser, "#channel")).select_by_visible_text("fair")
    fair = drawn(browser, everybody)
    assert int(fair) < int(everybody)
    assert browser.execute_script(shows) == int(fair)
    assert f"{fair} rows" in found(browser, "#parties").text
    assert "channel=fair" in browser.current_url

    browser.execute_script(
        "const s = document.getElementById('until'); s.value = s.max / 2;"
        "s.dispatchEvent(new Event('input'))"
    )
    until(browser, "return location.search.includes('until=')")
    hidden = (
        "const m = document.getElementById('map').networkMap; return m.graph.nodes()"
        ".filter((n) => m.renderer.getNodeDisplayData(n).hidden).length"
    )
    assert 0 < browser.execute_script(hidden) < int(fair)

    found(browser, "#parties tbody tr[data-place='0']").send_keys(Keys.ENTER)
    until(browser, "return document.querySelector('#party h2')?.textContent")
    until(browser, "return location.search.includes('sel=')")
    chosen = browser.execute_script("return document.getElementById('map').networkMap.chosen")
    assert chosen in found(browser, "#party").text
    assert saved(browser, "[data-save=png]")[1] > 1000
    name, size = saved(browser, "[data-save=svg]")
    assert (name, size > 1000) == ("referrals-2026-11-01.svg", True)
    link = found(browser, "a[data-format=gexf]").get_attribute("href")
    assert "channel=fair" in link
    assert complaints(browser) == []

    browser.get(browser.current_url)
    assert drawn(browser) == fair
    assert browser.execute_script(hidden) > 0
    again = "return document.getElementById('map').networkMap.chosen === arguments[0]"
    until(browser, again, chosen)


def test_a_chain_is_a_tree_and_two_parties_have_a_path(visit):
    browser = visit(f"/network?{WHEN}&focus=P0109&from=P0037&to=P0109")
    names = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#chain text")]
    assert len(names) > 10
    assert names[0] == "Célestin Merlerault"
    rows = browser.find_elements(By.CSS_SELECTOR, "[data-path] tbody tr")
    assert len(rows) >= 4
    assert all("recommendations.csv, row" in row.text for row in rows)
    name, size = saved(browser, "[data-save=chain-svg]")
    assert (name, size > 1000) == ("chain.svg", True)
    assert complaints(browser) == []


def test_a_unit_switched_off_moves_the_exposure_of_clients(visit):
    browser = visit(f"/chains?{WHEN}")
    until(browser, "return document.querySelectorAll('#chains rect').length > 10")
    before = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#chains .figure")]
    node = found(browser, "#chains a[data-node='U-IT']")
    browser.execute_script("arguments[0].focus()", node)
    node.send_keys(Keys.ENTER)
    until(browser, "return document.querySelector('#side [data-switch]')")
    assert "Information technology" in found(browser, "#side h2").text
    found(browser, "#side [data-switch]").click()
    until(browser, "return document.querySelector('#chains .gone rect')")
    after = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#chains .figure")]
    assert len(after) == len(before)
    assert after != before
    assert browser.find_elements(By.CSS_SELECTOR, "#exposure td .moved")
    assert "off=U-IT" in browser.current_url
    name, size = saved(browser, "[data-save=svg]")
    assert (name, size > 1000) == ("chains.svg", True)
    assert complaints(browser) == []


@pytest.mark.parametrize("path", ["/network", "/chains", "/parties/P0109"])
def test_the_pages_fit_a_phone(browser, visit, path):
    form = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", form)
    try:
        # In French words are longer, and the day stands beside the field of an English browser.
        visit(f"{path}?as_of=2026-11-01&lang=fr")
        until(browser, "return !document.querySelector('[aria-busy=true]')")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_paper_gets_every_row_and_the_picture_as_a_drawing(visit):
    browser = visit(f"/network?{WHEN}")
    everybody = int(drawn(browser))
    rows = "return document.querySelectorAll('#parties tbody tr[data-place]').length"
    assert browser.execute_script(rows) < everybody
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(rows) == everybody
    discs = "return document.querySelectorAll('#map .printed circle').length"
    assert browser.execute_script(discs) == everybody
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(rows) < everybody
    assert not browser.find_elements(By.CSS_SELECTOR, "#map .printed")
    assert complaints(browser) == []


def test_the_picture_follows_the_theme_of_the_system(visit):
    browser = visit(f"/network?{WHEN}&theme=system")
    drawn(browser)
    colour = "return document.getElementById('map').networkMap.paper.ground"
    light = browser.execute_script(colour)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        until(browser, f"{colour} !== arguments[0]", light)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    until(browser, f"{colour} === arguments[0]", light)
    assert complaints(browser) == []
