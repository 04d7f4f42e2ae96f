"""The parts of the overview: stages over time, revenue, movements, best recommenders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from flask import Blueprint, request

from api.analyses import today
from api.as_of import shown_date
from api.asking import ask
from api.config import services
from api.figures import Figure
from api.kept import find_question
from api.labels import concept_label, names_of
from api.language import day_text, translate
from api.pages.panels import panel, render_panel
from kg.analysis import ANALYSES
from kg.analysis.best_recommenders import best_recommenders
from kg.analysis.described import without_broken_segments
from kg.config import Settings
from kg.errors import UsageError
from kg.lifecycle import STEPS, Context, Table, make_ready
from kg.namespaces import CG
from kg.store import Cursor

STAGES = ("CURRENT", "DORMANT", "FORMER", "USER_ONLY", "POTENTIAL", "REFUSING")
"""The stages on the overview: those outside any relationship are no news."""
_CLIENTS = ("CURRENT", "DORMANT", "FORMER")
_MONTHS_SHOWN = 24
_BEST = 10

Value = TypeVar("Value")

blueprint = Blueprint("dashboard", __name__, url_prefix="/parts/overview")


class Point(NamedTuple):
    """The figures of one date: parties by stage, and what happened since the date before."""

    day: date
    parties: dict[str, int]
    new: int | None
    back: int | None
    lost: int | None


@blueprint.get("/stages")
@panel
def show_stages() -> str:
    """Show how many parties are in each stage over time, and who came and went."""
    start, step = since(), _step()
    points = _points(_computed("trend", **{"from": start.isoformat(), "step": step}))
    labels = [day_text(point.day) for point in points]
    stages = [
        {
            "name": concept_label("stage", stage),
            "mark": f"stage-{stage}",
            "values": [point.parties[stage] for point in points],
        }
        for stage in _CLIENTS
    ]
    return render_panel(
        "dashboard_stages.html",
        points=points,
        shown=STAGES,
        since=start,
        step=step,
        chart={"points": labels, "series": stages},
        moves={"points": labels[1:], "series": _moves(points[1:])},
    )


@blueprint.get("/revenue")
@panel
def show_revenue() -> str:
    """Show what was sold, given back and kept each month, up to the date."""
    rows = [row for row in _revenue() if row["month"] <= f"{shown_date():%Y-%m}"]
    currencies = sorted({row["currency"] for row in rows})
    months = sorted({row["month"] for row in rows})[-_MONTHS_SHOWN:]
    kept = {(row["month"], row["currency"]): row for row in rows if row["month"] in months}
    series = [
        {"name": one, "values": [_net(kept.get((month, one))) for month in months]}
        for one in currencies
    ]
    return render_panel(
        "dashboard_revenue.html",
        rows=list(reversed(kept.values())),
        sales=_sales,
        chart={"points": [day_text(month) for month in months], "series": series},
    )


@blueprint.get("/movements")
@panel
def show_movements() -> str:
    """Show from which stage to which the parties went between two dates."""
    start = since()
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in _computed("transitions", **{"from": start.isoformat()}).records():
        counts[row["from_stage"], row["to_stage"]] += row["parties"]
    moved = sorted(
        ((before, after, n) for (before, after), n in counts.items() if before != after),
        key=lambda one: (-one[2], one),
    )
    stayed = sum(n for (before, after), n in counts.items() if before == after)
    return render_panel(
        "dashboard_movements.html", moved=moved, stayed=stayed, since=start, chart=_flows(moved)
    )


@blueprint.get("/recommenders")
@panel
def show_recommenders() -> str:
    """Show whose recommendations brought most, directly and further down."""
    table = _recommenders(services().settings, shown_date()).known()
    best, names = list(table.records()), names_of(table.column("party"))
    return render_panel("dashboard_recommenders.html", best=best, names=names)


def figures_of_today(settings: Settings) -> list[Figure[Any]]:
    """Return what the overview and the lists of today rest on, looking back one year."""
    day = today(settings)
    start = _year_before(day)
    return [
        _figure(
            settings,
            "classes",
            day,
            lambda cursor, context: make_ready(cursor, context, start),
        ),
        _analysed(settings, "trend", day, **{"from": start.isoformat(), "step": "month"}),
        _analysed(settings, "transitions", day, **{"from": start.isoformat()}),
        _recommenders(settings, day),
    ]


def _analysed(settings: Settings, name: str, day: date, **options: str) -> Figure[Table]:
    """Return the figure of the table of an analysis as of a day."""

    def read(cursor: Cursor, context: Context) -> Table:
        return ANALYSES[name].run(cursor, context, options)

    return _figure(settings, name, day, read, *options.items())


def _recommenders(settings: Settings, day: date) -> Figure[Table]:
    """Return the figure of those whose recommendations brought most."""
    return _figure(
        settings,
        "referrals downstream",
        day,
        lambda cursor, context: best_recommenders(cursor, context, _BEST),
    )


def _figure(
    settings: Settings,
    name: str,
    day: date,
    read: Callable[[Cursor, Context], Value],
    *given: Hashable,
) -> Figure[Value]:
    """Return the figure of what a function reads as of a day, segments that fail left out."""

    def made(cursor: Cursor) -> Value:
        context = Context(
            day,
            settings.organization,
            timezone=settings.timezone,
            currency=settings.currency,
        ).pinned()
        return without_broken_segments(context, lambda asked: read(cursor, asked))

    return Figure(name, made, (day, *given))


def since() -> date:
    """Return the date that the overview looks back to: that of the address, else one year ago.

    Raises:
        UsageError: the address holds no date, or one that is not before the date of the page.
    """
    day, start = shown_date(), asked_since()
    if start is None:
        return _year_before(day)
    if start >= day:
        raise UsageError(f"since is {start}; give a date before {day}, that of the page.")
    return start


def _year_before(day: date) -> date:
    return day.replace(year=max(day.year - 1, date.min.year), day=min(day.day, 28))


def asked_since() -> date | None:
    """Return the date that the address says to look back to, None where it says none.

    Raises:
        UsageError: what it says is no date.
    """
    text = request.args.get("since", "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"since is {text!r}; give a date like 2025-12-31.") from None


def _step() -> str:
    """Return the step that is asked for, else the one that gives a dozen dates or so.

    Raises:
        UsageError: the one that is asked for is none.
    """
    if asked := request.args.get("step", ""):
        if asked not in STEPS:
            raise UsageError(f"step is {asked!r}; choose among {', '.join(STEPS)}.")
        return asked
    days = (shown_date() - since()).days
    return "month" if days < 500 else "quarter" if days < 2000 else "year"


def _points(table: Table) -> list[Point]:
    by_day: dict[date, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in table.records():
        by_day[row["at"]][row["stage"]] = row
    return [_point(day, rows, first=at == 0) for at, (day, rows) in enumerate(by_day.items())]


def _point(day: date, rows: dict[str, dict[str, Any]], *, first: bool) -> Point:
    parties = defaultdict(int, {stage: row["parties"] for stage, row in rows.items()})
    if first:
        return Point(day, parties, None, None, None)
    new = sum(row["first_time"] for row in rows.values())
    current = rows.get("CURRENT", {"arrived": 0, "first_time": 0})
    lost = rows.get("FORMER", {"arrived": 0})["arrived"]
    return Point(day, parties, new, max(current["arrived"] - current["first_time"], 0), lost)


def _moves(points: list[Point]) -> list[dict[str, Any]]:
    return [
        {
            "name": translate(f"dashboard.{name}"),
            "mark": mark,
            "values": [getattr(p, name) for p in points],
        }
        for name, mark in (("new", "mark-1"), ("back", "mark-5"), ("lost", "mark-4"))
    ]


def _revenue() -> list[dict[str, Any]]:
    named = find_question("revenue-by-month")
    bound = named.bind({}, organization=services().settings.organization)
    with closing(ask(named.text, bindings=bound)) as result:
        names = list(result.variables)
        rows = [[term[1] if term else "" for term in row] for row in result.rows()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _sales(month: str) -> str:
    """Return the query for the sales of a month."""
    lines = (f"PREFIX cg: <{CG}>", "SELECT ?order ?day ?client ?amount ?currency WHERE {",
             "  ?purchase cg:orderNumber ?order ; cg:client/cg:sourceKey ?client ;",
             "    cg:orderDate ?day ; cg:hasLine ?line .",
             "  ?line cg:netAmount ?amount ; cg:currency ?currency .",
             f'  FILTER(STRSTARTS(STR(?day), "{month}"))', "}", "ORDER BY ?day ?order")  # fmt: skip
    return "\n".join(lines)


def _net(row: dict[str, Any] | None) -> float:
    return float(Decimal(row["net"])) if row else 0.0


def _flows(moved: list[tuple[str, str, int]]) -> dict[str, Any]:
    """Return the nodes and links of the diagram: stages before at its left, after at its right."""
    places: dict[tuple[str, str], int] = {}
    for before, after, _ in moved:
        places.setdefault(("from", before), len(places))
        places.setdefault(("to", after), len(places))
    nodes = [
        {"name": concept_label("stage", stage), "mark": f"stage-{stage}", "side": side}
        for side, stage in places
    ]
    links = [
        {"source": places["from", before], "target": places["to", after], "value": n}
        for before, after, n in moved
    ]
    return {"nodes": nodes, "links": links}


def _computed(name: str, **options: str) -> Table:
    return _analysed(services().settings, name, shown_date(), **options).known()
