"""Pictures of every page in both languages and themes, wide and narrow, for `make screenshots`.

    python -m tests.browser.screenshots ADDRESS FOLDER

The server at ADDRESS serves the demo organisation. The pictures of the how-tos are made as well,
in their place among the files of the pages.
"""

from __future__ import annotations

import base64
import re
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import follow, open_browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "/", "/query", "/query/revenue-by-month?run=1", "/parties?stage=CURRENT", "/parties/P0109",
    "/search?q=ju", "/network", "/network?focus=P0109", "/chains", "/imports", "/enter",
    "/enter/purchases", "/quality",
    "/duplicates", "/quality/quarantine", "/history", "/history/1", "/analyses",
    "/analyses/referrals/downstream?run=1", "/ontology", "/ontology/Purchase", "/docs",
    "/docs/analyst", "/docs/steward", "/docs/network", "/login", "/nowhere",
    "/?tour=numbers", "/network?tour=network",
)  # fmt: skip
SIZES = {"wide": 1280, "narrow": 390}
DAY = "2026-11-01"
"""Late enough for all of the demo to have happened."""
FIGURES = {
    "overview": "/",
    "question": "/query/revenue-by-month?run=1",
    "party": "/parties/P0109",
    "entry": "/enter/interactions",
    "quality": "/quality",
    "network": "/network",
    "chain": "/network?focus=P0109",
    "chains": "/chains",
}
"""The pages that the how-tos show; more come at the end of steps, see `_steps`."""
FIGURES_FOLDER = ROOT / "api" / "static" / "docs"
FIGURE_SIZE = (1200, 760)
_MISTAKES = ROOT / "data" / "demo-mistakes" / "not-a-date"
_BUSY = "return document.querySelector('[aria-busy=true], [http-equiv=refresh], #progress')"
_PATIENCE = 120


def main(server: str, folder: Path) -> None:
    """Write a picture of each page in each form into a folder, and those of the how-tos."""
    folder.mkdir(parents=True, exist_ok=True)
    FIGURES_FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as profile:
        browser = open_browser(Path(profile))
        try:
            take_figures(browser, server)
            take_pages(browser, server, folder)
        finally:
            browser.quit()


def take_pages(browser: webdriver.Chrome, server: str, folder: Path) -> None:
    """Write a picture of each page in each language, theme and width."""
    browser.get(f"{server}/?tour=off")
    for page, language, theme in product(PAGES, ("en", "fr"), ("light", "dark")):
        _open(browser, f"{server}{page}", lang=language, theme=theme, as_of=DAY)
        for size, width in SIZES.items():
            name = re.sub(r"\W+", "-", page).strip("-") or "overview"
            target = folder / f"{name}.{language}.{theme}.{size}.png"
            target.write_bytes(picture(browser, (width, 900)))


def take_figures(browser: webdriver.Chrome, server: str) -> None:
    """Write the pictures of the how-tos, in each language."""
    browser.get(f"{server}/?tour=off")
    for language in ("en", "fr"):
        for name, page in FIGURES.items():
            _open(browser, f"{server}{page}", lang=language, theme="light", as_of=DAY)
            _figure(browser, name, language)
        _steps(browser, server, language)


def _steps(browser: webdriver.Chrome, server: str, language: str) -> None:
    """Write the pictures of what comes at the end of steps; nothing is kept in the graph."""
    browser.get(f"{server}/imports?lang={language}&theme=light")
    files = browser.find_element(By.ID, "files")
    files.send_keys("\n".join(str(one) for one in sorted(_MISTAKES.glob("*.csv"))))
    _press(browser, "button[value=steps]")
    _press(browser, "form[action$='/check'] button")
    _figure(browser, "check", language)
    _press(browser, "button[formaction$='/discard']")
    browser.get(f"{server}/history/1")
    _press(browser, "a[href*='/history/undo/']")
    _figure(browser, "undo", language)


def picture(browser: webdriver.Chrome, size: tuple[int, int], *, whole: bool = True) -> bytes:
    """Return a picture of the page that is open, so many pixels wide; of the whole page, or not."""
    width, height = size
    form = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", form)
    _settled(browser)
    wanted = {"captureBeyondViewport": True} if whole else {"format": "webp", "quality": 80}
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", wanted)
    return base64.b64decode(taken["data"])


def _figure(browser: webdriver.Chrome, name: str, language: str) -> None:
    """Write the picture of a how-to, of the page that is open."""
    target = FIGURES_FOLDER / f"{name}.{language}.webp"
    target.write_bytes(picture(browser, FIGURE_SIZE, whole=False))


def _open(browser: webdriver.Chrome, address: str, **arguments: str) -> None:
    given = "&".join(f"{name}={value}" for name, value in arguments.items())
    browser.get(f"{address}{'&' if '?' in address else '?'}{given}")
    _settled(browser)


def _press(browser: webdriver.Chrome, selector: str) -> None:
    """Press a button or a link and wait until the page that follows is drawn."""
    follow(browser, selector, seconds=_PATIENCE)
    _settled(browser)


def _settled(browser: webdriver.Chrome) -> None:
    """Wait until nothing of the page is still computed, or drawn."""
    WebDriverWait(browser, _PATIENCE).until(lambda one: not one.execute_script(_BUSY))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
