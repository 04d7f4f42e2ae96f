"""The pages of imports: the form, what came in, and reports cell by cell."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.config import services
from api.errors import Problem, problem_of
from api.imports import find_report
from api.pages.staged import begin, take_files
from kg.errors import ClientgraphError
from kg.ingest import list_imports

FINDINGS_SHOWN = 200
_AT_ONCE = ("dry-run", "import")
"""What may be done with files without a look at how they are read."""
_SEVERITIES = ("violation", "warning", "info")

blueprint = Blueprint("imports", __name__, url_prefix="/imports")


@blueprint.get("")
def show_imports() -> Response:
    """Show the form and the past imports."""
    return _render_form()


@blueprint.post("")
def post_import() -> AnyResponse:
    """Take the files of the form in, and go on to how they are read, a dry run, or the import.

    What is done with them goes on in the background.
    """
    try:
        sending = take_files()
        if (action := request.form.get("action")) in _AT_ONCE:
            return begin(sending, dry_run=action == "dry-run")
    except ClientgraphError as error:
        return _render_form(problem_of(error))
    return redirect(url_for("pages.staged.show_files", name=sending.id), 303)


@blueprint.get("/<run_id>")
def show_import(run_id: str) -> Response:
    """Show the report of an import."""
    report = find_report(run_id)
    page = render_template(
        "report.html",
        report=report,
        findings=sorted(report["findings"], key=_reading_order)[:FINDINGS_SHOWN],
        found=report["violations"] + report["warnings"] + report["infos"],
    )
    return make_response(page)


def _render_form(problem: Problem | None = None) -> Response:
    page = render_template(
        "imports.html",
        problem=problem,
        runs=list_imports(services().store),
        source=request.form.get("source", "default"),
    )
    return make_response(page, problem.status if problem else 200)


def _reading_order(finding: dict[str, Any]) -> tuple[int, str, int]:
    """Return what findings are sorted by: the gravest first, then as they stand in the files."""
    return (
        _SEVERITIES.index(finding["severity"]),
        finding["file"] or "",
        finding["row"] or 0,
    )
