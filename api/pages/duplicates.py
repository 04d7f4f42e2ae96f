"""The pages of duplicates: likely pairs, two records side by side, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from api.analyses import reading
from api.config import services
from api.errors import Problem, problem_of
from api.figures import Figure
from api.identity import caller
from api.pages.naming import Naming
from api.pages.paging import Page, page_of
from api.pages.terms import Cell
from kg.errors import UsageError
from kg.merging import Candidate, Decision, candidates, distinguish, list_merges, merge, unmerge
from kg.merging.comparison import Aspect, compare
from kg.store import Cursor

PAIRS_SHOWN = 25
_MOST = 2000
_LEAST = 0.5

CANDIDATES: Figure[list[Candidate]] = Figure(
    "duplicates", lambda cursor: candidates(cursor, least=_LEAST, most=_MOST)
)

blueprint = Blueprint("duplicates", __name__, url_prefix="/duplicates")


@dataclass(frozen=True, slots=True)
class Row:
    """A property of two records side by side; `same` where both say the same of it."""

    predicate: str
    one: list[Cell]
    other: list[Cell]
    same: bool


@blueprint.get("")
def show_duplicates() -> Response:
    """Show likely duplicates with what speaks for them, and the merges that stand."""
    return _page()


@blueprint.get("/compare")
def show_comparison() -> Response:
    """Show two records side by side, with the decisions to choose from."""
    return _comparison(request.args.get("one", ""), request.args.get("other", ""))


@blueprint.post("/merge")
def post_merge() -> AnyResponse:
    """Let one of two records be read as the other."""
    kept, gone = request.form.get("kept", ""), request.form.get("gone", "")
    return _decide(
        lambda reason: merge(services().store, gone, kept, agent=caller().name, reason=reason),
        gone,
        kept,
    )


@blueprint.post("/apart")
def post_apart() -> AnyResponse:
    """Set two records aside as not the same."""
    one, other = request.form.get("one", ""), request.form.get("other", "")
    return _decide(
        lambda reason: distinguish(
            services().store, one, other, agent=caller().name, reason=reason
        ),
        one,
        other,
    )


@blueprint.post("/unmerge")
def post_unmerge() -> AnyResponse:
    """Take a merge back."""
    try:
        decision = unmerge(
            services().store,
            request.form.get("duplicate", ""),
            agent=caller().name,
            reason=request.form.get("reason", "").strip(),
        )
    except UsageError as error:
        return _page(problem_of(error))
    return _decided(decision)


def _decide(write: Callable[[str], Decision], one: str, other: str) -> AnyResponse:
    try:
        decision = write(request.form.get("reason", "").strip())
    except UsageError as error:
        return _comparison(one, other, problem_of(error))
    return _decided(decision)


def _decided(decision: Decision) -> AnyResponse:
    return redirect(
        url_for("pages.duplicates.show_duplicates", decided=decision.kind, commit=decision.commit),
        303,
    )


def _page(problem: Problem | None = None) -> Response:
    with reading("duplicates", {}) as cursor:
        page = page_of(CANDIDATES.known(), PAIRS_SHOWN)
        merges = list_merges(cursor)
        names = _names(cursor, page, [iri for m in merges for iri in (m.duplicate, m.canonical)])
    decided = request.args.get("decided", "")
    shown = render_template(
        "duplicates.html",
        page=page,
        merges=merges,
        names=names,
        problem=problem,
        decided=decided if decided in ("merge", "unmerge", "distinguish") else None,
    )
    return make_response(shown, problem.status if problem else 200)


def _names(cursor: Cursor, page: Page[Candidate], more: Sequence[str]) -> Mapping[str, Cell]:
    return Naming.of_iris(cursor, [*(i for c in page.rows for i in (c.party, c.other)), *more])


def _comparison(one: str, other: str, problem: Problem | None = None) -> Response:
    if not one or not other:
        raise UsageError("The address names no two records: 'one' and 'other'.")
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        found = compare(cursor, one, other)
        ids = {i for a in found.aspects for i in (a.predicate, *a.one, *a.other)}
        naming = Naming(cursor, [*ids, found.one, found.other])
        rows = [_row(each, naming) for each in found.aspects]
        pair = next(
            (c for c in CANDIDATES.known() if {c.party, c.other} == {found.iri, found.other_iri}),
            None,
        )
    page = render_template(
        "comparison.html",
        found=found,
        one=naming.cell(found.one),
        other=naming.cell(found.other),
        one_name=_told_apart(naming, found.one),
        other_name=_told_apart(naming, found.other),
        rows=rows,
        pair=pair,
        problem=problem,
    )
    return make_response(page, problem.status if problem else 200)


def _told_apart(naming: Naming, number: int) -> str:
    """Return a name that two records of one name do not share."""
    key, name = naming.key(number), naming.cell(number).text
    return f"{name} ({key})" if key else name


def _row(aspect: Aspect, naming: Naming) -> Row:
    return Row(
        naming.cell(aspect.predicate).text,
        [naming.cell(number) for number in aspect.one],
        [naming.cell(number) for number in aspect.other],
        bool(set(aspect.one) & set(aspect.other)),
    )
