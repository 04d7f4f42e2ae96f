"""Every page passes the rules of axe-core in both themes, fits a phone and stays in its place."""

from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from api.factory import create_app
from kg.config import Settings
from tests.api.sample import filled_store
from tests.api.walking import page_paths
from tests.serving import idle_of, served

pytestmark = pytest.mark.browser

_AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
_RUN = """
const [rules, done] = arguments;
const only = rules ? { runOnly: { type: "rule", values: rules } } : {};
const told = (one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))];
axe.run(document, { resultTypes: ["violations"], ...only }).then(
  (found) => done(found.violations.map(told)),
  (error) => done([["failed", [String(error)]]]),
);
"""
_MOVES = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.moved += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_STEADY = 0.1
"""Share of the window, times the share of its height, that what is shown may move by in all."""
_LIGHT = "document.documentElement.dataset.theme = 'light'"
_PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
_WIDER = f"return document.documentElement.scrollWidth > {_PHONE['width']}"
_DARK = "document.documentElement.dataset.theme = 'dark'"


@pytest.fixture
def watched(browser):
    """Let pages count how much of what they show moves while they are filled."""
    given = {"source": _MOVES}
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", given)
    yield
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """Yield the address of a server over the sample, and the paths of its pages."""
    with filled_store() as store:
        settings = Settings(data_dir=tmp_path_factory.mktemp("data"), organization="shop")
        app = create_app(settings, store)
        # Scripts and styles are the same on all pages; a browser need not ask for them again.
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
        paths = [one for one in page_paths(app) if not one.startswith(("/ns", "/shapes"))]
        idle = idle_of(app)
        with served(app) as address:
            yield address, paths
        # A page that was left may still be computed, on the store that is closed then.
        assert idle.wait(60)


def _is_part(path):
    """Tell whether a page holds a part of another one alone, as those without script see it."""
    return path.startswith(("/parts/", "/chains/drawn"))


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("parts", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_page_is_accessible_in_both_themes_fits_a_phone_and_is_steady(browser, walked, parts):
    server, paths = walked
    found = {}
    for path in [one for one in paths if _is_part(one) == parts]:
        browser.get(server + path)
        # What is still computed is filled in, or comes with the page that follows by itself.
        WebDriverWait(browser, 60).until(
            lambda one: (
                not one.execute_script(
                    "return document.querySelector("
                    "'[aria-busy=true], [http-equiv=refresh], #progress')"
                )
            )
        )
        moved = browser.execute_script("return window.moved")
        browser.execute_script(_LIGHT + ";" + _AXE)
        problems = browser.execute_async_script(_RUN, None)
        browser.execute_script(_DARK)
        # Colours are all that a theme changes.
        problems += browser.execute_async_script(_RUN, ["color-contrast"])
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", _PHONE)
        problems += [["moves", moved]] * (moved > _STEADY)
        problems += [["wider than a phone", path]] * browser.execute_script(_WIDER)
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        if problems:
            found[path] = problems
    assert not found, "\n".join(f"{path}: {one}" for path, many in found.items() for one in many)
