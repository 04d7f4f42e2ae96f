"""A server over a small store in memory."""

import pytest
from sample import FACTS, FACTS_TURTLE, NAMES, NAMES_TURTLE

from api.factory import create_app
from kg.config import Settings
from kg.store import Store
from kg.store.rdf import load_bytes

@pytest.fixture
def store():
    with Store.open(None) as store:
        with store.write(agent="test", activity="import", note="first files") as tx:
            load_bytes(tx, FACTS_TURTLE.encode(), format="turtle", graph=FACTS)
            load_bytes(tx, NAMES_TURTLE.encode(), format="turtle", graph=NAMES)
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
