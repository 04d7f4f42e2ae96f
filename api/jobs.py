"""Imports and undos in the background over HTTP: how far they are, what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import Conflict, NotFound

from api.config import services
from api.errors import problem_of_any
from api.identity import Right, caller
from kg.ingest import ImportJob, ImportReport, Job, UndoJob
from kg.ingest.attempt import instant
from kg.ingest.jobs import JobStatus

_PATIENCE = 2.0
"""Seconds that a request waits for an import to stop; most stop sooner."""
_PAUSE = 1
"""Seconds after which a client may look again."""
_REMEMBERED = ("committed", "unchanged")
"""What is said of an import that `/api/imports/ID` tells of from then on."""

blueprint = Blueprint("jobs", __name__, url_prefix="/api/imports/jobs")


@blueprint.get("")
def list_jobs() -> Response:
    """Answer with the caller's work in the background, the last one first, without reports."""
    return jsonify(jobs=[described(job) | {"report": None} for job in _reachable()])


@blueprint.get("/<job_id>")
def show_job(job_id: str) -> Response:
    """Answer with an import in the background: its progress, or its report."""
    return _answer(_find(job_id))


@blueprint.delete("/<job_id>")
def delete_job(job_id: str) -> Response:
    """Cancel an import, which leaves nothing: 200 when it has stopped, 202 while it stops."""
    job = _find(job_id)
    if job.status in (JobStatus.DONE, JobStatus.FAILED):
        raise Conflict(
            f"The import {job_id!r} has ended already. What it committed is taken back with"
            " DELETE /api/imports/ID."
        )
    services().jobs.cancel(job)
    job.wait(_PATIENCE)
    return _answer(job, 200 if job.over else 202)


def accepted(job: Job[Any]) -> Response:
    """Answer that work was taken in, and where its progress is told (RFC 7240)."""
    response = _answer(job, 202)
    response.headers["Location"] = url_for("jobs.show_job", job_id=job.id)
    if preferred():
        response.headers["Preference-Applied"] = "respond-async"
    return response


def preferred() -> bool:
    """Tell whether the request prefers an answer before its work is done (`respond-async`)."""
    given = ",".join(request.headers.getlist("Prefer")).replace(";", ",")
    return "respond-async" in [one.strip().lower() for one in given.split(",")]


def described(job: Job[Any]) -> dict[str, Any]:
    """Return an import in the background as values that JSON knows."""
    report = job.report
    given = job if isinstance(job, ImportJob) else None
    return {
        "id": job.id,
        "status": job.status,
        "kind": "import" if given else "undo",
        "owner": job.owner,
        "source": given.options.source if given else None,
        "undoes": job.run_id if isinstance(job, UndoJob) else None,
        "dry_run": job.dry_run,
        "files": [path.name for path in given.paths] if given else [],
        "submitted": instant(job.submitted),
        "started": _instant(job.started),
        "ended": _instant(job.ended),
        "ahead": services().jobs.ahead_of(job) if job.status == JobStatus.WAITING else 0,
        "progress": job.progress.as_json() if job.progress and not job.over else None,
        "report": report.as_json() if report is not None else None,
        "problem": problem_of_any(job.error).document() if job.error is not None else None,
        "import": report.id
        if isinstance(report, ImportReport) and report.status in _REMEMBERED
        else None,
    }


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at is not None else None


def _answer(job: Job[Any], status: int = 200) -> Response:
    response = jsonify(described(job))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if not job.over:
        response.headers["Retry-After"] = str(_PAUSE)
    return response


def _find(job_id: str) -> Job[Any]:
    """Return an import of the caller's, or anybody's for an administrator.

    Raises:
        NotFound: there is none.
    """
    for job in _reachable():
        if job.id == job_id:
            return job
    raise NotFound(
        f"No import of yours in the background has the id {job_id!r}. What was committed is listed"
        " at /api/imports."
    )


def _reachable() -> list[Job[Any]]:
    one = caller()
    everything = services().jobs.listed()
    return [job for job in everything if Right.ADMIN in one.rights or job.owner == one.name]
