"""A browser, and a server over a small store to point it at."""

import os
import threading
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from werkzeug.serving import make_server

from api.factory import create_app
from kg.config import Settings
from kg.store import Store

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
    "--window-size=1280,1000",
    "--lang=en",
)


def pytest_collection_modifyitems(items):
    """Skip these tests, with the reason, where Debian's browser is not installed."""
    missing = [str(path) for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]
    if missing:
        reason = f"{' and '.join(missing)} missing: apt-get install chromium chromium-driver"
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(pytest.mark.skipif(True, reason=reason))


def _idle(app):
    """Return an event that is set while the application answers nothing."""
    idle, lock, answering = threading.Event(), threading.Lock(), set()
    idle.set()

    def begin():
        with lock:
            answering.add(threading.get_ident())
            idle.clear()

    def end(_error):
        with lock:
            answering.discard(threading.get_ident())
            if not answering:
                idle.set()

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.teardown_request(end)
    return idle


@pytest.fixture
def server(tmp_path):
    """Yield the address of a server over an empty store."""
    with Store.open(None) as store:
        app = create_app(Settings(data_dir=tmp_path), store)
        idle = _idle(app)
        running = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()
        running.server_close()
        # A page that was left may still be computed, on the store that is closed now.
        assert idle.wait(60)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Yield a browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for one in _OPTIONS:
        options.add_argument(one)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(str(CHROMEDRIVER), log_output=os.devnull)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()
