"""The pages for people, rendered here from the templates; they work without JavaScript."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Flask

from api.access import needed_right
from api.config import services
from api.identity import Right, identified
from api.pages import duplicates, history, party, start
from api.pages.glossary import register_glossary
from api.pages.history import activity_name
from api.pages.naming import label_of
from api.pages.terms import abbreviate
from api.pages.tour import register_tour
from kg import __version__
from kg.ingest.record_templates import template_of
from kg.terminology import load_terminology

MENU = (
    ("pages.start.show_start", "nav.start"),
    ("pages.query.show_query", "nav.query"),
    ("pages.party.show_parties", "nav.parties"),
    ("pages.network.show_network", "nav.network"),
    ("pages.chains.show_chains", "nav.chains"),
    ("pages.imports.show_imports", "nav.imports"),
    ("pages.entry.show_templates", "nav.entry"),
    ("pages.quality.show_quality", "nav.quality"),
    ("pages.history.show_history", "nav.history"),
    ("pages.analyses.show_analyses", "nav.analyses"),
    ("pages.ontology.show_ontology", "nav.ontology"),
)
"""The pages of the main menu, those that there are: endpoint and key of the text."""


SECTIONS = {
    "pages.duplicates": "pages.quality",
    "pages.quarantine": "pages.quality",
    "pages.staged": "pages.imports",
}
"""Pages that stand in the section of others in the menu, by the names of both."""

SHOWN = (start.CLASSES, history.SIZES, duplicates.CANDIDATES)
"""The figures of the whole graph that pages show at once."""

PARTS = (
    "analyses",
    "chains",
    "dashboard",
    "docs",
    "duplicates",
    "entry",
    "history",
    "imports",
    "kept",
    "login",
    "network",
    "ontology",
    "party",
    "quality",
    "quarantine",
    "query",
    "search",
    "staged",
    "start",
)
"""The modules of the pages; one a line, so that each is added alone."""


def register_pages(app: Flask) -> None:
    """Add the pages to the application."""
    pages = Blueprint("pages", __name__)
    for part in PARTS:
        pages.register_blueprint(import_module(f"{__name__}.{part}").blueprint)
    app.register_blueprint(pages)
    register_glossary(app)
    register_tour(app)
    app.jinja_env.filters["abbreviated"] = abbreviate
    app.jinja_env.filters["named"] = label_of
    app.jinja_env.filters["activity"] = activity_name
    app.jinja_env.globals["may"] = may
    app.jinja_env.globals["template_of"] = template_of
    app.jinja_env.globals["section_of"] = SECTIONS
    app.jinja_env.globals["is_offered"] = is_offered
    app.jinja_env.tests["offered"] = is_offered
    app.jinja_env.globals["menu"] = [one for one in MENU if one[0] in app.view_functions]
    app.jinja_env.globals["caller"] = identified
    app.jinja_env.globals["version"] = __version__
    app.jinja_env.globals["head_commit"] = _head_commit


def prepare_pages(app: Flask) -> None:
    """Read what pages share, so that the first that is asked for does not wait for it."""
    load_terminology()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    with app.app_context():
        party.prepare()


def is_offered(endpoint: str) -> bool:
    """Tell whether menus have a page for the caller: one that the caller may open.

    Who is not known yet is shown what all may read, which leads to the login.
    """
    needed = needed_right(endpoint, "GET")
    return needed is None or may(needed) or (needed is Right.READ and identified() is None)


def may(right: str) -> bool:
    """Tell whether the caller of the current request has a right."""
    one = identified()
    return one is not None and Right(right) in one.rights


def _head_commit() -> int:
    return services().store.head
