"""The named questions over HTTP: `/api/queries` lists them, `/api/queries/NAME` answers one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import NotFound

from api.asking import ask
from api.config import services
from api.protocol import read_timeout
from api.sparql import send_result
from kg.catalog import NamedQuery, find_query
from kg.errors import UsageError

OWN_PARAMETERS = frozenset({"format", "timeout", "lang"})
"""Parameters of a request that are not those of the question."""

blueprint = Blueprint("queries", __name__, url_prefix="/api/queries")


@blueprint.get("")
def list_queries() -> Response:
    """Answer with every question: its texts in both languages and its parameters."""
    return jsonify(queries=[_description(one) for one in services().catalog.values()])


@blueprint.get("/<name>")
def run_query(name: str) -> Response:
    """Answer a question; its parameters are those of the URL."""
    found = find_named(name)
    given = {key: text for key, text in request.args.items() if key not in OWN_PARAMETERS}
    result = ask(
        found.text,
        timeout=read_timeout(request.args.get("timeout")),
        bindings=found.bind(given, organization=services().settings.organization),
    )
    return send_result(result)


def find_named(name: str) -> NamedQuery:
    """Return the question of this name or id.

    Raises:
        NotFound: there is none.
    """
    try:
        return find_query(name, services().catalog)
    except UsageError as error:
        raise NotFound(str(error)) from None


def _description(one: NamedQuery) -> Mapping[str, Any]:
    return {
        "name": one.name,
        "id": one.id,
        "title": dict(one.titles),
        "question": dict(one.questions),
        "answer": one.answer,
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.kind,
                "required": parameter.required,
                "default": parameter.default,
                "example": parameter.example,
            }
            for parameter in one.parameters
        ],
        "text": one.text,
    }
