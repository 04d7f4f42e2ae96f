"""Tokens over HTTP, for administrators: `/api/tokens`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.config import services
from kg.errors import UsageError
from kg.roles import Role
from kg.store.tokens import create_token, list_tokens, read_lifetime, revoke_token

blueprint = Blueprint("tokens", __name__, url_prefix="/api/tokens")


@blueprint.get("")
def show_tokens() -> Response:
    """Answer with all tokens, without what they open with."""
    return jsonify(tokens=[one.as_json() for one in list_tokens(services().store)])


@blueprint.post("")
def post_token() -> Response:
    """Make a token from a JSON object, and answer with its text, this once."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or given.get("role") not in list(Role):
        roles = ", ".join(Role)
        raise UsageError(f"Send a JSON object with 'name' and 'role'; a role is one of {roles}.")
    text, token = create_token(
        services().store,
        str(given.get("name", "")),
        Role(given["role"]),
        personal=given.get("personal") is True,
        lifetime=read_lifetime(_text(given.get("expires"))),
    )
    response = jsonify(**token.as_json(), token=text)
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.delete("/<name>")
def delete_token(name: str) -> Response:
    """Revoke a token by its name or id."""
    return jsonify(revoke_token(services().store, name).as_json())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
