"""Pictures of every page in both languages and themes, wide and narrow, for `make screenshots`.

    python -m tests.browser.screenshots ADDRESS FOLDER

The server at ADDRESS serves the demo organisation.
"""

from __future__ import annotations

import base64
import re
import sys
from itertools import product
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

PAGES = (
    "/", "/query", "/query/revenue-by-month?run=1", "/parties?stage=CURRENT", "/parties/P0109",
    "/search?q=ju", "/network", "/chains", "/imports", "/quality", "/duplicates", "/quarantine",
    "/history", "/analyses", "/analyses/referrals/downstream?run=1", "/ontology",
    "/ontology/Purchase", "/login",
)  # fmt: skip
SIZES = {"wide": 1280, "narrow": 390}
_BUSY = "return document.querySelector('[aria-busy=true], [http-equiv=refresh]')"
_PATIENCE = 120


def main(server: str, folder: Path) -> None:
    """Write a picture of each page in each form into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    for one in ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(one)
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        for page, language, theme in product(PAGES, ("en", "fr"), ("light", "dark")):
            mark = "&" if "?" in page else "?"
            browser.get(f"{server}{page}{mark}lang={language}&theme={theme}")
            for size, width in SIZES.items():
                name = re.sub(r"\W+", "-", page).strip("-") or "overview"
                target = folder / f"{name}.{language}.{theme}.{size}.png"
                target.write_bytes(picture(browser, width))
    finally:
        browser.quit()


def picture(browser: webdriver.Chrome, width: int) -> bytes:
    """Return a picture of the whole page that is open, so many pixels wide."""
    form = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", form)
    WebDriverWait(browser, _PATIENCE).until(lambda one: not one.execute_script(_BUSY))
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
