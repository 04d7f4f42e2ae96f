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


def application(store, folder, organization="shop"):
    """Return an application over a store, which answers for exceptions as it does for clients."""
    app = create_app(Settings(data_dir=folder, organization=organization, max_upload_mb=1), store)
    app.testing = True
    # A test sees what a client sees, also where a handler answers for an exception.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def app(store, tmp_path):
    """Return an application of a test's own."""
    return application(store, tmp_path)


@pytest.fixture(scope="session")
def shared():
    """Hold the last store that tests asked for, with the application over it."""
    return {}


@pytest.fixture
def client(request, store, shared, tmp_path_factory):
    """Return a client of a test's own application, else of one that tests of a store share.

    To make an application takes longer than most tests.
    """
    if "app" in request.fixturenames:
        return request.getfixturevalue("app").test_client()
    if shared.get("store") is not store:
        shared.update(store=store, app=application(store, tmp_path_factory.mktemp("shared")))
    return shared["app"].test_client()
