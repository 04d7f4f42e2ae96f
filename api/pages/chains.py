"""The page of the internal chains: from units to clients, and what would be without some units.

The drawing and its tables are a part of the page, as thousands of units take a while to evaluate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from flask import Blueprint, render_template, request

from api.analyses import SHARED_OPTIONS, compute, day_of, read_context, reading
from api.chain_pictures import ChainPicture, Most, chains_of, document
from api.config import services
from api.language import current_language
from api.pages.panels import panel, render_panel
from api.pictures import called
from kg.analysis import ANALYSES
from kg.analysis.chain_map import Node, Relation, members_of
from kg.analysis.shown import Shown, shown
from kg.errors import UsageError

CLIENTS_SHOWN = 200
"""Clients in the table, the most exposed first."""
DRAWN = Most(clients=40, units=60)
"""Clients and units in the picture; more can neither be read nor laid out while somebody waits."""
ROWS_SHOWN = 300
"""Units and relations that the tables hold at most; units that are switched off are all there."""
PEOPLE_SHOWN = 100

blueprint = Blueprint("chains", __name__, url_prefix="/chains")


@dataclass(frozen=True, slots=True)
class ClientRow:
    """An external client with its exposure as it is and as it would be."""

    party: Shown
    node: Node
    before: float | None
    after: float | None
    points: list[Shown]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit with what it reaches as it is and would reach."""

    party: Shown
    node: Node
    off: bool
    reached_after: int


@dataclass(frozen=True, slots=True)
class RelationRow:
    """A relation with the names of its ends and services."""

    supplier: Shown
    client: Shown
    relation: Relation
    services: list[str]
    gone: bool


@dataclass(frozen=True, slots=True)
class View:
    """The first units, clients and relations, how many there are, and the units that are `off`."""

    picture: ChainPicture
    units: list[UnitRow]
    clients: list[ClientRow]
    relations: list[RelationRow]
    off: list[Shown]
    unit_count: int
    client_count: int


@dataclass(frozen=True, slots=True)
class Side:
    """What is told of one unit, client or relation."""

    party: Shown
    client: Shown | None
    node: Node | None
    people: list[Shown]
    more: int
    relations: list[RelationRow]
    levels: list[dict[str, object]] = field(default_factory=list)


@blueprint.get("")
def show_chains() -> str:
    """Show the page of the internal chains at a date, without the units that are `off`."""
    day_of(request.args)
    return render_template("chains.html", given=_given())


@blueprint.get("/drawn")
@panel
def show_drawn() -> str:
    """Show the drawing of the chains with its tables, as they are and without units."""
    picture = chains_of(request.args)
    return render_panel(
        "chains_panel.html",
        view=_view(picture),
        given=_given(),
        data=document(picture, DRAWN),
    )


@blueprint.get("/part")
def show_part() -> str:
    """Show a unit, a client, or with `client` a relation; with `part`, alone, for the side.

    Raises:
        UsageError: there is no such unit or client.
    """
    side = _side(request.args.get("unit", ""), request.args.get("client", ""))
    template = "chains_side_part.html" if "part" in request.args else "chains_side.html"
    return render_template(template, side=side)


def _given() -> dict[str, list[str]]:
    """Return what the request says of the chains."""
    return {name: request.args.getlist(name) for name in (*SHARED_OPTIONS, "off")}


def _view(picture: ChainPicture) -> View:
    """Return the first rows of each table, and those of the units that are switched off."""
    names, nodes = picture.names, picture.real.nodes.values()
    units = sorted(
        (node for node in nodes if not node.external),
        key=lambda node: picture.rank_of_unit(node.term),
    )
    clients = [node for node in nodes if node.external]
    # Units that are switched off are all there: the form goes on to name them.
    rest = [node for node in units[ROWS_SHOWN:] if node.term in picture.off]
    return View(
        picture,
        [_unit(picture, node) for node in units[:ROWS_SHOWN] + rest],
        [
            _client(picture, node)
            for node in nsmallest(
                CLIENTS_SHOWN,
                clients,
                key=lambda node: (-(picture.exposure(node.term) or 0.0), names[node.term].label),
            )
        ],
        _relations(picture, picture.real.relations, ROWS_SHOWN),
        sorted((names[term] for term in picture.off), key=lambda one: one.label),
        len(units),
        len(clients),
    )


def _unit(picture: ChainPicture, node: Node) -> UnitRow:
    after = picture.after(node.term)
    reached = 0 if after is None else after.reached
    return UnitRow(picture.names[node.term], node, node.term in picture.off, reached)


def _client(picture: ChainPicture, node: Node) -> ClientRow:
    before = picture.exposure(node.term)
    after = picture.exposure(node.term, after=True)
    points = [picture.names[term] for term in node.points]
    return ClientRow(picture.names[node.term], node, before, after, points)


def _relations(
    picture: ChainPicture, relations: Sequence[Relation], most: int
) -> list[RelationRow]:
    """Return the first of some relations, by the names of their ends."""
    names = picture.names
    first = nsmallest(
        most, relations, key=lambda one: (names[one.supplier].label, names[one.client].label)
    )
    return [
        RelationRow(
            names[one.supplier],
            names[one.client],
            one,
            [names[term].label for term in one.services],
            bool({one.supplier, one.client} & picture.off),
        )
        for one in first
    ]


def _side(unit: str, client: str) -> Side:
    given = request.args
    day_of(given)
    picture = chains_of(given)
    with reading("chains map", given) as cursor:
        context = read_context(services().settings, cursor, given)
        term, members = members_of(cursor, context, unit)
        people = shown(cursor, members[:PEOPLE_SHOWN], current_language())
    if term not in picture.names:
        raise UsageError(f"{unit!r} is no unit or client of the internal chains at this date.")
    party = picture.names[term]
    touching = [one for one in picture.real.relations if term in (one.supplier, one.client)]
    rows = _relations(picture, touching, len(touching))
    ends = [
        row
        for row in rows
        if not client or (row.supplier == party and client in (row.client.key, row.client.iri))
    ]
    other = next((row.client for row in ends if client in (row.client.key, row.client.iri)), None)
    return Side(
        party,
        other if client else None,
        picture.real.nodes.get(term),
        sorted((called(one) for one in people.values()), key=lambda one: one.label),
        max(0, len(members) - PEOPLE_SHOWN),
        ends,
        _levels(ends),
    )


def _levels(rows: Sequence[RelationRow]) -> list[dict[str, object]]:
    """Return how the agreements of some relations were kept, those that were measured."""
    pairs = {(row.supplier.key, row.client.key): row for row in rows}
    table = compute(ANALYSES["chains sla"], request.args, {})
    return [
        {**one, "supplier": pairs[ends].supplier, "client": pairs[ends].client}
        for one in table.records()
        if (ends := (one["unit_key"], one["client_key"])) in pairs and one["measured"]
    ]
