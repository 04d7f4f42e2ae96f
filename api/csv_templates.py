"""The CSV templates over HTTP: `/api/templates` lists them, `/api/templates/NAME` is one."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from api.language import current_language
from kg.ingest import template_names
from kg.ingest.template_files import template_file

blueprint = Blueprint("csv_templates", __name__, url_prefix="/api/templates")


@blueprint.get("")
def list_templates() -> Response:
    """Answer with the names of the templates."""
    return jsonify(templates=template_names())


@blueprint.get("/<name>")
def show_template(name: str) -> Response:
    """Answer with the CSV file of a template, in the language of the request."""
    plain = name.removesuffix(".csv")
    if plain not in template_names():
        raise NotFound(f"There is no template {name!r}; /api/templates lists them.")
    text = template_file(plain, current_language())
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.csv"'
    return response
