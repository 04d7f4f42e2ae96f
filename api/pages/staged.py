"""Files that were sent: how they are read, what they would change, what is wrong, their import.

All but the looking goes on in the background, with its progress shown, and can be cancelled.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from api.config import services
from api.errors import Problem, problem_of, problem_of_any
from api.identity import caller
from api.imports import flag, options_of, sheets_response
from api.language import current_language
from api.pages.findings import GROUP_SHOWN, grouped, moved
from api.pages.naming import label_of
from api.pages.paging import page_of
from api.pages.progress import progress_of
from api.pages.terms import abbreviate
from api.staging import Sending, Staging
from kg.errors import ClientgraphError, UsageError
from kg.ingest.corrections import Correction
from kg.ingest.inspection import inspect
from kg.ingest.jobs import ImportJob, JobStatus
from kg.ingest.preview import Preview, preview

KIND_SHOWN = 25
_MOMENT = 0.3
"""Seconds that are waited for work which is over soon, before its progress is shown."""
_MAPPING_LIMIT = 512 * 1024
_PATIENCE = 2.0
"""Seconds that a request waits for an import to stop."""

blueprint = Blueprint("staged", __name__, url_prefix="/imports/steps")


def take_files() -> Sending:
    """Take the files of the request in.

    Raises:
        UsageError: there is none, one has no usable name, or two have the same.
    """
    return _staging().take(
        request.files.getlist("files"),
        request.files.get("mapping"),
        caller().name,
        request.form.get("source", "").strip() or "default",
    )


@blueprint.get("/<name>")
def show_files(name: str) -> Response:
    """Show what each file is and how it is mapped, with the first rows as triples."""
    return _files_page(_find(name))


@blueprint.post("/<name>/mapping")
def post_mapping(name: str) -> AnyResponse:
    """Keep the mapping document that was written, or go back to the templates."""
    sending = _find(name)
    text = request.form.get("mapping", "")
    sending.map_with(_document(text) if text.strip() else None)
    sending.keep()
    return redirect(url_for("pages.staged.show_files", name=name) + "#preview", 303)


@blueprint.post("/<name>/preview")
def post_preview(name: str) -> Response:
    """Show the triples that a mapping document makes, as a part of the page; nothing is kept."""
    sending = _find(name)
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        path = Path(folder) / "mapping.yml"
        path.write_text(_document(request.form.get("mapping", "")), "utf-8")
        shown, problem = _triples(sending, path)
    return make_response(render_template("triples.html", triples=shown, problem=problem))


@blueprint.post("/<name>/check")
def post_check(name: str) -> AnyResponse:
    """Begin a dry run."""
    return begin(_find(name), dry_run=True)


@blueprint.post("/<name>/import")
def post_import(name: str) -> AnyResponse:
    """Begin the import itself."""
    return begin(_find(name), dry_run=False)


@blueprint.get("/<name>/check")
def show_check(name: str) -> AnyResponse:
    """Show how far a dry run or an import is, or what came of it."""
    sending = _find(name)
    job = _job(sending)
    if job is None:
        return redirect(url_for("pages.staged.show_files", name=name), 303)
    if going := progress_of(job, "importing.html", sending=sending):
        return going
    if job.status == JobStatus.CANCELLED:
        return _files_page(sending, cancelled=True)
    if job.error is not None:
        return _files_page(sending, _without_folder(sending, problem_of_any(job.error)))
    return _outcome(sending, job)


@blueprint.post("/<name>/correct")
def post_corrections(name: str) -> AnyResponse:
    """Take the corrected cells, and check again."""
    sending = _find(name)
    given = [request.form.getlist(key) for key in ("file", "row", "column", "was", "value")]
    if len({len(texts) for texts in given}) > 1 or not all(row.isdecimal() for row in given[1]):
        raise UsageError("The corrections are incomplete: send the form of the page as it is.")
    sending.correct(
        [
            Correction(file, int(row), column, value)
            for file, row, column, was, value in zip(*given, strict=True)
            if value != was
        ]
    )
    return begin(sending, dry_run=True)


@blueprint.post("/<name>/cancel")
def post_cancel(name: str) -> AnyResponse:
    """Cancel what runs, which leaves nothing."""
    _stop(_find(name))
    return redirect(url_for("pages.staged.show_check", name=name), 303)


@blueprint.post("/<name>/discard")
def post_discard(name: str) -> AnyResponse:
    """Throw away what was sent."""
    sending = _find(name)
    _stop(sending)
    sending.remove()
    return redirect(url_for("pages.imports.show_imports"), 303)


@blueprint.get("/<name>/fix-sheet")
def show_sheet(name: str) -> Response:
    """Answer with the rows that the last dry run refused, as a sheet to correct."""
    sheets = sorted(_find(name).sheets.glob("*"))
    if not sheets:
        raise NotFound
    return sheets_response(sheets)


def _job(sending: Sending) -> ImportJob | None:
    job = services().jobs.find(sending.job) if sending.job else None
    return job if isinstance(job, ImportJob) else None


def _stop(sending: Sending) -> None:
    """Cancel what runs, and wait a moment for its end."""
    job = _job(sending)
    if job is not None and not job.over:
        services().jobs.cancel(job)
        job.wait(_PATIENCE)


def _staging() -> Staging:
    return Staging(services().settings.data_dir / "staging")


def _find(name: str) -> Sending:
    return _staging().find(name, caller().name)


def _document(text: str) -> str:
    """Return the text of a mapping document.

    Raises:
        UsageError: it is too long.
    """
    if len(text) > _MAPPING_LIMIT:
        raise UsageError("The mapping document is too long: send it as a file.")
    return text.replace("\r\n", "\n")


def begin(sending: Sending, *, dry_run: bool) -> AnyResponse:
    """Begin a dry run or an import in the background, and go on to where it is told of.

    A dry run sets wrong rows apart, so that it tells what is wrong with the others, too.
    """
    quarantine = dry_run or flag("quarantine")
    options = replace(
        options_of(sending.source, sending.mapping, dry_run=dry_run),
        complete=flag("complete"),
        on_violation="quarantine" if quarantine else "reject",
        corrections=tuple(sending.corrections),
        show_rows=True,
        fix_sheet=_empty(sending.sheets) if dry_run else None,
    )
    job = services().jobs.submit(sending.paths, options, ExitStack())
    sending.job = job.id
    sending.keep()
    job.wait(_MOMENT)
    return redirect(url_for("pages.staged.show_check", name=sending.id), 303)


def _empty(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder


def _files_page(
    sending: Sending, problem: Problem | None = None, *, cancelled: bool = False
) -> Response:
    """Show the files; what was found out about them is kept, for they do not change."""
    if "files" not in sending.seen:
        try:
            language = current_language()
            inspected = [inspect(path, language=language) for path in sending.paths]
        except ClientgraphError as error:
            return _failed(sending, _without_folder(sending, problem_of(error)))
        found = [one.as_json() for parts in inspected for one in parts]
        sending.seen["files"] = found
        proposals = [one["proposed"] for one in found if one["proposed"]]
        if len(sending.files) == 1 and proposals and sending.mapping is None:
            sending.map_with(proposals[0])
        sending.keep()
    triples, wrong = _kept_triples(sending)
    page = render_template(
        "staged.html",
        sending=sending,
        files=sending.seen["files"],
        mapping=sending.mapping.read_text("utf-8", "replace") if sending.mapping else None,
        triples=triples,
        wrong=wrong,
        problem=problem,
        cancelled=cancelled,
    )
    return make_response(page, problem.status if problem else 200)


def _failed(sending: Sending, problem: Problem) -> Response:
    """Show why a file cannot be read, on the page where others can be sent."""
    sending.remove()
    page = render_template("imports.html", problem=problem, runs=[], source=sending.source)
    return make_response(page, problem.status)


def _without_folder(sending: Sending, problem: Problem) -> Problem:
    """Return a problem without the folder: who sent a file knows its name, not where it is here."""
    return replace(problem, detail=problem.detail.replace(f"{sending.folder}/files/", ""))


def _kept_triples(sending: Sending) -> tuple[list[dict[str, Any]], str | None]:
    """Return the triples of the first rows, kept for as long as the mapping is the same."""
    mapping = sending.mapping.read_bytes() if sending.mapping else b""
    mark = hashlib.blake2b(mapping, digest_size=8).hexdigest()
    if sending.seen.get("mark") != mark:
        shown, problem = _triples(sending, sending.mapping)
        sending.seen |= {"mark": mark, "triples": shown, "wrong": problem}
        sending.keep()
    return sending.seen["triples"], sending.seen["wrong"]


def _triples(sending: Sending, mapping: Path | None) -> tuple[list[dict[str, Any]], str | None]:
    """Return the triples of the first rows by row, or why there are none."""
    try:
        return _by_row(preview(sending.paths, mapping, settings=services().settings)), None
    except ClientgraphError as error:
        return [], _without_folder(sending, problem_of(error)).detail


def _by_row(found: Preview) -> list[dict[str, Any]]:
    rows: dict[tuple[str, int], list[list[str]]] = {}
    for quad in found.quads:
        value = quad.object if quad.datatype or quad.language else _short(quad.object)
        subject = _short(quad.subject)
        rows.setdefault((quad.file, quad.row), []).append([subject, quad.predicate, value])
    return [{"file": file, "row": row, "triples": triples} for (file, row), triples in rows.items()]


def _short(iri: str) -> str:
    """Return a term as a preview shows it: a term of the vocabulary by its name."""
    return abbreviate(iri) if iri.startswith("http") and "/id/" in iri else label_of(iri)


def _outcome(sending: Sending, job: ImportJob) -> AnyResponse:
    """Show what a dry run found; lead to the report of what was imported."""
    report = job.report
    if report is None:
        raise NotFound
    if not job.options.dry_run and not report.refused:
        sending.remove()
        return redirect(url_for("pages.imports.show_import", run_id=report.id), 303)
    groups = grouped(report)
    kind = request.args.get("kind")
    if kind is not None:
        groups = [one for one in groups if one.kind == kind]
        if not groups:
            raise NotFound
    shown: Sequence[Any] = groups
    page = page_of(groups[0].cases, KIND_SHOWN) if kind is not None else None
    return make_response(
        render_template(
            "checked.html",
            sending=sending,
            report=report,
            options=job.options,
            groups=shown,
            kind=kind,
            page=page,
            most=GROUP_SHOWN,
            figures=moved(report.figures),
            sheets=any(sending.sheets.glob("*")) if sending.sheets.exists() else False,
        ),
        422 if report.refused and not job.options.dry_run else 200,
    )
