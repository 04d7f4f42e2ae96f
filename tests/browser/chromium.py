"""Debian's Chromium, driven without a window."""

from __future__ import annotations

import os
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    # WebGL is drawn by the processor.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--window-size=1280,1000",
    "--lang=en",
)


def missing() -> list[str]:
    """Return the paths of what is not installed."""
    return [str(path) for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]


def open_browser(profile: Path) -> webdriver.Chrome:
    """Return a browser with a profile of its own, which keeps its log."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for one in _OPTIONS:
        options.add_argument(one)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(
        options=options, service=Service(str(CHROMEDRIVER), log_output=os.devnull)
    )


def follow(browser: webdriver.Chrome, selector: str, *, seconds: float = 60) -> None:
    """Follow a link or press a button and wait until the page that comes is loaded whole.

    Before its style sheets are there a page has its elements, but none has a place to press.
    """
    left = browser.find_element(By.TAG_NAME, "html")
    browser.execute_script("arguments[0].click()", browser.find_element(By.CSS_SELECTOR, selector))
    wait = WebDriverWait(browser, seconds)
    wait.until(staleness_of(left))
    wait.until(lambda _: browser.execute_script("return document.readyState") == "complete")
