"""What an editor of queries asks for: terms to write, labels of IRIs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.finding import find_things
from api.labels import labels_of
from api.language import LANGUAGES, current_language, translate
from kg.errors import UsageError
from kg.namespaces import PREFIXES
from kg.sparql.search import fold
from kg.terminology import Term, load_terminology
from kg.terminology.terms import KINDS

MOST_LABELS = 1000
"""IRIs whose labels are told at a time."""
_TERMS = 20
_THINGS = 6

blueprint = Blueprint("editing", __name__, url_prefix="/api")


@blueprint.get("/completions")
def show_completions() -> Response:
    """Answer with what can be written for `q`: terms by their labels, then things of the graph."""
    words = request.args.get("q", "").strip()
    terms = [_term(one) for one in _matching(words)][:_TERMS] if words else []
    things = [
        {"iri": one.iri, "label": one.label, "kind": one.kind, "text": one.key}
        for one in find_things(words, _THINGS)
    ]
    return jsonify(completions=[*terms, *things])


@blueprint.post("/labels")
def post_labels() -> Response:
    """Answer with what the IRIs of a JSON array are called, those that are called anything."""
    iris = request.get_json(silent=True)
    if not isinstance(iris, list) or not all(isinstance(one, str) for one in iris):
        raise UsageError("Send a JSON array of IRIs.")
    if len(iris) > MOST_LABELS:
        raise UsageError(f"{len(iris)} IRIs are too many at once; send {MOST_LABELS} at most.")
    return jsonify(labels=labels_of(iris))


def _matching(words: str) -> list[Term]:
    """Return the terms that match words in either language: those called so first."""
    terms, wanted = load_terminology(), words.partition(":")[2] or words
    found = {term.iri: term for one in LANGUAGES for term in terms.search(wanted, one)}
    start = fold(wanted)

    def order(term: Term) -> tuple[bool, int, str]:
        labels = [term.name, *(term.label(one) for one in LANGUAGES)]
        begins = any(fold(label).startswith(start) for label in labels)
        return not begins, KINDS.index(term.kind), term.label(current_language())

    return sorted(found.values(), key=order)


def _term(term: Term) -> dict[str, Any]:
    language = current_language()
    return {
        "iri": term.iri,
        "label": term.label(language),
        "kind": translate(f"ontology.kind.{term.kind}"),
        "text": term.text(term.definitions, language),
        "prefix": next((p for p, ns in PREFIXES.items() if term.iri.startswith(ns)), None),
    }
