"""Quarantine over HTTP: what waits there, trying it again, its fix sheets, giving it up."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, Response, jsonify, request

from api.config import services
from api.identity import caller
from api.imports import sheets_response
from kg.errors import UsageError
from kg.ingest import (
    ImportOptions,
    discard,
    list_quarantine,
    quarantine_sheets,
    retry_quarantine,
)
from kg.ingest.fixsheet import write_sheets

blueprint = Blueprint("quarantine", __name__, url_prefix="/api/quarantine")


@blueprint.get("")
def show_quarantine() -> Response:
    """Answer with the rows in quarantine, those of one import with `import`."""
    found = list_quarantine(services().store, request.args.get("import"))
    return jsonify(rows=[one.as_json() for one in found])


@blueprint.post("/retry")
def post_retry() -> Response:
    """Import what can stand by now, and answer with a report for each source."""
    options = ImportOptions(agent=caller().name, settings=services().settings)
    reports = retry_quarantine(services().store, options, request.args.get("import"))
    return jsonify(reports=[one.as_json() for one in reports])


@blueprint.get("/fix-sheet")
def show_fix_sheet() -> Response:
    """Answer with the fix sheet of what is in quarantine; several as a ZIP archive."""
    sheets = quarantine_sheets(services().store, request.args.get("import"))
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        return sheets_response(write_sheets(sheets, Path(folder)) if sheets else [])


@blueprint.delete("/<run_id>")
def delete_quarantine(run_id: str) -> Response:
    """Give up what an import put into quarantine, or the records of some rows of it."""
    try:
        rows = [int(text) for text in request.args.getlist("row")]
    except ValueError:
        raise UsageError("The parameter 'row' is the number of a row.") from None
    return jsonify(discarded=discard(services().store, run_id, rows, agent=caller().name))
