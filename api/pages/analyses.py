"""The pages of analyses: the list, and each with its options and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from api.analyses import SHARED_OPTIONS, compute_told, today
from api.config import services
from api.errors import Problem, problem_of
from api.labels import begun, channel_label, concept, concept_label, label_of, labels_of
from api.language import current_language, day_text, format_exact, text_keys, translate
from api.pages.terms import Cell, abbreviate, numeric_columns
from api.tables import FORMATS, cell_text
from kg.analysis import ANALYSES, Analysis
from kg.analysis.result_terms import CONCEPTS, LITERALS, LITERALS_OF
from kg.errors import ClientgraphError
from kg.lifecycle import Table

ROWS_SHOWN = 200
_SAME_IN_EVERY_ROW = ("as_of", "knowledge", "params")

_SCHEMES = {
    "stage": "stage", "depth": "depth", "former_kind": "former-kind", "pipeline": "pipeline",
    "position": "position", "tier": "tier", "flags": "flag", "from_stage": "stage",
    "to_stage": "stage", "from_depth": "depth", "to_depth": "depth",
}  # fmt: skip
"""Columns whose values are notations of concepts, each with the scheme of these."""

blueprint = Blueprint("analyses", __name__, url_prefix="/analyses")


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The first rows of a table, keys leading to their things."""

    columns: list[tuple[str, str]]
    """Title and name of each."""
    rows: list[list[Cell]]
    numeric: list[bool]
    total: int


@blueprint.get("")
def show_analyses() -> str:
    """Show the list of analyses."""
    groups = groupby(ANALYSES.values(), key=group_of)
    return render_template("analyses.html", groups=[(key, list(found)) for key, found in groups])


@blueprint.get("/<path:path>")
def show_analysis(path: str) -> Response:
    """Show the options of an analysis, and its table when it is asked to run."""
    analysis = ANALYSES.get(path.replace("/", " "))
    if analysis is None:
        raise NotFound(f"There is no analysis {path!r}; /analyses lists them.")
    values = {option.name: request.args.get(option.name, "") for option in analysis.options}
    if "run" not in request.args:
        return _render(analysis, values)
    try:
        table, told = compute_told(analysis, request.args, values)
    except ClientgraphError as error:
        return _render(analysis, values, problem=problem_of(error))
    notes = [{"en": note.en, "fr": note.fr} for note in table.notes]
    return _render(
        analysis, values, table=shown_table(table, analysis.name), told=told, notes=notes
    )


def group_of(analysis: Analysis) -> str:
    """Return the group that an analysis is listed in: `referrals`, `chains`, or `lifecycle`."""
    first, _, second = analysis.name.partition(" ")
    return first if second else "lifecycle"


def choice_label(choice: str) -> str:
    """Return what a value of an option is called: a role by the vocabulary, others by us."""
    found = (concept(scheme, choice) for scheme in ("role", "computed-role", "referral-role"))
    if role := next((one for one in found if one), None):
        return role.label(current_language())
    return translate(f"analyses.choice.{choice}")


def shown_table(table: Table, analysis: str) -> ShownTable:
    """Return a table as people read it: an IRI and its key become the name that leads to it."""
    keyed = {name for name in table.columns if f"{name}_key" in table.columns}
    columns = [one for one in table.columns if one not in keyed and one not in _SAME_IN_EVERY_ROW]
    records = [dict(zip(table.columns, row, strict=True)) for row in table.rows[:ROWS_SHOWN]]
    names = labels_of(sorted({str(one[name]) for one in records for name in keyed if one[name]}))
    rows = [[_cell(record, name, names) for name in columns] for record in records]
    titles = [(_title(name, analysis), name) for name in columns]
    return ShownTable(titles, rows, numeric_columns(rows), len(table))


def _title(name: str, analysis: str) -> str:
    """Return what a column is called: a thing by us, a figure as its property is."""
    thing = f"analyses.column.{name.removesuffix('_key')}"
    if thing in text_keys():
        return translate(thing)
    concept_of = CONCEPTS.get(name)
    found = LITERALS_OF.get(analysis, {}).get(name) or LITERALS.get(name)
    iri = found or (concept_of[0] if concept_of else None)
    return begun(label_of(str(iri)) if iri is not None else name.replace("_", " "))


def _cell(record: Mapping[str, Any], name: str, names: Mapping[str, str]) -> Cell:
    value = record[name]
    iri = record.get(name.removesuffix("_key")) if name.endswith("_key") else None
    if iri:
        key = cell_text(value)
        called = names.get(str(iri), key)
        return Cell(called or abbreviate(str(iri)), str(iri), key if key != called else None)
    text = cell_text(value)
    if name == "group" and request.args.get("by") == "channel":
        return Cell(channel_label(text))
    if name in _SCHEMES and text:
        return Cell(", ".join(concept_label(_SCHEMES[name], one) for one in text.split()))
    if text.startswith(("http://", "https://")):
        return Cell(abbreviate(text), iri=text)
    if isinstance(value, bool):
        return Cell(translate(f"analyses.{text}"))
    if isinstance(value, int | float | Decimal):
        return Cell(format_exact(value), numeric=True)
    return Cell(day_text(text) if isinstance(value, date) else text)


def _render(
    analysis: Analysis,
    values: Mapping[str, str],
    *,
    table: ShownTable | None = None,
    told: Mapping[str, str] | None = None,
    notes: Sequence[Mapping[str, str]] = (),
    problem: Problem | None = None,
) -> Response:
    given = {name: text for name in (*SHARED_OPTIONS, *values) if (text := request.args.get(name))}
    address = url_for("analyses.run_analysis", name=analysis.name)
    page = render_template(
        "analysis.html",
        analysis=analysis,
        values=values,
        choice_label=choice_label,
        as_of=request.args.get("as_of") or today(services().settings).isoformat(),
        table=table,
        told=told,
        notes=notes,
        problem=problem,
        downloads={
            one.name: f"{address}?{urlencode({**given, 'format': one.name})}" for one in FORMATS
        },
    )
    return make_response(page, problem.status if problem else 200)
