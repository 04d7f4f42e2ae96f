"""The application factory: what the server is made of."""

from __future__ import annotations

import os

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined

from api import (
    analyses,
    chain_pictures,
    csv_templates,
    editing,
    finding,
    graphs,
    health,
    imports,
    jobs,
    merging,
    metrics,
    openapi,
    plans,
    quarantine,
    queries,
    referral_map,
    running,
    shacl,
    sparql,
    tokens,
)
from api.access import register_access
from api.addresses import register_addresses
from api.appearance import register_appearance
from api.as_of import register_as_of
from api.chain_pictures import register_chains
from api.compression import register_compression
from api.config import Services, WebOptions
from api.cors import register_cors
from api.errors import register_errors
from api.figures import register_figures
from api.identity import register_identity
from api.labels import register_labels
from api.language import register_language
from api.links import register_links
from api.metrics import register_metrics
from api.pages import register_pages
from api.pictures import register_pictures
from api.remembered import register_answers
from api.repeated import register_repetition
from api.security import protect
from kg.catalog import load_catalog
from kg.config import Settings
from kg.derivation import complete, derive_in
from kg.ingest import ImportJobs
from kg.store import Store

_DEFAULTS = WebOptions()

PARTS = (
    sparql,
    graphs,
    shacl,
    imports,
    jobs,
    quarantine,
    queries,
    analyses,
    referral_map,
    chain_pictures,
    csv_templates,
    editing,
    plans,
    finding,
    openapi,
    health,
    running,
    tokens,
    metrics,
    merging,
)
"""The modules of the addresses that programs call."""


class _Json(DefaultJSONProvider):
    """JSON as people read it: members in the order given, letters as themselves."""

    ensure_ascii = False
    sort_keys = False


def create_app(
    settings: Settings, store: Store | None = None, web: WebOptions = _DEFAULTS
) -> Flask:
    """Return the server over a store, opened from the settings when none is given.

    Raises:
        StoreLockedError: another process holds the store's file.
        StoreFormatError: the file is not a store.
        UsageError: the header of a named question is wrong.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1024 * 1024
    app.json = _Json(app)
    app.jinja_env.undefined = StrictUndefined
    store = store or open_store(settings)
    here = Services(store, settings, load_catalog(), ImportJobs(store))
    app.extensions["clientgraph"] = here

    _register(app, here.store, web)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    register_pages(app)
    return app


def _register(app: Flask, store: Store, web: WebOptions) -> None:
    """Add what concerns every request, in the order in which a request meets it."""
    register_compression(app)
    protect(app, web)
    register_cors(app, web.allowed_origins)
    register_metrics(app, store)
    register_identity(app, store)
    register_access(app)
    register_addresses(app)
    register_language(app)
    register_links(app)
    register_as_of(app)
    register_labels(app)
    register_appearance(app)
    register_errors(app)
    register_answers(app)
    register_repetition(app)
    register_figures(app)
    register_pictures(app)
    register_chains(app)


def open_store(settings: Settings) -> Store:
    """Open the store that the settings name, for the queries of many callers."""
    others = (settings.threads or os.cpu_count() or 1) - 1
    store = Store.open(
        settings.store_path,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        spill_limit=settings.spill_limit,
        workers=0,
        on_call=min(settings.workers, others),
    )
    store.keep_tables()
    derive_in(store)
    complete(store)
    return store
