"""Liveness: `/healthz`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from api.config import services
from kg import __version__

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> Response:
    """Answer that the store can be read, with its last commit."""
    return jsonify(status="ok", commit=services().store.head, version=__version__)
