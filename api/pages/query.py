"""The query page: a query of one's own, or a named question with its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from api.config import services
from api.errors import Problem, problem_of
from api.kept import find_question, find_visible, may_change, read_number, visible_queries
from api.labels import heading_of, words_of
from api.language import in_language
from api.pages.cells import cells_of
from api.pages.running import Answer, RecentAnswers, run
from api.pages.terms import numeric_columns
from api.queries import OWN_PARAMETERS
from kg.catalog import NamedQuery, Term
from kg.errors import ClientgraphError
from kg.library import SHARINGS
from kg.namespaces import PREFIXES
from kg.sparql.parse import parse
from kg.sparql.results import formats_of
from kg.sparql.search import fold

PAGE_ROWS = 50
_SHOWN_PREFIXES = ("cg", "foaf", "org", "rdfs", "skos", "xsd")
NOW = "now"
"""Argument with which the page comes with its answer; without it the script of the page asks."""
_PAGE_PARAMETERS = OWN_PARAMETERS | {"as_of", "done", NOW, "page", "run", "theme", "tour"}

blueprint = Blueprint("query", __name__)


_OFFERED = {
    form: [(one.name, one.suffix) for one in formats_of(form)]
    for form in ("select", "ask", "construct")
}
"""Names and suffixes of the formats in which an answer can be had, by its form."""


@blueprint.record_once
def _prepare(state: Any) -> None:
    state.app.extensions["clientgraph.recent"] = RecentAnswers()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked to run, and where its answer can be downloaded."""

    text: str
    bindings: dict[str, Term]
    address: str
    arguments: dict[str, str]

    def link(self, format_name: str) -> str:
        """Return the address of the answer in a format."""
        mark = "&" if "?" in self.address else "?"
        return f"{self.address}{mark}{urlencode({**self.arguments, 'format': format_name})}"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a query around an error; `caret` stands under the place where it is."""

    number: int
    text: str
    caret: str | None


@blueprint.get("/query")
def show_query() -> Response:
    """Show the form, with the query that is given; its answer follows, or comes with it."""
    text = request.args.get("query", "")
    if not text.strip():
        return _render(**_begun(request.args.get("edit", "")))
    if NOW not in request.args:
        return _render(text=text, asks=True)
    asked = Asked(text, {}, url_for("sparql.get_sparql"), {"query": text})
    return _answered({"text": text}, asked)


@blueprint.get("/query/<name>")
def show_named(name: str) -> Response:
    """Show a question or a kept query with its parameters; its answer follows, or comes with it."""
    version = read_number("version")
    named = find_question(name, version)
    values = {key: text for key, text in request.args.items() if key not in _PAGE_PARAMETERS}
    shown: dict[str, Any] = {"named": named, "values": values, "text": named.text}
    if named.name in services().catalog:
        shown |= {"headings": _headings(named), "words": words_of(named.text)}
    else:
        kept = find_visible(name)
        shown |= {"kept": kept, "version": kept.version(version), "own": may_change(kept)}
    if "run" not in request.args or NOW not in request.args:
        return _render(**shown, asks="run" in request.args)
    try:
        asked = _ask_named(named, values)
    except ClientgraphError as error:
        return _render(problem_of(error), **shown)
    return _answered(shown, asked)


def _headings(named: NamedQuery) -> dict[str, str]:
    """Return what the columns of a question of the project are called, by its variables."""
    variables = parse(named.text).algebra.PV or ()
    return {str(one): heading_of(str(one)) for one in variables}


def render_refused(problem: Problem, given: Mapping[str, str]) -> Response:
    """Return the page with what was to be kept, and why it was not."""
    return _render(problem, text=given.get("text", ""), keeping=given)


def default_text() -> str:
    """Return the query that the form starts with."""
    header = "\n".join(f"PREFIX {name}: <{PREFIXES[name]}>" for name in _SHOWN_PREFIXES)
    body = "SELECT ?class (COUNT(?thing) AS ?things)\nWHERE { ?thing a ?class }"
    return f"{header}\n\n{body}\nGROUP BY ?class\nORDER BY DESC(?things)\n"


def excerpt(text: str, line: int, column: int | None) -> list[SourceLine]:
    """Return the lines of a query around an error, with a caret under its column."""
    lines = text.splitlines() or [""]
    place = min(max(line, 1), len(lines))
    shown = []
    for number in range(max(place - 2, 1), min(place + 1, len(lines)) + 1):
        source = lines[number - 1]
        caret = None
        if number == place and column is not None:
            # A tab before the caret must be as wide as the tab above it.
            caret = "".join(c if c == "\t" else " " for c in source[: column - 1]) + "^"
        shown.append(SourceLine(number, source, caret))
    return shown


def _begun(name: str) -> dict[str, Any]:
    """Return what the editor starts with: the text of a question, or one of ours.

    What the caller may change is offered to be kept under its name again.
    """
    if not name:
        return {"text": default_text()}
    found = find_question(name)
    keeping = {}
    if found.name not in services().catalog and may_change(kept := find_visible(name)):
        keeping = {"name": name, "description": kept.description, "sharing": kept.sharing}
    return {"text": found.text, "keeping": keeping}


def _ask_named(named: NamedQuery, values: dict[str, str]) -> Asked:
    given = {key: text for key, text in values.items() if text.strip()}
    address = url_for("queries.run_query", name=named.name, version=request.args.get("version"))
    bound = named.bind(given, organization=services().settings.organization)
    return Asked(named.text, bound, address, given)


def _answered(shown: dict[str, Any], asked: Asked) -> Response:
    """Run what is asked and show its answer, or why there is none."""
    recent: RecentAnswers = current_app.extensions["clientgraph.recent"]
    page = _page_number()
    try:
        answer = run(recent, asked.text, asked.bindings, again=page == 1)
    except ClientgraphError as error:
        return _render(problem_of(error), **shown)
    table = _table(answer, page, shown.get("words", {}))
    return _render(None, answer=answer, asked=asked, **table, **shown)


def _render(problem: Problem | None = None, **shown: Any) -> Response:
    lines = []
    if problem and isinstance(line := problem.place.get("line"), int):
        column = problem.place.get("column")
        lines = excerpt(shown["text"], line, column if isinstance(column, int) else None)
    values = {
        "answer": None,
        "asks": False,
        "named": None,
        "values": {},
        "kept": None,
        "keeping": {},
        "headings": {},
        "words": {},
        **shown,
    }
    page = render_template(
        "query.html",
        problem=problem,
        default_text=default_text(),
        lines=lines,
        catalog=_by_title(services().catalog.values()),
        library=visible_queries(),
        sharings=SHARINGS,
        seconds=services().settings.timeout,
        formats=formats_of(values["answer"].form) if values["answer"] else (),
        formats_offered=_OFFERED,
        **values,
    )
    return make_response(page, problem.status if problem else 200)


def _by_title(questions: Iterable[NamedQuery]) -> list[NamedQuery]:
    """Return questions in the order of their titles, accents left aside."""
    return sorted(questions, key=lambda one: fold(in_language(one.titles)))


def _table(answer: Answer, page: int, words: Mapping[str, str]) -> dict[str, Any]:
    """Return the rows of a page of the answer, and where that page stands."""
    pages = max(1, -(-len(answer.rows) // PAGE_ROWS))
    page = min(page, pages)
    start = (page - 1) * PAGE_ROWS
    rows = cells_of(answer.rows[start : start + PAGE_ROWS], words)
    return {
        "rows": rows,
        "numeric": numeric_columns(rows),
        "page": page,
        "pages": pages,
        "first": start + 1,
        "last": start + len(rows),
    }


def _page_number() -> int:
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
