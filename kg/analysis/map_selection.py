"""Which parties and referrals of a map are drawn: the most valuable ones that a reader asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from kg.analysis.referral_map import NONE, ReferralMap

OPENING = 2_000
"""Parties drawn unless more are asked for."""


@dataclass(frozen=True, slots=True)
class MapFilter:
    """What is drawn: at most `limit` parties, besides those that are asked for by name.

    `channel` and `product` (an id) are those of a referral at the party, `depth` is the greatest
    one in the forest, `stages` none for all. `expanded` are ranks drawn with all their neighbours,
    `included` ranks drawn in any case.
    """

    limit: int = OPENING
    channel: str = ""
    product: int | None = None
    depth: int | None = None
    stages: frozenset[str] = frozenset()
    expanded: tuple[int, ...] = ()
    included: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Ranks of parties and places of referrals that are drawn; `matching` parties there are."""

    parties: list[int]
    links: list[int]
    matching: int = field(compare=False)


def select(found: ReferralMap, wanted: MapFilter) -> Selection:
    """Return what of a map is drawn, parties by rank and referrals by day."""
    fits = _fitting_links(found, wanted)
    shown: list[int] = []
    matching = 0
    for rank in _fitting_parties(found, wanted, fits):
        matching += 1
        if len(shown) < wanted.limit:
            shown.append(rank)
    asked = {*wanted.included, *wanted.expanded, *_neighbours(found, wanted.expanded, fits)}
    parties = sorted({*shown, *asked})
    return Selection(parties, list(_between(found, parties, fits)), matching)


def _fitting_links(found: ReferralMap, wanted: MapFilter) -> Callable[[int], bool] | None:
    """Return what tells whether a referral is by a channel and of a product, None for all."""
    if not wanted.channel and wanted.product is None:
        return None
    channel = found.channels.index(wanted.channel) if wanted.channel in found.channels else NONE - 1
    item = found.products.index(wanted.product) if wanted.product in found.products else NONE
    sets = {place for place, one in enumerate(found.product_sets) if item in one}

    def fits(link: int) -> bool:
        by_channel = not wanted.channel or found.links.channel[link] == channel
        return by_channel and (wanted.product is None or found.links.products[link] in sets)

    return fits


def _fitting_parties(
    found: ReferralMap, wanted: MapFilter, fits: Callable[[int], bool] | None
) -> Iterable[int]:
    """Return the ranks of the parties that are asked for by what they are, the best first."""
    stages = {place for place, name in enumerate(found.stages) if name in wanted.stages}
    ranks: Iterable[int] = range(len(found))
    if wanted.stages:
        ranks = (rank for rank in ranks if found.members.stage[rank] in stages)
    if wanted.depth is not None:
        deepest = wanted.depth
        ranks = (rank for rank in ranks if found.members.depth[rank] <= deepest)
    if fits is not None:
        touched = _ends(found, filter(fits, range(len(found.links.term))))
        ranks = (rank for rank in ranks if rank in touched)
    return ranks


def _fitting(links: Iterable[int], fits: Callable[[int], bool] | None) -> Iterable[int]:
    return links if fits is None else filter(fits, links)


def _ends(found: ReferralMap, links: Iterable[int]) -> Collection[int]:
    links = list(links)
    givers = {found.links.giver[link] for link in links}
    return (givers | {found.links.receiver[link] for link in links}) - {NONE}


def _neighbours(
    found: ReferralMap, ranks: Iterable[int], fits: Callable[[int], bool] | None
) -> Collection[int]:
    return _ends(found, (one for rank in ranks for one in _fitting(found.touching[rank], fits)))


def _between(
    found: ReferralMap, parties: Collection[int], fits: Callable[[int], bool] | None
) -> Iterator[int]:
    """Yield the referrals between some parties, in the order of the map."""
    shown = set(parties)
    if len(shown) == len(found):
        touched: Iterable[int] = range(len(found.links.term))
    else:
        touched = sorted({link for rank in shown for link in found.touching[rank]})
    for link in _fitting(touched, fits):
        if found.links.giver[link] in shown and found.links.receiver[link] in shown:
            yield link
