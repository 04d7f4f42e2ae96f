"""The pages of quality: the state of the whole graph by rule, its trend, and what is at fault."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from flask import Blueprint, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from api.analyses import today
from api.config import Services, services
from api.identity import caller
from api.language import in_language
from api.pages.naming import Naming, label_of
from api.pages.paging import Page, page_of
from api.pages.terms import Cell
from kg.ingest import ImportRun
from kg.ingest.runs import last_import, recent_commits
from kg.quality import Assessments, Place, Result, State, places_of
from kg.terminology import rule_named

ROWS_SHOWN = 50
TREND_SHOWN = 24
_SEVERITIES = ("violation", "warning", "info")
_QUICK = 15.0
"""Seconds that a validation takes at most for the past to be validated without being asked for."""
_EXTENSION = "clientgraph.quality"

blueprint = Blueprint("quality", __name__, url_prefix="/quality")


@blueprint.record_once
def _prepare(state: Any) -> None:
    here: Services = state.app.extensions["clientgraph"]
    folder = here.settings.data_dir / "quality"
    state.app.extensions[_EXTENSION] = Assessments(here.store, folder)


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule that is not kept, how often, and what is new and fixed since the last import."""

    shape: str
    name: str
    severity: str
    total: int
    new: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Known:
    """The state now, and the one before the last import with that import, where there is one."""

    state: State
    before: State | None
    run: ImportRun | None

    @property
    def new(self) -> list[Result]:
        """The results that the state before the last import had not."""
        return self.state.new_since(self.before) if self.before else []

    @property
    def fixed(self) -> list[Result]:
        """The results that are no more."""
        return self.before.new_since(self.state) if self.before else []


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result as it is shown."""

    thing: Cell
    path: str | None
    value: Cell | None
    message: str
    place: Place | None


@blueprint.get("")
def show_quality() -> Response:
    """Show the state of the graph, its trend, and the rules that are not kept."""
    known = _known()
    if known is None:
        return _waiting()
    trend = _assessments().trend()[-TREND_SHOWN:]
    return make_response(
        render_template(
            "quality.html",
            known=known,
            new=_by_severity(known.new),
            fixed=_by_severity(known.fixed),
            severities=_SEVERITIES,
            rules=_rules(known),
            trend=trend,
            most=max((sum(n for _, n in one.counts.values()) for one in trend), default=0),
        )
    )


@blueprint.get("/rule/<shape>")
def show_rule(shape: str) -> Response:
    """Show the results of a rule: the things at fault, and where they came from."""
    known = _known()
    if known is None:
        return _waiting()
    sets = {"all": known.state.results, "new": known.new, "fixed": known.fixed}
    shown = request.args.get("show", "all")
    if shown not in sets:
        raise NotFound
    lists = {name: [one for one in found if one.shape == shape] for name, found in sets.items()}
    rule = rule_named(shape)
    if not rule.names:
        raise NotFound
    page = page_of(lists[shown], ROWS_SHOWN)
    return make_response(
        render_template(
            "rule.html",
            rule=rule,
            total=known.state.counts.get(shape, ("", 0))[1],
            counts={name: len(found) for name, found in lists.items()},
            shown=shown,
            known=known,
            page=page,
            rows=_shown(page),
        )
    )


def _known() -> Known | None:
    """Return what is known of the graph now; None while it is found out.

    Raises:
        ServiceUnavailable: the graph cannot be validated.
    """
    store, kept, day = services().store, _assessments(), _today()
    head = store.head
    run = last_import(store)
    before = run.commit - 1 if run is not None and run.commit is not None else 0
    state = kept.find(head, day)
    earlier = kept.find(before, day) if before else None
    if state is None or (before and earlier is None):
        if (problem := kept.problem(head, day) or kept.problem(before, day)) is not None:
            raise ServiceUnavailable(problem)
        kept.want([one for one in (head, before) if one], day)
        return None
    if state.seconds < _QUICK:
        kept.want_once(recent_commits(store, TREND_SHOWN), day)
    return Known(state, earlier, run)


def _assessments() -> Assessments:
    return cast(Assessments, current_app.extensions[_EXTENSION])


def _waiting() -> Response:
    """Show that the graph is being validated, by a page that asks again by itself; or is empty."""
    template = "assessing.html" if services().store.head else "quality_empty.html"
    response = make_response(render_template(template))
    response.headers["Cache-Control"] = "no-store"
    return response


def _by_severity(results: Sequence[Result]) -> dict[str, int]:
    counts = dict.fromkeys(_SEVERITIES, 0)
    for one in results:
        counts[rule_named(one.shape).severity.lower() or "violation"] += 1
    return counts


def _rules(known: Known) -> list[RuleState]:
    """Return the rules that are or were not kept, the gravest and most frequent first."""
    new, fixed = (_by_shape(found) for found in (known.new, known.fixed))
    counts = dict(known.state.counts)
    for shape in fixed:
        counts.setdefault(shape, (rule_named(shape).severity.lower(), 0))
    found = [
        RuleState(
            shape,
            in_language(rule_named(shape).names) or shape,
            severity,
            number,
            new.get(shape, 0),
            fixed.get(shape, 0),
        )
        for shape, (severity, number) in counts.items()
    ]
    return sorted(found, key=lambda one: (_SEVERITIES.index(one.severity), -one.total, one.shape))


def _by_shape(results: Sequence[Result]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in results:
        counts[one.shape] = counts.get(one.shape, 0) + 1
    return counts


def _shown(page: Page[Result]) -> list[ShownResult]:
    """Return the results of a page with names in the place of IRIs, and their places."""
    results = page.rows
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        values = [one.value for one in results if one.value and one.value.startswith("http")]
        names = Naming.of_iris(cursor, [*(one.focus for one in results), *values])
        places = places_of(cursor, results)
    return [
        ShownResult(
            names[one.focus],
            label_of(one.path) if one.path else None,
            (names.get(one.value) or Cell(one.value)) if one.value is not None else None,
            in_language(one.messages),
            place,
        )
        for one, place in zip(results, places, strict=True)
    ]


def _today() -> date:
    return today(services().settings)
