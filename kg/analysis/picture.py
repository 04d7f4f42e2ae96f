"""A picture of referrals: what a reader asked for of a map, with names and places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import networkx as nx

from kg.analysis.credit import money
from kg.analysis.map_layout import Point, spread
from kg.analysis.map_selection import MapFilter, Selection, select
from kg.analysis.referral_map import NONE, OUTCOMES, ReferralMap
from kg.analysis.shown import Shown, shown
from kg.store import Cursor


@dataclass(frozen=True)
class Picture:
    """The parties and referrals drawn, by rank and place in the map; `names` by rank."""

    found: ReferralMap
    drawn: Selection
    places: Mapping[int, Point]
    names: Mapping[int, Shown]

    def ends(self) -> Iterator[tuple[int, int, int]]:
        """Yield each referral drawn with the ranks of its ends."""
        links = self.found.links
        for link in self.drawn.links:
            yield link, links.giver[link], links.receiver[link]

    def kind(self, link: int) -> str:
        """Return how a referral is drawn: `cold`, `broken`, `primary`, or by its outcome."""
        links = self.found.links
        if links.cold[link]:
            return "cold"
        outcome = OUTCOMES[links.outcome[link]]
        if outcome == "invalid":
            return "broken"
        return "primary" if links.primary[link] else outcome


def draw(cursor: Cursor, found: ReferralMap, wanted: MapFilter, language: str) -> Picture:
    """Return the picture of what is wanted of a map; names are those that the cursor sees."""
    drawn = select(found, wanted)
    links = found.links
    # What brought a party decides where it stands; what did not only fills the gaps.
    ordered = sorted(drawn.links, key=lambda link: not links.primary[link])
    pairs = ((links.giver[link], links.receiver[link]) for link in ordered)
    return Picture(
        found, drawn, spread(drawn.parties, pairs), named(cursor, found, drawn.parties, language)
    )


def named(
    cursor: Cursor, found: ReferralMap, ranks: Sequence[int], language: str
) -> dict[int, Shown]:
    """Return how the parties of some ranks are shown."""
    told = shown(cursor, (found.members.term[rank] for rank in ranks), language)
    return {rank: told[found.members.term[rank]] for rank in ranks}


def picture_graph(picture: Picture, names: Mapping[int, str], as_of: date) -> nx.DiGraph[str]:
    """Return a picture as a graph for `kg.analysis.network.network_document`.

    Nodes are IRIs with `label` (the name in `names`), `key` (that of the source), `stage`, `depth`,
    `downstream` and `value` (in the map's currency), `x`, `y`; several referrals between two
    parties are one edge with the first as `start` and the last as `last` (ISO dates).
    """
    members, links = picture.found.members, picture.found.links
    graph: nx.DiGraph[str] = nx.DiGraph(mode="dynamic", as_of=as_of.isoformat())
    for rank in picture.drawn.parties:
        x, y = picture.places[rank]
        graph.add_node(
            picture.names[rank].iri,
            label=names[rank],
            key=picture.names[rank].key,
            stage=picture.found.stages[members.stage[rank]],
            depth=members.depth[rank],
            downstream=float(money(members.downstream[rank])),
            value=float(money(members.value[rank])),
            x=x,
            y=y,
        )
    for link, giver, receiver in picture.ends():
        ends = picture.names[giver].iri, picture.names[receiver].iri
        before = graph.edges[ends] if graph.has_edge(*ends) else {}
        values = {**before, "referrals": before.get("referrals", 0) + 1}
        if not before or links.primary[link]:
            values["outcome"] = OUTCOMES[links.outcome[link]]
            values["primary"] = bool(links.primary[link])
        if links.day[link] != NONE:
            day = date.fromordinal(links.day[link]).isoformat()
            values |= {"start": before.get("start", day), "last": day}
        graph.add_edge(*ends, **values)
    return graph
