"""The pages of the past: the commits, what each changed, and taking an import back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from api.analyses import today
from api.config import services
from api.figures import Figure
from api.identity import caller
from api.imports import find_report
from api.language import text_keys, translate
from api.pages.naming import Naming, label_of
from api.pages.progress import progress_of
from api.pages.terms import Cell
from api.recent import Recent
from kg.ingest import UndoJob, UndoReport
from kg.ingest.jobs import JobStatus
from kg.ingest.runs import RunOfCommit, imports_of_commits
from kg.ingest.undoing import checked
from kg.store import Cursor, place_of
from kg.store.differences import Changed, KindChange, kinds_changed, things_changed
from kg.store.history import Commit, Sizes, commit_sizes, commits

COMMITS_SHOWN = 50
THINGS_SHOWN = 25
_DIGITS = 18
_PATIENCE = 5.0
"""Seconds that a request waits for an undo to be over; most are sooner."""

_EXTENSION = "clientgraph.kinds_changed"
_KEPT = 64
"""Commits whose kinds of things are kept in memory."""

SIZES: Figure[Sizes] = Figure("history", commit_sizes)

blueprint = Blueprint("history", __name__, url_prefix="/history")


@blueprint.record_once
def _prepare(state: Any) -> None:
    state.app.extensions[_EXTENSION] = Recent[list[KindChange]](_KEPT)


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact of a difference, as it is shown."""

    predicate: str
    value: Cell
    added: bool


@dataclass(frozen=True, slots=True)
class ChangedThing:
    """What a commit changed about a thing; `place` is the file and row that say so."""

    name: Cell
    facts: list[ChangedFact]
    more: int
    place: tuple[str, int] | None


@blueprint.get("")
def show_history() -> str:
    """Show the commits, a page of them."""
    before = _number("before")
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        range_ = {"before": before} if before else {}
        found = commits(cursor, most=COMMITS_SHOWN + 1, sizes=SIZES.known(), **range_)
        made, taken = _runs(cursor, [one.number for one in found])
    return render_template(
        "history.html",
        commits=found[:COMMITS_SHOWN],
        more=len(found) > COMMITS_SHOWN,
        before=before,
        made=made,
        taken=taken,
    )


@blueprint.get("/<commit_number>")
def show_commit(commit_number: str) -> str:
    """Show what a commit added and removed, thing by thing."""
    number = _read(commit_number)
    after, kind = _number("after"), request.args.get("kind") or None
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        commit = _commit(cursor, number)
        things, more = things_changed(cursor, number, after=after, kind=kind, most=THINGS_SHOWN)
        made, taken = _runs(cursor, [number])
        shown = _shown(cursor, things, made[number].files if number in made else ())
        kinds = _kinds(cursor, number)
    return render_template(
        "commit.html",
        commit=commit,
        kinds=[(one, label_of(one.iri)) for one in kinds],
        kind=kind,
        kind_name=label_of(kind) if kind else None,
        things=shown,
        after=after,
        next_after=things[-1].thing if more else None,
        made=made.get(number),
        taken=taken.get(number),
        head=services().store.head,
    )


@blueprint.get("/undo/<run_id>")
def show_undo(run_id: str) -> AnyResponse:
    """Show what taking an import back would do; with `on_dependents`, to what depends on it."""
    return _begin_undo(run_id, request.args, dry_run=True)


@blueprint.post("/undo/<run_id>")
def post_undo(run_id: str) -> AnyResponse:
    """Take an import back, unless something depends on it that is not to be set apart."""
    return _begin_undo(run_id, request.form, dry_run=False)


@blueprint.get("/undoing/<job_id>")
def show_undoing(job_id: str) -> AnyResponse:
    """Show how far taking an import back is, or what came of it."""
    job = _undo_job(job_id)
    return progress_of(job, "undoing.html") or _undone(job)


@blueprint.post("/undoing/<job_id>/cancel")
def post_cancel(job_id: str) -> AnyResponse:
    """Stop taking an import back: nothing of it is kept."""
    job = _undo_job(job_id)
    services().jobs.cancel(job)
    job.wait(_PATIENCE)
    return redirect(url_for("pages.history.show_undoing", job_id=job_id), 303)


def activity_name(kind: str) -> str:
    """Return what a commit did in words, or as it was written where it is unknown."""
    key = f"activity.{kind}"
    return translate(key) if key in text_keys() else kind


def _begin_undo(run_id: str, given: Mapping[str, str], *, dry_run: bool) -> AnyResponse:
    """Take an import back in the background; answer with the outcome if it takes a moment only."""
    here = services()
    job = UndoJob(
        owner=caller().name,
        run_id=run_id,
        dry_run=dry_run,
        on_dependents=checked(given.get("on_dependents", "refuse")),
        as_of=_today(),
        settings=here.settings,
    )
    here.jobs.take(job)
    if job.wait(_PATIENCE):
        return _undone(job)
    return redirect(url_for("pages.history.show_undoing", job_id=job.id), 303)


def _undo_job(job_id: str) -> UndoJob:
    """Return the undo of the caller's that goes on in the background.

    Raises:
        NotFound: there is none.
    """
    job = services().jobs.find(job_id)
    if not isinstance(job, UndoJob) or job.owner != caller().name:
        raise NotFound(translate("history.unknown"))
    return job


def _undone(job: UndoJob) -> AnyResponse:
    """Answer with what came of taking an import back.

    Raises:
        ClientgraphError: it failed.
    """
    report = job.report
    if job.status == JobStatus.CANCELLED:
        return redirect(url_for("pages.history.show_history"), 303)
    if report is None:
        raise job.error or NotFound(translate("history.unknown"))
    if job.dry_run or report.refused:
        return _undo_page(report, job.run_id, 200 if job.dry_run else 409)
    return redirect(url_for("pages.history.show_commit", commit_number=report.commit), 303)


def _undo_page(report: UndoReport, run_id: str, status: int = 200) -> Response:
    iris = [iri for one in report.dependents for iri in (one.subject, one.predicate, one.object)]
    iris += [str(one["focus"]) for one in report.violations]
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        names = Naming.of_iris(cursor, iris)
    page = render_template("undo.html", report=report, run=find_report(run_id), names=names)
    return make_response(page, status)


def _kinds(cursor: Cursor, number: int) -> list[KindChange]:
    """Return the classes whose members a commit changed; a large one's take a while to count."""
    kept: Recent[list[KindChange]] = current_app.extensions[_EXTENSION]
    key = (services().store.head, number, caller().hidden_graphs)
    return kept.get(key, lambda: kinds_changed(cursor, number))


def _commit(cursor: Cursor, number: int) -> Commit:
    found = commits(cursor, before=number + 1, most=1, sizes=SIZES.known())
    if not found or found[0].number != number:
        raise NotFound(translate("history.unknown"))
    return found[0]


def _runs(
    cursor: Cursor, numbers: Sequence[int]
) -> tuple[dict[int, RunOfCommit], dict[int, RunOfCommit]]:
    """Return the imports that commits made, and those that they took back, by commit."""
    found = imports_of_commits(cursor, numbers)
    taken = {run.undone: run for run in found if run.undone is not None}
    return {run.number: run for run in found}, taken


def _shown(cursor: Cursor, things: Sequence[Changed], files: Sequence[str]) -> list[ChangedThing]:
    """Return what was changed with the names of everything in it."""
    ids = {one.thing for one in things}
    ids |= {number for one in things for f in one.facts for number in (f.predicate, f.object)}
    naming = Naming(cursor, ids)
    return [
        ChangedThing(
            naming.cell(one.thing),
            [
                ChangedFact(naming.cell(f.predicate).text, naming.cell(f.object), f.added)
                for f in one.facts
            ],
            one.total - len(one.facts),
            _place(one, files),
        )
        for one in things
    ]


def _place(thing: Changed, files: Sequence[str]) -> tuple[str, int] | None:
    """Return the file and the row that a commit's first new fact of a thing comes from."""
    origins = [f.origin for f in thing.facts if f.added and f.origin is not None]
    if not origins:
        return None
    file, row = place_of(min(origins))
    return (files[file], row) if file < len(files) else None


def _number(name: str) -> int:
    """Return a number of the address, 0 where it has none."""
    return _read(request.args.get(name, ""))


def _read(text: str) -> int:
    """Return the number that a text is, 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0


def _today() -> date:
    return today(services().settings)
