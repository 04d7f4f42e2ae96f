"""A browser, and a server over a small store to point it at."""

import pytest

from api.factory import create_app
from kg.config import Settings
from kg.store import Store
from tests.browser.chromium import missing, open_browser
from tests.serving import idle_of, served


def pytest_collection_modifyitems(items):
    """Skip these tests, with the reason, where Debian's browser is not installed."""
    if absent := missing():
        reason = f"{' and '.join(absent)} missing: apt-get install chromium chromium-driver"
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(pytest.mark.skipif(True, reason=reason))


@pytest.fixture
def store():
    """Yield an empty store in memory."""
    with Store.open(None) as store:
        yield store


@pytest.fixture
def server(store, tmp_path):
    """Yield the address of a server over the store."""
    app = create_app(Settings(data_dir=tmp_path), store)
    idle = idle_of(app)
    with served(app) as address:
        yield address
    # A page that was left may still be computed, on the store that is closed then.
    assert idle.wait(60)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Yield a browser with a profile of its own."""
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()
