"""The steward's journey in a real browser: a file with mistakes, from sending it to its history."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import follow

pytestmark = pytest.mark.browser

CLIENTS = (
    "Numéro client;Nom de famille;Prénom;Courriel;Date de naissance\n"
    "C100;Martin;Zoé;zoe@example.org;12/05/1984\n"
    "C101;Durand;Léa;lea@example.org;31/02/1990\n"
    "C102;Martin;Zoe;zoe@example.org;12/05/1984\n"
)
PATIENCE = 120


@pytest.fixture
def visit(browser, server):
    """Return a function that opens a path of the server in French."""
    browser.delete_all_cookies()
    browser.get(server + "/login?lang=fr")
    browser.get_log("browser")
    return lambda path: browser.get(server + path)


def text(browser, selector="main"):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def press(browser, selector):
    follow(browser, selector, seconds=PATIENCE)


def until(browser, words, selector="main"):
    """Wait until words are shown, over pages that load themselves again."""

    def shown(_):
        found = browser.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector
        )
        return words in found

    WebDriverWait(browser, PATIENCE).until(shown)


def complaints(browser):
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def test_a_file_with_mistakes_is_mended_imported_and_its_duplicates_decided(
    browser, visit, tmp_path
):
    path = tmp_path / "clients 2024.csv"
    path.write_text(CLIENTS, "utf-8")
    visit("/imports")
    browser.find_element(By.ID, "files").send_keys(str(path))
    press(browser, "button[value='steps']")
    assert "« parties »" in text(browser)
    assert "prénom" in text(browser, "#triples")

    live_preview_follows(browser)

    press(browser, "form[action$='/check'] button")
    until(browser, "1 erreur", ".verdict")
    field = browser.find_element(By.CSS_SELECTOR, "td.at-fault input[name='value']")
    assert field.get_property("value") == "31/02/1990"
    field.clear()
    field.send_keys("28/02/1990")
    press(browser, ".sticky button")
    until(browser, "Aucune erreur", ".verdict")
    press(browser, "form[action$='/import'] button")
    until(browser, "Importé", ".verdict")

    visit("/quality")
    until(browser, "erreur", ".figures")
    visit("/duplicates")
    press(browser, "main a[href*='/duplicates/compare']")
    assert "zoe@example.org" in text(browser, ".comparison")
    browser.find_element(By.ID, "reason").send_keys("saisie deux fois")
    press(browser, "form[action$='/merge'] button")
    assert "Fusionnées" in text(browser, ".verdict")
    press(browser, "form[action$='/unmerge'] button")
    assert "annulée" in text(browser, ".verdict")

    visit("/history/1")
    assert "clients_2024.csv, ligne 2" in text(browser)
    press(browser, "a[href*='/history/undo/']")
    assert "faits disparaissent" in text(browser, ".figures")
    # A merge that was taken back holds nothing any more.
    browser.find_element(By.ID, "sure").click()
    press(browser, "button.danger")
    assert "annulé" in text(browser)
    assert complaints(browser) == []


def live_preview_follows(browser):
    """Change the mapping without sending it: the triples beside it follow."""
    area = browser.find_element(By.ID, "mapping")
    before = area.get_property("value")
    set_text = "arguments[0].value = arguments[1];"
    set_text += "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
    browser.execute_script(set_text, area, before.replace("$(Prénom)", "upper($(Prénom))"))
    until(browser, "ZOÉ", "#triples")
    browser.execute_script(set_text, area, before)
    until(browser, "Zoé", "#triples")


def test_records_are_entered_one_after_the_other_by_the_keyboard(browser, visit):
    visit("/enter/parties")
    for column, words in (("key", "C1"), ("name", "Ada Roseau")):
        browser.find_element(By.ID, f"{column}-text").send_keys(words)
    browser.find_element(By.ID, "kind-text").send_keys("personne p")
    press(browser, "button[value='another']")
    assert "Enregistré." in text(browser, ".notice")

    visit("/enter/interactions")
    party = browser.switch_to.active_element
    party.send_keys("rose")
    WebDriverWait(browser, PATIENCE).until(lambda _: "C1" in text(browser, "#party-text-list"))
    party.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert party.get_property("value") == "C1"
    assert text(browser, "output[for='party-text']") == "Ada Roseau"
    browser.find_element(By.ID, "date-text").send_keys("31/12/2025")
    press(browser, "button[value='save']")
    assert "n'est pas une date" in text(browser, "#date-text-told")
    # One goes on where it is wrong; what was typed is there.
    date = browser.switch_to.active_element
    assert date.get_property("value") == "31/12/2025"
    date.clear()
    date.send_keys("2025-12")
    press(browser, "button[value='save']")
    assert "Importé" in text(browser, ".verdict")
    assert "Formulaire « Interaction »" in text(browser).replace("\u00a0", " ")
    refused = [one for one in complaints(browser) if "422" not in one]
    assert refused == []


@pytest.mark.slow  # in English, and of a graph that is not empty, `test_accessible` tells it of all
@pytest.mark.parametrize("path", ["/imports", "/quality", "/quality/quarantine", "/duplicates"])
def test_the_pages_fit_a_phone(browser, visit, path):
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        visit(path)
        width = browser.execute_script("return document.documentElement.scrollWidth")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert width <= 360
