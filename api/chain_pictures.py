"""The internal chains as they are drawn, for the caller of a request; over HTTP and for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.datastructures import MultiDict

from api.analyses import SHARED_OPTIONS, day_of, read_context, reading
from api.conditional import is_known, not_modified, tag_of, with_tag
from api.config import services
from api.language import current_language
from api.pictures import called, caller_key
from api.recent import Recent
from kg.analysis.chain_map import ChainMap, Node, Relation, chain_map
from kg.analysis.shown import Shown, shown
from kg.errors import UsageError

_KEY = "clientgraph.chains"
_KEPT = 16
_MOST_OFF = 50
"""Units that may be switched off together."""

blueprint = Blueprint("chain_pictures", __name__, url_prefix="/api/chains")


@dataclass(frozen=True)
class ChainPicture:
    """The chains as they are and, with units switched off, as they would be; names by id."""

    real: ChainMap
    imagined: ChainMap | None
    off: frozenset[int]
    names: Mapping[int, Shown]

    def after(self, term: int) -> Node | None:
        """Return a node as it would be, None where it is switched off or no longer supplied."""
        return (self.imagined or self.real).nodes.get(term)

    def exposure(self, term: int, *, after: bool = False) -> float | None:
        """Return the exposure of a client, 0 where units switched off leave it no supplier."""
        node = self.after(term) if after else self.real.nodes[term]
        if node is None:
            return 0.0
        return None if node.exposure is None else node.exposure.exposure

    def rank_of_unit(self, term: int) -> tuple[int, int, str]:
        """Return what units are ordered by: those that fail most clients come first."""
        node = self.real.nodes[term]
        return -node.failing, -node.reached, self.names[term].label


class Most(NamedTuple):
    """How many clients and units are drawn at most."""

    clients: int
    units: int


def register_chains(app: Flask) -> None:
    """Let an application keep pictures of chains."""
    app.extensions[_KEY] = Recent[ChainPicture](_KEPT)


@blueprint.get("/map")
def show_map() -> Response:
    """Answer with the units, clients and relations at a date, as they are and without some units.

    Raises:
        UsageError: an argument has a wrong value, or a unit is unknown.
    """
    tag = tag_of(*_key(request.args))
    if is_known(tag):
        return not_modified(tag)
    return with_tag(jsonify(document(chains_of(request.args))), tag)


def chains_of(given: MultiDict[str, str]) -> ChainPicture:
    """Return the picture that a request asks for: `off` names units that are switched off.

    Raises:
        UsageError: an option has a wrong value, or a unit is unknown.
        QueryError: the deadline passed, or there is no room or memory for it.
    """
    kept: Recent[ChainPicture] = current_app.extensions[_KEY]
    return kept.get(_key(given), lambda: _drawn(given))


def _drawn(given: MultiDict[str, str]) -> ChainPicture:
    off = _off(given)
    with reading("chains map", given) as cursor:
        found = chain_map(cursor, read_context(services().settings, cursor, given), off)
        real = found[0]
        terms = {*real.nodes, *(one for each in real.relations for one in each.services)}
        told = shown(cursor, terms, current_language())
    names = {term: called(one) if term in real.nodes else one for term, one in told.items()}
    wanted = {*off}
    gone = frozenset(term for term in real.nodes if wanted & {names[term].key, names[term].iri})
    return ChainPicture(real, found[1] if len(found) > 1 else None, gone, names)


def document(picture: ChainPicture, most: Most | None = None) -> dict[str, Any]:
    """Return a picture as units, clients and relations, named by their keys.

    `most` is how many there are at most: the clients most exposed, and the units nearest to them;
    `left` counts the other clients, `left_units` the other units.
    """
    names, real = picture.names, picture.real
    kept = _kept(picture, most) if most else real.nodes.keys()
    left = [node for term, node in real.nodes.items() if term not in kept]
    return {
        "nodes": [_node(picture, node) for term, node in real.nodes.items() if term in kept],
        "relations": [
            _relation(picture, one)
            for one in real.relations
            if one.client in kept and one.supplier in kept
        ],
        "left": sum(node.external for node in left),
        "left_units": sum(not node.external for node in left),
        "refusal": real.refusal,
        "off": sorted(names[term].key for term in picture.off),
    }


def _kept(picture: ChainPicture, most: Most) -> Set[int]:
    """Return the clients that are most exposed, and the units nearest to them, layer by layer."""
    nodes = picture.real.nodes
    suppliers: dict[int, set[int]] = defaultdict(set)
    for one in picture.real.relations:
        suppliers[one.client].add(one.supplier)

    clients = [term for term, node in nodes.items() if node.external]
    layer = nsmallest(most.clients, clients, key=lambda term: -(picture.exposure(term) or 0.0))
    kept, units = {*layer, *picture.off}, len(picture.off)
    while layer and units < most.units:
        near = {supplier for term in layer for supplier in suppliers[term]} - kept
        layer = nsmallest(most.units - units, near, key=picture.rank_of_unit)
        kept.update(layer)
        units += len(layer)
    others = [term for term, node in nodes.items() if not node.external and term not in kept]
    kept.update(nsmallest(most.units - units, others, key=picture.rank_of_unit))
    return kept


def _node(picture: ChainPicture, node: Node) -> dict[str, Any]:
    one = picture.names[node.term]
    told = {"key": one.key, "name": one.label, "external": node.external}
    if node.external:
        return {
            **told,
            **exposure_of(node),
            "after": picture.exposure(node.term, after=True),
            "points": [picture.names[term].key for term in node.points],
        }
    after = picture.after(node.term)
    return {
        **told,
        "place": node.place,
        "role": node.role,
        "reached": node.reached,
        "reached_after": 0 if after is None else after.reached,
        "satisfaction": node.satisfaction,
        "failing": node.failing,
        "loop": node.loop,
    }


def exposure_of(node: Node) -> dict[str, float | None]:
    """Return the exposure, its normal form and its coverage of a client, by name."""
    if node.exposure is None:
        return {"exposure": None, "exposure_norm": None, "coverage": None}
    exposed, normal, coverage = node.exposure
    return {"exposure": exposed, "exposure_norm": normal, "coverage": coverage}


def _relation(picture: ChainPicture, one: Relation) -> dict[str, Any]:
    names = picture.names
    return {
        "supplier": names[one.supplier].key,
        "client": names[one.client].key,
        "share": one.weight,
        "flag": one.flag,
        "services": [names[term].label for term in one.services],
        "critical": one.critical,
        "loop": one.inside,
    }


def _off(given: MultiDict[str, str]) -> tuple[str, ...]:
    off = tuple(sorted({one.strip() for one in given.getlist("off")} - {""}))
    if len(off) > _MOST_OFF:
        raise UsageError(f"At most {_MOST_OFF} units can be switched off together.")
    return off


def _key(given: MultiDict[str, str]) -> tuple[Any, ...]:
    return (
        services().store.head,
        day_of(given),
        *(given.get(name, "") for name in SHARED_OPTIONS[1:]),
        _off(given),
        current_language(),
        caller_key(),
    )
