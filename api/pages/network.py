"""The page of referrals: a picture of who brought whom, and the table of what it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for

from api.analyses import day_of, reading
from api.errors import Problem, problem_of
from api.labels import concept_label
from api.pages.network_views import Member, Told, Tree, members, panel, path, tree
from api.pictures import (
    MOST_PARTIES,
    has_map,
    map_of,
    picture_of,
    products_of,
    rank_of,
)
from kg.analysis.map_selection import OPENING
from kg.analysis.referral_map import ReferralMap
from kg.analysis.shown import Shown
from kg.errors import ClientgraphError
from kg.namespaces import CG
from kg.store import Cursor, lookup_nodes

ROWS_SHOWN = 100
LIMITS = (500, OPENING, 5_000, MOST_PARTIES)
STAGES = ("CURRENT", "DORMANT", "FORMER", "POTENTIAL", "USER_ONLY", "REFUSING", "UNENGAGED")
_AT_ONCE = 20_000
"""Referrals up to which a page computes what it shows before it is sent."""
_OF_THE_MAP = (
    "as_of", "knowledge", "params", "limit", "channel", "product", "depth", "stage", "expand",
    "include",
)  # fmt: skip

blueprint = Blueprint("network", __name__, url_prefix="/network")


@dataclass(slots=True)
class View:
    """What the page shows: `waiting` until its script has fetched the picture."""

    waiting: bool = False
    problem: Problem | None = None
    found: ReferralMap | None = None
    products: Sequence[Shown] = ()
    rows: list[Member] = field(default_factory=list)
    matching: int = 0
    shown: int = 0
    page: int = 1
    tree: Tree | None = None
    alone: bool = False
    path: list[Told] | None = None

    @property
    def pages(self) -> int:
        """Number of pages of the table."""
        return 1 if self.tree else max(1, math.ceil(self.shown / ROWS_SHOWN))


@blueprint.get("")
def show_network() -> Response:
    """Show the picture of the referrals at a date, one chain of it, or a path in it."""
    view = View()
    try:
        _fill(view)
    except ClientgraphError as error:
        view.problem = problem_of(error)
    page = render_template(
        "network.html",
        view=view,
        stages=STAGES,
        stage_names={stage: concept_label("stage", stage) for stage in STAGES},
        limits=LIMITS,
        limit=request.args.get("limit", str(OPENING)),
        chosen_stages=request.args.getlist("stage"),
        rows_shown=ROWS_SHOWN,
        map_address=_map_address,
    )
    return make_response(page, view.problem.status if view.problem else 200)


@blueprint.get("/party")
def show_party() -> str:
    """Show one party of the picture; with `part`, alone, for the side of the picture.

    Raises:
        UsageError: there is no such party.
    """
    found = map_of(request.args)
    with reading("referrals map", request.args) as cursor:
        key = request.args.get("party", "")
        rank = rank_of(cursor, found, key)
        told = None if rank is None else panel(cursor, found, rank)
    template = "network_party_part.html" if "part" in request.args else "network_party.html"
    return render_template(template, told=told, key=key, currency=found.currency)


def _fill(view: View) -> None:
    """Find what the request asks to see.

    Raises:
        ClientgraphError: an argument has a wrong value, a party is unknown, or it took too long.
    """
    given = request.args
    day_of(given)
    with reading("referrals map", given) as cursor:
        if not has_map(given) and "now" not in given and _referrals(cursor) > _AT_ONCE:
            view.waiting = True
            return
    view.found = found = map_of(given)
    with reading("referrals map", given) as cursor:
        view.products = products_of(cursor, found)
        if len(found) and (focus := given.get("focus", "").strip()):
            rank = rank_of(cursor, found, focus)
            view.alone = rank is None
            view.tree = None if rank is None else tree(cursor, found, rank)
        if given.get("from", "").strip() and given.get("to", "").strip():
            view.path = _path(cursor, found)
    if view.tree is not None:
        # The table tells of what is drawn.
        view.rows = [box.member for box in view.tree.boxes]
        view.matching = view.shown = len(view.rows)
        return
    picture = picture_of(given)
    view.matching = picture.drawn.matching
    view.shown = len(picture.drawn.parties)
    view.page = min(_page(), view.pages)
    first = (view.page - 1) * ROWS_SHOWN
    with reading("referrals map", given) as cursor:
        view.rows = members(cursor, found, picture.drawn.parties[first : first + ROWS_SHOWN])


def _path(cursor: Cursor, found: ReferralMap) -> list[Told]:
    """Return the path between the two parties that a request names, empty where there is none."""
    start, end = (rank_of(cursor, found, request.args[name].strip()) for name in ("from", "to"))
    return [] if start is None or end is None else path(cursor, found, start, end)


def _page() -> int:
    """Return the page of the table that is asked for."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


def _referrals(cursor: Cursor) -> int:
    """Return about how many referrals the store holds."""
    (referred,) = lookup_nodes(cursor, [CG.referred])
    rows = cursor.execute("SELECT count(*) FROM live WHERE p = ?", [referred]).fetchall()
    return int(rows[0][0])


def _map_address(**more: str) -> str:
    """Return the address of the data of the picture that the page shows."""
    given = [pair for pair in request.args.items(multi=True) if pair[0] in _OF_THE_MAP]
    return f"{url_for('referral_map.show_map')}?{urlencode([*given, *more.items()])}"
