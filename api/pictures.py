"""Pictures of referrals for the caller of a request: what was drawn lately is kept.

The map of a date takes long at a million parties, so it is made once for each commit and date;
a picture of it is a matter of milliseconds.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from flask import Flask, current_app
from werkzeug.datastructures import MultiDict

from api.analyses import SHARED_OPTIONS, read_context, reading
from api.config import services
from api.identity import caller
from api.labels import concepts_of, pseudonym
from api.language import current_language
from api.recent import Recent
from kg.analysis.map_selection import OPENING, MapFilter
from kg.analysis.picture import Picture, draw, named
from kg.analysis.referral_map import ReferralMap, referral_map
from kg.analysis.shown import Shown, shown
from kg.errors import UsageError
from kg.lifecycle import Context
from kg.lifecycle.classify import party_records
from kg.store import Cursor

MOST_PARTIES = 20_000
"""Parties that one picture may hold."""
_MAPS = 4
_PICTURES = 32
_KEY = "clientgraph.pictures"

Given = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What an application keeps of its pictures."""

    maps: Recent[ReferralMap]
    pictures: Recent[Picture]


def register_pictures(app: Flask) -> None:
    """Let an application keep maps and pictures."""
    app.extensions[_KEY] = Kept(Recent(_MAPS), Recent(_PICTURES))


def has_map(given: Mapping[str, str]) -> bool:
    """Tell whether the map that a request needs is there already."""
    return _kept().maps.find(_map_key(given)) is not None


def picture_of(given: Given) -> Picture:
    """Return the picture that a request asks for.

    Arguments: `as_of` and the other options of analyses; `limit`, `channel`, `product` (source
    key or IRI), `depth`, `stage` (several), `expand` and `include` (keys of parties, several).

    Raises:
        UsageError: an argument has a wrong value, or a party or product is unknown.
        QueryError: the deadline passed, or there is no room or memory for it.
    """
    key = (_map_key(given), current_language(), _arguments(given))
    return _kept().pictures.get(key, lambda: _drawn(given))


def map_of(given: Mapping[str, str]) -> ReferralMap:
    """Return the map that a request needs.

    Raises:
        UsageError: an option of the analyses has a wrong value.
        QueryError: the deadline passed, or there is no room or memory for it.
    """

    def make() -> ReferralMap:
        with reading("referrals map", given) as cursor:
            return referral_map(cursor, _context(cursor, given))

    return _kept().maps.get(_map_key(given), make)


def rank_of(cursor: Cursor, found: ReferralMap, party: str) -> int | None:
    """Return the rank of the party with a source key or an IRI, None where no referral names it.

    Raises:
        UsageError: there is no such party, or there are several.
    """
    parties = {found.canonical.get(one, one) for one in party_records(cursor, party)}
    ranks = {found.rank[one] for one in parties if one in found.rank}
    if len(ranks) > 1:
        raise UsageError(f"Several parties have the key {party!r}; name one by its IRI.")
    return min(ranks, default=None)


def names_in(cursor: Cursor, found: ReferralMap, ranks: Sequence[int]) -> dict[int, Shown]:
    """Return how parties are shown to the caller, a pseudonym in the place of a missing name."""
    told = named(cursor, found, ranks, current_language())
    return {rank: called(one) for rank, one in told.items()}


def called(one: Shown) -> Shown:
    """Return a party with the name under which the caller sees it; a unit may be its key."""
    if one.name or one.kind == "OrganizationalUnit":
        return one
    return one._replace(name=pseudonym(one.iri))


def products_of(cursor: Cursor, found: ReferralMap) -> list[Shown]:
    """Return how the products of a map are shown, in its order."""
    told = shown(cursor, found.products, current_language())
    return [told[item] for item in found.products]


def caller_key() -> Hashable:
    """Return what two callers have in common who may see the same."""
    return caller().hidden_graphs


def _drawn(given: Given) -> Picture:
    found = map_of(given)
    with reading("referrals map", given) as cursor:
        wanted = read_filter(cursor, found, given)
        picture = draw(cursor, found, wanted, current_language())
    return replace(picture, names={rank: called(one) for rank, one in picture.names.items()})


def read_filter(cursor: Cursor, found: ReferralMap, given: Given) -> MapFilter:
    """Return what a request wants to see of a map.

    Raises:
        UsageError: a number is out of range, or a party or product is unknown.
    """
    product = given.get("product", "").strip()
    depth = given.get("depth", "").strip()

    def ranks(name: str) -> tuple[int, ...]:
        asked = (rank_of(cursor, found, one) for one in given.getlist(name) if one.strip())
        return tuple(rank for rank in asked if rank is not None)

    return MapFilter(
        limit=_number(given.get("limit", "").strip() or str(OPENING), "limit", 1, MOST_PARTIES),
        channel=given.get("channel", "").strip(),
        product=_product(cursor, found, product) if product else None,
        depth=_number(depth, "depth", 0, 10_000) if depth else None,
        stages=_stages(given),
        expanded=ranks("expand"),
        included=ranks("include"),
    )


def _stages(given: Given) -> frozenset[str]:
    """Return the stages that a request wants to see, none for all."""
    asked, known = [one for one in given.getlist("stage") if one], concepts_of("stage")
    if wrong := next((one for one in asked if one not in known), ""):
        raise UsageError(f"stage is {wrong!r}; choose among {', '.join(known)}.")
    return frozenset(asked)


def _number(text: str, name: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"{name} is {text!r}; give a whole number from {least} to {most}.")
    return int(text)


def _product(cursor: Cursor, found: ReferralMap, named_as: str) -> int:
    """Return the id of the product with a key or an IRI, -1 for one that no referral names."""
    for item, one in zip(found.products, products_of(cursor, found), strict=True):
        if named_as in (one.key, one.iri):
            return item
    return -1


def _context(cursor: Cursor, given: Mapping[str, str]) -> Context:
    return read_context(services().settings, cursor, given)


def _map_key(given: Mapping[str, str]) -> Hashable:
    """Return what a map depends on: commit, date, parameters, and what the caller may see."""
    with services().store.cursor() as cursor:
        context = _context(cursor, given)
    return (
        services().store.head,
        context.as_of,
        *(given.get(name, "") for name in SHARED_OPTIONS[1:]),
        caller_key(),
    )


def _arguments(given: Given) -> Hashable:
    names = ("limit", "channel", "product", "depth", "stage", "expand", "include")
    return tuple((name, tuple(sorted(given.getlist(name)))) for name in names)


def _kept() -> Kept:
    return cast(Kept, current_app.extensions[_KEY])
