"""The page of the quarantine: rows that imports refused, with the reasons."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.config import services
from api.errors import Problem, problem_of
from api.identity import caller
from api.pages.paging import read_page
from kg.errors import ClientgraphError, UsageError
from kg.ingest import (
    ImportOptions,
    ImportReport,
    count_quarantine,
    discard,
    list_quarantine,
    retry_quarantine,
)

ROWS_SHOWN = 50

blueprint = Blueprint("quarantine", __name__, url_prefix="/quality/quarantine")


@blueprint.get("")
def show_quarantine() -> Response:
    """Show what is in quarantine."""
    return _page()


@blueprint.post("/retry")
def post_retry() -> Response:
    """Import what can stand by now, and show what came of it."""
    options = ImportOptions(agent=caller().name, settings=services().settings)
    try:
        reports = retry_quarantine(services().store, options, request.form.get("import") or None)
    except ClientgraphError as error:
        return _page(problem=problem_of(error))
    return _page(retried=reports)


@blueprint.post("/discard")
def post_discard() -> AnyResponse:
    """Give up the record of one row."""
    try:
        row = int(request.form.get("row", ""))
    except ValueError:
        raise UsageError("The field 'row' is the number of a row.") from None
    discard(services().store, request.form.get("import", ""), [row], agent=caller().name)
    return redirect(url_for("pages.quarantine.show_quarantine"), 303)


def _page(*, retried: list[ImportReport] | None = None, problem: Problem | None = None) -> Response:
    store = services().store
    rows = read_page(
        count_quarantine(store),
        ROWS_SHOWN,
        lambda past, most: list_quarantine(store, past=past, most=most),
    )
    page = render_template(
        "quarantine.html",
        page=rows,
        released=sum(one.released for one in retried) if retried is not None else None,
        problem=problem,
    )
    return make_response(page, problem.status if problem else 200)
