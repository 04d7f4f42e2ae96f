"""The map of referrals: figures, selections, places, chains and ways through it."""

from __future__ import annotations

import math
import random
from datetime import date
from typing import Any

import networkx as nx
import pytest

from kg.analysis.best_recommenders import best_recommenders
from kg.analysis.link import link
from kg.analysis.map_layout import spread
from kg.analysis.map_paths import path_between
from kg.analysis.map_selection import MapFilter, select
from kg.analysis.map_tree import chain_of
from kg.analysis.network import network_document
from kg.analysis.picture import draw, picture_graph
from kg.analysis.referral_map import NONE, OUTCOMES, ReferralMap, referral_map
from kg.analysis.referral_tables import cold, downstream_values, outcomes, rings, tree
from kg.analysis.shown import Shown, shown
from kg.store import Store
from tests.analysis.test_network import drawn
from tests.lifecycle.world import World, context, iri

AT = context("2025-12-31")


def mapped(store: Store) -> tuple[ReferralMap, dict[int, Shown]]:
    """Return the map of a store, and the key of each rank."""
    cursor = store.cursor()
    found = referral_map(cursor, AT)
    told = shown(cursor, found.members.term)
    return found, {rank: told[term] for rank, term in enumerate(found.members.term)}


@pytest.fixture(scope="module")
def crowd() -> Any:
    """Yield the store of many small random networks, with rings and several referrals of a pair."""
    world, *_ = drawn(3, 40)
    with world.store() as store:
        yield store, *mapped(store)


def test_figures_are_those_of_the_analyses(crowd: Any) -> None:
    store, found, names = crowd
    of, links = found.members, found.links
    key = {rank: one.key for rank, one in names.items()}
    below = {r["party_key"]: r for r in downstream_values(store.cursor(), AT).records()}
    placed = {r["party_key"]: r for r in tree(store.cursor(), AT).records()}
    for rank in range(len(found)):
        row = below.get(key[rank], {"downstream": 0, "descendants": 0})
        assert of.downstream[rank] == row["downstream"] * 100
        assert of.descendants[rank] == row["descendants"]
        place = placed.get(key[rank], {"depth": 0, "primary_key": None})
        assert of.depth[rank] == place["depth"]
        parent = of.parent[rank]
        assert (None if parent == NONE else key[parent]) == place["primary_key"]
    told = shown(store.cursor(), links.term)
    assert {
        told[links.term[n]].key: OUTCOMES[links.outcome[n]] for n in range(len(links.term))
    } == {r["recommendation_key"]: r["outcome"] for r in outcomes(store.cursor(), AT).records()}
    assert {told[links.term[n]].key for n in range(len(links.term)) if links.cold[n]} == set(
        cold(store.cursor(), AT).column("recommendation_key")
    )
    ringed = rings(store.cursor(), AT).column("party_key")
    assert {key[rank] for rank in range(len(found)) if of.ring[rank] != NONE} == set(ringed)
    assert ringed


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_the_best_recommenders_are_the_first_of_all_downstream_values(
    crowd: Any, most: int
) -> None:
    cursor = crowd[0].cursor()
    worth = [row for row in downstream_values(cursor, AT).records() if row["downstream"]]
    worth.sort(key=lambda row: (-row["downstream"], row["party_key"] or ""))
    assert list(best_recommenders(cursor, AT, most).records()) == worth[:most]
    assert len(worth) > 3


def test_parties_are_ranked_by_what_they_brought(crowd: Any) -> None:
    _, found, _ = crowd
    assert list(found.members.downstream) == sorted(found.members.downstream, reverse=True)


def test_a_selection_holds_the_first_parties_and_the_referrals_between_them(crowd: Any) -> None:
    _, found, _ = crowd
    some = select(found, MapFilter(limit=20))
    assert some.parties == list(range(20))
    assert some.matching == len(found)
    ends = list(zip(found.links.giver, found.links.receiver, strict=True))
    assert some.links == [n for n, (a, b) in enumerate(ends) if a in range(20) and b in range(20)]
    everything = select(found, MapFilter(limit=10_000))
    assert everything.links == [n for n, (a, _) in enumerate(ends) if a != NONE]


def test_an_expanded_party_is_drawn_with_all_its_neighbours(crowd: Any) -> None:
    _, found, _ = crowd
    last = next(rank for rank in range(len(found) - 1, 0, -1) if found.touching[rank])
    ends = zip(found.links.giver, found.links.receiver, strict=True)
    near = {one for pair in ends if last in pair for one in pair}
    assert set(select(found, MapFilter(limit=1, expanded=(last,))).parties) == {0, *near} - {NONE}
    assert select(found, MapFilter(limit=1, included=(last,))).parties == [0, last]


def test_filters_leave_what_fits() -> None:
    world = World()
    for key in "ABCD":
        world.party(key)
    for key in "BC":
        world.buys(key, "2025-02-01", "10.00")
    world.refers("A", "B", "2025-01-01", channel="fair", recommendsItem=iri("product", "LAMP"))
    world.refers("B", "C", "2025-01-02", channel="letter")
    world.refers("B", "D", "2025-01-03")
    with world.store() as store:
        found, names = mapped(store)
        product = found.products[0]

        def left(**wanted: Any) -> tuple[str, int]:
            some = select(found, MapFilter(**wanted))
            return "".join(sorted(names[rank].key for rank in some.parties)), len(some.links)

        assert left() == ("ABCD", 3)
        assert left(channel="fair") == ("AB", 1)
        assert left(channel="letter") == ("BC", 1)
        assert left(channel="pigeon") == ("", 0)
        assert left(product=product) == ("AB", 1)
        assert left(product=-1) == ("", 0)
        assert left(depth=0) == ("AD", 0)
        assert left(depth=1) == ("ABD", 2)
        assert left(stages=frozenset({"CURRENT"})) == ("BC", 1)
        assert left(stages=frozenset({"CURRENT"}), channel="fair") == ("B", 0)


def test_an_empty_store_has_an_empty_map() -> None:
    with World().store() as store:
        found, _ = mapped(store)
        assert len(found) == 0
        picture = draw(store.cursor(), found, MapFilter(), "en")
        assert picture.drawn.parties == []
        assert network_document(picture_graph(picture, {}, date(2025, 12, 31)), "gexf")


def test_a_layout_is_the_same_again_and_nobody_stands_on_another(crowd: Any) -> None:
    chance = random.Random(5)
    nodes = list(range(600))
    links = [(chance.randrange(max(1, n // 4)), n) for n in nodes[1:]]
    links += [(chance.choice(nodes), chance.choice(nodes)) for _ in range(300)]
    places = spread(nodes, links)
    assert places == spread(nodes, links)
    assert set(places) == set(nodes)
    near = min(math.dist(places[a], places[b]) for a in nodes for b in nodes[:a] if a != b)
    assert near > 0.01


def test_a_chain_stands_in_rings_around_its_origin() -> None:
    places = spread([0, 1, 2, 3], [(0, 1), (1, 2), (0, 3), (3, 1), (2, 0)])
    assert places[0] == (0.0, 0.0)
    assert math.hypot(*places[1]) == pytest.approx(1)
    assert math.hypot(*places[2]) == pytest.approx(2)
    assert math.dist(places[1], places[3]) == pytest.approx(2)


def test_a_path_is_as_short_as_that_of_the_analysis(crowd: Any) -> None:
    store, found, names = crowd
    chance = random.Random(11)
    cursor = store.cursor()
    graph = nx.Graph()
    for n, (a, b) in enumerate(zip(found.links.giver, found.links.receiver, strict=True)):
        if OUTCOMES[found.links.outcome[n]] != "invalid":
            graph.add_edge(a, b)
    for turn in range(200):
        start = chance.randrange(len(found))
        near = [r for r in range(len(found)) if names[r].key[:3] == names[start].key[:3]]
        end = chance.choice(near)
        path = path_between(found, start, end)
        joined = start in graph and end in graph and nx.has_path(graph, start, end)
        assert len(path) == (nx.shortest_path_length(graph, start, end) if joined else 0)
        at = start
        for one in path:
            ends = {found.links.giver[one], found.links.receiver[one]}
            assert at in ends
            (at,) = ends - {at}
        assert not path or at == end
        if turn < 5:
            told = link(cursor, AT, party=names[start].iri, other=names[end].iri)
            assert len(told) == len(path)


def test_a_chain_leads_from_the_origin_to_all_below() -> None:
    world = World()
    for key in ("A", "B", "C", "D", "E", "F"):
        world.party(key)
        if key != "A":
            world.buys(key, "2025-02-01", f"{100 - ord(key)}.00")
    for giver, receiver in ["AB", "BC", "BD", "DE", "AF"]:
        world.refers(giver, receiver, "2025-01-01")
    with world.store() as store:
        found, names = mapped(store)
    rank = {one.key: place for place, one in names.items()}

    def told(key: str, most: int = 300) -> list[tuple[str, int, float, int]]:
        chain = chain_of(found, rank[key], most)
        return [(names[t.rank].key, t.column, t.row, t.hidden) for t in chain.twigs]

    assert told("B") == [
        ("A", 0, 0.5, 1), ("B", 1, 0.5, 0), ("D", 2, 0.0, 0), ("E", 3, 0.0, 0), ("C", 2, 1.0, 0),
    ]  # fmt: skip
    assert told("B", most=1) == [("A", 0, 0.0, 1), ("B", 1, 0.0, 1), ("D", 2, 0.0, 1)]
    assert told("F") == [("A", 0, 0.0, 1), ("F", 1, 0.0, 0)]


def test_a_picture_as_a_graph_holds_what_is_drawn(crowd: Any) -> None:
    store, found, names = crowd
    picture = draw(store.cursor(), found, MapFilter(limit=30), "en")
    labels = {rank: one.label for rank, one in picture.names.items()}
    graph = picture_graph(picture, labels, date(2025, 12, 31))
    assert set(graph) == {names[rank].iri for rank in range(30)}
    assert sum(count for *_, count in graph.edges(data="referrals")) == len(picture.drawn.links)
    assert nx.parse_graphml(network_document(graph, "graphml").decode()).number_of_nodes() == 30
