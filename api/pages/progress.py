"""The pages that tell how far work in the background is.

Such a page keeps itself up to date: `progress.js` asks for its part, which is answered with 204
once the work is over. Without script the page loads itself again.
"""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request

from api.pages.panels import ARGUMENT
from kg.ingest import Job


def progress_of(job: Job[Any], template: str, **values: object) -> Response | None:
    """Return the page that tells how far a job is, or its part; None where its outcome is due.

    The template extends `progressing.html`.
    """
    part = ARGUMENT in request.args
    if job.over:
        return Response(status=204) if part else None
    response = make_response(
        render_template("progress.html" if part else template, job=job, **values)
    )
    response.headers["Cache-Control"] = "no-store"
    return response
