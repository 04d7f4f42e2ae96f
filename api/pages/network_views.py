"""What the page of referrals shows beside its picture: a party, a chain, a path, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from api.language import current_language
from api.pictures import names_in
from kg.analysis.credit import money
from kg.analysis.link import sources_of
from kg.analysis.map_paths import path_between
from kg.analysis.map_tree import chain_of
from kg.analysis.referral_map import NONE, OUTCOMES, ReferralMap
from kg.analysis.shown import Shown, shown
from kg.store import Cursor

_COLUMN, _ROW = 185, 30
"""Width of a column and height of a row of the drawn chain, in pixels."""
_LETTERS = 24
"""Letters of a name in the drawn chain."""
_LISTED = 50
"""Referrals of one party that are listed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A party on the map with its figures; amounts are in the map's currency."""

    party: Shown
    stage: str
    depth: int
    descendants: int
    downstream: Decimal
    value: Decimal
    ringed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A referral with its ends, as it is told in a list; `file` and `row` state it."""

    key: str
    giver: Shown | None
    receiver: Shown
    day: date | None
    channel: str
    outcome: str
    primary: bool
    upwards: bool = False
    file: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A party of the drawn chain where it stands, and where its line comes from."""

    member: Member
    text: str
    at: tuple[float, float]
    start: tuple[float, float] | None
    hidden: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """A chain as a drawing of `width` by `height` pixels."""

    boxes: list[Box]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PartyPanel:
    """A party with the referrals it gave and received, the latest first."""

    member: Member
    primary: Shown | None
    ring: list[Shown]
    given: list[Told]
    received: list[Told]
    more: int


def members(cursor: Cursor, found: ReferralMap, ranks: Sequence[int]) -> list[Member]:
    """Return the parties of some ranks with their figures."""
    names = names_in(cursor, found, ranks)
    return [member(found, rank, names[rank]) for rank in ranks]


def member(found: ReferralMap, rank: int, party: Shown) -> Member:
    """Return a party with its figures."""
    of = found.members
    return Member(
        party,
        found.stages[of.stage[rank]],
        of.depth[rank],
        of.descendants[rank],
        money(of.downstream[rank]),
        money(of.value[rank]),
        of.ring[rank] != NONE,
    )


def tree(cursor: Cursor, found: ReferralMap, rank: int) -> Tree:
    """Return the chain of a party as a drawing from left to right."""
    chain = chain_of(found, rank)
    shown_as = members(cursor, found, [twig.rank for twig in chain.twigs])
    points = {twig.rank: (twig.column * _COLUMN + 12, twig.row * _ROW + 18) for twig in chain.twigs}
    boxes = [
        Box(
            one,
            _short(one.party.label),
            points[twig.rank],
            points.get(twig.parent),
            twig.hidden,
            twig.rank == rank,
        )
        for twig, one in zip(chain.twigs, shown_as, strict=True)
    ]
    return Tree(boxes, chain.columns * _COLUMN + 30, max(chain.rows, 1) * _ROW + 12)


def path(cursor: Cursor, found: ReferralMap, start: int, end: int) -> list[Told]:
    """Return the referrals that link two parties, each with the file and row that stated it."""
    links = path_between(found, start, end)
    told, at = [], start
    for one, link in zip(_told(cursor, found, links), links, strict=True):
        upwards = found.links.receiver[link] == at
        told.append(replace(one, upwards=upwards))
        at = found.links.giver[link] if upwards else found.links.receiver[link]
    return told


def panel(cursor: Cursor, found: ReferralMap, rank: int) -> PartyPanel:
    """Return what is told of one party."""
    links = found.links
    latest = found.touching[rank][::-1]
    listed = _told(cursor, found, latest[:_LISTED])
    parent = found.members.parent[rank]
    number = found.members.ring[rank]
    ring = [one for one, of in enumerate(found.members.ring) if number != NONE and of == number]
    names = names_in(cursor, found, [rank, *ring, *([] if parent == NONE else [parent])])
    sides = list(zip(latest, listed, strict=False))
    return PartyPanel(
        member(found, rank, names[rank]),
        names.get(parent),
        [names[one] for one in ring if one != rank],
        [told for link, told in sides if links.giver[link] == rank],
        [told for link, told in sides if links.receiver[link] == rank],
        len(latest) - len(listed),
    )


def _told(cursor: Cursor, found: ReferralMap, places: Sequence[int]) -> list[Told]:
    links = found.links
    terms = [links.term[place] for place in places]
    keys = shown(cursor, terms, current_language())
    sources = sources_of(cursor, terms)
    ranks = {links.giver[place] for place in places} | {links.receiver[place] for place in places}
    names = names_in(cursor, found, sorted(ranks - {NONE}))
    return [
        Told(
            keys[links.term[place]].key,
            names.get(links.giver[place]),
            names[links.receiver[place]],
            None if links.day[place] == NONE else date.fromordinal(links.day[place]),
            "" if links.channel[place] == NONE else found.channels[links.channel[place]],
            OUTCOMES[links.outcome[place]],
            bool(links.primary[place]),
            file=sources.get(links.term[place], _UNKNOWN)[2],
            row=sources.get(links.term[place], _UNKNOWN)[3],
        )
        for place in places
    ]


_UNKNOWN = (None, None, None, None)


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
