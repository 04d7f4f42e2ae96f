"""Entry of single records: a form for each template, made of what its CSV file is made of.

What is sent passes the same gate as a file of one row; see `kg.ingest.entry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from api.config import services
from api.errors import Problem, problem_of
from api.identity import caller
from api.imports import options_of
from api.language import current_language, in_language, translate
from kg.errors import ClientgraphError, UsageError
from kg.ingest import ImportReport, template_names
from kg.ingest.changing import Record, change, read_record, record_iri
from kg.ingest.entry import TAKEN_KEY, enter, key_sources
from kg.ingest.record_templates import can_be_changed, key_columns
from kg.ingest.report import Finding
from kg.ingest.template_fields import Form, form_of_template

GROUPS = {
    "parties": ("parties", "memberships", "designations", "merges", "consents", "profiles"),
    "trade": ("products", "purchases", "refunds", "contracts", "uses", "costs"),
    "relations": ("recommendations", "interactions", "communications", "qualifications",
                  "satisfaction", "incidents", "refusals", "client_requests"),
    "inside": ("supplies", "requests", "information", "grants"),
    "marketing": ("segments", "criteria", "personas", "targetings"),
}  # fmt: skip
"""The templates by what they are about; those that no group names come last."""
_FURTHER = "further"
_SEVERITIES = ("violation", "warning", "info")

blueprint = Blueprint("entry", __name__, url_prefix="/enter")


@dataclass(slots=True)
class Told:
    """What is told of a record that was sent: of its fields, by their columns, and of the whole."""

    fields: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Column -> (severity, message) of what it is first to blame for."""
    whole: list[tuple[str, str]] = field(default_factory=list)
    errors: int = 0
    taken: str = ""
    """The key that another record has, which can be changed instead."""
    unchanged: bool = False

    def of(self, column: str) -> list[tuple[str, str]]:
        """Return (severity, message) of a column."""
        return self.fields.get(column, [])

    def is_wrong(self, column: str) -> bool:
        """Tell whether a column has an error."""
        return any(severity == "violation" for severity, _ in self.of(column))


@blueprint.get("")
def show_templates() -> str:
    """List the records that can be entered."""
    return render_template("entries.html", groups=_grouped())


@blueprint.get("/<name>")
def show_form(name: str) -> Response:
    """Show the form of a template: empty, or with the `record` of an IRI, or of a `key`.

    Raises:
        UsageError: there is no such record, or it cannot be changed here.
    """
    form = _find(name)
    saved = request.args.get("saved")
    keys_of = _source(request.args.get("keys_of"))
    iri = request.args.get("record", "")
    if (key := request.args.get("key", "").strip()) and len(key_columns(name)) == 1:
        iri = _iri(name, key, keys_of)
    if iri and can_be_changed(name):
        record = _record(name, iri)
        return _page(form, record.texts, keys_of=record.keys_of, record=record)
    return _page(form, {}, keys_of=keys_of, saved=saved)


@blueprint.post("/<name>")
def post_record(name: str) -> AnyResponse:
    """Check a record, or save it and go to its report or to an empty form."""
    form = _find(name)
    given = {one.column: request.form.get(f"{one.column}-text", "") for one in form.fields}
    keys_of = _source(request.form.get("keys_of"))
    action = request.form.get("action", "")
    called = translate("entry.source", title=form.title, agent=caller().name)
    options = options_of(called, None, dry_run=action == "check")
    options = replace(options, keys_of=keys_of, figures=None)
    record = None
    try:
        if iri := request.form.get("record", ""):
            record = _record(name, iri)
            if request.form.get("state") != record.state:
                raise UsageError("The record was changed meanwhile: open it again to change it.")
            report = change(services().store, name, record, given, options)
        else:
            report = enter(services().store, name, given, options)
    except ClientgraphError as error:
        problem = problem_of(error)
        return _page(form, given, keys_of=keys_of, record=record, problem=problem)
    if report.refused or options.dry_run or report.status == "unchanged":
        told = _told(form, report)
        taken = [one for one in report.findings if one.kind == TAKEN_KEY and one.column]
        if taken and can_be_changed(name):
            told.taken = given[taken[0].column or ""].strip()
        told.unchanged = not report.refused and not report.changes_anything
        return _page(form, given, keys_of=keys_of, record=record, told=told, checked=True)
    if action == "another":
        again = url_for("pages.entry.show_form", name=name, saved=report.id, keys_of=keys_of)
        return redirect(again, 303)
    return redirect(url_for("pages.imports.show_import", run_id=report.id), 303)


def _grouped() -> dict[str, list[Form]]:
    """Return the forms by group."""
    names = template_names()
    named = {name for group in GROUPS.values() for name in group}
    groups = {**GROUPS, _FURTHER: [name for name in names if name not in named]}
    return {
        group: [form_of_template(name, current_language()) for name in listed]
        for group, listed in groups.items()
        if listed
    }


def _find(name: str) -> Form:
    if name not in template_names():
        raise NotFound(f"There is no template {name!r}; /api/templates lists them.")
    return form_of_template(name, current_language())


def _source(asked: str | None) -> str:
    """Return the source whose keys are used: one that there is, else the last one imported."""
    sources = key_sources(services().store)
    return asked if asked in sources else sources[0]


def _iri(name: str, key: str, keys_of: str) -> str:
    here = services()
    return record_iri(here.store, name, key, keys_of, here.settings.organization)


def _record(name: str, iri: str) -> Record:
    here = services()
    return read_record(here.store, name, iri, here.settings.organization)


def _told(form: Form, report: ImportReport) -> Told:
    """Return what a report tells, at the fields, the gravest first."""
    found = Told(errors=report.violations)
    columns = {one.column for one in form.fields}
    for one in sorted(report.findings, key=lambda one: _SEVERITIES.index(one.severity)):
        named = [name for name in (one.column or "").split(", ") if name in columns]
        message = one.severity, _message(form, one)
        if named:
            found.fields.setdefault(named[0], []).append(message)
        elif one.row is not None or one.severity == "violation":
            found.whole.append(message)
    return found


def _message(form: Form, finding: Finding) -> str:
    """Return what a finding says, where fields have labels and files have columns."""
    if finding.kind in ("cell: required", "cell: required when"):
        return translate("entry.needed")
    if finding.kind == "cell: only when":
        (one,) = (one for one in form.fields if one.column == finding.column)
        return translate("entry.misplaced", **_condition(one.only_when))
    return in_language(finding.message)


def _condition(only_when: tuple[str, str] | None) -> Mapping[str, str]:
    label, values = only_when or ("", "")
    return {"label": label, "values": values}


def _page(
    form: Form,
    given: Mapping[str, str],
    *,
    keys_of: str | None,
    record: Record | None = None,
    told: Told | None = None,
    problem: Problem | None = None,
    saved: str | None = None,
    checked: bool = False,
) -> Response:
    sources: Iterable[str] = key_sources(services().store)
    page = render_template(
        "entry.html",
        form=form,
        given=given,
        sources=sources,
        keys_of=keys_of if record else _source(keys_of),
        record=record,
        by_key=can_be_changed(form.name) and len(key_columns(form.name)) == 1,
        told=told or Told(),
        problem=problem,
        saved=saved,
        checked=checked,
    )
    refused = told is not None and told.errors
    return make_response(page, problem.status if problem else 422 if refused else 200)
