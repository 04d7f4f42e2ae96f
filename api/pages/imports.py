"""The pages of imports: the form, what came in, and reports cell by cell."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from api.config import services
from api.errors import Problem, problem_of
from api.imports import find_report, import_upload
from kg.errors import ClientgraphError
from kg.ingest import list_imports

FINDINGS_SHOWN = 200
_SEVERITIES = ("violation", "warning", "info")

blueprint = Blueprint("imports", __name__, url_prefix="/imports")


@blueprint.get("")
def show_imports() -> Response:
    """Show the form and the past imports."""
    return _render_form()


@blueprint.post("")
def post_import() -> Response:
    """Import the files of the form, or try to, and show the report."""
    dry_run = request.form.get("action") != "import"
    try:
        report = import_upload(dry_run=dry_run)
    except ClientgraphError as error:
        return _render_form(problem_of(error))
    status = 422 if report["refused"] and not dry_run else 200
    return _render_report(report, verdict_key(report, dry_run=dry_run), status)


@blueprint.get("/<run_id>")
def show_import(run_id: str) -> Response:
    """Show the report of an import."""
    report = find_report(run_id)
    return _render_report(report, verdict_key(report, dry_run=False))


def verdict_key(report: dict[str, Any], *, dry_run: bool) -> str:
    """Return the key of the text that says what became of an import."""
    if dry_run:
        return "imports.verdict.dry_refused" if report["refused"] else "imports.verdict.dry"
    if report["refused"]:
        return "imports.verdict.refused"
    unchanged = report["quads_written"] == 0
    return "imports.verdict.unchanged" if unchanged else "imports.verdict.committed"


def _render_form(problem: Problem | None = None) -> Response:
    page = render_template(
        "imports.html",
        problem=problem,
        runs=list_imports(services().store),
        source=request.form.get("source", "default"),
    )
    return make_response(page, problem.status if problem else 200)


def _render_report(report: dict[str, Any], verdict: str, status: int = 200) -> Response:
    page = render_template(
        "report.html",
        report=report,
        verdict=verdict,
        findings=sorted(report["findings"], key=_reading_order)[:FINDINGS_SHOWN],
        found=report["violations"] + report["warnings"] + report["infos"],
    )
    return make_response(page, status)


def _reading_order(finding: dict[str, Any]) -> tuple[int, str, int]:
    """Return what findings are sorted by: the gravest first, then as they stand in the files."""
    return (
        _SEVERITIES.index(finding["severity"]),
        finding["file"] or "",
        finding["row"] or 0,
    )
