"""The picture of referrals over HTTP: `/api/referrals/map`, compact, for pages that draw it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from api.analyses import day_of
from api.answers import send_whole
from api.conditional import is_known, not_modified, tag_of, with_tag
from api.config import services
from api.language import current_language
from api.negotiation import choose_format
from api.pictures import caller_key, picture_of
from kg.analysis.network import network_document
from kg.analysis.picture import Picture, picture_graph
from kg.sparql.formats import Format

FORMATS = (
    Format("json", ("application/json",), "json"),
    Format("graphml", ("application/graphml+xml",), "graphml"),
    Format("gexf", ("application/gexf+xml",), "gexf"),
)
"""Formats of a picture: columns for a page to draw, or a document for graph tools."""
KINDS = ("primary", "converted", "pending", "declined", "expired", "cold", "broken")
"""How referrals are drawn, by their place in the answer."""
_DIGITS = 3

blueprint = Blueprint("referral_map", __name__, url_prefix="/api/referrals")


@blueprint.get("/map")
def show_map() -> Response:
    """Answer with the most valuable parties in referrals, or those asked for, placed on a plane.

    Raises:
        UsageError: an argument has a wrong value, or a party is unknown.
    """
    given = request.args
    chosen, media_type = choose_format(FORMATS)
    asked = sorted(given.items(multi=True))
    day = day_of(given)
    tag = tag_of(services().store.head, chosen.name, day, current_language(), caller_key(), asked)
    if is_known(tag):
        return not_modified(tag)
    picture = picture_of(given)
    response = send_whole([_written(picture, chosen.name, day)], media_type)
    if chosen.name != "json":
        name = f"referrals-{day.isoformat()}.{chosen.name}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.vary.add("Accept")
    return with_tag(response, tag)


def _written(picture: Picture, name: str, day: date) -> bytes:
    if name == "json":
        told = document(picture, day)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    names = {rank: one.label for rank, one in picture.names.items()}
    return network_document(picture_graph(picture, names, day), name)


def document(picture: Picture, day: date) -> dict[str, Any]:
    """Return a picture in columns: those of `parties`, then those of `referrals`.

    Ends of referrals are places among the parties, days are counted from `since`, amounts are in
    hundredths of `currency`; -1 is none.
    """
    found = picture.found
    return {
        "as_of": day.isoformat(),
        "currency": found.currency,
        "currencies": found.currencies,
        "total": len(found),
        "matching": picture.drawn.matching,
        "stages": found.stages,
        "channels": found.channels,
        "kinds": KINDS,
        "rings": max(found.members.ring, default=-1) + 1,
        "parties": _parties(picture),
        **_referrals(picture),
    }


def _parties(picture: Picture) -> dict[str, list[Any]]:
    members, drawn = picture.found.members, picture.drawn.parties
    names = [picture.names[rank] for rank in drawn]
    places = [picture.places[rank] for rank in drawn]
    numbers = {
        "downstream": members.downstream,
        "value": members.value,
        "descendants": members.descendants,
        "stage": members.stage,
        "depth": members.depth,
        "ring": members.ring,
    }
    return {
        "rank": drawn,
        "key": [one.key for one in names],
        "name": [one.label for one in names],
        "x": [round(x, _DIGITS) for x, _ in places],
        "y": [round(y, _DIGITS) for _, y in places],
        **{name: [column[rank] for rank in drawn] for name, column in numbers.items()},
    }


def _referrals(picture: Picture) -> dict[str, Any]:
    links = picture.found.links
    place = {rank: number for number, rank in enumerate(picture.drawn.parties)}
    kind = {name: number for number, name in enumerate(KINDS)}
    ends = list(picture.ends())
    days = [links.day[link] for link, _, _ in ends]
    first = min((day for day in days if day > 0), default=0)
    return {
        "since": date.fromordinal(first).isoformat() if first else None,
        "referrals": {
            "giver": [place[giver] for _, giver, _ in ends],
            "receiver": [place[receiver] for _, _, receiver in ends],
            "day": [day - first if day > 0 else -1 for day in days],
            "channel": [links.channel[link] for link, _, _ in ends],
            "kind": [kind[picture.kind(link)] for link, _, _ in ends],
        },
    }
