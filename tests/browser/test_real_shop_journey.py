"""The steward's journey on the order lines of a real shop, from sending them to undoing them."""

import gzip
from itertools import islice
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.test_steward import complaints, press, text, until, visit

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared" / "data" / "online-retail.csv.gz"
MAPPING = ROOT / "data" / "mappings" / "online-retail.yml"
SOME = 20_000
"""Rows of a part of the file, which are a minute's work; all of them are many."""
PATIENCE = 900
"""Seconds that a step with all rows may take."""
BAD_ROW = 4
"""The row whose date is made one that no calendar has."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.is_file(), reason=f"the file {FILE.name} of the shop is absent"),
]

__all__ = ["visit"]


@pytest.fixture(params=[SOME, pytest.param(None, id="whole")])
def orders(request, tmp_path):
    """Return the path of rows of the shop, one date of which is wrong, and their number."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        rows = list(islice(file, request.param and request.param + 1))
    assert "2010-12-01 08:26:00" in rows[BAD_ROW - 1]
    rows[BAD_ROW - 1] = rows[BAD_ROW - 1].replace("2010-12-01", "2010-12-32")
    path = tmp_path / "online-retail.csv"
    path.write_text("".join(rows), "utf-8")
    return path, len(rows) - 1


def test_a_real_shop_is_checked_corrected_imported_and_taken_back(
    browser, visit, orders, monkeypatch
):
    path, rows = orders
    if rows > SOME:
        monkeypatch.setattr("tests.browser.test_steward.PATIENCE", PATIENCE)
    visit("/imports")
    browser.find_element(By.ID, "files").send_keys(str(path))
    browser.find_element(By.ID, "mapping").send_keys(str(MAPPING))
    press(browser, "button[value='steps']")
    assert f"{rows:,} lignes".replace(",", " ") in text(browser).replace("\u202f", " ")
    assert "latest invoice that holds the same product" in browser.find_element(
        By.ID, "mapping"
    ).get_property("value")
    until(browser, "achat", "#triples")

    press(browser, "form[action$='/check'] button")
    until(browser, "2 erreurs", ".verdict")
    sheet = browser.find_element(By.CSS_SELECTOR, "a[download]").get_attribute("href")
    told = browser.execute_async_script(
        "fetch(arguments[0]).then((r) => r.text()).then(arguments[1])", sheet
    )
    assert "2010-12-32" in told
    assert told.count("\n") < rows / 10
    field = browser.find_element(By.CSS_SELECTOR, "td.at-fault input[name='value']")
    assert field.get_property("value") == "2010-12-32 08:26:00"
    field.clear()
    field.send_keys("2010-12-01 08:26:00")
    press(browser, ".sticky button")
    until(browser, "Aucune erreur", ".verdict")
    press(browser, "form[action$='/import'] button")
    until(browser, "Importé", ".verdict")

    visit("/?as_of=2011-01-10")
    assert not text(browser, "[aria-labelledby=counts] .figures").startswith("0")
    visit("/quality")
    until(browser, "avertissement", ".figures")
    visit("/history/1")
    assert "online-retail.csv, ligne 2" in text(browser)
    press(browser, "a[href*='/history/undo/']")
    until(browser, "faits disparaissent", ".figures")
    browser.find_element(By.ID, "sure").click()
    press(browser, "button.danger")
    until(browser, "annulé")
    visit("/")
    # The organisation itself stays known.
    figures = text(browser, "[aria-labelledby=counts] .figures")
    assert "1\npartie prenante" in figures
    assert "0\nachat" in figures
    assert complaints(browser) == []
