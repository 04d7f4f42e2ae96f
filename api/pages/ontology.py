"""The vocabulary for people and programs: a list, a page for each term, documents in RDF.

Addresses that end like the IRIs of the project (`/ns`, `/shapes`, `/scheme/...`) lead a browser to
the page and answer a program in RDF, so that the IRIs can be redirected here.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from api.config import services
from api.language import current_language
from api.negotiation import choose_format
from kg.catalog import NamedQuery
from kg.sparql.formats import Format
from kg.terminology import (
    DOCUMENT_FORMATS,
    SEVERITIES,
    Term,
    demands,
    derivations_of,
    document,
    load_terminology,
    main_patterns,
    pattern,
    questions_of,
    rules_of,
)

_PAGE = Format("html", ("text/html", "application/xhtml+xml"), "html")
_OFFERED = (_PAGE, *DOCUMENT_FORMATS)
_WAYS = ("parents", "children", "properties", "domain", "range", "values-of", "inverse", "scheme",
         "concepts", "matches", "replaced")  # fmt: skip

blueprint = Blueprint("ontology", __name__)


@blueprint.get("/ontology")
def show_ontology() -> AnyResponse:
    """Show the terms by area, or those that a search finds; or answer with the vocabulary."""
    if (chosen := _document_format()) is not None:
        return _send("vocabulary", chosen, "clientgraph")
    words = request.args.get("q", "").strip()
    terms = load_terminology()
    return _page(
        "ontology.html",
        words=words,
        found=terms.search(words, current_language()) if words else [],
        areas=terms.areas(),
        patterns=main_patterns(terms, current_language()),
        total=len(terms.terms),
        formats=DOCUMENT_FORMATS,
    )


@blueprint.get("/ontology/rules")
def show_rules() -> AnyResponse:
    """Show the rules by area, those that a search leaves; or answer with the shapes."""
    if (chosen := _document_format()) is not None:
        return _send("shapes", chosen, "shapes")
    words = request.args.get("q", "").strip()
    severity = request.args.get("severity", "")
    left = {
        area: [
            one
            for one in stated
            if severity in ("", one.rule.severity) and one.says(words, current_language())
        ]
        for area, stated in demands().items()
    }
    return _page(
        "rules.html",
        words=words,
        severity=severity,
        severities=SEVERITIES,
        areas={area: stated for area, stated in left.items() if stated},
        found=sum(len(stated) for stated in left.values()),
        total=sum(len(stated) for stated in demands().values()),
        term_of=load_terminology().of_iri,
        formats=DOCUMENT_FORMATS,
    )


@blueprint.get("/ontology/<path:name>")
def show_term(name: str) -> AnyResponse:
    """Show a term with its links and uses, or answer with what the vocabulary says of it."""
    term = _term_named(name)
    if (chosen := _document_format()) is not None:
        return _send(term.iri, chosen, name.rpartition("/")[2])
    return _page(
        "term.html",
        term=term,
        drawing=pattern(term, load_terminology(), current_language()),
        links=[(way, _linked(term, way)) for way in _WAYS if term.links[way]],
        rules=rules_of(term.iri),
        derivations=derivations_of(term.iri),
        questions=_questions(term),
        formats=DOCUMENT_FORMATS,
    )


@blueprint.get("/ns")
def show_namespace() -> AnyResponse:
    """Lead to the list of terms, or answer with the vocabulary."""
    if (chosen := _document_format()) is not None:
        return _send("vocabulary", chosen, "clientgraph")
    return redirect(url_for("pages.ontology.show_ontology"), 303)


@blueprint.get("/shapes")
def show_shapes() -> AnyResponse:
    """Lead to the list of rules, or answer with the shapes."""
    if (chosen := _document_format()) is not None:
        return _send("shapes", chosen, "shapes")
    return redirect(url_for("pages.ontology.show_rules"), 303)


@blueprint.get("/scheme/<path:name>")
def show_concept(name: str) -> AnyResponse:
    """Lead to the page of a scheme or of its concept, or answer with what is said of it."""
    term = _term_named(f"scheme/{name}")
    if (chosen := _document_format()) is not None:
        return _send(term.iri, chosen, name.rpartition("/")[2])
    return redirect(url_for("pages.ontology.show_term", name=term.name), 303)


def _term_named(name: str) -> Term:
    term = load_terminology().named(name)
    if term is None:
        raise NotFound(f"The vocabulary has no term {name!r}; /ontology lists them.")
    return term


def _document_format() -> Format | None:
    """Return the format of RDF that is asked for, None for a page."""
    chosen, _ = choose_format(_OFFERED)
    return None if chosen is _PAGE else chosen


def _send(name: str, chosen: Format, file: str) -> Response:
    response = Response(document(name, chosen), content_type=f"{chosen.media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{file}.{chosen.suffix}"'
    response.vary.add("Accept")
    return response


def _page(template: str, **values: Any) -> Response:
    response = Response(render_template(template, **values), mimetype="text/html")
    response.vary.add("Accept")
    return response


def _linked(term: Term, way: str) -> list[tuple[str, Term | None]]:
    """Return where a term leads in one way: the IRI, and the term where it is one of ours."""
    return [(iri, load_terminology().of_iri(iri)) for iri in term.links[way]]


def _questions(term: Term) -> list[NamedQuery]:
    catalog = services().catalog
    names = questions_of(term.iri, {name: one.text for name, one in catalog.items()})
    return [catalog[name] for name in names]
