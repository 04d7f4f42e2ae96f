"""The page of the internal chains: from units to clients, and what would be without some units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, make_response, render_template, request

from api.analyses import compute, day_of, read_context, reading
from api.chain_pictures import ChainPicture, chains_of, document
from api.config import services
from api.errors import problem_of
from api.language import current_language
from api.pictures import called
from kg.analysis import ANALYSES
from kg.analysis.chain_map import Node, Relation, members_of
from kg.analysis.shown import Shown, shown
from kg.errors import ClientgraphError, UsageError

CLIENTS_SHOWN = 200
"""Clients in the table, the most exposed first."""
CLIENTS_DRAWN = 40
"""Clients in the picture, likewise."""
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
    """What the tables of the page hold."""

    picture: ChainPicture
    units: list[UnitRow]
    clients: list[ClientRow]
    relations: list[RelationRow]

    def shown_units(self, most: int) -> list[UnitRow]:
        """Return the first units, and those switched off, which the form goes on to name."""
        return self.units[:most] + [row for row in self.units[most:] if row.off]


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
def show_chains() -> Response:
    """Show the internal chains at a date, as they are and without the units that are `off`."""
    view, problem = None, None
    try:
        picture = chains_of(request.args)
        view = View(picture, _units(picture), _clients(picture), _relations(picture))
    except ClientgraphError as error:
        problem = problem_of(error)
    page = render_template(
        "chains.html",
        view=view,
        problem=problem,
        clients_shown=CLIENTS_SHOWN,
        rows_shown=ROWS_SHOWN,
        data=document(view.picture, CLIENTS_DRAWN) if view else None,
    )
    return make_response(page, problem.status if problem else 200)


@blueprint.get("/part")
def show_part() -> str:
    """Show a unit, a client, or with `client` a relation; with `part`, alone, for the side.

    Raises:
        UsageError: there is no such unit or client.
    """
    side = _side(request.args.get("unit", ""), request.args.get("client", ""))
    template = "chains_side_part.html" if "part" in request.args else "chains_side.html"
    return render_template(template, side=side)


def _units(picture: ChainPicture) -> list[UnitRow]:
    rows = []
    for node in picture.real.nodes.values():
        if not node.external:
            after = picture.after(node.term)
            reached = 0 if after is None else after.reached
            rows.append(UnitRow(picture.names[node.term], node, node.term in picture.off, reached))
    return sorted(rows, key=lambda row: (-row.node.failing, -row.node.reached, row.party.label))


def _clients(picture: ChainPicture) -> list[ClientRow]:
    rows = []
    for node in picture.real.nodes.values():
        if node.external:
            before = picture.exposure(node.term)
            after = picture.exposure(node.term, after=True)
            points = [picture.names[term] for term in node.points]
            rows.append(ClientRow(picture.names[node.term], node, before, after, points))
    return sorted(rows, key=lambda row: (-(row.before or 0.0), row.party.label))


def _relations(picture: ChainPicture) -> list[RelationRow]:
    names = picture.names
    rows = [
        RelationRow(
            names[one.supplier],
            names[one.client],
            one,
            [names[term].label for term in one.services],
            bool({one.supplier, one.client} & picture.off),
        )
        for one in picture.real.relations
    ]
    return sorted(rows, key=lambda row: (row.supplier.label, row.client.label))


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
    ends = [row for row in _relations(picture) if _touches(row, party, client)]
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


def _touches(row: RelationRow, party: Shown, client: str) -> bool:
    if client:
        return row.supplier == party and client in (row.client.key, row.client.iri)
    return party in (row.supplier, row.client)


def _levels(rows: Sequence[RelationRow]) -> list[dict[str, object]]:
    """Return how the agreements of some relations were kept, those that were measured."""
    pairs = {(row.supplier.key, row.client.key): row for row in rows}
    table = compute(ANALYSES["chains sla"], request.args, {})
    return [
        {**one, "supplier": pairs[ends].supplier, "client": pairs[ends].client}
        for one in table.records()
        if (ends := (one["unit_key"], one["client_key"])) in pairs and one["measured"]
    ]
