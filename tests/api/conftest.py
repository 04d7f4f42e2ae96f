"""A server over a small store in memory."""

import pytest
from sample import filled_store

from api.factory import create_app
from kg.config import Settings


@pytest.fixture(scope="session")
def store():
    """Return a store that the tests only read; those that write have their own."""
    with filled_store() as store:
        yield store


@pytest.fixture
def app(store, tmp_path):
    app = create_app(Settings(data_dir=tmp_path, organization="shop", max_upload_mb=1), store)
    app.testing = True
    # A test sees what a client sees, also where a handler answers for an exception.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app):
    return app.test_client()
