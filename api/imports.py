"""Imports over HTTP: `/api/imports` takes files and lists what came in, with its reports."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request, send_file, url_for
from werkzeug.exceptions import NotFound

from api import jobs
from api.asking import allowance
from api.config import services
from api.identity import Right, caller
from api.uploads import saved
from kg.analysis.impact import figures_under
from kg.config import Settings
from kg.errors import UsageError
from kg.ingest import ImportOptions, ImportRun, UndoJob, list_imports, run_import
from kg.ingest.undoing import checked
from kg.lifecycle import Context

_YES = frozenset({"true", "1", "yes", "on"})
_NUMBERS = ("quads_written", "warnings", "quarantined")
_NO = frozenset({"false", "0", "no", "off", ""})

blueprint = Blueprint("imports", __name__, url_prefix="/api/imports")


@blueprint.get("")
def show_imports() -> Response:
    """Answer with the imports, the last one first."""
    return jsonify(imports=[_summary(run) for run in list_imports(services().store)])


@blueprint.post("")
def post_import() -> Response:
    """Import the files of a multipart form and answer with the report.

    201 when it was committed; 200 when it was a dry run or the data was refused, which the report
    says in `status` and `refused`. With `Prefer: respond-async` or the field `async`, 202 and the
    address that tells how far it is.
    """
    if jobs.preferred() or flag("async"):
        with ExitStack() as stack:
            paths, options = _upload(stack, dry_run=flag("dry_run"))
            return jobs.accepted(services().jobs.submit(paths, options, stack))
    report = import_upload(dry_run=flag("dry_run"))
    response = jsonify(report)
    if report["commit"] is not None:
        response.status_code = 201
        response.headers["Location"] = url_for("imports.show_import", run_id=report["id"])
    return response


@blueprint.post("/fix-sheet")
def post_fix_sheet() -> Response:
    """Answer with the fix sheet of the files of a multipart form, which are not imported.

    Several sheets come as a ZIP archive; 204 when no row is refused.
    """
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        import_upload(dry_run=True, fix_sheet=Path(folder))
        return sheets_response(sorted(Path(folder).iterdir()))


def sheets_response(paths: Sequence[Path]) -> Response:
    """Return files as one download: as it is, or several as a ZIP archive; 204 for none."""
    if not paths:
        return Response(status=204)
    content, name = paths[0].read_bytes(), paths[0].name
    if len(paths) > 1:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in paths:
                packed.write(path, path.name)
        content, name = archive.getvalue(), "fix-sheets.zip"
    return send_file(io.BytesIO(content), download_name=name, as_attachment=True)


@blueprint.get("/<run_id>")
def show_import(run_id: str) -> Response:
    """Answer with the report of an import."""
    return jsonify(find_report(run_id))


@blueprint.delete("/<run_id>")
def delete_import(run_id: str) -> Response:
    """Take an import back; 409 with the report when later facts depend on it.

    With `dry_run` nothing is kept, and the answer is 200; with `on_dependents=quarantine`, what
    needs the import goes to quarantine. With `Prefer: respond-async` or the parameter `async`, 202
    and the address that tells how far it is.
    """
    find_report(run_id)
    settings = services().settings
    job = UndoJob(
        owner=caller().name,
        run_id=run_id,
        dry_run=flag("dry_run", request.args),
        on_dependents=checked(request.args.get("on_dependents", "").strip() or "refuse"),
        as_of=_context(settings).as_of,
        settings=settings,
    )
    if jobs.preferred() or flag("async", request.args):
        services().jobs.take(job)
        return jobs.accepted(job)
    report = job.do(services().store)
    response = jsonify(report.as_json())
    response.status_code = 409 if report.refused and not job.dry_run else 200
    return response


def import_upload(*, dry_run: bool, fix_sheet: Path | None = None) -> dict[str, Any]:
    """Import the files of the current request and return the report.

    Raises:
        UsageError: there is no file, or a field is wrong.
        IngestError: a file or the mapping cannot be read.
    """
    with ExitStack() as stack:
        paths, options = _upload(stack, dry_run=dry_run)
        options = replace(options, fix_sheet=fix_sheet)
        return run_import(services().store, paths, options).as_json()


def _upload(stack: ExitStack, *, dry_run: bool) -> tuple[list[Path], ImportOptions]:
    """Return the files of the current request, kept until the stack is closed, and its options.

    Raises:
        UsageError: there is no file, or a field is wrong.
    """
    mapping = request.files.get("mapping")
    paths = stack.enter_context(saved(request.files.getlist("files")))
    documents = []
    if mapping is not None and mapping.filename:
        documents = stack.enter_context(saved([mapping]))
    source = request.form.get("source", "").strip() or "default"
    return paths, replace(
        options_of(source, documents[0] if documents else None, dry_run=dry_run),
        graph=request.form.get("graph", "").strip() or None,
        complete=flag("complete"),
        on_violation=request.form.get("on_violation", "").strip() or "reject",
    )


def options_of(source: str, mapping: Path | None, *, dry_run: bool) -> ImportOptions:
    """Return how the caller of the current request imports."""
    settings = services().settings
    return ImportOptions(
        source=source,
        mapping=mapping,
        dry_run=dry_run,
        agent=caller().name,
        allowance=replace(allowance("import"), gone=None),
        settings=settings,
        figures=figures_under(_context(settings)) if dry_run else None,
    )


def _context(settings: Settings) -> Context:
    """Return what the figures of a dry run are computed under: today, and the usual parameters."""
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    return Context(today, settings.organization, timezone=settings.timezone)


def find_report(run_id: str) -> dict[str, Any]:
    """Return the report of an import.

    Raises:
        NotFound: there is no such import.
    """
    for run in list_imports(services().store):
        if run.id == run_id:
            return run.report if Right.PERSONAL in caller().rights else _without_persons(run.report)
    raise NotFound(f"There is no import {run_id!r}; /api/imports lists them.")


def _without_persons(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without what may tell of a person: findings stay counted by shape."""
    return {**report, "findings": [], "personal_graph": ""}


def _summary(run: ImportRun) -> dict[str, object]:
    """Return an import with the numbers of its report, which may be long."""
    numbers = {name: run.report.get(name) for name in _NUMBERS}
    return {name: value for name, value in run.as_json().items() if name != "report"} | numbers


def flag(name: str, given: Mapping[str, str] | None = None) -> bool:
    """Return a yes or no of the form, or of other fields; not given is no.

    Raises:
        UsageError: it is neither.
    """
    text = (request.form if given is None else given).get(name, "").strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise UsageError(f"The field {name!r} is {text!r}; write true or false.")
