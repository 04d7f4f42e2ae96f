"""The guided first visit: a few stops on the pages, each a link, that show what is where.

The address of a page says at which stop it is, so that the visit needs no script and can be left
and taken up with the browser's buttons. A cookie remembers that it was made or declined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.access import needed_right
from api.identity import identified
from api.links import link_with

ARGUMENT = "tour"
"""The argument of an address that holds the name of the stop."""
OVER = "off"
"""What the argument holds where the visit is left or declined."""
COOKIE = "tour"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Stop:
    """A page of the visit, and the selector of what it is about there."""

    name: str
    endpoint: str
    shows: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The address of the page with this stop."""
        return url_for(self.endpoint, **{**self.values, ARGUMENT: self.name})


STOPS = (
    Stop("numbers", "pages.start.show_start", "[aria-labelledby=show_stages]"),
    Stop("date", "pages.start.show_start", "header .as-of"),
    Stop("question", "pages.query.show_named", "#answer", {"name": "revenue-by-month", "run": "1"}),
    Stop("parties", "pages.party.show_parties", "main [data-panel]", {"stage": "CURRENT"}),
    Stop("network", "pages.network.show_network", ".drawing"),
    Stop("chains", "pages.chains.show_chains", "main [data-panel]"),
    Stop("imports", "pages.imports.show_imports", "[aria-labelledby=new]"),
    Stop("quality", "pages.quality.show_quality", "[aria-labelledby=rules]"),
    Stop("help", "pages.docs.show_docs", ".topics"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where the visit stands: the stop, its number among so many, and the stops beside it."""

    stop: Stop
    number: int
    total: int
    before: Stop | None
    after: Stop | None


def first_stop() -> Stop:
    """Return the stop that the visit of the caller begins at."""
    return _stops()[0]


def current_visit() -> Visit | None:
    """Return where the request is on the visit, None where it is not."""
    stops = _stops()
    for at, one in enumerate(stops):
        if one.name == request.args.get(ARGUMENT) and one.endpoint == request.endpoint:
            before, after = stops[at - 1 : at], stops[at + 1 : at + 2]
            return Visit(one, at + 1, len(stops), *(s[0] if s else None for s in (before, after)))
    return None


def invites() -> bool:
    """Tell whether the caller is to be invited: the visit was neither made nor declined."""
    return COOKIE not in request.cookies and ARGUMENT not in request.args


def register_tour(app: Flask) -> None:
    """Give the templates the visit, and remember that it is over."""
    app.jinja_env.globals.update(visit=current_visit, invites=invites, first_stop=first_stop)
    app.before_request(_end)


def _end() -> AnyResponse | None:
    """Lead on to the same page without the visit, which is not offered again."""
    if request.method != "GET" or request.args.get(ARGUMENT) != OVER:
        return None
    response = redirect(link_with(tour=None).rstrip("?"), 303)
    response.set_cookie(COOKIE, OVER, max_age=_YEAR, samesite="Lax", httponly=True)
    return response


def _stops() -> list[Stop]:
    """Return the stops that the caller has the right to see."""
    one = identified()
    rights = one.rights if one else frozenset()
    needed = ((stop, needed_right(stop.endpoint, "GET")) for stop in STOPS)
    return [stop for stop, right in needed if right is None or right in rights]
